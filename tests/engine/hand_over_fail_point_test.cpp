// SPDX-License-Identifier: MIT
// A hand-over in which one of the two engines dies right before each of its stores, every one in its turn: what readers
// are shown meanwhile, and that the other engine goes on. In this program atomic_words.h says before_store() at each
// store (tests/CMakeLists.txt makes it so).
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <map>
#include <tuple>
#include <utility>

#include "engine/include/daypack/follow.h"
#include "engine/shm/hand_over.h"
#include "engine/shm/image_writer.h"
#include "tests/engine/shm_fixture.h"
#include "tests/support/sanitized.h"

namespace daypack::core {
namespace test {

namespace {
std::atomic<std::uint64_t> stores_left{0};  // 0: as many as it likes
std::atomic<unsigned> beats{0};
SegmentLayout layout{1, 1, 1, 0};  // of the segments of this program; the two that it has differ behind the ring alone
constexpr std::size_t kHuge = std::size_t{2} << 20;
constexpr std::size_t kWordsOfTables = 61;  // of so many, one is a fail point
}  // namespace

// A segment is smaller than 2 MiB and begins where an address is a multiple of it. What has no end is left out: an
// engine beats while it waits for its other thread; and thousands of words that are copied are counters, all of them 0.
void before_store(const void* word) noexcept {
    if (stores_left == 0) return;
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(word) % kHuge;
    const bool is_beat = offset == offsetof(daypack_header, beat_ns) || offset == offsetof(daypack_header, slept_ns);
    const bool is_table = offset >= layout.lines && offset < layout.ring;
    if ((is_beat && ++beats > 2) || (is_table && offset / 8 % kWordsOfTables != 0)) return;
    if (--stores_left == 0) raise(SIGKILL);
}

}  // namespace test

namespace {

using test::delta;
using test::Instance;

constexpr std::size_t kDepth = 4;
constexpr std::size_t kRing = 64;
constexpr std::size_t kImage = 8;  // levels a side, more than there are
constexpr std::size_t kSymbols = 2;
constexpr const char* kNames[kSymbols][2] = {{"BTC-USDC", "BTC_USDC"}, {"ETH-USDC", "ETH_USDC"}};
// The updates that were shown before, up to the hand-over, and after it.
constexpr Sequence kBefore = 10, kMeanwhile = 12, kAfter = 13;
constexpr Sequence kTrade = 77;
constexpr std::int64_t kJoin_ms = 10'000;

[[nodiscard]] WallTime wall_now() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return {now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec};
}

// ---- an engine ------------------------------------------------------------------------------------------------------

// Two books of which every number follows from the update's id, so that all engines agree, and their two threads.
class Engine {
  public:
    explicit Engine(const SegmentOptions& options)
        : segment(options),
          books_{OrderBook(64, options.depth), OrderBook(64, options.depth)},
          publisher_(segment),
          hand_over_(segment) {
        for (const auto& names : kNames) (void)segment.add_symbol(names[0], names[1]);
        (void)segment.add_line("a.host.of.more.than.one.word");
        publisher_.set_running();
        test::beat(publisher_);
        for (SymbolIndex symbol = 0; symbol < kSymbols; ++symbol) {
            Snapshot snapshot{u_, {}, {}, {}};
            for (std::int64_t i = 5; i >= 0; --i) {
                snapshot.bids.push_back({{100 - i}, {symbol + 1}});
                snapshot.asks.push_back({{106 - i}, {symbol + 1}});
            }
            books_[symbol].seed(snapshot);
            publisher_.publish_snapshot(update(symbol));
            books_[symbol].clear_dirty();
            if (segment.is_private() || options.image_levels == 0) continue;
            EXPECT_TRUE(ImageWriter(segment).write(symbol, snapshot, {market_.tick, market_.step},
                                                   load_relaxed(segment.header().published)));
        }
        // Both engines receive an update that shows that they follow one numbering.
        ++u_;
        for (SymbolIndex symbol = 0; symbol < kSymbols; ++symbol) {
            std::array<Event, 1> events{delta(u_, Side::bid, 0, 0)};
            events[0].kind = EventKind::advance;
            publisher_.publish_book(update(symbol), events);
        }
    }

    void go_on_to(Sequence end) {
        while (u_ < end) {
            ++u_;
            for (SymbolIndex symbol = 0; symbol < kSymbols; ++symbol) {
                const auto steps = static_cast<std::int64_t>(10 * u_ + symbol);
                const std::array<Event, 2> events{delta(u_, Side::bid, 100, steps, false),
                                                  delta(u_, Side::ask, 102, u_ % 2 == 0 ? steps : 0)};
                for (const Event& event : events) books_[symbol].apply(event.side, event.price, event.quantity);
                publisher_.publish_book(update(symbol), events);
                books_[symbol].clear_dirty();
            }
            if (u_ == kMeanwhile) publisher_.publish_trade(delta(kTrade, Side::bid, 100, 1), {}, update(0));
        }
    }

