// SPDX-License-Identifier: MIT
// Signatures against known ones, and what of a secret is left where.
#include "engine/include/daypack/signer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/net/backpack/signing_vectors.h"

namespace daypack::core::test {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(std::string_view text) {
    Pairs pairs;
    std::istringstream in{std::string(text)};
    for (std::string part; std::getline(in, part, '&');) {
        pairs.emplace_back(part.substr(0, part.find('=')), part.substr(part.find('=') + 1));
    }
    return pairs;
}

std::string text_of(const Pairs& pairs) {
    std::string text;
    for (const auto& [key, value] : pairs) text += (text.empty() ? "" : "&") + key + "=" + value;
    return text;
}

// The call that a signed text is of, its parameters set in the reverse order.
Call call_of(std::string_view text) {
    const Pairs pairs = pairs_of(text);
    Call call(pairs.front().second);
    std::vector<Pairs> elements;
    for (const auto& pair : pairs) {
        if (pair.first == "instruction") {
            elements.emplace_back();
        } else if (pair.first != "timestamp" && pair.first != "window") {
            elements.back().push_back(pair);
        }
    }
    for (std::size_t i = 0; i < elements.size(); ++i) {
        if (i > 0) call.next();
        std::reverse(elements[i].begin(), elements[i].end());
        for (const auto& [key, value] : elements[i]) {
            if (value == "true" || value == "false") {
                call.set(key, value == "true");
            } else if (value.find('%') != std::string::npos) {
                call.set_unchecked(key, value);
            } else {
                call.set(key, value);
            }
        }
    }
    return call;
}

std::int64_t number_of(std::string_view text, std::string_view key) {
    for (const auto& [name, value] : pairs_of(text)) {
        if (name == key) return std::stoll(value);
    }
    return 0;
}

std::string error_of(const std::function<void()>& make) {
    try {
        make();
    } catch (const SigningError& error) {
        return error.what();
    }
    return "no error";
}

Signer signer_of(const KeyPair& keys) {
    return Signer(keys.verifying, keys.seed);
}

TEST(Signer, MakesEverySignatureThatIsKnownByteForByte) {
    int made = 0;
    for (const SigningVector& vector : kSigningVectors) {
        const Signer signer = signer_of(vector.keys);
        EXPECT_EQ(signer.sign_text(vector.text), vector.signature) << vector.name;
        if (!vector.text.empty()) {
            const SignedCall call = signer.sign(call_of(vector.text), number_of(vector.text, "timestamp"),
                                                number_of(vector.text, "window"));
            EXPECT_EQ(call.text(), vector.text) << vector.name;
            EXPECT_EQ(call.signature(), vector.signature) << vector.name;
        }
        ++made;
    }
    EXPECT_EQ(made, 47);
}

// A mistake that a client may make in the text, as a change of the right one.
struct Mistake {
    const char* name;
    std::function<void(Pairs&)> make;
};

void sort_all(Pairs& pairs, std::size_t from) {
    std::stable_sort(pairs.begin() + static_cast<std::ptrdiff_t>(from), pairs.end());
}

TEST(Signer, AnyMistakeOfAKindIsCaughtByAKnownSignature) {
    const std::vector<Mistake> mistakes = {
        {"the instruction is sorted in",
         [](Pairs& pairs) {
             const auto end = pairs.end() - 2;
             std::stable_sort(pairs.begin(), end);
         }},
        {"timestamp and window are sorted in", [](Pairs& pairs) { sort_all(pairs, 1); }},
        {"the window alone is sorted in",
         [](Pairs& pairs) {
             std::swap(pairs[pairs.size() - 1], pairs[pairs.size() - 2]);
             std::stable_sort(pairs.begin() + 1, pairs.end() - 1);
         }},
        {"seconds for milliseconds",
         [](Pairs& pairs) {
             auto& time = pairs[pairs.size() - 2].second;
             if (time.size() > 10) time.resize(time.size() - 3);
         }},
        {"a parameter is added after signing",
         [](Pairs& pairs) {
             pairs.insert(pairs.end() - 2, {"zeta", "1"});
         }},
        {"True for true",
         [](Pairs& pairs) {
             for (auto& [key, value] : pairs) {
                 if (value == "true" || value == "false") value[0] = static_cast<char>(value[0] - 32);
             }
         }},
        {"no instruction", [](Pairs& pairs) { pairs.erase(pairs.begin()); }},
    };
    for (const Mistake& mistake : mistakes) {
        int caught = 0;
        for (const SigningVector& vector : kSigningVectors) {
            if (vector.text.empty()) continue;
            Pairs pairs = pairs_of(vector.text);
            mistake.make(pairs);
            if (signer_of(vector.keys).sign_text(text_of(pairs)) != vector.signature) ++caught;
        }
        EXPECT_GT(caught, 0) << mistake.name;
    }
}

TEST(Signer, WhatIsSentIsWhatWasSigned) {
    const Signer signer = signer_of(kRfc8032);
    Call call("orderExecute");
    call.set("symbol", "SOL_USDC").set("clientId", 7u).set("postOnly", true).set("price", "100.10");
    call.set("triggerPrice", std::optional<std::string>());
    const SignedCall made = signer.sign(call, 1'614'550'000'000);
    EXPECT_EQ(made.body(), R"({"clientId":7,"postOnly":true,"price":"100.10","symbol":"SOL_USDC"})");
    EXPECT_EQ(made.query(), "clientId=7&postOnly=true&price=100.10&symbol=SOL_USDC");
    EXPECT_EQ(made.text(), "instruction=orderExecute&" + made.query() + "&timestamp=1614550000000&window=5000");
    const auto headers = made.headers();
    ASSERT_EQ(headers.size(), 4u);
    EXPECT_EQ(headers[0], (std::pair<std::string, std::string>("X-API-Key", kRfc8032.verifying)));
    EXPECT_EQ(headers[1], (std::pair<std::string, std::string>("X-Signature", made.signature())));
    EXPECT_EQ(headers[2].second + headers[3].second, "16145500000005000");
    call.next().set("symbol", "BTC_USDC");
    EXPECT_EQ(signer.sign(call, 1).body(), "[" + made.body() + R"(,{"symbol":"BTC_USDC"}])");
    EXPECT_TRUE(signer.sign(call, 1).query().empty()) << "a batch is no query";
}

TEST(Signer, ASubscriptionIsSignedWithoutItsStreams) {
    const SigningVector& known = *std::ranges::find(kSigningVectors, "docs_ws_subscribe", &SigningVector::name);
    EXPECT_EQ(signer_of(known.keys).subscribe({"account.orderUpdate", "account.balanceUpdate"}, 1'614'550'000'000),
              R"({"method":"SUBSCRIBE","params":["account.orderUpdate","account.balanceUpdate"],"signature":[")" +
                  std::string(known.keys.verifying) + "\",\"" + std::string(known.signature) +
                  R"(","1614550000000","5000"]})");
    EXPECT_NE(error_of([&] { (void)signer_of(known.keys).subscribe({}, 1); }), "no error");
    EXPECT_NE(error_of([&] { (void)signer_of(known.keys).subscribe({"a\"b"}, 1); }), "no error");
}

