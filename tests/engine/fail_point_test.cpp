// SPDX-License-Identifier: MIT
// A writer that dies right before each of its stores, every one in its turn, and what readers and the next writer make
// of what it leaves. In this program atomic_words.h says before_store() at each store (tests/CMakeLists.txt makes it
// so).
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>

#include "tests/engine/shm_fixture.h"
#include "tests/support/sanitized.h"

namespace daypack::core {
namespace test {

namespace {
std::uint64_t stores_left = 0;  // 0: as many as it likes
std::uint64_t stores = 0;       // so far
}  // namespace

void before_store(const void* /*word*/) noexcept {
    ++stores;
    if (stores_left != 0 && --stores_left == 0) raise(SIGKILL);
}

}  // namespace test

namespace {

using test::delta;
using test::Instance;
using test::Writer;

constexpr std::uint32_t kDepth = 4;
constexpr std::size_t kRing = 16;  // fewer than the records of the scenario: they are written over too
constexpr const char* kNames[] = {"BTC-USDC", "OLD-USDC", "SOL-USDC"};  // the script's, unwanted by it, added by it
constexpr int kSymbols = 3;
constexpr std::int64_t kLong_ns = 3'600'000'000'000;

// ---- the scenario ---------------------------------------------------------------------------------------------------

// Its own levels, six a side, so that some are outside the depth; every number is made of the update's id.
void set_anew(Writer& writer, Sequence u) {
    Snapshot snapshot{u, {}, {}, {}};
    for (std::int64_t i = 5; i >= 0; --i) {
        snapshot.bids.push_back({{100 - i}, {static_cast<std::int64_t>(u)}});
        snapshot.asks.push_back({{101 + i}, {static_cast<std::int64_t>(u)}});
    }
    writer.book.seed(snapshot);
    writer.publisher.publish_snapshot(writer.update(u));
    writer.book.clear_dirty();
}

// What an engine does to its segment, from the takeover to the clean end; `next` is called after each step.
void run_script(const SegmentOptions& options, const std::function<void()>& next) {
    Writer writer(options);
    Publisher& publisher = writer.publisher;
    next();
    (void)writer.segment.add_symbol("SOL-USDC", "SOL_USDC");
    (void)writer.segment.add_line("a.host.of.more.than.one.word");
    next();
    auto unwanted = writer.update(0, State::down, Reason::stopped);
    unwanted.symbol = 1;  // an engine says so of each symbol of the one before that it does not follow
    publisher.publish_status(unwanted);
    next();
    set_anew(writer, 10);
    next();
    writer.apply({delta(11, Side::bid, 100, 11, false), delta(11, Side::ask, 102, 0, false),
                  delta(11, Side::bid, 99, 11)});  // inside the depth, and the best bid
    next();
    writer.apply({delta(12, Side::ask, 107, 12)});  // outside
    next();
    Event advance = delta(13, Side::bid, 0, 0);
    advance.kind = EventKind::advance;
    publisher.publish_book(writer.update(13), {&advance, 1});
    next();
    Event orders;
    orders.first_id = orders.last_id = 7;
    publisher.publish_trade(delta(14, Side::ask, 101, 14), orders, writer.update(13));
    next();
    publisher.publish_status(writer.update(13, State::syncing, Reason::gap));
    next();
    set_anew(writer, 20);
    next();
    publisher.publish_status(writer.update(20, State::down, Reason::stopped));
    next();
    set_anew(writer, 30);
    next();
    publisher.beat({test::mono_now().ns - kLong_ns});  // as if it then slept
    next();
    publisher.beat(test::mono_now());
    next();
    publisher.caught_up();
    next();
    writer.segment.symbol_counters(0).add(DAYPACK_SYMBOL_updates);
    writer.segment.histogram(DAYPACK_HISTOGRAM_FRAME_TO_SHM).record(1);
    publisher.beat(test::mono_now());
    next();
    writer.segment.stop();
    next();
}

// ---- what readers see -----------------------------------------------------------------------------------------------

// A book but for its state, as text; and whether it was there to be traded on.
struct View {
    std::string numbers;
    bool live = false;
};

struct Read {
    View view;
    int result = DAYPACK_BUSY;
    std::string state;
};

std::string numbers_of(const daypack_book& book, const daypack_level* bids, const daypack_level* asks) {
    std::string text = "u" + std::to_string(book.top.u);
    const auto put = [&](std::int64_t number) { text += " " + std::to_string(number); };
    for (const std::int64_t number : {book.top.bid_price, book.top.bid_quantity, book.top.ask_price,
                                      book.top.ask_quantity, book.known_to_bid, book.known_to_ask}) {
        put(number);
    }
    text += " bids";
    for (const auto* level = bids; level != bids + book.bids; ++level) put(level->price), put(level->quantity);
    text += " asks";
    for (const auto* level = asks; level != asks + book.asks; ++level) put(level->price), put(level->quantity);
    return text;
}
const std::string kNoNumbers = numbers_of({}, nullptr, nullptr);

Read read(daypack_reader& reader, int symbol) {
    daypack_book book;
    daypack_level bids[kDepth + 1], asks[kDepth + 1];
    Read read;
    read.result = daypack_read_book(&reader, symbol, &book, bids, kDepth + 1, asks, kDepth + 1);
    if (read.result != DAYPACK_OK) return read;
    read.view = {numbers_of(book, bids, asks), book.top.state == DAYPACK_STATE_LIVE};
    read.state = std::string(daypack_state_name(book.top.state)) + "/" + daypack_reason_name(book.top.reason);
    return read;
}

// What the reader makes of a writer whose beat is fresh if it is of this hour, however slow this process is just now.
View shown(daypack_reader& reader, int symbol) {
    View view = read(reader, symbol).view;
    const auto& head = *daypack_head(&reader);
    const daypack_status status =
        daypack_unpack_status(daypack_load(&daypack_slot_of(&reader, static_cast<std::uint32_t>(symbol))->status));
    view.live = status.state == DAYPACK_STATE_LIVE && status.epoch == daypack_load(&head.epoch) &&
                daypack_load(&head.phase) == DAYPACK_PHASE_RUNNING &&
                daypack_monotonic_ns() - static_cast<std::int64_t>(daypack_load(&head.beat_ns)) < kLong_ns / 2;
    return view;
}

// As if the beat had been so long ago that it is stale.
void let_time_pass(const Instance& instance) {
    const int fd = open(instance.path().c_str(), O_RDWR | O_CLOEXEC);
    const std::int64_t beat = daypack_monotonic_ns() - kLong_ns;
    ASSERT_EQ(pwrite(fd, &beat, sizeof beat, offsetof(daypack_header, beat_ns)), ssize_t{sizeof beat});
    close(fd);
}

// ---- one run --------------------------------------------------------------------------------------------------------

// What the script shows after each step; [0]: before the first.
struct Story {
    std::vector<std::array<View, kSymbols>> views;
    std::vector<std::size_t> records_by;  // so many by then
    std::vector<daypack_record> records;
};

// A writer before, which died in the middle of a write and of two records; a reader of it; and the script, by a child
// that ends before its Nth store (0: never).
class Run {
  public:
    Run(std::size_t depth, std::uint64_t nth, Story* story = nullptr) : after_(instance_.options(depth, 4, kRing)) {
        leave_half_a_write();
        reader_.emplace(instance_.name);
        cursor_ = from_ = daypack_cursor(&reader_->raw());
        epoch_ = daypack_load(&reader_->header().epoch);
        if (story != nullptr) tell(*story);
        test::Child child([&](const auto& line) {
            test::stores_left = nth;
            run_script(after_, [&] { line.tell('s'), (void)line.hear(); });
            return 0;
        });
        while (child.line().hear() != '\0') {
            ++steps_;
            if (story != nullptr) tell(*story);
            child.line().tell('g');
        }
        code_ = child.wait();
    }