    // Hands over or takes over, and goes on with its books before and after. Says 'd' where its part is done; from its
    // first store on that belongs to it, it has `stores` (0: as many as it likes). Returns when it hears something.
    void run(const test::Child::Line& line, std::uint64_t stores) {
        std::atomic<bool> running{true};
        const bool takes = segment.is_private();
        if (takes) test::stores_left = stores;
        std::thread book([&] {
            while (running) {
                if (hand_over_.is_asked() && !segment.is_private()) test::stores_left = stores;
                if (hand_over_.is_asked() && hand_over_.step()) {
                    if (std::exchange(stores, 0) != 0) test::stores_left = 0, line.tell('d');
                    publisher_ = Publisher(segment);
                    go_on_to(segment.is_private() ? kMeanwhile : kAfter);
                }
                if (!segment.is_private()) test::beat(publisher_);
                std::this_thread::yield();
            }
        });
        while (!line.heard()) {
            if (hand_over_.check(test::mono_now(), kJoin_ms).result >= HandOver::Result::handed_over) break;
            std::this_thread::yield();
        }
        running = false;
        book.join();
    }

    Segment segment;

  private:
    [[nodiscard]] BookUpdate update(SymbolIndex symbol) const {
        BookUpdate update = test::update_of(symbol, market_, books_[symbol], u_, State::live, Reason::none);
        update.publish = wall_now();
        return update;
    }

    Instrument market_ = test::instrument();
    std::array<OrderBook, kSymbols> books_;
    Sequence u_ = kBefore - 1;
    Publisher publisher_;
    HandOver hand_over_;
};

// ---- what readers see -----------------------------------------------------------------------------------------------

struct Sight {
    int result = DAYPACK_BUSY;
    daypack_book book{};
    std::string numbers{};
};

template <class Reader>
Sight sight_of(Reader* reader, SymbolIndex symbol,
               int (*read)(Reader*, int, daypack_book*, daypack_level*, std::uint32_t, daypack_level*, std::uint32_t)) {
    Sight sight;
    daypack_level bids[kDepth + 1], asks[kDepth + 1];
    sight.result = read(reader, symbol, &sight.book, bids, kDepth + 1, asks, kDepth + 1);
    const auto put = [&](std::int64_t number) { sight.numbers += " " + std::to_string(number); };
    const daypack_top& top = sight.book.top;
    for (const std::int64_t number : {top.bid_price, top.bid_quantity, top.ask_price, top.ask_quantity}) put(number);
    for (const auto* level = bids; level != bids + sight.book.bids; ++level) put(level->price), put(level->quantity);
    sight.numbers += " asks";
    for (const auto* level = asks; level != asks + sight.book.asks; ++level) put(level->price), put(level->quantity);
    return sight;
}

// A follower of a whole book, of which as many levels are held to the truth as one of the engines shows.
struct WholeBook {
    daypack_follower book{};
    daypack_level bids[kImage], asks[kImage];

    [[nodiscard]] std::string numbers() const {
        std::string text;
        const auto put = [&](std::int64_t number) { text += " " + std::to_string(number); };
        const daypack_top& top = book.top;
        for (const std::int64_t number : {top.bid_price, top.bid_quantity, top.ask_price, top.ask_quantity})
            put(number);
        for (const unsigned side : {DAYPACK_SIDE_BID, DAYPACK_SIDE_ASK}) {
            if (side == DAYPACK_SIDE_ASK) text += " asks";
            for (std::uint32_t rank = 0; rank < kDepth + 1 && rank < daypack_follow_levels(&book, side); ++rank) {
                const daypack_level level = daypack_follow_level(&book, side, rank);
                put(level.price), put(level.quantity);
            }
        }
        return text;
    }
};

// What each book is at each update, by the depth that is shown: of an engine that is left alone.
class Truth {
  public:
    Truth() {
        for (const std::size_t depth : {kDepth, kDepth + 1}) {
            SegmentOptions options;
            options.depth = depth;
            options.max_symbols = 4;
            options.ring_events = kRing;
            options.named = false;
            Engine engine(options);
            for (Sequence u = kBefore; u <= kAfter; ++u) {
                engine.go_on_to(u);
                const daypack_reader reader = engine.segment.reader_here();
                for (SymbolIndex symbol = 0; symbol < kSymbols; ++symbol) {
                    numbers_[{depth, symbol, u}] = sight_of(&reader, symbol, daypack_read_book_here).numbers;
                }
            }
        }
    }
    [[nodiscard]] std::string of(std::size_t depth, SymbolIndex symbol, Sequence u) const {
        const auto found = numbers_.find({depth, symbol, u});
        return found == numbers_.end() ? "no such update" : found->second;
    }