TEST(Signer, RefusesInWordsWhatNobodyHasPublishedHowToSign) {
    const auto set = [](const char* key, const char* value) {
        return error_of([&] { (void)Call("orderExecute").set(key, value); });
    };
    for (const char* value : {"80%", "a b", "a&b", "a=b", "a+b", "a/b", "\"", "\\", "a\nb", "\xc3\xa9"}) {
        EXPECT_NE(set("key", value).find("is not published"), std::string::npos) << value << ": " << set("key", value);
    }
    EXPECT_EQ(
        error_of([] {
            (void)Call("a").set("marketType", std::vector<std::string>{"SPOT", "PERP"});
        }),
        "`marketType` has 2 values, and how the exchange signs more than one is not published; ask once for each");
    EXPECT_EQ(error_of([] { (void)Call("a").set("marketType", std::vector<std::string>{"SPOT"}); }), "no error");
    EXPECT_NE(error_of([] { (void)Call("a").set("b", "1").set("b", "2"); }).find("given twice"), std::string::npos);
    for (const char* key : {"instruction", "timestamp", "window", "", "a b", "a=b"}) {
        EXPECT_NE(set(key, "1"), "no error") << key;
    }
    EXPECT_NE(set("key", ""), "no error");
    for (const char* name : {"", "a&b", "order Execute"}) {
        EXPECT_NE(error_of([&] { (void)Call(name); }), "no error") << name;
    }
    const Signer signer = signer_of(kOnes);
    Call percent("orderExecute");
    percent.set_unchecked("triggerQuantity", "80%");
    EXPECT_TRUE(signer.sign(percent, 1).query().empty()) << "a query would have to encode it";
    EXPECT_NE(error_of([&] { percent.set_unchecked("b", "\""); }), "no error");
}