    [[nodiscard]] int code() const { return code_; }

    // What is there when the script ended early is what it showed before or after the step that it died in.
    void expect_as_in(const Story& story) {
        ASSERT_LT(steps_ + 1, story.views.size());
        Reader fresh(instance_.name);
        for (daypack_reader* reader : {&reader_->raw(), &fresh.raw()}) expect_books(*reader, story, false);
        let_time_pass(instance_);
        for (daypack_reader* reader : {&reader_->raw(), &fresh.raw()}) expect_books(*reader, story, true);
        std::uint64_t cursor = from_;
        expect_records(fresh.raw(), story, cursor);
        expect_records(reader_->raw(), story, cursor_);
    }

    // The next writer is read LIVE and right, and says what was lost.
    void expect_successor() {
        const auto& dead = reader_->header();
        const std::uint64_t epoch = daypack_load(&dead.epoch);
        const std::uint64_t unpublished = daypack_load(&dead.claimed) - daypack_load(&dead.published);
        Writer next(after_);
        EXPECT_GT(next.segment.epoch(), epoch);
        EXPECT_GT(next.segment.epoch(), epoch_);
        next.snapshot(99);
        EXPECT_EQ(test::fresh_state_of(next.publisher, *reader_), "LIVE");
        EXPECT_EQ(read(reader_->raw(), 0).view.numbers, "u99 100 5 101 7 0 0 bids 100 5 asks 101 7");
        EXPECT_EQ(reader_->top(0)->epoch, next.segment.epoch());
        std::size_t none = 0;
        std::string kinds;
        for (const auto& record : test::drain(*reader_, cursor_)) {
            const unsigned kind = daypack_record_kind(&record);
            if (kind == DAYPACK_KIND_NONE) ++none;
            if (kind != DAYPACK_KIND_NONE) kinds += std::string(daypack_kind_name(kind)) + " ";
            if (kind != DAYPACK_KIND_NONE) EXPECT_EQ(daypack_record_status(&record).epoch, next.segment.epoch());
        }
        EXPECT_EQ(none, unpublished);
        EXPECT_EQ(kinds, "SNAPSHOT TOP STATE ");
    }

