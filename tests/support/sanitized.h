// SPDX-License-Identifier: MIT
#pragma once

namespace daypack::core::test {

// A sanitizer makes everything slow, so tests do fewer rounds then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace daypack::core::test
