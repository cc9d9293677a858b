// SPDX-License-Identifier: MIT
#include "net/ws/web_socket_key.h"

#include <wolfssl/options.h>  // before the rest of wolfSSL
#include <wolfssl/wolfcrypt/coding.h>
#include <wolfssl/wolfcrypt/sha.h>

#include <array>
#include <random>
#include <span>

namespace daypack::core {
namespace {

std::string base64(std::span<const byte> bytes) {
    byte text[64];
    word32 size = sizeof text;
    if (Base64_Encode_NoNl(bytes.data(), static_cast<word32>(bytes.size()), text, &size) != 0) return {};
    return {reinterpret_cast<const char*>(text), size};
}

}  // namespace

std::string web_socket_key() {
    std::random_device device;  // a key is no secret: it only tells an answer to this request from an old one
    std::array<byte, 16> bytes;
    for (byte& value : bytes) value = static_cast<byte>(device());
    return base64(bytes);
}

std::string web_socket_accept(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    wc_Sha sha;
    std::array<byte, WC_SHA_DIGEST_SIZE> digest;
    if (wc_InitSha(&sha) != 0) return {};
    const bool hashed =
        wc_ShaUpdate(&sha, reinterpret_cast<const byte*>(text.data()), static_cast<word32>(text.size())) == 0 &&
        wc_ShaFinal(&sha, digest.data()) == 0;
    wc_ShaFree(&sha);
    return hashed ? base64(digest) : std::string();
}

}  // namespace daypack::core
