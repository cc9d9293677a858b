// SPDX-License-Identifier: MIT
#include "engine/include/daypack/signer.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "net/backpack/key_file.h"

namespace daypack {
namespace {

constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;

bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
// RFC 3986's unreserved characters: the only ones that every encoding leaves as they are.
bool is_plain(char c) noexcept {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void start_sodium() {
    if (sodium_init() < 0) throw SigningError("libsodium cannot start on this machine; see that /dev/urandom is there");
}

std::string base64(const unsigned char* bytes, std::size_t size) {
    std::string text(sodium_base64_encoded_len(size, kBase64), '\0');
    (void)sodium_bin2base64(text.data(), text.size(), bytes, size, kBase64);
    text.pop_back();  // the zero behind it
    return text;
}

// How many bytes a base64 of at most `room` holds; 0: it is none.
std::size_t from_base64(std::string_view text, unsigned char* bytes, std::size_t room) noexcept {
    std::size_t size = 0;
    const char* end = nullptr;
    const bool good = sodium_base642bin(bytes, room, text.data(), text.size(), nullptr, &size, &end, kBase64) == 0;
    return good && end == text.data() + text.size() ? size : 0;
}

void append_pairs(const std::vector<Call::Parameter>& parameters, std::string& text) {
    for (const auto& parameter : parameters) {
        if (!text.empty()) text += '&';
        text.append(parameter.key).append("=").append(parameter.value);
    }
}

// Values are plain ASCII without quotes or backslashes: Call saw to that.
std::string json_of(const std::vector<Call::Parameter>& parameters) {
    std::string json = "{";
    for (const auto& parameter : parameters) {
        if (json.size() > 1) json += ',';
        json.append("\"").append(parameter.key).append("\":");
        const bool quoted = parameter.kind == Call::Kind::text;
        json.append(quoted ? "\"" : "").append(parameter.value).append(quoted ? "\"" : "");
    }
    return json + "}";
}

void check_times(std::int64_t timestamp_ms, std::int64_t window_ms) {
    if (timestamp_ms <= 0) throw SigningError("the timestamp is not positive; give the Unix time in milliseconds");
    if (window_ms >= 1 && window_ms <= Signer::kWindowMax_ms) return;
    throw SigningError("the window is " + std::to_string(window_ms) + " ms; give 1 to " +
                       std::to_string(Signer::kWindowMax_ms));
}

std::string ending(std::int64_t timestamp_ms, std::int64_t window_ms) {
    return "&timestamp=" + std::to_string(timestamp_ms) + "&window=" + std::to_string(window_ms);
}

// Why a key and a secret of `size` bytes are no pair. It shows neither: what was given as the key may be the secret.
std::string misfit(const unsigned char* key, const unsigned char* secret, std::size_t size) {
    if (sodium_memcmp(key, secret, crypto_sign_PUBLICKEYBYTES) == 0) {
        return "the same value is given for the API key and the API secret; give each its own, as the exchange shows "
               "it";
    }
    // A secret that is given as the key derives the key that was given as the secret.
    unsigned char derived[crypto_sign_PUBLICKEYBYTES];
    unsigned char signing[crypto_sign_SECRETKEYBYTES];
    (void)crypto_sign_seed_keypair(derived, signing, key);
    sodium_memzero(signing, sizeof signing);
    if (size == sizeof derived && sodium_memcmp(derived, secret, sizeof derived) == 0) {
        return "the API key and the API secret are swapped; give each in the place of the other";
    }
    return "the API secret does not belong to the API key; take both from one key pair";
}

}  // namespace

// ---- the call

Call::Call(std::string_view instruction) : instruction_(instruction), elements_(1) {
    if (instruction.empty() || !std::ranges::all_of(instruction, is_letter)) {
        throw SigningError("an instruction is a word of letters, as in orderExecute");
    }
}

Call& Call::set(std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return *this;
    if (values.size() == 1) return set(key, std::string_view(values.front()));
    throw SigningError("`" + std::string(key) + "` has " + std::to_string(values.size()) +
                       " values, and how the exchange signs more than one is not published; ask once for each");
}

Call& Call::add(std::string_view key, std::string value, Kind kind) {
    const auto odd = std::ranges::find_if_not(value, is_plain);
    if (odd != value.end()) {
        const bool visible = *odd > ' ' && *odd < 127;
        throw SigningError("`" + std::string(key) + "` has " +
                           (visible ? "\"" + std::string(1, *odd) + "\"" : "a byte") +
                           " in its value, and how the exchange signs that is not published; use letters, digits and "
                           "- . _ ~ alone");
    }
    return insert(key, std::move(value), kind);
}

Call& Call::set_unchecked(std::string_view key, std::string_view value) {
    const auto fits = [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\' && c != '&' && c != '='; };
    if (!std::ranges::all_of(value, fits)) {
        throw SigningError("`" + std::string(key) +
                           "` has a space, a quote, a backslash, & or = in its value, which "
                           "would change what is signed; leave it out");
    }
    is_for_body_ = is_for_body_ || !std::ranges::all_of(value, is_plain);
    return insert(key, std::string(value), Kind::text);
}

Call& Call::insert(std::string_view key, std::string value, Kind kind) {
    if (key.empty() || !std::ranges::all_of(key, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; })) {
        throw SigningError("a parameter's name is a word of letters and digits, as in clientId");
    }
    if (key == "instruction" || key == "timestamp" || key == "window") {
        throw SigningError("`" + std::string(key) + "` is no parameter; it is signed by itself");
    }
    if (value.empty()) throw SigningError("`" + std::string(key) + "` has an empty value; leave it out");
    auto& parameters = elements_.back();
    const auto at = std::ranges::lower_bound(parameters, key, {}, &Parameter::key);
    if (at != parameters.end() && at->key == key) {
        throw SigningError("`" + std::string(key) +
                           "` is given twice, and how the exchange signs that is not "
                           "published; give it once");
    }
    parameters.insert(at, {std::string(key), std::move(value), kind});
    return *this;
}

Call& Call::next() {
    if (elements_.back().empty()) throw SigningError("an element of a batch has no parameters; give it some");
    elements_.emplace_back();
    return *this;
}

// ---- the signature

std::vector<std::pair<std::string, std::string>> SignedCall::headers() const {
    return {{"X-API-Key", api_key_}, {"X-Signature", signature_}, {"X-Timestamp", timestamp_}, {"X-Window", window_}};
}

struct Signer::Locked {
    unsigned char key[crypto_sign_SECRETKEYBYTES];  // the seed and the verifying key
};

void Signer::Free::operator()(Locked* locked) const noexcept {
    sodium_free(locked);  // wipes it
}

Signer::Signer(std::string_view api_key, std::string_view api_secret) : api_key_(api_key) {
    start_sodium();
    unsigned char verifying[crypto_sign_PUBLICKEYBYTES];
    if (from_base64(api_key, verifying, sizeof verifying) != sizeof verifying) {
        throw SigningError("the API key is not base64 of 32 bytes; copy it as the exchange shows it");
    }
    // sodium_malloc() locks memory and has it left out of core dumps; a limit on locked memory alone does not make it
    // fail.
    locked_.reset(static_cast<Locked*>(sodium_malloc(sizeof(Locked))));
    const std::unique_ptr<Locked, Free> given(static_cast<Locked*>(sodium_malloc(sizeof(Locked))));
    if (!locked_ || !given) throw SigningError("there is no memory for the API secret; free some");
    const std::size_t size = from_base64(api_secret, given->key, sizeof given->key);
    if (size != crypto_sign_SEEDBYTES && size != sizeof given->key) {
        throw SigningError("the API secret is not base64 of 32 bytes, or of 64; copy it as the exchange shows it");
    }
    unsigned char derived[crypto_sign_PUBLICKEYBYTES];
    (void)crypto_sign_seed_keypair(derived, locked_->key, given->key);
    const bool fits = size == crypto_sign_SEEDBYTES || sodium_memcmp(given->key, locked_->key, size) == 0;
    if (!fits || sodium_memcmp(derived, verifying, sizeof derived) != 0) {
        std::string why = misfit(verifying, given->key, size);
        sodium_memzero(verifying, sizeof verifying);
        wipe(api_key_);
        throw SigningError(why);
    }
    (void)sodium_mprotect_readonly(locked_.get());
}

Signer Signer::from_file(const std::string& path) {
    start_sodium();
    const core::KeyFile file(path);
    return {file.api_key(), file.api_secret()};
}

Signer::~Signer() = default;
Signer::Signer(Signer&& other) noexcept = default;
Signer& Signer::operator=(Signer&& other) noexcept = default;

std::string Signer::sign_text(std::string_view text) const {
    unsigned char signature[crypto_sign_BYTES];
    (void)crypto_sign_detached(signature, nullptr, reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                               locked_->key);
    return base64(signature, sizeof signature);
}

// The instruction stands first, and timestamp and window last, whatever the alphabet says.
SignedCall Signer::sign(const Call& call, std::int64_t timestamp_ms, std::int64_t window_ms) const {
    check_times(timestamp_ms, window_ms);
    SignedCall made;
    const auto& elements = call.elements();
    for (const auto& parameters : elements) {
        if (elements.size() > 1 && parameters.empty()) {
            throw SigningError("an element of a batch has no parameters; give it some");
        }
        if (!made.text_.empty()) made.text_ += '&';
        made.text_ += "instruction=" + call.instruction();
        append_pairs(parameters, made.text_);
        if (!made.body_.empty()) made.body_ += ',';
        made.body_ += json_of(parameters);
    }
    if (elements.size() > 1) {
        made.body_ = "[" + made.body_ + "]";
    } else if (!call.is_for_body_) {
        append_pairs(elements.front(), made.query_);
    }
    made.text_ += ending(timestamp_ms, window_ms);
    made.api_key_ = api_key_;
    made.signature_ = sign_text(made.text_);
    made.timestamp_ = std::to_string(timestamp_ms);
    made.window_ = std::to_string(window_ms);
    return made;
}

std::string Signer::subscribe(const std::vector<std::string>& streams, std::int64_t timestamp_ms,
                              std::int64_t window_ms) const {
    if (streams.empty()) throw SigningError("no stream is named; name one, as account.orderUpdate");
    std::string names;
    for (const std::string& stream : streams) {
        if (stream.empty() || !std::ranges::all_of(stream, is_plain)) {
            throw SigningError("a private stream is named in letters and dots, as account.orderUpdate");
        }
        names += (names.empty() ? "\"" : ",\"") + stream + "\"";
    }
    const SignedCall made = sign(Call("subscribe"), timestamp_ms, window_ms);
    return R"({"method":"SUBSCRIBE","params":[)" + names + R"(],"signature":[")" + made.api_key_ + "\",\"" +
           made.signature_ + "\",\"" + made.timestamp_ + "\",\"" + made.window_ + "\"]}";
}

void Signer::wipe(std::string& secret) noexcept {
    secret.resize(secret.capacity());  // no other memory is taken
    sodium_memzero(secret.data(), secret.size());
    secret.clear();
}

}  // namespace daypack
