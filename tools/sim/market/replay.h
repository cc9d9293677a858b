// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/sim/market/event.h"

namespace daypack::core::sim {

// A recorded flow of one market: `frames.ndjson` or `frames.ndjson.gz`, a line being `<receive time, ns> <frame>`, with
// the body of /api/v1/depth as `snapshot.json` beside it. Frames go out as recorded, byte for byte, times included.
//
// Or one of several markets in a recording that `daypack selfcheck` made: its first line is `<time> market {…}`, frames
// stand as `<time> #<line> <frame>`, and answers of REST among them as `<time> rest {…}`. Of the copies that several
// lines brought the first goes out, in the order of the ids; what nobody could read does not. The book begins with the
// first depth snapshot that the frames follow on.
//
// Thread: any one at a time.
// Invariants: tick and step are the file's own padding, or what its `market` lines say; `due_ns` never falls, though a
// receive clock may step back.
class Replay final : public Source {
  public:
    // Throws std::runtime_error where a file is missing or is not what it should be.
    explicit Replay(const std::string& path) : Replay(path, {}) {}
    // `symbol`: of a recording of several; empty: of a file of one.
    Replay(const std::string& path, const std::string& symbol);
    ~Replay() override;

    [[nodiscard]] const Market& market() const noexcept override { return market_; }
    [[nodiscard]] Book start_book() const override;
    [[nodiscard]] std::uint64_t start_u() const noexcept override { return start_u_; }
    [[nodiscard]] std::int64_t start_us() const noexcept override { return start_us_; }
    void begin(std::int64_t) override {}
    // Throws std::runtime_error, with the line, where the recording is damaged or has a gap.
    [[nodiscard]] bool next(Event& event) override;
    void renumber(std::uint64_t by) override;

    // The markets of a recording of several; empty: the file is of one, which its frames name. Throws as the
    // constructor.
    [[nodiscard]] static std::vector<std::string> markets_of(const std::string& path);

  private:
    class Lines;
    struct Parser;

    void find_notation();
    void read_start();
    void find_market();
    void find_start();
    [[nodiscard]] bool is_start(std::string_view body);
    void take_start(std::string_view body);
    [[nodiscard]] bool next_recorded(Event& event);
    [[nodiscard]] bool fill(Event& event);
    [[noreturn]] void fail(const std::string& what) const;

    std::string path_;
    std::string snapshot_path_;
    std::string symbol_;  // of a recording of several; empty: of a file of one
    std::map<std::uint64_t, std::pair<std::int64_t, std::string>>
        early_;  // by U: a line's update whose forerunner another has
    Market market_;
    int price_decimals_ = 0;
    int quantity_decimals_ = 0;
    Book start_book_;
    std::uint64_t start_u_ = 0;
    std::int64_t start_us_ = 0;
    std::uint64_t recorded_u_ = 0;  // of the last depth frame, as recorded
    std::int64_t last_trade_ = 0;   // its id; of a recording of several
    std::uint64_t shift_ = 0;       // what is added to recorded numbers (modulo 2^64) since a restart
    std::int64_t first_receive_ns_ = 0;
    std::int64_t due_ns_ = 0;
    std::unique_ptr<Lines> lines_;
    std::unique_ptr<Parser> parser_;
};

}  // namespace daypack::core::sim