TEST(Signer, AWindowIsOneToSixtyThousand) {
    const Signer signer = signer_of(kSevens);
    for (const std::int64_t window : {1, 5'000, 60'000})
        EXPECT_EQ(error_of([&] { (void)signer.sign(Call("a"), 1, window); }), "no error");
    for (const std::int64_t window : {-1, 0, 60'001}) {
        EXPECT_EQ(error_of([&] { (void)signer.sign(Call("a"), 1, window); }),
                  "the window is " + std::to_string(window) + " ms; give 1 to 60000");
    }
    EXPECT_NE(error_of([&] { (void)signer.sign(Call("a"), 0); }), "no error");
}

// base64 of the seed and of the verifying key, one behind the other, as some tools show a secret.
std::string long_form(const KeyPair& keys) {
    unsigned char bytes[64];
    std::size_t size = 0;
    for (const auto [part, at] : {std::pair{keys.seed, 0}, std::pair{keys.verifying, 32}}) {
        (void)sodium_base642bin(bytes + at, 32, part.data(), part.size(), nullptr, &size, nullptr,
                                sodium_base64_VARIANT_ORIGINAL);
    }
    std::string text(sodium_base64_encoded_len(64, sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes, 64, sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();
    return text;
}

TEST(Signer, TakesASecretInBothFormsAndComparesItWithTheKey) {
    const std::string both = long_form(kCounting);
    EXPECT_EQ(Signer(kCounting.verifying, both).sign_text("x"), signer_of(kCounting).sign_text("x"));
    const auto error = [](std::string_view key, std::string_view secret) {
        return error_of([&] { (void)Signer(key, secret); });
    };
    const std::string other = error(kOnes.verifying, kSevens.seed);
    EXPECT_NE(other.find("does not belong to the API key"), std::string::npos) << other;
    EXPECT_EQ(other.find(kSevens.seed), std::string::npos) << "the secret is in no error";
    EXPECT_EQ(other.find(kOnes.verifying), std::string::npos) << "nor is the key, which may be the secret of another";
    std::string mixed = long_form({kSevens.seed, kOnes.verifying});
    EXPECT_NE(error(kSevens.verifying, mixed), "no error") << "its second half is of another pair";
    for (const std::string_view bad :
         {std::string_view(""), kSevens.seed.substr(1), std::string_view("?"), std::string_view(both).substr(0, 80)}) {
        const std::string words = error(kSevens.verifying, bad);
        EXPECT_NE(words.find("is not base64 of 32 bytes, or of 64"), std::string::npos) << words;
        EXPECT_NE(error(bad, kSevens.seed).find("the API key is not base64"), std::string::npos);
    }
}

TEST(Signer, SaysThatKeyAndSecretAreSwappedAndShowsNeither) {
    const auto error = [](std::string_view key, std::string_view secret) {
        return error_of([&] { (void)Signer(key, secret); });
    };
    EXPECT_EQ(error(kOnes.seed, kOnes.verifying),
              "the API key and the API secret are swapped; give each in the place of the other");
    const std::string same =
        "the same value is given for the API key and the API secret; give each its own, as the exchange shows it";
    EXPECT_EQ(error(kOnes.seed, kOnes.seed), same);
    EXPECT_EQ(error(kOnes.verifying, kOnes.verifying), same);
    EXPECT_EQ(error(kOnes.seed, kSevens.seed),
              "the API secret does not belong to the API key; take both from one key pair");
    EXPECT_EQ(error(long_form(kOnes), kOnes.verifying),
              "the API key is not base64 of 32 bytes; copy it as the exchange shows it");
}

class KeyFileTest : public testing::Test {
  protected:
    ~KeyFileTest() override { std::filesystem::remove(path_); }
    std::string error(const std::string& text, mode_t mode = 0600) {
        std::filesystem::remove(path_);
        std::ofstream(path_) << text;
        (void)chmod(path_.c_str(), mode);
        return error_of([&] { (void)Signer::from_file(path_); });
    }
    const std::string path_ = testing::TempDir() + "daypack_key_file_test." + std::to_string(getpid());
    const std::string good_ =
        "# mine\napi_key: " + std::string(kOnes.verifying) + "\n\napi_secret: \"" + std::string(kOnes.seed) + "\"\r\n";
};

TEST_F(KeyFileTest, IsTakenWhereItsOwnerAloneMayReadIt) {
    for (const mode_t mode : {0600, 0400}) EXPECT_EQ(error(good_, mode), "no error");
    EXPECT_EQ(Signer::from_file(path_).sign_text("x"), signer_of(kOnes).sign_text("x"));
    for (const mode_t mode : {0640, 0604, 0620, 0666, 0644}) {
        const std::string words = error(good_, mode);
        EXPECT_NE(words.find("so others may read it; chmod 600 it"), std::string::npos) << words;
    }
}

TEST_F(KeyFileTest, IsRefusedInWordsThatNeverShowWhatStandsInIt) {
    const std::string secret(kOnes.seed);
    for (const std::string& text :
         {std::string(), secret, "api_key: " + std::string(kOnes.verifying) + "\n", "api_secret: " + secret + "\n",
          good_ + "more: " + secret + "\n", good_ + good_, "api_key: x\napi_secret: " + secret, std::string(5'000, 'a'),
          "api_key: " + secret + "\napi_secret: " + secret,
          "api_key: " + secret + "\napi_secret: " + std::string(kOnes.verifying)}) {
        const std::string words = error(text);
        EXPECT_NE(words, "no error");
        EXPECT_EQ(words.find(secret.substr(0, 20)), std::string::npos) << words;
    }
    EXPECT_NE(error_of([&] { (void)Signer::from_file(testing::TempDir()); }).find("no plain file"), std::string::npos);
    EXPECT_NE(error_of([&] { (void)Signer::from_file("/dev/null"); }).find("no plain file"), std::string::npos);
    EXPECT_NE(error_of([&] { (void)Signer::from_file("/nowhere/keys"); }).find("cannot be read (No such file"),
              std::string::npos);
}

TEST(KeyFile, APathThatMayBeTheSecretIsNotShown) {
    const auto error = [](const std::string& path) { return error_of([&] { (void)Signer::from_file(path); }); };
    for (const KeyPair& keys : {kRfc8032, kCounting}) {
        const std::string secret(keys.seed);
        for (const std::string& path : {secret, secret.substr(0, 43), "/home/me/" + secret, "api_secret: " + secret,
                                        long_form(keys), "'" + secret + "'", secret + ".keys"}) {
            const std::string words = error(path);
            EXPECT_TRUE(words.starts_with("the key file (not shown: it may be a secret) cannot be read")) << words;
        }
    }
    for (const char* path : {"/home/me/trading/strategies/market_making/keys/main", "/Users/Me/Trading2/mm.keys",
                             "/run/secrets/0123456789abcdef0123456789abcdef0123456789"}) {
        EXPECT_NE(error(path).find(path), std::string::npos) << error(path);
    }
}

// ---- where the secret is: what a core dump would hold, which is all of memory that is readable and not left out of it

struct Region {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    bool readable = false;
    bool dumped = true;
    bool locked = false;
};

std::vector<Region> regions() {
    std::vector<Region> regions;
    std::ifstream maps("/proc/self/smaps");
    for (std::string line; std::getline(maps, line);) {
        Region region;
        char rights[5] = "";
        if (std::sscanf(line.c_str(), "%lx-%lx %4s", &region.begin, &region.end, rights) == 3) {
            region.readable = rights[0] == 'r';
            regions.push_back(region);
        } else if (line.starts_with("VmFlags:") && !regions.empty()) {
            regions.back().dumped = line.find(" dd") == std::string::npos;
            regions.back().locked = line.find(" lo") != std::string::npos;
        }
    }
    return regions;
}

// Counts the regions with `needle`, whose bytes are inverted, so that it is not found itself.
struct Found {
    int dumped = 0;
    int kept_out = 0;
    int locked = 0;
};

Found search(const std::string& inverted) {
    Found found;
    const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    std::vector<char> page(1 << 20);
    for (const Region& region : regions()) {
        if (!region.readable) continue;
        const auto own = reinterpret_cast<std::uintptr_t>(page.data());
        if (own >= region.begin && own < region.end) continue;
        for (std::uintptr_t at = region.begin; at < region.end; at += page.size() - 128) {
            const std::size_t want = std::min<std::size_t>(page.size(), region.end - at);
            const ssize_t got = pread(memory, page.data(), want, static_cast<off_t>(at));
            if (got <= 0) break;
            const auto same = [](char here, char there) { return here == static_cast<char>(~there); };
            if (std::search(page.begin(), page.begin() + got, inverted.begin(), inverted.end(), same) ==
                page.begin() + got)
                continue;
            ++(region.dumped ? found.dumped : found.kept_out);
            found.locked += region.locked ? 1 : 0;
            break;
        }
    }
    (void)close(memory);
    return found;
}

TEST(Signer, ItsSeedIsInNoMemoryThatACoreDumpHolds) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's shadow is terabytes";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    GTEST_SKIP() << "a sanitizer's shadow is terabytes";
#endif
#endif
    // A seed of this test's own, made so that it stands in no other memory: inverted, and of that many a byte.
    std::string inverted_seed(32, '\0');
    for (std::size_t i = 0; i < 32; ++i) inverted_seed[i] = static_cast<char>(~(0x40 + 5 * i));
    const std::string path = testing::TempDir() + "daypack_core_test." + std::to_string(getpid());
    std::string inverted_text;
    {
        std::string seed = inverted_seed;
        for (char& c : seed) c = static_cast<char>(~c);
        unsigned char verifying[32];
        unsigned char secret[64];
        ASSERT_EQ(crypto_sign_seed_keypair(verifying, secret, reinterpret_cast<const unsigned char*>(seed.data())), 0);
        char key[48];
        char text[48];
        sodium_bin2base64(key, sizeof key, verifying, 32, sodium_base64_VARIANT_ORIGINAL);
        sodium_bin2base64(text, sizeof text, secret, 32, sodium_base64_VARIANT_ORIGINAL);
        for (const char* c = text; *c != '\0'; ++c) inverted_text += static_cast<char>(~*c);
        const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ASSERT_GT(dprintf(file, "api_key: %s\napi_secret: %s\n", key, text), 0);
        (void)close(file);
        sodium_memzero(secret, sizeof secret);
        sodium_memzero(text, sizeof text);
        Signer::wipe(seed);
    }
    EXPECT_EQ(search(inverted_seed).dumped, 0) << "the test itself has left it somewhere";
    {
        const Signer signer = Signer::from_file(path);
        (void)signer.sign(Call("balanceQuery"), 1);
        const Found raw = search(inverted_seed);
        EXPECT_EQ(raw.dumped, 0);
        EXPECT_EQ(raw.kept_out, 1) << "the search finds it where it is";
        rlimit limit{};
        ASSERT_EQ(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
        if (limit.rlim_cur >= rlim_t{1} << 20) EXPECT_EQ(raw.locked, 1);
        EXPECT_EQ(search(inverted_text).dumped, 0) << "the base64 form";
    }
    EXPECT_EQ(search(inverted_seed).dumped + search(inverted_seed).kept_out, 0) << "it is wiped";
    (void)std::filesystem::remove(path);
}

}  // namespace
}  // namespace daypack::core::test
