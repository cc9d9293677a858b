#include "net/frame_reader.h"

#include <cstring>
#include <stdexcept>

#include "net/digits.h"
#include "net/json.h"

namespace daypack {
namespace {

using json::ondemand::array;
using json::ondemand::field;
using json::ondemand::object;
using json::ondemand::value;
using simdjson::SUCCESS;

// Which field a key of `data` is; the venue's keys are single letters whose case matters.
constexpr std::array<FrameText::Field, 128> kFieldOfKey = [] {
    std::array<FrameText::Field, 128> fields{};
    fields.fill(FrameText::kFields);
    fields['e'] = FrameText::event;
    fields['s'] = FrameText::symbol;
    fields['E'] = FrameText::send_time;
    fields['T'] = FrameText::match_time;
    fields['U'] = FrameText::first_id;
    fields['u'] = FrameText::last_id;
    fields['t'] = FrameText::trade_id;
    fields['m'] = FrameText::buyer_maker;
    fields['p'] = FrameText::price;
    fields['q'] = FrameText::quantity;
    fields['a'] = FrameText::ask;
    fields['b'] = FrameText::bid;
    fields['A'] = FrameText::ask_quantity;
    fields['B'] = FrameText::bid_quantity;
    return fields;
}();

FrameText::Field field_of(std::string_view key) noexcept {
    if (key.size() != 1 || static_cast<unsigned char>(key.front()) >= kFieldOfKey.size()) return FrameText::kFields;
    return kFieldOfKey[static_cast<unsigned char>(key.front())];
}

// The key of a field. What simdjson unescapes is copied, so the keys that come with every frame are told by their bytes;
// padding behind the frame makes it safe to look as far as the longest.
bool read_key(field& item, std::string_view& key) noexcept {
    const char* const raw = item.key().raw();
    for (const std::string_view known : {std::string_view("data\""), std::string_view("stream\"")}) {
        if (std::memcmp(raw, known.data(), known.size()) == 0) {
            key = known.substr(0, known.size() - 1);
            return true;
        }
    }
    if (raw[1] == '"' && raw[0] != '\\') {
        key = {raw, 1};
        return true;
    }
    return item.unescaped_key().get(key) == SUCCESS;
}

// JSON beyond doubt: digits, or a string in which nothing is escaped (simdjson has seen to its bytes).
bool is_plain(std::string_view text) noexcept {
    if (json::is_quoted(text)) return !has_backslash(text);
    return all_digits(text) && (text.front() != '0' || text.size() == 1);
}

}  // namespace

struct FrameReader::Parser {
    json::ondemand::parser json;
};

// One reading of one frame.
class FrameReader::Pass {
  public:
    Pass(FrameText& text, std::vector<LevelText>& levels) noexcept : text_(text), levels_(levels) {}

    [[nodiscard]] Errc frame(object root) noexcept {
        for (auto next : root) {
            field item;
            std::string_view key;
            if (std::move(next).get(item) != SUCCESS || !read_key(item, key)) return Errc::malformed;
            Errc errc = Errc::ok;
            if (key == "data") {
                errc = data(item.value());
            } else if (key == "stream") {
                errc = scalar(FrameText::stream, item.value());
            } else if (key == "error") {
                errc = error(item.value());
            } else if (!json::skim(item.value())) {
                errc = Errc::malformed;
            }
            if (errc != Errc::ok) return errc;
        }
        text_.levels = {levels_.data(), count_};
        return Errc::ok;
    }

  private:
    Errc data(value& data) noexcept {
        if (has_data_) return Errc::malformed;
        has_data_ = true;
        object fields;
        if (data.get_object().get(fields) != SUCCESS) return json::skim(data) ? Errc::ok : Errc::malformed;
        for (auto next : fields) {
            field item;
            std::string_view key;
            if (std::move(next).get(item) != SUCCESS || !read_key(item, key)) return Errc::malformed;
            const FrameText::Field known = field_of(key);
            Errc errc = Errc::ok;
            if (known != FrameText::kFields) {
                errc = scalar_or_levels(known, item.value());
            } else if (!json::skim(item.value())) {
                errc = Errc::malformed;
            }
            if (errc != Errc::ok) return errc;
        }
        return Errc::ok;
    }

