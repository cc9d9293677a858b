// SPDX-License-Identifier: MIT
// AES-256-GCM by net/transport/fast_aes.h, cipher against cipher: published vectors, wolfSSL's own code as the model,
// and what a thread keeps of its keys. Sessions are in fast_aes_session_test.cpp.
#include "net/transport/fast_aes.h"

#include <gtest/gtest.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>

namespace daypack::core {
namespace {

std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return bytes;
}

const byte* in(const std::string& bytes) {
    return reinterpret_cast<const byte*>(bytes.data());
}
byte* out(std::string& bytes) {
    return reinterpret_cast<byte*>(bytes.data());
}
word32 size(const std::string& bytes) {
    return static_cast<word32>(bytes.size());
}

struct Sealed {
    std::string bytes, tag;
    bool operator==(const Sealed&) const = default;
};

// wolfSSL's cipher, on `device` or by its own code.
class Cipher {
  public:
    explicit Cipher(int device) { EXPECT_EQ(wc_AesInit(&aes_, nullptr, device), 0); }
    Cipher(int device, const std::string& key) : Cipher(device) { set_key(key); }
    ~Cipher() { wc_AesFree(&aes_); }
    Cipher(const Cipher&) = delete;
    Cipher& operator=(const Cipher&) = delete;

    void set_key(const std::string& key) { EXPECT_EQ(wc_AesGcmSetKey(&aes_, in(key), size(key)), 0); }

    Sealed seal(const std::string& plain, const std::string& nonce, const std::string& aad,
                std::size_t tag_bytes = 16) {
        Sealed sealed{std::string(plain.size(), '?'), std::string(tag_bytes, '?')};
        EXPECT_EQ(wc_AesGcmEncrypt(&aes_, out(sealed.bytes), in(plain), size(plain), in(nonce), size(nonce),
                                   out(sealed.tag), size(sealed.tag), in(aad), size(aad)),
                  0);
        return sealed;
    }
    // wolfSSL's answer; `plain` is what it wrote.
    int open(const Sealed& sealed, const std::string& nonce, const std::string& aad, std::string& plain) {
        plain.assign(sealed.bytes.size(), '?');
        return wc_AesGcmDecrypt(&aes_, out(plain), in(sealed.bytes), size(sealed.bytes), in(nonce), size(nonce),
                                in(sealed.tag), size(sealed.tag), in(aad), size(aad));
    }
    std::optional<std::string> open(const Sealed& sealed, const std::string& nonce, const std::string& aad) {
        std::string plain;
        if (open(sealed, nonce, aad, plain) != 0) return std::nullopt;
        return plain;
    }
    // In the place where it stands, as TLS does.
    Sealed seal_in_place(std::string bytes, const std::string& nonce, const std::string& aad) {
        std::string tag(16, '?');
        EXPECT_EQ(wc_AesGcmEncrypt(&aes_, out(bytes), in(bytes), size(bytes), in(nonce), size(nonce), out(tag),
                                   size(tag), in(aad), size(aad)),
                  0);
        return {bytes, tag};
    }
    std::optional<std::string> open_in_place(Sealed sealed, const std::string& nonce, const std::string& aad) {
        const int refused = wc_AesGcmDecrypt(&aes_, out(sealed.bytes), in(sealed.bytes), size(sealed.bytes), in(nonce),
                                             size(nonce), in(sealed.tag), size(sealed.tag), in(aad), size(aad));
        if (refused != 0) return std::nullopt;
        return sealed.bytes;
    }

  private:
    Aes aes_{};
};

class FastAes : public testing::Test {
  protected:
    void SetUp() override {
        if (fast_aes_device() == kNoDevice) GTEST_SKIP() << "this processor has no AES instructions";
        forget_keys();
        before_ = fast_aes_counts();
    }
    std::string random_bytes(std::size_t count) {
        std::string bytes(count, '\0');
        for (char& c : bytes) c = static_cast<char>(random_());
        return bytes;
    }
    [[nodiscard]] std::uint64_t records() const { return fast_aes_counts().records - before_.records; }
    [[nodiscard]] std::uint64_t schedules() const { return fast_aes_counts().schedules - before_.schedules; }

