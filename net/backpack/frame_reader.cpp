// SPDX-License-Identifier: MIT
#include "net/backpack/frame_reader.h"

#include <stdexcept>
#include <string>

#include "book/digits.h"
#include "net/backpack/decoder.h"
#include "net/base/json.h"

namespace daypack::core {
namespace {

// Which field a key of `data` is; the venue's keys are single letters whose case matters.
constexpr std::array<FrameFields::Field, 256> kFieldOfKey = [] {
    std::array<FrameFields::Field, 256> fields{};
    fields.fill(FrameFields::kFields);
    fields['e'] = FrameFields::event;
    fields['s'] = FrameFields::symbol;
    fields['E'] = FrameFields::send_time;
    fields['T'] = FrameFields::match_time;
    fields['U'] = FrameFields::first_id;
    fields['u'] = FrameFields::last_id;
    fields['t'] = FrameFields::trade_id;
    fields['m'] = FrameFields::buyer_maker;
    fields['p'] = FrameFields::price;
    fields['q'] = FrameFields::quantity;
    fields['a'] = FrameFields::ask;
    fields['b'] = FrameFields::bid;
    fields['A'] = FrameFields::ask_quantity;
    fields['B'] = FrameFields::bid_quantity;
    fields['f'] = FrameFields::funding_rate;
    fields['i'] = FrameFields::index_price;
    fields['n'] = FrameFields::next_funding;
    fields['S'] = FrameFields::side;
    fields['o'] = FrameFields::open_price;
    fields['c'] = FrameFields::last_price;
    fields['v'] = FrameFields::volume;
    fields['V'] = FrameFields::quote_volume;
    return fields;
}();

// REQUIRES: the key has its quotes.
FrameFields::Field field_of(std::string_view key) noexcept {
    return key.size() == 3 ? kFieldOfKey[static_cast<unsigned char>(key[1])] : FrameFields::kFields;
}

bool has_escapes(std::string_view text) noexcept {
    return text.find('\\') != std::string_view::npos;
}

// JSON beyond doubt, as nearly all that comes: digits, or a string in which nothing is escaped.
bool is_plain(std::string_view text) noexcept {
    if (json::is_quoted(text)) return !has_escapes(text);
    return all_digits(text) && (text.front() != '0' || text.size() == 1);
}

// One reading of one frame. Each function takes one value.
class Pass {
  public:
    Pass(json::Tokens tokens, FrameFields& text, std::span<LevelText> room) noexcept
        : tokens_(tokens), text_(text), room_(room) {}

    [[nodiscard]] Errc frame() noexcept {
        const Errc errc = object([this](std::string_view key) noexcept {
            if (key == "\"data\"") return data();
            if (key == "\"stream\"") return name(FrameFields::stream);
            if (key == "\"error\"") return error();
            return unknown(key);
        });
        if (errc != Errc::ok) return errc;
        text_.levels = room_.first(count_);
        return tokens_.at_end() ? Errc::ok : Errc::malformed;
    }

  private:
    // Hands each key to `field`, which takes the value.
    template <class Field>
    [[nodiscard]] Errc object(Field&& field) noexcept {
        if (!tokens_.take('{')) return Errc::malformed;
        if (tokens_.take('}')) return Errc::ok;
        do {
            const std::string_view key = tokens_.take_text();
            if (!json::is_quoted(key) || !tokens_.take(':')) return Errc::malformed;
            if (const Errc errc = field(key); errc != Errc::ok) return errc;
        } while (tokens_.take(','));
        return tokens_.take('}') ? Errc::ok : Errc::malformed;
    }

    [[nodiscard]] Errc data() noexcept {
        if (std::exchange(has_data_, true)) return Errc::malformed;
        if (tokens_.peek() != '{') return skim();
        return object([this](std::string_view key) noexcept {
            const FrameFields::Field field = field_of(key);
            if (field == FrameFields::kFields) return unknown(key);
            if (field == FrameFields::event || field == FrameFields::symbol) return name(field);
            const char first = tokens_.peek();
            if (first == '[' && (field == FrameFields::ask || field == FrameFields::bid)) return levels_or_array(field);
            return first == '[' || first == '{' ? nested(field) : scalar(field);
        });
    }

