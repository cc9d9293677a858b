// SPDX-License-Identifier: MIT
#include "tools/sim/faults/fault_frames.h"

#include <cstdint>

#include "tools/sim/market/frame_edit.h"

namespace daypack::core::sim {
namespace {

// Where the first level's price stands, without its quotes; nowhere: an update without levels.
struct Place {
    std::size_t at = std::string::npos;
    std::size_t size = 0;
};
Place first_price(std::string_view frame) {
    const std::size_t open = frame.find("[[\"");
    if (open == std::string_view::npos) return {};
    return {open + 3, frame.find('"', open + 3) - open - 3};
}
Place first_quantity(std::string_view frame) {
    const Place price = first_price(frame);
    if (price.at == std::string::npos) return {};
    const std::size_t at = frame.find('"', price.at + price.size + 1) + 1;
    return {at, frame.find('"', at) - at};
}

void insert_into_data(std::string& frame, const std::string& member) {
    constexpr std::string_view kData = "\"data\":{";
    const std::size_t at = frame.find(kData);
    if (at != std::string::npos) frame.insert(at + kData.size(), member + ",");
}

void set_price(std::string& frame, const std::string& text) {
    const Place price = first_price(frame);
    if (price.at != std::string::npos) frame.replace(price.at, price.size, text);
}

std::string price_of(std::string_view frame) {
    const Place price = first_price(frame);
    return price.at == std::string::npos ? std::string("1") : std::string(frame.substr(price.at, price.size));
}

// Both ids go back by a thousand.
void go_backwards(std::string& frame) {
    for (const std::string_view key : {"\"U\":", "\"u\":"}) {
        const std::size_t at = frame.find(key);
        if (at == std::string::npos) continue;
        const std::size_t begin = at + key.size();
        const std::size_t end = frame.find_first_not_of("0123456789", begin);
        const std::uint64_t id = std::stoull(frame.substr(begin, end - begin));
        frame.replace(begin, end - begin, std::to_string(id > 1000 ? id - 1000 : 1));
    }
}

// `u` is the greatest number there is.
void reach_far(std::string& frame) {
    const std::size_t at = frame.find("\"u\":") + 4;
    frame.replace(at, frame.find_first_not_of("0123456789", at) - at, std::to_string(UINT64_MAX));
}

// A bid far above all asks.
void cross(std::string& frame) {
    const std::string price = "9" + price_of(frame);
    const std::size_t bids = frame.find("\"b\":[");
    if (bids == std::string::npos) return;
    const std::size_t at = bids + 5;
    frame.insert(at, "[\"" + price + "\",\"1\"]" + (frame[at] == ']' ? "" : ","));
}

// The first level twice, the right one behind.
void repeat_price(std::string& frame) {
    const Place price = first_price(frame);
    if (price.at != std::string::npos) frame.insert(price.at - 2, "[\"" + price_of(frame) + "\",\"1\"],");
}

// Another quantity than the venue's own book has.
void lie(std::string& frame) {
    const Place quantity = first_quantity(frame);
    if (quantity.at == std::string::npos) return;
    for (std::size_t i = quantity.at; i < quantity.at + quantity.size; ++i) {
        if (frame[i] == '.') continue;
        frame[i] = frame[i] == '7' ? '8' : '7';
        return;
    }
}

void unquote_price(std::string& frame) {
    const Place price = first_price(frame);
    if (price.at == std::string::npos) return;
    frame.erase(price.at + price.size, 1);
    frame.erase(price.at - 1, 1);
}

void quote_id(std::string& frame) {
    const std::size_t at = frame.find("\"u\":") + 4;
    const std::size_t end = frame.find_first_not_of("0123456789", at);
    frame.insert(end, "\"");
    frame.insert(at, "\"");
}

// `data` begins with its last member but one, `s`, instead of `E`.
void change_order(std::string& frame) {
    const std::size_t begin = frame.find("\"s\":\"");
    if (begin == std::string::npos) return;
    const std::size_t end = frame.find(',', begin);
    const std::string member = frame.substr(begin, end - begin);
    frame.erase(begin, end - begin + 1);
    insert_into_data(frame, member);
}

// A blank behind each comma, as JSON allows it.
void space_out(std::string& frame) {
    for (std::size_t at = frame.find(','); at != std::string::npos; at = frame.find(',', at + 2))
        frame.insert(at + 1, " ");
}

// The first price with one decimal more than the tick has.
void pad_otherwise(std::string& frame) {
    const std::string price = price_of(frame);
    set_price(frame, price + (price.find('.') == std::string::npos ? ".0" : "0"));
}

// The times in ms, as REST has them elsewhere.
void coarsen_times(std::string& frame) {
    constexpr std::int64_t kUsPerMs = 1000;
    for (const std::string_view key : {"\"E\":", "\"T\":"}) {
        change_number<std::int64_t>(frame, key, [](std::int64_t us) { return us / kUsPerMs; });
    }
}

}  // namespace

std::string mutated(std::string frame, const Fault& fault) {
    const std::string& how = fault.how;
    if (how == "truncated") frame.resize(frame.size() * 2 / 3);
    if (how == "malformed") frame[frame.find(':', frame.size() / 2)] = ';';
    if (how == "huge") insert_into_data(frame, "\"x\":\"" + std::string(fault.bytes, 'x') + "\"");
    if (how == "not_utf8") insert_into_data(frame, "\"x\":\"\xC3\x28\"");
    if (how == "bom") frame.insert(0, "\xEF\xBB\xBF");
    if (how == "unknown_field") insert_into_data(frame, R"("x":{"y":[1,-2.5e3,null,true,"\u00e9"]})");
    if (how == "unknown_stream") frame.replace(frame.find("depth."), 6, "oddity.");
    if (how == "exponent") set_price(frame, price_of(frame) + "e0");
    if (how == "decimals") {
        const std::string price = price_of(frame);
        set_price(frame, price + (price.find('.') == std::string::npos ? "." : "") + "000000000001");
    }
    if (how == "negative") set_price(frame, "-" + price_of(frame));
    if (how == "zero_price") set_price(frame, "0");
    if (how == "overflow") set_price(frame, "99999999999999999999999999");
    if (how == "far") reach_far(frame);
    if (how == "number") unquote_price(frame);
    if (how == "text_id") quote_id(frame);
    if (how == "duplicate_price") repeat_price(frame);
    if (how == "backwards") go_backwards(frame);
    if (how == "lie") lie(frame);
    if (how == "key_order") change_order(frame);
    if (how == "spaced") space_out(frame);
    if (how == "unpadded") pad_otherwise(frame);
    if (how == "ms_times") coarsen_times(frame);
    if (how == "crossed") cross(frame);
    return frame;
}

std::string with_other_touch(std::string frame) {
    constexpr std::string_view kBid = "\"B\":\"";
    const std::size_t at = frame.find(kBid);
    if (at == std::string::npos) return frame;
    char& digit = frame[at + kBid.size()];
    digit = digit == '7' ? '8' : '7';
    return frame;
}

std::string fragmented(std::string_view text) {
    const auto frame = [](char first, std::string_view payload) {
        std::string bytes(1, first);
        if (payload.size() < 126) {
            bytes += static_cast<char>(payload.size());
        } else {
            bytes += static_cast<char>(126);
            bytes += static_cast<char>(payload.size() >> 8 & 0xff);
            bytes += static_cast<char>(payload.size() & 0xff);
        }
        return bytes.append(payload);
    };
    const std::size_t half = text.size() / 2;
    return frame('\x01', text.substr(0, half)) + frame('\x80', text.substr(half));
}

std::string violation(std::string_view how) {
    using namespace std::string_literals;
    if (how == "masked") return "\x81\x82\x01\x02\x03\x04zz"s;
    if (how == "reserved_bits") return "\xC1\x02{}"s;
    if (how == "opcode") return "\x83\x02{}"s;
    if (how == "fragmented_control") return "\x09\x00"s;
    if (how == "large_control") return "\x89\x7E\x00\x80"s + std::string(128, 'p');
    if (how == "lone_continuation") return "\x80\x02{}"s;
    if (how == "interleaved") return "\x01\x01{\x81\x02{}"s;
    if (how == "utf8") return "\x81\x02\xC3\x28"s;
    if (how == "length") return "\x81\x7F\x80\x00\x00\x00\x00\x00\x00\x01"s;
    return "\x88\x01\x03"s;  // close_code: of one byte
}

}  // namespace daypack::core::sim
