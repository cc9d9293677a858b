// SPDX-License-Identifier: MIT
#pragma once
#include <sodium.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/sim/account/keys.h"

namespace daypack::core::sim {

// Now, or a little later: no two requests get the same one, for the second would be a replay.
inline std::int64_t next_ms() {
    static std::int64_t last_ms = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    return last_ms = std::max(now_ms, last_ms + 1);
}

inline std::string base64_of(const unsigned char* bytes, std::size_t size) {
    std::string text(sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes, size, sodium_base64_VARIANT_ORIGINAL);
    text.pop_back();
    return text;
}

// Signs for tests of the simulated exchange, by libsodium alone. `text` is the whole of what is signed.
inline std::string signature_of(const KeyPair& keys, const std::string& text, int flipped_bit = -1) {
    unsigned char seed[crypto_sign_SEEDBYTES];
    unsigned char verifying[crypto_sign_PUBLICKEYBYTES];
    unsigned char both[crypto_sign_SECRETKEYBYTES];
    unsigned char signature[crypto_sign_BYTES];
    std::size_t size = 0;
    sodium_base642bin(seed, sizeof seed, keys.api_secret.data(), keys.api_secret.size(), nullptr, &size, nullptr,
                      sodium_base64_VARIANT_ORIGINAL);
    crypto_sign_seed_keypair(verifying, both, seed);
    crypto_sign_detached(signature, nullptr, reinterpret_cast<const unsigned char*>(text.data()), text.size(), both);
    if (flipped_bit >= 0) signature[flipped_bit / 8] ^= static_cast<unsigned char>(1 << flipped_bit % 8);
    return base64_of(signature, sizeof signature);
}

// The head's lines of a request. `before`: "instruction=balanceQuery", and the parameters in the order of their keys.
inline std::string signed_head(const KeyPair& keys, const std::string& before, std::int64_t at_ms = next_ms()) {
    const std::string time = std::to_string(at_ms);
    return "X-API-Key: " + keys.api_key +
           "\r\nX-Signature: " + signature_of(keys, before + "&timestamp=" + time + "&window=5000") +
           "\r\nX-Timestamp: " + time + "\r\nX-Window: 5000\r\n";
}

inline std::string signed_subscription(const KeyPair& keys, const std::vector<std::string>& streams,
                                       std::int64_t at_ms = next_ms()) {
    const std::string time = std::to_string(at_ms);
    std::string names;
    for (const std::string& stream : streams) names += (names.empty() ? "\"" : ",\"") + stream + "\"";
    return R"({"method":"SUBSCRIBE","params":[)" + names + R"(],"signature":[")" + keys.api_key + R"(",")" +
           signature_of(keys, "instruction=subscribe&timestamp=" + time + "&window=5000") + R"(",")" + time +
           R"(","5000"]})";
}

}  // namespace daypack::core::sim