    Errc error(value& error) noexcept {
        if (text_.is_error) return Errc::malformed;
        text_.is_error = true;
        object fields;
        if (error.get_object().get(fields) != SUCCESS) return json::skim(error) ? Errc::ok : Errc::malformed;
        for (auto next : fields) {
            field item;
            std::string_view key;
            if (std::move(next).get(item) != SUCCESS || !read_key(item, key)) return Errc::malformed;
            Errc errc = Errc::ok;
            if (key == "code") {
                errc = scalar(FrameText::error_code, item.value());
            } else if (key == "message") {
                errc = scalar(FrameText::error_message, item.value());
            } else if (!json::skim(item.value())) {
                errc = Errc::malformed;
            }
            if (errc != Errc::ok) return errc;
        }
        return Errc::ok;
    }

    // The text is taken as it stands; whether it is the number that is due is asked by who makes events of it.
    Errc scalar(FrameText::Field known, value& value) noexcept {
        const std::string_view text = json::scalar_text(value);
        if (!is_plain(text) && !json::skim(value)) return Errc::malformed;
        return text_.set(known, text) ? Errc::ok : Errc::malformed;
    }

    Errc scalar_or_levels(FrameText::Field known, value& value) noexcept {
        const bool may_be_levels = known == FrameText::ask || known == FrameText::bid;
        array levels;
        if (!may_be_levels || value.get_array().get(levels) != SUCCESS) return scalar(known, value);
        if (!text_.set_array(known)) return Errc::malformed;
        const Side side = known == FrameText::ask ? Side::ask : Side::bid;
        for (auto next : levels) {
            if (count_ == levels_.size()) return Errc::too_many;
            array pair;
            LevelText& level = levels_[count_];
            if (next.get_array().get(pair) != SUCCESS || !read_level(pair, level)) return Errc::malformed;
            level.side = side;
            ++count_;
        }
        return Errc::ok;
    }

    // Exactly two strings: price, quantity.
    static bool read_level(array& pair, LevelText& level) noexcept {
        int count = 0;
        for (auto next : pair) {
            value element;
            if (std::move(next).get(element) != SUCCESS) return false;
            const std::string_view text = json::scalar_text(element);
            if (count == 2 || !json::is_quoted(text)) return false;
            (count == 0 ? level.price : level.quantity) = json::unquoted(text);
            ++count;
        }
        return count == 2;
    }

    FrameText& text_;
    std::vector<LevelText>& levels_;
    std::size_t count_ = 0;
    bool has_data_ = false;
};

FrameReader::FrameReader(std::size_t max_frame_bytes, std::size_t max_levels)
    : parser_(std::make_unique<Parser>()), max_frame_bytes_(max_frame_bytes), levels_(max_levels) {
    if (parser_->json.allocate(max_frame_bytes) != SUCCESS) {
        throw std::runtime_error("no memory for frames of " + std::to_string(max_frame_bytes) +
                                 " bytes: lower max_frame_bytes");
    }
}

FrameReader::~FrameReader() = default;

Errc FrameReader::read(std::string_view frame, FrameText& text) noexcept {
    text.clear();
    if (frame.size() > max_frame_bytes_) return Errc::too_many;
    json::ondemand::document document;
    object root;
    const simdjson::padded_string_view padded(frame, frame.size() + simdjson::SIMDJSON_PADDING);
    if (parser_->json.iterate(padded).get(document) != SUCCESS) return Errc::malformed;
    if (document.get_object().get(root) != SUCCESS) return Errc::malformed;
    if (const Errc errc = Pass(text, levels_).frame(root); errc != Errc::ok) return errc;
    // Only the end may follow the frame's object.
    return document.current_location().error() == simdjson::OUT_OF_BOUNDS ? Errc::ok : Errc::malformed;
}

}  // namespace daypack