  private:
    std::map<std::tuple<std::size_t, SymbolIndex, Sequence>, std::string> numbers_;
};

// A reader of all books and of the ring, which holds what it is shown to what may be shown.
class Watch {
  public:
    Watch(const std::string& instance, const Truth& truth) : reader_(instance), truth_(truth) {
        cursor_ = daypack_cursor(&reader_.raw());
        for (SymbolIndex symbol = 0; symbol < kSymbols; ++symbol) {
            WholeBook& whole = whole_[symbol];
            daypack_follow_begin(&whole.book, &reader_.raw(), kNames[symbol][0], whole.bids, whole.asks, kImage);
        }
    }

    // Each book once, and what is new in the ring. Returns whether all are LIVE at `u`, of an epoch after `epoch`.
    bool look(Sequence u, std::uint64_t epoch) {
        bool all = true;
        for (SymbolIndex symbol = 0; symbol < kSymbols; ++symbol) {
            follow_whole(symbol);
            all = is_right(symbol) && shown_[symbol] == u && reader_.top(symbol)->epoch > epoch && all;
        }
        follow_ring();  // which has an update a moment after the slot
        for (const Sequence in_ring : in_ring_) all = all && (in_ring == 0 || in_ring == u);
        return all;
    }

    // The ring goes on from the books at `u`.
    void join_ring(Sequence u) { in_ring_.fill(u); }
    [[nodiscard]] std::uint64_t epoch() { return daypack_load(&reader_.header().epoch); }
    [[nodiscard]] int trades() const { return trades_; }
    // Whether the whole book is right at `u`, without having been joined anew.
    [[nodiscard]] bool whole_goes_on(SymbolIndex symbol, Sequence u) {
        follow_whole(symbol);
        const daypack_follower& book = whole_[symbol].book;
        return book.top.state == DAYPACK_STATE_LIVE && book.u == u && book.joins == 1;
    }
    [[nodiscard]] Sequence in_ring(SymbolIndex symbol) const { return in_ring_[symbol]; }

  private:
    // Whether it is LIVE. A book without a level is one that an engine died in the middle of.
    bool is_right(SymbolIndex symbol) {
        const Sight sight = sight_of(&reader_.raw(), symbol, daypack_read_book);
        if (sight.result == DAYPACK_BUSY) return false;
        EXPECT_EQ(sight.result, DAYPACK_OK);
        const daypack_top& top = sight.book.top;
        const bool live = top.state == DAYPACK_STATE_LIVE;
        if (live || sight.book.bids != 0) {
            EXPECT_EQ(sight.numbers, truth_.of(reader_.raw().depth, symbol, top.u))
                << kNames[symbol][0] << " at " << top.u;
        }
        if (!live) return false;
        EXPECT_GE(top.u, shown_[symbol]) << kNames[symbol][0] << " goes back";
        shown_[symbol] = top.u;
        return true;
    }

    void follow_whole(SymbolIndex symbol) {
        WholeBook& whole = whole_[symbol];
        const int result = daypack_follow_poll(&whole.book);
        if (whole.book.top.state != DAYPACK_STATE_LIVE) return;
        EXPECT_EQ(result, DAYPACK_OK);
        EXPECT_EQ(whole.numbers(), truth_.of(kDepth + 1, symbol, whole.book.u)) << kNames[symbol][0] << ", whole";
    }

    void follow_ring() {
        daypack_record record;
        std::uint64_t lost = 0;
        while (daypack_read_record(&reader_.raw(), &cursor_, &record, &lost) != DAYPACK_EMPTY) {
            EXPECT_EQ(lost, 0u);
            const unsigned kind = daypack_record_kind(&record);
            if (kind == DAYPACK_KIND_TRADE) trades_ += record.first_id == kTrade ? 1 : 100;
            if (kind != DAYPACK_KIND_DELTA && kind != DAYPACK_KIND_SNAPSHOT) continue;
            const SymbolIndex symbol = daypack_record_symbol(&record) % kSymbols;
            Sequence& have = in_ring_[symbol];
            const bool goes_on = kind == DAYPACK_KIND_DELTA && have != 0;
            EXPECT_TRUE(!goes_on || record.first_id <= have + 1) << "an update is missing, and not said to";
            EXPECT_TRUE(!goes_on || !in_update_[symbol] || record.last_id == have) << "half an update";
            in_update_[symbol] = kind == DAYPACK_KIND_DELTA && daypack_record_last(&record) == 0;
            have = record.last_id;
        }
    }

