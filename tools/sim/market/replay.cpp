// SPDX-License-Identifier: MIT
#include "tools/sim/market/replay.h"

#include <simdjson.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "tools/sim/market/text.h"

namespace daypack::core::sim {
namespace {

constexpr int kLinesToFindPadding = 5000;
constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;

std::string unit_of(int decimals) {
    return decimals == 0 ? "1" : "0." + std::string(static_cast<std::size_t>(decimals - 1), '0') + '1';
}

}  // namespace

// The file, line by line. zlib reads plain text through the same call.
class Replay::Lines {
  public:
    explicit Lines(const std::string& path) : file_(gzopen(path.c_str(), "rb")) {
        if (file_ == nullptr)
            throw std::runtime_error("cannot read " + path + ": name a frames.ndjson or frames.ndjson.gz");
        gzbuffer(file_, 1 << 18);
        line_.resize(1 << 14);
    }
    ~Lines() { gzclose(file_); }
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;

    // Without its line feed; nullopt at the end. Valid until the next call.
    std::optional<std::string_view> next() {
        std::size_t size = 0;
        for (;;) {
            if (gzgets(file_, line_.data() + size, static_cast<int>(line_.size() - size)) == nullptr) break;
            size += std::char_traits<char>::length(line_.data() + size);
            if (size > 0 && line_[size - 1] == '\n') break;
            if (size + 1 == line_.size() && line_.size() < kLineBytesMax) line_.resize(line_.size() * 2);
        }
        int status = Z_OK;
        gzerror(file_, &status);
        damaged_ = status != Z_OK && status != Z_STREAM_END;
        if (size == 0) return std::nullopt;
        ++number_;
        if (line_[size - 1] == '\n') --size;
        return std::string_view(line_.data(), size);
    }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] bool damaged() const noexcept { return damaged_; }

  private:
    gzFile file_;
    std::vector<char> line_;
    std::uint64_t number_ = 0;
    bool damaged_ = false;
};

struct Replay::Parser {
    simdjson::dom::parser json;
    int price_decimals = 0;
    int quantity_decimals = 0;

    std::int64_t price(std::string_view text) const { return number(text, price_decimals); }
    std::int64_t quantity(std::string_view text) const { return number(text, quantity_decimals); }
    void append_side(std::vector<Change>& changes, bool bid, simdjson::dom::array side) const {
        for (const auto level : side) changes.push_back({bid, price(level.at(0)), quantity(level.at(1))});
    }

  private:
    static std::int64_t number(std::string_view text, int decimals) {
        const auto value = parse_fixed(text, decimals);
        if (!value)
            throw std::runtime_error("\"" + std::string(text) + "\" is no number with at most " +
                                     std::to_string(decimals) + " decimals");
        return *value;
    }
};

namespace {

// One line of a recording of several markets.
struct Record {
    std::int64_t time_ns = -1;  // negative: the line is none
    std::string_view word;      // market, rest, event, #0, #1, …
    std::string_view text;
};
Record record_of(std::string_view line) {
    Record record;
    const std::size_t word = line.find(' ');
    const std::size_t text = word == std::string_view::npos ? word : line.find(' ', word + 1);
    if (text == std::string_view::npos) return record;
    if (std::from_chars(line.data(), line.data() + word, record.time_ns).ec != std::errc{}) return Record{};
    record.word = line.substr(word + 1, text - word - 1);
    record.text = line.substr(text + 1);
    return record;
}
constexpr std::size_t kEarlyMax = 65'536;  // updates that wait for another line's

}  // namespace

std::vector<std::string> Replay::markets_of(const std::string& path) {
    std::vector<std::string> markets;
    Lines lines(path);
    Parser parser;
    constexpr std::uint64_t kHeadMax = 2'000;  // lines; answers of REST stand before the markets
    while (lines.number() < kHeadMax) {
        const auto line = lines.next();
        if (!line) break;
        const Record record = record_of(*line);
        if (record.word.empty() || record.word.starts_with('{') || record.word.starts_with('#')) break;
        std::string_view symbol;
        if (record.word != "market" || parser.json.parse(record.text)["symbol"].get(symbol) != simdjson::SUCCESS)
            continue;
        markets.emplace_back(symbol);
    }
    return markets;
}

Replay::Replay(const std::string& path, const std::string& symbol)
    : path_(path),
      snapshot_path_((std::filesystem::path(path).parent_path() / "snapshot.json").string()),
      symbol_(symbol),
      lines_(std::make_unique<Lines>(path)),
      parser_(std::make_unique<Parser>()) {
    if (symbol_.empty()) {
        find_notation();
        read_start();
    } else {
        find_market();
        find_start();
    }
    lines_ = std::make_unique<Lines>(path);
}

