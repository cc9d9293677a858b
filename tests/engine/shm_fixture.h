// SPDX-License-Identifier: MIT
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "engine/include/daypack/reader.hpp"
#include "engine/shm/publisher.h"
#include "engine/shm/segment.h"
#include "tests/support/child.h"
#include "tests/support/sanitized.h"

namespace daypack::core::test {

// Waits for a condition, with a bound that only a broken program meets.
template <class Condition>
[[nodiscard]] bool wait_for(Condition condition, std::chrono::seconds bound = std::chrono::seconds(60)) {
    const auto end = std::chrono::steady_clock::now() + bound;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

// An instance of this test's own; its segment is removed with it.
class Instance {
  public:
    Instance() {
        const auto* info = testing::UnitTest::GetInstance()->current_test_info();
        name = "test." + std::to_string(getpid()) + "." + (info != nullptr ? info->name() : "none");
        std::replace(name.begin(), name.end(), '/', '.');  // of a parametrised test
        name = name.substr(0, 60);
    }
    ~Instance() { unlink(path().c_str()); }
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    [[nodiscard]] std::string path() const { return "/dev/shm/daypack." + name; }
    [[nodiscard]] SegmentOptions options(std::size_t depth = 8, std::size_t max_symbols = 4,
                                         std::size_t ring_events = 64) const {
        return {name, depth, max_symbols, ring_events, 0640, {}};
    }

    std::string name;
};

[[nodiscard]] inline MonoTime mono_now() {
    return {daypack_monotonic_ns()};
}

// Beats; a pause of this process is no matter of the test.
inline void beat(Publisher& publisher) {
    if (publisher.beat(mono_now())) publisher.caught_up();
}

[[nodiscard]] inline Instrument instrument(Unit tick = {1, -1}, Unit step = {1, -3}) {
    return {"BTC_USDC", "BTC-USDC", tick, step, Reason::none};
}

[[nodiscard]] inline Event delta(Sequence u, Side side, std::int64_t ticks, std::int64_t steps, bool last = true) {
    Event event;
    event.first_id = event.last_id = u;
    event.side = side;
    event.price = {ticks};
    event.quantity = {steps};
    event.last = last;
    return event;
}

// What a writer publishes of a book at `u`.
[[nodiscard]] inline BookUpdate update_of(SymbolIndex symbol, const Instrument& market, const OrderBook& book,
                                          Sequence u, State state, Reason reason) {
    BookUpdate update;
    update.symbol = symbol;
    update.instrument = &market;
    update.book = &book;
    update.u = u;
    update.state = state;
    update.reason = reason;
    return update;
}

// One symbol with a small book, published by hand.
class Writer {
  public:
    explicit Writer(const SegmentOptions& options, std::size_t max_levels = 64)
        : segment(options), publisher(segment), book(max_levels, options.depth) {
        symbol = segment.add_symbol("BTC-USDC", "BTC_USDC").value();
        publisher.set_running();
        beat(publisher);
    }

    [[nodiscard]] BookUpdate update(Sequence u, State state = State::live, Reason reason = Reason::none) const {
        BookUpdate made = update_of(symbol, market, book, u, state, reason);
        made.publish = publish_time;
        return made;
    }
    // Sets a book of one level a side.
    void snapshot(Sequence u, std::int64_t bid = 100, std::int64_t ask = 101) {
        book.seed({u, {}, {{Price{bid}, Quantity{5}}}, {{Price{ask}, Quantity{7}}}});
        publisher.publish_snapshot(update(u));
        book.clear_dirty();
    }
    void apply(const std::vector<Event>& events) {
        for (const auto& event : events) book.apply(event.side, event.price, event.quantity);
        publisher.publish_book(update(events.back().last_id), events);
        book.clear_dirty();
    }

    Segment segment;
    Publisher publisher;
    OrderBook book;
    Instrument market = instrument();
    SymbolIndex symbol = 0;
    WallTime publish_time{};  // of all that is published
};

// "LIVE", "DOWN/writer_dead"; "busy".
[[nodiscard]] inline std::string state_of(Reader& reader, SymbolIndex symbol = 0) {
    const auto top = reader.top(symbol);
    if (!top) return "busy";
    std::string text = daypack_state_name(top->state);
    if (top->reason != DAYPACK_REASON_none) text += std::string("/") + daypack_reason_name(top->reason);
    return text;
}

// The state that a reader sees of a writer in this process, which beats: this process may be put to sleep in between.
[[nodiscard]] inline std::string fresh_state_of(Publisher& publisher, Reader& reader, SymbolIndex symbol = 0) {
    std::string state;
    const bool fresh = wait_for([&] {
        beat(publisher);
        state = state_of(reader, symbol);
        return state != "STALE/writer_stalled";
    });
    return fresh ? state : "never fresh";
}

// Every record from the cursor on, as words; lost ones as "lost N".
[[nodiscard]] inline std::vector<daypack_record> drain(Reader& reader, std::uint64_t& cursor) {
    std::vector<daypack_record> records;
    daypack_record record;
    std::uint64_t lost = 0;
    while (daypack_read_record(&reader.raw(), &cursor, &record, &lost) != DAYPACK_EMPTY) {
        if (lost == 0) records.push_back(record);
    }
    return records;
}

}  // namespace daypack::core::test
