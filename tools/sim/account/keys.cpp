// SPDX-License-Identifier: MIT
#include "tools/sim/account/keys.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace daypack::core::sim {
namespace {

constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;

template <std::size_t N>
std::string base64(const std::array<unsigned char, N>& bytes) {
    std::string text(sodium_base64_ENCODED_LEN(N, kBase64), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), N, kBase64);
    text.pop_back();  // the terminator
    return text;
}

template <std::size_t N>
std::optional<std::array<unsigned char, N>> bytes_of(const std::string& text) {
    std::array<unsigned char, N> bytes{};
    std::size_t size = 0;
    const char* end = nullptr;
    const int fault = sodium_base642bin(bytes.data(), N, text.data(), text.size(), nullptr, &size, &end, kBase64);
    if (fault != 0 || size != N || end != text.data() + text.size()) return std::nullopt;
    return bytes;
}

const unsigned char* raw(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

KeyPair key_pair_of(std::uint64_t seed, std::size_t account) {
    const std::string name = "daypack sim account " + std::to_string(account) + " of seed " + std::to_string(seed);
    std::array<unsigned char, crypto_sign_SEEDBYTES> signing{};
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> verifying{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> both{};
    crypto_generichash(signing.data(), signing.size(), raw(name), name.size(), nullptr, 0);
    crypto_sign_seed_keypair(verifying.data(), both.data(), signing.data());
    return {base64(verifying), base64(signing)};
}

bool is_signed_by(const std::string& api_key, const std::string& signature, std::string_view text) {
    const auto key = bytes_of<crypto_sign_PUBLICKEYBYTES>(api_key);
    const auto bytes = bytes_of<crypto_sign_BYTES>(signature);
    return key && bytes && crypto_sign_verify_detached(bytes->data(), raw(text), text.size(), key->data()) == 0;
}

void write_key_file(const std::string& folder, const std::string& name, const KeyPair& keys) {
    const std::string path = folder + "/" + name + ".key";
    const auto fail = [&path] {
        throw std::runtime_error("--keys-out: cannot write " + path + " (" + std::strerror(errno) +
                                 "); name a folder that you may write to");
    };
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) fail();
    // Anew, so that the mode is ours whatever stood there.
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail();
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) fail();
    const std::string text = "api_key: " + keys.api_key + "\napi_secret: " + keys.api_secret + "\n";
    const bool is_whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (::close(file) != 0 || !is_whole) fail();
}

}  // namespace daypack::core::sim