// Tick and step of a recorded market, as the venue listed them then.
void Replay::find_market() {
    try {
        while (const auto line = lines_->next()) {
            const Record record = record_of(*line);
            if (first_receive_ns_ == 0) first_receive_ns_ = record.time_ns;
            if (record.word != "market") continue;
            const auto row = parser_->json.parse(record.text);
            if (row["symbol"].get_string().value() != symbol_) continue;
            market_ = market_named(symbol_);
            market_.tick = std::string(row["tick"].get_string().value());
            market_.step = std::string(row["step"].get_string().value());
            parser_->price_decimals = price_decimals_ = market_.price_decimals();
            parser_->quantity_decimals = quantity_decimals_ = market_.quantity_decimals();
            return;
        }
    } catch (const std::exception& error) {
        fail(error.what());
    }
    fail("the recording has no market " + symbol_);
}

// The first snapshot that is not older than the first update.
void Replay::find_start() {
    const std::string target = "/api/v1/depth?symbol=" + symbol_;
    std::uint64_t first_id = 0;
    std::vector<std::string> bodies;
    const auto take = [&] {
        for (const std::string& body : bodies) {
            if (is_start(body) && start_u_ + 1 >= first_id) return true;
        }
        bodies.clear();
        return false;
    };
    simdjson::dom::parser json;
    while (const auto line = lines_->next()) {
        const Record record = record_of(*line);
        simdjson::dom::element element;
        if (json.parse(record.text).get(element) != simdjson::SUCCESS) continue;
        std::string_view of;
        std::uint64_t id = 0;
        const bool is_frame = record.word.starts_with('#') && element["data"]["s"].get(of) == simdjson::SUCCESS;
        if (is_frame && first_id == 0 && of == symbol_ && element["data"]["U"].get(id) == simdjson::SUCCESS)
            first_id = id;
        std::string_view asked, body;
        std::int64_t status = 0;
        if (record.word == "rest" && element["target"].get(asked) == simdjson::SUCCESS && asked == target &&
            element["status"].get(status) == simdjson::SUCCESS && status == 200 &&
            element["body"].get(body) == simdjson::SUCCESS) {
            bodies.emplace_back(body);
        }
        if (first_id != 0 && !bodies.empty() && take()) return;
    }
    if (!bodies.empty() && take()) return;
    fail("no depth snapshot of " + symbol_ + " that its updates follow on");
}

Replay::~Replay() = default;

Book Replay::start_book() const {
    return start_book_;
}

void Replay::fail(const std::string& what) const {
    throw std::runtime_error(path_ + ":" + std::to_string(lines_->number()) + ": " + what);
}

// The name of the market and the padding of its numbers, from the first frames.
void Replay::find_notation() {
    int price_decimals = -1;
    int quantity_decimals = -1;
    const auto look = [&](simdjson::dom::array side) {
        for (const auto level : side) {
            price_decimals = std::max(price_decimals, decimals_of(level.at(0)));
            quantity_decimals = std::max(quantity_decimals, decimals_of(level.at(1)));
        }
    };
    try {
        for (int i = 0; i < kLinesToFindPadding; ++i) {
            const auto line = lines_->next();
            if (!line) break;
            const auto document = parser_->json.parse(line->substr(line->find(' ') + 1));
            if (i == 0) {
                first_receive_ns_ = 0;
                const char* end = line->data() + line->size();
                if (std::from_chars(line->data(), end, first_receive_ns_).ec != std::errc{}) {
                    throw std::runtime_error("a line must begin with its receive time in ns");
                }
                market_.symbol = std::string(document["data"]["s"].get_string().value());
            }
            if (document["data"]["e"].get_string().value() != "depth") continue;
            look(document["data"]["a"].get_array());
            look(document["data"]["b"].get_array());
        }
    } catch (const std::exception& error) {
        fail(error.what());
    }
    if (price_decimals < 0) fail("no depth frame with a level here: this is no recorded flow");
    parser_->price_decimals = price_decimals_ = price_decimals;
    parser_->quantity_decimals = quantity_decimals_ = quantity_decimals;
    market_.tick = unit_of(price_decimals);
    market_.step = unit_of(quantity_decimals);
}

