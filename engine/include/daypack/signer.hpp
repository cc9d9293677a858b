// SPDX-License-Identifier: MIT
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Signs calls of Backpack Exchange (ED25519), so that a strategy can place its own orders: daypack places none. Link
// the target daypack::engine.
//
//     daypack::Signer signer(key, secret);
//     daypack::Call call("orderExecute");
//     call.set("symbol", "SOL_USDC").set("side", "Bid").set("orderType", "Limit");
//     call.set("price", "141").set("quantity", "12");
//     const daypack::SignedCall order = signer.sign(call, now_ms);
//     // POST order.body() to /api/v1/order with order.headers()

namespace daypack {

// what(): one line that says what to do. It never repeats a secret.
class SigningError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// What a call asks for: an instruction and its parameters. The exchange sorts parameters by their keys, each key stands
// once, and what has no value is left out. Throws SigningError for what the exchange has no published way to sign: a
// list of several values, and values with `%` or a reserved character.
//
// Thread: the one that owns it.
class Call {
  public:
    enum class Kind : std::uint8_t { text, number, flag };
    struct Parameter {
        std::string key;
        std::string value;
        Kind kind = Kind::text;
    };

    // "orderExecute", "balanceQuery", …; empty or anything but letters is refused.
    explicit Call(std::string_view instruction);

    // A decimal is text: prices and quantities are signed as they are written.
    Call& set(std::string_view key, std::string_view value) { return add(key, std::string(value), Kind::text); }
    Call& set(std::string_view key, const char* value) { return add(key, value, Kind::text); }
    Call& set(std::string_view key, std::same_as<bool> auto value) {
        return add(key, value ? "true" : "false", Kind::flag);
    }
    template <std::integral Number>
    requires(!std::same_as<Number, bool> && !std::same_as<Number, char>) Call& set(std::string_view key, Number value) {
        return add(key, std::to_string(value), Kind::number);
    }
    // The exchange's `null`: left out.
    template <class Value>
    Call& set(std::string_view key, const std::optional<Value>& value) {
        return value ? set(key, *value) : *this;
    }
    // One element is signed as if it stood alone; how several are signed is not published.
    Call& set(std::string_view key, const std::vector<std::string>& values);

    // A value with `%` or a reserved character, as it is, in a body alone: for `triggerQuantity` "80%", which some
    // clients send so. Whether the exchange signs the same text is not published.
    Call& set_unchecked(std::string_view key, std::string_view value);

    // What follows belongs to the next element of a batch, of the same instruction.
    Call& next();

    [[nodiscard]] const std::string& instruction() const noexcept { return instruction_; }
    // Of each element, sorted by key. There is one at least.
    [[nodiscard]] const std::vector<std::vector<Parameter>>& elements() const noexcept { return elements_; }

  private:
    Call& add(std::string_view key, std::string value, Kind kind);
    Call& insert(std::string_view key, std::string value, Kind kind);

    std::string instruction_;
    std::vector<std::vector<Parameter>> elements_;
    bool is_for_body_ = false;  // a value is in it that no query may have

    friend class Signer;
};

// A call with its signature: what is sent is made of the same parameters as what was signed, and can be changed no
// more.
class SignedCall {
  public:
    [[nodiscard]] const std::string& text() const noexcept { return text_; }    // what was signed
    [[nodiscard]] const std::string& query() const noexcept { return query_; }  // of GET: "limit=5&symbol=SOL_USDC"
    [[nodiscard]] const std::string& body() const noexcept { return body_; }    // of POST, DELETE, PATCH: JSON
    [[nodiscard]] const std::string& signature() const noexcept { return signature_; }
    // X-API-Key, X-Signature, X-Timestamp, X-Window.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> headers() const;

  private:
    friend class Signer;
    std::string text_;
    std::string query_;
    std::string body_;
    std::string api_key_;
    std::string signature_;
    std::string timestamp_;
    std::string window_;
};

// Holds a secret: in memory that is locked, left out of core dumps, written once, and wiped at the end. Whoever passed
// the secret still has it in a string of their own: see wipe().
//
// Thread: any number may sign at once; a moved-from signer may only be destroyed or assigned to.
class Signer {
  public:
    static constexpr std::int64_t kWindow_ms = 5'000;
    static constexpr std::int64_t kWindowMax_ms = 60'000;

    // `api_key`: base64 of the 32 bytes of the verifying key. `api_secret`: base64 of the seed's 32 bytes, or of the 64
    // bytes of seed and verifying key. The two must belong together. Throws SigningError.
    Signer(std::string_view api_key, std::string_view api_secret);
    // Of a file with a line `api_key: …` and a line `api_secret: …`, which its owner alone may read (mode 0600), and
    // which belongs to this user or to root. Throws SigningError.
    [[nodiscard]] static Signer from_file(const std::string& path);
    ~Signer();
    Signer(Signer&& other) noexcept;
    Signer& operator=(Signer&& other) noexcept;

    // `timestamp_ms`: the Unix time, as the exchange's own clock has it. `window_ms`: how long the call is good for.
    [[nodiscard]] SignedCall sign(const Call& call, std::int64_t timestamp_ms,
                                  std::int64_t window_ms = kWindow_ms) const;

    // The frame that subscribes to private streams over a WebSocket: {"method":"SUBSCRIBE",…}.
    [[nodiscard]] std::string subscribe(const std::vector<std::string>& streams, std::int64_t timestamp_ms,
                                        std::int64_t window_ms = kWindow_ms) const;

    // Base64 of the signature of these very bytes.
    [[nodiscard]] std::string sign_text(std::string_view text) const;

    [[nodiscard]] const std::string& api_key() const noexcept { return api_key_; }

    // Overwrites what a string holds, its spare room too, and empties it.
    static void wipe(std::string& secret) noexcept;

  private:
    struct Locked;
    struct Free {
        void operator()(Locked* locked) const noexcept;
    };

    std::string api_key_;
    std::unique_ptr<Locked, Free> locked_;
};

}  // namespace daypack