    Reader reader_;
    const Truth& truth_;
    std::uint64_t cursor_;
    Sequence shown_[kSymbols]{};
    std::array<Sequence, kSymbols> in_ring_{};  // 0: nothing yet
    std::array<bool, kSymbols> in_update_{};
    int trades_ = 0;
    WholeBook whole_[kSymbols];
};

// ---- one run --------------------------------------------------------------------------------------------------------

enum class Dies { before, next };

std::uint64_t whole_books = 0;  // that went on from one engine to the other

// One engine, and one that is to succeed it with books of `depth`, of which one dies before its `nth` store. Returns
// whether it did.
bool dies_at(Dies who, std::uint64_t nth, std::size_t depth, const Truth& truth) {
    const Instance instance;
    SegmentOptions runs = instance.options(kDepth, 4, kRing);
    runs.image_levels = kImage;
    SegmentOptions takes = runs;
    takes.depth = depth;
    takes.takeover = true;
    test::Child before([&](const auto& line) {
        Engine engine(runs);
        line.tell('r');
        engine.run(line, who == Dies::before ? nth : 0);
    });
    EXPECT_EQ(before.line().hear(), 'r');
    Watch watch(instance.name, truth);
    EXPECT_TRUE(test::wait_for([&] { return watch.look(kBefore, 0); }));
    watch.join_ring(kBefore);
    for (SymbolIndex symbol = 0; symbol < kSymbols; ++symbol) {
        EXPECT_TRUE(test::wait_for([&] { return watch.whole_goes_on(symbol, kBefore); }));
    }
    const std::uint64_t epoch = watch.epoch();
    test::Child next([&](const auto& line) {
        Engine engine(takes);
        engine.go_on_to(kMeanwhile);
        engine.run(line, who == Dies::next ? nth : 0);
    });
    test::Child& mortal = who == Dies::before ? before : next;
    const bool died = mortal.line().hear() == '\0';
    if (died) {
        EXPECT_EQ(mortal.wait(), -SIGKILL) << mortal.failure();
    }
    Watch fresh(instance.name, truth);
    EXPECT_TRUE(test::wait_for([&] { return watch.look(kAfter, epoch); }));
    EXPECT_TRUE(test::wait_for([&] { return fresh.look(kAfter, epoch); }));
    for (SymbolIndex symbol = 0; symbol < kSymbols; ++symbol) {
        EXPECT_EQ(watch.in_ring(symbol), kAfter);
        whole_books += std::uint64_t{watch.whole_goes_on(symbol, kAfter)};
    }
    // Where two segments were replaced, and the second engine died as it did so, its ring is nobody's.
    EXPECT_TRUE(watch.trades() == 1 || (watch.trades() == 0 && depth != kDepth)) << watch.trades() << " trades";
    return died;
}

// Every `step`th store in its turn, and the last ones, behind which a file may have another's place; returns how many
// there are. A sanitizer takes a minute for what takes seconds without.
std::uint64_t die_at_every_store(Dies who, std::size_t depth, std::uint64_t step) {
    test::layout = SegmentLayout(kDepth, 4, kRing, kImage);
    whole_books = 0;
    const Truth truth;
    const auto dies = [&](std::uint64_t nth) {
        const testing::ScopedTrace trace(__FILE__, __LINE__, "store " + std::to_string(nth));
        return dies_at(who, nth, depth, truth);
    };
    if (test::kSanitized) step *= 13;
    std::uint64_t nth = 1;
    while (dies(nth) && !testing::Test::HasFailure()) nth += step;
    while (!testing::Test::HasFailure() && !dies(nth - 1)) --nth;
    std::printf("%llu stores, %llu whole books went on\n", static_cast<unsigned long long>(nth - 1),
                static_cast<unsigned long long>(whole_books));
    EXPECT_GT(whole_books, nth / step / 2);
    return nth - 1;
}

TEST(HandOverFailPoint, WhereTheNewEngineDiesTheOldOneGoesOn) {
    EXPECT_GT(die_at_every_store(Dies::next, kDepth, 1), 400u);
}

TEST(HandOverFailPoint, WhereItDiesWithANewSegmentTheOldOneGoesOn) {
    EXPECT_GT(die_at_every_store(Dies::next, kDepth + 1, 3), 400u);
}

// All that it stores is memory of its own.
TEST(HandOverFailPoint, WhereTheOldEngineDiesTheNewOneGoesOn) {
    EXPECT_GT(die_at_every_store(Dies::before, kDepth, 29), 400u);
}

}  // namespace
}  // namespace daypack::core