void Replay::read_start() {
    std::ifstream file(snapshot_path_, std::ios::binary);
    if (!file)
        throw std::runtime_error("cannot read " + snapshot_path_ + ": a recorded flow has its snapshot beside it");
    const std::string body{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    try {
        take_start(body);
    } catch (const std::exception& error) {
        throw std::runtime_error(snapshot_path_ + ": " + error.what());
    }
}

// An answer that is no book is one that whoever recorded it had to refuse, too.
bool Replay::is_start(std::string_view body) {
    try {
        take_start(body);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

void Replay::take_start(std::string_view body) {
    start_book_ = {};
    const auto document = parser_->json.parse(body);
    std::vector<Change> levels;
    parser_->append_side(levels, true, document["bids"].get_array());
    parser_->append_side(levels, false, document["asks"].get_array());
    for (const Change& level : levels) start_book_.apply(level);
    start_us_ = document["timestamp"].get_int64();
    const std::string_view id = document["lastUpdateId"];
    if (std::from_chars(id.data(), id.data() + id.size(), start_u_).ec != std::errc{})
        throw std::runtime_error("lastUpdateId is no number");
    recorded_u_ = start_u_;
}

// The next of a recording of several: what is held back since its forerunner came, or what the file has.
bool Replay::next_recorded(Event& event) {
    for (;;) {
        std::string frame;
        std::int64_t receive_ns = 0;
        if (!early_.empty() && early_.begin()->first <= recorded_u_ + 1) {
            receive_ns = early_.begin()->second.first;
            frame = std::move(early_.begin()->second.second);
            early_.erase(early_.begin());
        } else {
            const auto line = lines_->next();
            if (lines_->damaged()) fail("the file is damaged here");
            if (!line) {
                if (early_.empty()) return false;
                fail("U " + std::to_string(early_.begin()->first) + " does not follow on " +
                     std::to_string(recorded_u_) + ", and no line brought what is between");
            }
            const Record record = record_of(*line);
            if (!record.word.starts_with('#')) continue;
            receive_ns = record.time_ns;
            frame = record.text;
        }
        simdjson::dom::element element;
        std::string_view symbol;
        std::string_view type;
        if (parser_->json.parse(frame).get(element) != simdjson::SUCCESS ||
            element["data"]["s"].get(symbol) != simdjson::SUCCESS || symbol != symbol_ ||
            element["data"]["e"].get(type) != simdjson::SUCCESS) {
            continue;
        }
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        if (type == "depth") {
            if (element["data"]["U"].get(first) != simdjson::SUCCESS ||
                element["data"]["u"].get(last) != simdjson::SUCCESS || last <= recorded_u_) {
                continue;
            }
            if (first > recorded_u_ + 1) {
                if (early_.size() < kEarlyMax) early_.try_emplace(first, receive_ns, std::move(frame));
                continue;
            }
        } else if (type != "trade") {
            continue;
        } else {
            std::int64_t id = 0;
            if (element["data"]["t"].get(id) != simdjson::SUCCESS || id <= last_trade_) continue;
            last_trade_ = id;
        }
        event.frame = std::move(frame);
        due_ns_ = std::max(due_ns_, receive_ns - first_receive_ns_);
        event.due_ns = due_ns_;
        if (fill(event)) return true;
    }
}

bool Replay::next(Event& event) {
    if (!symbol_.empty()) {
        if (!next_recorded(event)) return false;
        if (shift_ != 0) event.renumber(shift_);
        return true;
    }
    for (;;) {
        const auto line = lines_->next();
        if (lines_->damaged()) fail("the file is damaged here");
        if (!line) return false;
        const std::size_t space = line->find(' ');
        std::int64_t receive_ns = 0;
        if (space == std::string_view::npos ||
            std::from_chars(line->data(), line->data() + space, receive_ns).ec != std::errc{} || receive_ns < 0) {
            fail("a line must be <receive time, ns> <frame>");
        }
        event.frame = line->substr(space + 1);
        due_ns_ = std::max(due_ns_, receive_ns - first_receive_ns_);
        event.due_ns = due_ns_;
        if (!fill(event)) continue;
        if (shift_ != 0) event.renumber(shift_);
        return true;
    }
}

// False: a frame of no use here.
bool Replay::fill(Event& event) {
    try {
        const auto data = parser_->json.parse(event.frame)["data"];
        if (data["s"].get_string().value() != market_.symbol)
            throw std::runtime_error("another market's frame; one file is one market");
        event.send_us = data["E"].get_int64();
        event.match_us = data["T"].get_int64();
        event.changes.clear();
        const std::string_view type = data["e"];
        if (type == "trade") {
            event.channel = Channel::trade;
            event.trade = {data["t"].get_int64(), parser_->price(data["p"]), parser_->quantity(data["q"]), 0, 0,
                           data["m"].get_bool()};
            return true;
        }
        event.u = data["u"].get_uint64();
        if (type == "bookTicker") {
            event.channel = Channel::book_ticker;
            return true;
        }
        if (type != "depth") return false;
        event.channel = Channel::depth;
        event.first_u = data["U"].get_uint64();
        if (event.u <= start_u_) return false;  // already in the snapshot
        if (event.first_u > recorded_u_ + 1 || event.u <= recorded_u_) {
            throw std::runtime_error("U " + std::to_string(event.first_u) + " does not follow on " +
                                     std::to_string(recorded_u_));
        }
        recorded_u_ = event.u;
        parser_->append_side(event.changes, true, data["b"].get_array());
        parser_->append_side(event.changes, false, data["a"].get_array());
        return true;
    } catch (const std::exception& error) {
        fail(error.what());
    }
}

void Replay::renumber(std::uint64_t by) {
    shift_ += by;
}

}  // namespace daypack::core::sim
