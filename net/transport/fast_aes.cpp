// SPDX-License-Identifier: MIT
#include "net/transport/fast_aes.h"

#include <sodium.h>
#include <wolfssl/options.h>  // before the rest of wolfSSL: its options change what its headers declare
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/cryptocb.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/wc_port.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace daypack::core {
namespace {

static_assert(kNoDevice == INVALID_DEVID);

constexpr int kDevice = 0x64617970;  // any number of our own
constexpr std::size_t kKeyBytes = crypto_aead_aes256gcm_KEYBYTES;
static_assert(sizeof Aes::devKey >= kKeyBytes);

using Schedule = crypto_aead_aes256gcm_state;

// The schedules of one thread's keys. A session has two keys and a thread up to 16 lines: all of them fit, and the key
// that was used longest ago makes room for a new one.
class ScheduleCache {
  public:
    constexpr ScheduleCache() = default;
    ~ScheduleCache() { forget(); }
    ScheduleCache(const ScheduleCache&) = delete;
    ScheduleCache& operator=(const ScheduleCache&) = delete;

    // Valid until the next call.
    const Schedule& of(const unsigned char* key) noexcept {
        ++counts_.records;
        std::uint64_t mark = 0;
        std::memcpy(&mark, key, sizeof mark);
        for (std::size_t i = 0; i < counts_.kept; ++i) {
            if (marks_[i] != mark) continue;
            Entry& entry = entries_[i];
            // Both keys are our own, so that the time of the comparison tells nobody anything.
            if (std::memcmp(entry.key.data(), key, kKeyBytes) != 0) continue;
            entry.used_at = counts_.records;
            return entry.schedule;
        }
        const std::size_t place = room();
        marks_[place] = mark;
        Entry& entry = entries_[place];
        std::memcpy(entry.key.data(), key, kKeyBytes);
        entry.used_at = counts_.records;
        crypto_aead_aes256gcm_beforenm(&entry.schedule, key);
        ++counts_.schedules;
        return entry.schedule;
    }

    void forget() noexcept {
        sodium_memzero(marks_.data(), counts_.kept * sizeof marks_[0]);
        sodium_memzero(entries_.data(), counts_.kept * sizeof entries_[0]);
        counts_.kept = 0;
    }

    [[nodiscard]] const FastAesCounts& counts() const noexcept { return counts_; }

  private:
    static constexpr std::size_t kKeys = 64;

    struct Entry {
        Schedule schedule;
        std::array<unsigned char, kKeyBytes> key;
        std::uint64_t used_at;  // in records
    };

    std::size_t room() noexcept {
        if (counts_.kept < kKeys) return counts_.kept++;
        const auto oldest = std::min_element(entries_.begin(), entries_.end(),
                                             [](const Entry& a, const Entry& b) { return a.used_at < b.used_at; });
        return static_cast<std::size_t>(oldest - entries_.begin());
    }

    FastAesCounts counts_{};
    std::array<std::uint64_t, kKeys> marks_{};  // the keys' first bytes, close together because they are searched
    std::array<Entry, kKeys> entries_{};
};

constinit thread_local ScheduleCache cache;

const unsigned char* key_of(const Aes& aes) noexcept {
    return reinterpret_cast<const unsigned char*>(aes.devKey);
}

// `Record` is wolfSSL's description of a record to encrypt or to decrypt.
template <class Record>
bool is_ours(const Record& record) noexcept {
    return record.aes != nullptr && record.aes->keylen == static_cast<int>(kKeyBytes) && record.out != nullptr &&
           record.in != nullptr && record.iv != nullptr && record.ivSz == crypto_aead_aes256gcm_NPUBBYTES &&
           record.authTag != nullptr && record.authTagSz == crypto_aead_aes256gcm_ABYTES;
}

int on_crypto(int /*device*/, wc_CryptoInfo* info, void* /*context*/) noexcept {
    if (info->algo_type != WC_ALGO_TYPE_CIPHER || info->cipher.type != WC_CIPHER_AES_GCM) return CRYPTOCB_UNAVAILABLE;
    if (info->cipher.enc != 0) {
        const auto& plain = info->cipher.aesgcm_enc;
        if (!is_ours(plain)) return CRYPTOCB_UNAVAILABLE;
        crypto_aead_aes256gcm_encrypt_detached_afternm(plain.out, plain.authTag, nullptr, plain.in, plain.sz,
                                                       plain.authIn, plain.authInSz, nullptr, plain.iv,
                                                       &cache.of(key_of(*plain.aes)));
        return 0;
    }
    const auto& sealed = info->cipher.aesgcm_dec;
    if (!is_ours(sealed)) return CRYPTOCB_UNAVAILABLE;
    const int refused = crypto_aead_aes256gcm_decrypt_detached_afternm(sealed.out, nullptr, sealed.in, sealed.sz,
                                                                       sealed.authTag, sealed.authIn, sealed.authInSz,
                                                                       sealed.iv, &cache.of(key_of(*sealed.aes)));
    return refused != 0 ? AES_GCM_AUTH_E : 0;
}

int register_device() noexcept {
    if (sodium_init() < 0 || crypto_aead_aes256gcm_is_available() == 0) return kNoDevice;
    // wolfSSL empties its table of devices when it is set up first: from here on it stays set up.
    if (wolfCrypt_Init() != 0) return kNoDevice;
    return wc_CryptoCb_RegisterDevice(kDevice, on_crypto, nullptr) == 0 ? kDevice : kNoDevice;
}

}  // namespace

int fast_aes_device() noexcept {
    static const int device = register_device();
    return device;
}

void forget_keys() noexcept {
    cache.forget();
}

FastAesCounts fast_aes_counts() noexcept {
    return cache.counts();
}

}  // namespace daypack::core