    [[nodiscard]] Errc error() noexcept {
        if (std::exchange(text_.is_error, true)) return Errc::malformed;
        if (tokens_.peek() != '{') return skim();
        return object([this](std::string_view key) noexcept {
            if (key == "\"code\"") return scalar(FrameFields::error_code);
            if (key == "\"message\"") return scalar(FrameFields::error_message);
            return unknown(key);
        });
    }

    [[nodiscard]] Errc skim() noexcept { return json::skim(tokens_) ? Errc::ok : Errc::malformed; }

    // A key in which something is escaped could be any key, and the venue has none: it is refused.
    [[nodiscard]] Errc unknown(std::string_view key) noexcept { return has_escapes(key) ? Errc::malformed : skim(); }

    // What is told by comparing it with names that we know: junk is none of them.
    [[nodiscard]] Errc name(FrameFields::Field field) noexcept {
        if (tokens_.peek() != '"') return scalar(field);
        return text_.set(field, tokens_.take_text()) ? Errc::ok : Errc::malformed;
    }

    // Whether it is the number that is due is asked by who makes events of it.
    [[nodiscard]] Errc scalar(FrameFields::Field field) noexcept {
        const std::string_view text = tokens_.take_text();
        if (!is_plain(text) && !json::is_scalar(text)) return Errc::malformed;
        return text_.set(field, text) ? Errc::ok : Errc::malformed;
    }

    // What some other stream may have under a key of ours: it is there, and no number.
    [[nodiscard]] Errc nested(FrameFields::Field field) noexcept {
        return text_.set(field, "[]") ? skim() : Errc::malformed;
    }

    [[nodiscard]] Errc levels_or_array(FrameFields::Field field) noexcept {
        const json::Tokens begin = tokens_;
        const Errc errc = levels(field == FrameFields::ask ? Side::ask : Side::bid);
        if (errc == Errc::ok) return text_.set_array(field) ? Errc::ok : Errc::malformed;
        if (errc == Errc::too_many) return errc;
        tokens_ = begin;
        return nested(field);
    }

    [[nodiscard]] Errc levels(Side side) noexcept {
        if (!tokens_.take('[')) return Errc::malformed;
        if (tokens_.take(']')) return Errc::ok;
        do {
            if (count_ == room_.size()) return Errc::too_many;
            LevelText& level = room_[count_++];
            level.side = side;
            if (!tokens_.take('[') || !string(level.price) || !tokens_.take(',') || !string(level.quantity) ||
                !tokens_.take(']')) {
                return Errc::malformed;
            }
        } while (tokens_.take(','));
        return tokens_.take(']') ? Errc::ok : Errc::malformed;
    }

    [[nodiscard]] bool string(std::string_view& content) noexcept {
        const std::string_view text = tokens_.take_text();
        if (!json::is_quoted(text)) return false;
        content = json::unquoted(text);
        return true;
    }

    json::Tokens tokens_;
    FrameFields& text_;
    std::span<LevelText> room_;
    std::size_t count_ = 0;
    bool has_data_ = false;
};

}  // namespace

struct FrameReader::Parser {
    json::ondemand::parser json;
};

FrameReader::FrameReader(std::size_t max_frame_bytes, std::size_t max_levels)
    : parser_(std::make_unique<Parser>()), max_frame_bytes_(max_frame_bytes), levels_(max_levels) {
    if (parser_->json.allocate(max_frame_bytes) != simdjson::SUCCESS) {
        throw std::runtime_error("no memory for frames of " + std::to_string(max_frame_bytes) +
                                 " bytes: lower max_frame_bytes");
    }
}

FrameReader::~FrameReader() = default;

static_assert(Decoder::kPadding >= simdjson::SIMDJSON_PADDING);

Errc FrameReader::read(std::string_view frame, FrameFields& text) noexcept {
    text.clear();
    if (frame.size() > max_frame_bytes_) return Errc::too_many;
    json::ondemand::json_iterator found;
    const simdjson::padded_string_view padded(frame, frame.size() + simdjson::SIMDJSON_PADDING);
    if (parser_->json.iterate_raw(padded).get(found) != simdjson::SUCCESS) return Errc::malformed;
    return Pass(json::Tokens(found, frame), text, levels_).frame();
}

}  // namespace daypack::core