  private:
    void leave_half_a_write() {
        Writer before(instance_.options(kDepth, 4, kRing));
        const auto other = before.segment.add_symbol("OLD-USDC", "OLD_USDC").value();
        set_anew(before, 5);
        auto update = before.update(6);
        update.symbol = other;
        before.publisher.publish_snapshot(update);
        auto& slot = before.segment.slot(0);
        store_relaxed(slot.sequence, slot.sequence + 1);
        store_relaxed(slot.bid_quantity, std::uint64_t{666});
        auto& head = before.segment.header();
        for (int i = 0; i < 2; ++i) {
            store_relaxed(before.segment.ring()[head.claimed % kRing].price, std::uint64_t{666});
            store_relaxed(head.claimed, head.claimed + 1);
        }
        let_time_pass(instance_);
    }

    void tell(Story& story) {
        auto& views = story.views.emplace_back();
        for (int symbol = 0; symbol < kSymbols; ++symbol) {
            const auto i = static_cast<std::uint32_t>(symbol);
            if (i < daypack_symbols(&reader_->raw())) views[i] = shown(reader_->raw(), symbol);
            if (story.views.size() == 2) EXPECT_EQ(views[i].numbers, i < 2 ? kNoNumbers : "") << "not taken over";
        }
        for (const auto& record : test::drain(*reader_, cursor_)) story.records.push_back(record);
        story.records_by.push_back(story.records.size());
    }

    void expect_books(daypack_reader& reader, const Story& story, bool late) const {
        for (int symbol = 0; symbol < kSymbols; ++symbol) {
            const Read read = daypack::core::read(reader, symbol);
            if (read.result == DAYPACK_NO_SYMBOL && symbol == 2) continue;
            EXPECT_EQ(daypack_find(&reader, kNames[symbol]), symbol);
            const auto i = static_cast<std::uint32_t>(symbol);
            const bool odd = (daypack_load(&daypack_slot_of(&reader, i)->sequence) & 1) != 0;
            if (read.result == DAYPACK_BUSY && odd && !late) continue;
            ASSERT_EQ(read.result, DAYPACK_OK) << "symbol " << symbol << (odd ? ", odd" : "");
            if (late) EXPECT_EQ(read.state, "DOWN/writer_dead");
            if (odd) {
                EXPECT_EQ(read.view.numbers, kNoNumbers);
                EXPECT_FALSE(read.view.live);
                continue;
            }
            const auto as_after = [&](std::size_t step) {
                const View& view = story.views[step][i];
                return view.numbers == read.view.numbers && (view.live || !read.view.live);
            };
            EXPECT_TRUE(as_after(steps_) || as_after(steps_ + 1))
                << "symbol " << symbol << ": " << read.state << " " << read.view.numbers << "\nneither "
                << story.views[steps_][i].numbers << "\nnor     " << story.views[steps_ + 1][i].numbers;
        }
    }

