// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>

namespace daypack::core {

// AES-256-GCM by the processor's own instructions, for TLS.
//
// Debian's wolfSSL computes AES in plain C. It lets a device take over, by a callback, and the device here is
// libsodium: 256-bit keys, nonces of 12 bytes, tags of 16. All else, AES-128 too, stays wolfSSL's own.
//
// Thread: any. A key's schedule is computed once and kept by the thread that used it, so that threads share nothing.
// Invariants: a schedule is found by the whole key, never by where the key lies, so that a key that TLS replaces
// (KeyUpdate, the next connection) is a new one; a record whose tag is wrong hands out no plaintext. After its first
// record a thread neither allocates nor makes a system call here.

// The device for wolfSSL_CTX_SetDevId, which sessions made afterwards take over; kNoDevice where the processor or
// libsodium cannot.
constexpr int kNoDevice = -2;  // wolfSSL's INVALID_DEVID
[[nodiscard]] int fast_aes_device() noexcept;

// Wipes what this thread keeps. Call it when a connection has ended: wolfSSL wipes its own keys and does not tell. Keys
// that are still in use are taken up again with their next record.
void forget_keys() noexcept;

// Per-thread counters; tests use them to check that the fast path was taken.
struct FastAesCounts {
    std::uint64_t records = 0;    // encrypted, decrypted or refused
    std::uint64_t schedules = 0;  // computed for them
    std::uint64_t kept = 0;       // of these, now
};
[[nodiscard]] FastAesCounts fast_aes_counts() noexcept;

}  // namespace daypack::core