    std::mt19937_64 random_{4};
    FastAesCounts before_;
};

struct Vector {
    const char *key, *nonce, *aad, *plain, *sealed, *tag;
};

// The Galois/Counter Mode of Operation (McGrew, Viega; the text that NIST took up), appendix B, cases 13 to 16.
const std::string kPlain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255";
const std::string kSealed =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad";
const std::string kKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const std::string kZero = std::string(64, '0');
const std::string kPlain60 = kPlain.substr(0, 120);
const std::string kSealed60 = kSealed.substr(0, 120);

const Vector kVectors[] = {
    {kZero.c_str(), "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {kZero.c_str(), "000000000000000000000000", "", "00000000000000000000000000000000",
     "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {kKey.c_str(), "cafebabefacedbaddecaf888", "", kPlain.c_str(), kSealed.c_str(), "b094dac5d93471bdec1a502270e3cc6c"},
    {kKey.c_str(), "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", kPlain60.c_str(),
     kSealed60.c_str(), "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST_F(FastAes, GivesThePublishedAnswersAsWolfSslsOwnCodeDoes) {
    for (const Vector& vector : kVectors) {
        const std::string key = from_hex(vector.key);
        const std::string nonce = from_hex(vector.nonce);
        const std::string aad = from_hex(vector.aad);
        const std::string plain = from_hex(vector.plain);
        const Sealed sealed{from_hex(vector.sealed), from_hex(vector.tag)};
        for (const int device : {fast_aes_device(), kNoDevice}) {
            Cipher cipher(device, key);
            EXPECT_EQ(cipher.seal(plain, nonce, aad), sealed);
            EXPECT_EQ(cipher.open(sealed, nonce, aad), plain);
        }
    }
    EXPECT_EQ(records(), 2 * std::size(kVectors)) << "the device was not asked, or wolfSSL's own code was not";
}

TEST_F(FastAes, AgreesWithWolfSslsOwnCodeForEveryLength) {
    std::vector<std::size_t> lengths = {0, 1, 15, 16, 17, 31, 127, 128, 129, 300, 3000, 16'384, 16'385};
    for (int i = 0; i < 300; ++i) lengths.push_back(random_() % 600);
    for (const std::size_t length : lengths) {
        const std::string key = random_bytes(32);
        const std::string nonce = random_bytes(12);
        const std::string aad = random_bytes(length % 7 == 0 ? 0 : random_() % 40);
        const std::string plain = random_bytes(length);
        Cipher fast(fast_aes_device(), key);
        Cipher slow(kNoDevice, key);
        const Sealed sealed = slow.seal(plain, nonce, aad);
        ASSERT_EQ(fast.seal(plain, nonce, aad), sealed) << length;
        ASSERT_EQ(fast.seal_in_place(plain, nonce, aad), sealed) << length;
        ASSERT_EQ(fast.open(sealed, nonce, aad), plain) << length;
        ASSERT_EQ(fast.open_in_place(sealed, nonce, aad), plain) << length;
    }
    EXPECT_EQ(records(), 4 * lengths.size());
    EXPECT_EQ(schedules(), lengths.size()) << "once a key";
}

TEST_F(FastAes, AChangedByteAnywhereIsRefusedAndNoPlaintextIsHandedOut) {
    Cipher fast(fast_aes_device(), random_bytes(32));
    for (const std::size_t length : {std::size_t{1}, std::size_t{16}, std::size_t{300}, std::size_t{3000}}) {
        const std::string nonce = random_bytes(12);
        const std::string aad = random_bytes(13);
        const std::string plain = random_bytes(length);
        const Sealed right = fast.seal(plain, nonce, aad);
        const auto refused = [&](Sealed sealed, const std::string& with_nonce, const std::string& with_aad) {
            std::string got;
            EXPECT_EQ(fast.open(sealed, with_nonce, with_aad, got), AES_GCM_AUTH_E);
            EXPECT_EQ(got, std::string(length, '\0'));
            EXPECT_EQ(fast.open_in_place(sealed, with_nonce, with_aad), std::nullopt);
        };
        const auto changed = [&](std::string bytes) {
            bytes[random_() % bytes.size()] ^= static_cast<char>(1 << (random_() % 8));
            return bytes;
        };
        for (int i = 0; i < 40; ++i) {
            refused({changed(right.bytes), right.tag}, nonce, aad);
            refused({right.bytes, changed(right.tag)}, nonce, aad);
            refused(right, changed(nonce), aad);
            refused(right, nonce, changed(aad));
            refused(right, nonce, aad.substr(1));
        }
        EXPECT_EQ(fast.open(right, nonce, aad), plain) << "and the right one still opens";
    }
}

TEST_F(FastAes, LeavesWhatLibsodiumCannotToWolfSsl) {
    struct Other {
        std::size_t key, nonce, tag;
    };
    for (const Other other : {Other{16, 12, 16}, Other{24, 12, 16}, Other{32, 16, 16}, Other{32, 12, 12}}) {
        const std::string key = random_bytes(other.key);
        const std::string nonce = random_bytes(other.nonce);
        Cipher fast(fast_aes_device(), key);
        Cipher slow(kNoDevice, key);
        const Sealed sealed = slow.seal("a record", nonce, "aad", other.tag);
        EXPECT_EQ(fast.seal("a record", nonce, "aad", other.tag), sealed);
        EXPECT_EQ(fast.open(sealed, nonce, "aad"), "a record");
    }
    EXPECT_EQ(records(), 0U);
}

TEST_F(FastAes, ComputesAScheduleOnceAKeyHoweverManySessionsTakeTurns) {
    std::vector<std::unique_ptr<Cipher>> sessions;  // two keys for each of 16 lines
    for (int i = 0; i < 32; ++i) sessions.push_back(std::make_unique<Cipher>(fast_aes_device(), random_bytes(32)));
    for (int round = 0; round < 100; ++round) {
        for (const auto& session : sessions) (void)session->seal("a record", std::string(12, '\0'), "");
    }
    EXPECT_EQ(records(), 3200U);
    EXPECT_EQ(schedules(), 32U);
    EXPECT_EQ(fast_aes_counts().kept, 32U);
}

TEST_F(FastAes, MoreKeysThanAThreadKeepsAreStillRight) {
    constexpr std::size_t kMany = 300;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < kMany; ++i) keys.push_back(random_bytes(32));
    const std::string nonce = random_bytes(12);
    Cipher steady(fast_aes_device(), keys[0]);
    for (int round = 0; round < 3; ++round) {
        for (const std::string& key : keys) {
            Cipher slow(kNoDevice, key);
            ASSERT_EQ(Cipher(fast_aes_device(), key).seal("a record", nonce, ""), slow.seal("a record", nonce, ""));
            (void)steady.seal("a record", nonce, "");
        }
    }
    EXPECT_LT(fast_aes_counts().kept, kMany);
    EXPECT_EQ(schedules(), 3 * kMany - 2) << "the key in use never made room for another";
}

TEST_F(FastAes, ANewKeyInTheOldPlaceIsANewKey) {
    const std::string nonce = random_bytes(12);
    std::string key = random_bytes(32);
    Cipher fast(fast_aes_device());
    for (std::size_t i = 0; i < 32; ++i) {  // differs from the one before in a single byte, at last in the last
        key[i] ^= 1;
        fast.set_key(key);
        Cipher slow(kNoDevice, key);
        EXPECT_EQ(fast.seal("a record", nonce, ""), slow.seal("a record", nonce, "")) << i;
    }
}

TEST_F(FastAes, ForgottenKeysAreTakenUpAgain) {
    const std::string nonce = random_bytes(12);
    Cipher fast(fast_aes_device(), random_bytes(32));
    const Sealed sealed = fast.seal("a record", nonce, "");
    EXPECT_EQ(fast_aes_counts().kept, 1U);
    forget_keys();
    EXPECT_EQ(fast_aes_counts().kept, 0U);
    EXPECT_EQ(fast.open(sealed, nonce, ""), "a record");
    EXPECT_EQ(schedules(), 2U);
}

TEST_F(FastAes, ThreadsShareNothing) {
    const std::string key = random_bytes(32);
    const std::string nonce = random_bytes(12);
    const Sealed sealed = Cipher(kNoDevice, key).seal("a record", nonce, "");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; ++i) {
                Cipher fast(fast_aes_device(), key);
                EXPECT_EQ(fast.open(sealed, nonce, ""), "a record");
                if (i % 100 == 0) forget_keys();
            }
            EXPECT_EQ(fast_aes_counts().records, 1000U);
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(records(), 0U);
}

}  // namespace
}  // namespace daypack::core