    // Whole steps, nothing of one that was not published, and each record as it was written or counted as lost.
    void expect_records(daypack_reader& reader, const Story& story, std::uint64_t& cursor) const {
        daypack_record record;
        std::uint64_t lost = 0;
        for (std::size_t looks = 0; looks <= 2 * story.records.size(); ++looks) {
            const std::size_t n = cursor - from_;
            const int result = daypack_read_record(&reader, &cursor, &record, &lost);
            if (result == DAYPACK_EMPTY) {
                EXPECT_TRUE(n == story.records_by[steps_] || n == story.records_by[steps_ + 1]) << n << " records";
                return;
            }
            if (result == DAYPACK_LOST) continue;
            ASSERT_LT(n, story.records.size());
            EXPECT_EQ(std::memcmp(&record, &story.records[n], sizeof record), 0) << "record " << n;
        }
        ADD_FAILURE() << "the ring has no end";
    }

    const Instance instance_;
    SegmentOptions after_;
    std::optional<Reader> reader_;
    std::uint64_t from_ = 0;
    std::uint64_t cursor_ = 0;
    std::uint64_t epoch_ = 0;
    std::size_t steps_ = 0;  // that the script ended
    int code_ = -1;
};

// Every store of the script in its turn; returns how many there were. A sanitizer takes a minute for what takes seconds
// without: there it is every seventh.
std::uint64_t die_at_every_store(std::size_t depth) {
    Story story;
    EXPECT_EQ(Run(depth, 0, &story).code(), 0);
    for (std::uint64_t nth = 1;; nth += test::kSanitized ? 7 : 1) {
        const testing::ScopedTrace trace(__FILE__, __LINE__, "store " + std::to_string(nth));
        Run run(depth, nth);
        if (run.code() == 0) return nth - 1;
        EXPECT_EQ(run.code(), -SIGKILL);
        run.expect_as_in(story);
        run.expect_successor();
        if (testing::Test::HasFailure()) return nth;
    }
}

TEST(FailPoint, AtEveryStoreOfAWriterThatTakesOver) {
    const std::uint64_t points = die_at_every_store(kDepth);
    std::printf("%llu fail points\n", static_cast<unsigned long long>(points));
    EXPECT_GT(points, 2'000u);
}

TEST(FailPoint, AtEveryStoreOfAWriterThatReplacesTheSegment) {
    const std::uint64_t points = die_at_every_store(kDepth + 1);
    std::printf("%llu fail points\n", static_cast<unsigned long long>(points));
    EXPECT_GT(points, 500u);
}

TEST(FailPoint, NothingIsStoredThatStandsThereAlready) {
    const Instance instance;
    Writer writer({instance.name, kDepth, kSymbols, kRing, 0600, {}});
    set_anew(writer, 10);
    const auto stores_of = [&](const std::vector<Event>& events) {
        for (const Event& event : events) writer.book.apply(event.side, event.price, event.quantity);
        const std::uint64_t before = test::stores;
        writer.publisher.publish_book(writer.update(events.back().last_id), events);
        const std::uint64_t stored = test::stores - before;
        writer.book.clear_dirty();
        return stored;
    };
    // u, four times, the sequence twice; the ring's two cursors; sixteen words a record
    constexpr std::uint64_t kLeast = 5 + 2 + 2;
    EXPECT_EQ(stores_of({delta(11, Side::ask, 107, 12)}), kLeast + 16) << "outside the depth";
    EXPECT_EQ(stores_of({delta(12, Side::bid, 98, 12)}), kLeast + 16 + 2) << "the quantity of a level";
    EXPECT_EQ(stores_of({delta(13, Side::bid, 98, 13, false), delta(13, Side::ask, 108, 13)}), kLeast + 2 * 16 + 2);
    EXPECT_EQ(stores_of({delta(14, Side::bid, 100, 14)}), kLeast + 2 * 16 + 2 + 1)
        << "the best bid's quantity, and TOP";
    EXPECT_EQ(stores_of({delta(15, Side::bid, 100, 14)}), kLeast + 16 + 2) << "the best bid once more";
}

}  // namespace
}  // namespace daypack::core
