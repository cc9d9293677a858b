// SPDX-License-Identifier: MIT
#pragma once
#include <string_view>

namespace daypack::core {

// Walks along the items of a piece of DER, one level deep. Tag and length are read by wolfSSL's function.
//
// Thread: any one. Invariant: nothing behind a malformed item is read; `well()` then is false.
class DerReader {
  public:
    explicit DerReader(std::string_view bytes) noexcept : rest_(bytes) {}

    // Steps to the next item; false: there is none, or it is malformed.
    [[nodiscard]] bool next() noexcept;
    // All items so far were as they should be.
    [[nodiscard]] bool well() const noexcept { return well_; }

    // Of the item: its identifier octet, its content, and all of it.
    [[nodiscard]] unsigned tag() const noexcept { return tag_; }
    [[nodiscard]] std::string_view content() const noexcept { return content_; }
    [[nodiscard]] std::string_view whole() const noexcept { return whole_; }

    static constexpr unsigned kBoolean = 0x01;
    static constexpr unsigned kOctets = 0x04;
    static constexpr unsigned kObjectId = 0x06;
    static constexpr unsigned kSequence = 0x30;
    // [n], primitive and constructed.
    [[nodiscard]] static constexpr unsigned context(unsigned n) noexcept { return 0x80U | n; }
    [[nodiscard]] static constexpr unsigned context_of(unsigned n) noexcept { return 0xa0U | n; }

  private:
    std::string_view rest_, content_, whole_;
    unsigned tag_ = 0;
    bool well_ = true;
};

}  // namespace daypack::core
