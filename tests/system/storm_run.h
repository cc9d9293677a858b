// SPDX-License-Identifier: MIT
#pragma once
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "engine/shm/atomic_words.h"
#include "tests/engine/shm_fixture.h"

namespace daypack::core::test {

// A storm over one instance: one writer after another is killed or stops at any instant, with this layout or that; in
// its life it forks a helper that keeps all its descriptors, the machine is suspended under it, and a rival wants its
// place. Two readers in processes of their own read all the time, and judge each LIVE book:
// 1. it is whole: each quantity of it is its `u`, which only this writer used;
// 2. it is no older than an update that was published before the read began;
// 3. its writer had not died 12 ms before the read began, nor stopped before it;
// 4. the machine did not sleep from before the read began until after it.

// What the processes of a storm know of each other. All of it is atomic, and lies in memory that they share.
struct StormBoard {
    static constexpr std::size_t kEpochs = 16'384;
    static constexpr std::int64_t kLateAfter_ns = 12'000'000;

    std::atomic<std::uint64_t> epoch{0};   // of the last writer, from before it publishes
    std::atomic<std::uint64_t> newest{0};  // the `u` that it published last
    std::atomic<std::uint64_t> sleeps{0};  // of the machine, begun and ended: odd while it sleeps
    std::atomic<pid_t> helper{0};          // of the writer, which outlives it
    std::atomic<char> order{0};            // to the writer; 0: done
    std::atomic<bool> over{false};
    std::array<std::atomic<std::int64_t>, kEpochs> late_after_ns{};  // when a LIVE of that epoch is late; 0: never yet
    struct Reader {
        std::atomic<std::uint64_t> reads{0}, live{0};
    };
    std::array<Reader, 2> readers;
};

class SharedBoard {
  public:
    SharedBoard()
        : board_(new (mmap(nullptr, sizeof(StormBoard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                     StormBoard) {}
    ~SharedBoard() { munmap(board_, sizeof(StormBoard)); }
    SharedBoard(const SharedBoard&) = delete;
    SharedBoard& operator=(const SharedBoard&) = delete;
    [[nodiscard]] StormBoard& operator*() const noexcept { return *board_; }
    [[nodiscard]] StormBoard* operator->() const noexcept { return board_; }

  private:
    StormBoard* board_;
};

// The writer of a storm, in a process of its own; it does what the board orders until it is killed.
class StormWriter {
  public:
    StormWriter(const SegmentOptions& options, StormBoard& board)
        : board_(board), writer_(options), u_(board.newest + 2) {  // the last writer may have died before it said + 1
        board_.epoch = writer_.segment.epoch();
        seed();
        board_.newest = u_;
    }

    // Returns when it was told to end.
    void publish_until_the_end() {
        for (;;) {
            switch (board_.order.load(std::memory_order_relaxed)) {
                case 0: publish_some(); continue;
                case 's': sleep_and_wake(); break;
                case 'f': fork_helper(); break;
                default: return writer_.segment.stop();
            }
            board_.order = 0;
        }
    }

  private:
    void seed() {
        const Quantity n{static_cast<std::int64_t>(u_)};
        writer_.book.seed({u_, {}, {{Price{99}, n}, {Price{100}, n}}, {{Price{101}, n}, {Price{102}, n}}});
        writer_.publisher.publish_snapshot(writer_.update(u_));
        writer_.book.clear_dirty();
    }
    void publish_some() {
        const auto n = static_cast<std::int64_t>(++u_);
        std::vector<Event> events;
        for (int i = 0; i < 2; ++i) {
            events.push_back(delta(u_, Side::bid, 100 - i, n, false));
            events.push_back(delta(u_, Side::ask, 101 + i, n, i == 1));
        }
        writer_.apply(events);
        board_.newest.store(u_);
        beat(writer_.publisher);
        if (u_ % 64 == 0) writer_.publisher.publish_status(writer_.update(u_, State::syncing, Reason::gap));
        if (u_ % 97 == 0) {
            ++u_;
            seed();
            board_.newest.store(u_);
        }
    }
    // The machine sleeps for 12 s in no time: the clock of all that is awake counts what the writer has not seen yet.
    // Its books are old when it wakes, and it knows of none until it has caught up.
    void sleep_and_wake() {
        constexpr std::int64_t kSlept_ns = 12'000'000'000;
        auto& slept_ns = writer_.segment.header().slept_ns;
        const auto now_ns = static_cast<std::int64_t>(load_relaxed(slept_ns));
        store_release(slept_ns, static_cast<std::uint64_t>(now_ns - kSlept_ns));
        writer_.publisher = Publisher(writer_.segment);  // which takes that for what was so far
        board_.sleeps.fetch_add(1);
        std::this_thread::sleep_for(std::chrono::microseconds(500));  // for whoever wants to read
        if (!writer_.publisher.beat(mono_now(), now_ns)) throw std::runtime_error(failed("a sleep that was no pause"));
        u_ += 10;  // what the venue sent meanwhile
        seed();
        (void)writer_.publisher.beat(mono_now(), now_ns);
        std::this_thread::sleep_for(std::chrono::microseconds(500));
        board_.newest = u_;
        board_.sleeps.fetch_add(1);
        writer_.publisher.caught_up();
    }
    // It keeps every descriptor, and with it the lock, but for the pipes of the test, whose ends are waited for.
    void fork_helper() {
        const pid_t pid = fork();
        if (pid == 0) {
            for (int fd = STDERR_FILENO + 1; fd < 256; ++fd) {
                struct stat about {};
                if (fstat(fd, &about) == 0 && S_ISFIFO(about.st_mode)) close(fd);
            }
            alarm(600);
            for (;;) pause();
        }
        board_.helper = pid;
    }

    StormBoard& board_;
    Writer writer_;
    Sequence u_;
};

// One of the readers, in a process of its own. Returns what it saw that must not be, as a sentence; empty: nothing.
class StormReader {
  public:
    StormReader(const std::string& instance, StormBoard& board, std::size_t index)
        : board_(board), counts_(board.readers[index]), reader_(instance) {}

    [[nodiscard]] std::string read_until_the_end() {
        std::string fault;
        for (std::uint64_t reads = 0; !board_.over && fault.empty(); ++reads) fault = look(reads % 2 == 0);
        return fault;
    }

  private:
    [[nodiscard]] std::string look(bool all_levels) {
        const std::uint64_t epoch = board_.epoch;
        const std::uint64_t newest = board_.newest;
        const bool one_epoch = epoch == board_.epoch;  // so `newest` is of this one, or of one before
        const std::uint64_t sleeps = board_.sleeps;
        const std::int64_t before = daypack_monotonic_ns();
        daypack_book book{};
        if (!read(all_levels, book)) return {};
        const daypack_top& top = book.top;
        counts_.reads.fetch_add(1, std::memory_order_relaxed);
        if (top.state != DAYPACK_STATE_LIVE) return {};
        counts_.live.fetch_add(1, std::memory_order_relaxed);
        const std::string what = "LIVE at u " + std::to_string(top.u) + " of epoch " + std::to_string(top.epoch);
        if (!is_whole(book)) return failed(what + " is torn");
        if (one_epoch && top.epoch == epoch && top.u < newest) {
            return failed(what + " is older than " + std::to_string(newest) + ", published before it was read");
        }
        const std::int64_t late_after = board_.late_after_ns[top.epoch % StormBoard::kEpochs];
        if (late_after != 0 && before > late_after) {
            return failed(what + ", read " + std::to_string((before - late_after) / 1000) + " us after that was late");
        }
        if (sleeps % 2 == 1 && sleeps == board_.sleeps) return failed(what + " while the machine slept");
        return {};
    }
    [[nodiscard]] bool read(bool all_levels, daypack_book& book) {
        if (!all_levels) return daypack_read_top(&reader_.raw(), 0, &book.top) == DAYPACK_OK;
        return daypack_read_book(&reader_.raw(), 0, &book, bids_.data(), 4, asks_.data(), 4) == DAYPACK_OK;
    }
    [[nodiscard]] bool is_whole(const daypack_book& book) const {
        const auto n = static_cast<std::int64_t>(book.top.u);
        bool whole = book.top.bid_quantity == n && book.top.ask_quantity == n;
        for (std::uint32_t i = 0; i < book.bids; ++i) whole = whole && bids_[i].quantity == n;
        for (std::uint32_t i = 0; i < book.asks; ++i) whole = whole && asks_[i].quantity == n;
        return whole;
    }

    StormBoard& board_;
    StormBoard::Reader& counts_;
    Reader reader_;
    std::array<daypack_level, 4> bids_{};
    std::array<daypack_level, 4> asks_{};
};

// How much of it.
struct StormSize {
    int kills;
    int stops;
};

class Storm {
  public:
    explicit Storm(std::uint64_t seed) : random_(seed) { prctl(PR_SET_CHILD_SUBREAPER, 1); }
    ~Storm() {
        before_.reset();
        end_helper();
        prctl(PR_SET_CHILD_SUBREAPER, 0);
    }
    Storm(const Storm&) = delete;
    Storm& operator=(const Storm&) = delete;

    // Ends at the first fault, which is then a failure of the test.
    void rage(const StormSize& size) {
        begin();
        while ((kills_ < size.kills || stops_ < size.stops) && !testing::Test::HasFailure()) {
            one_life(stops_ >= size.stops || (kills_ < size.kills && chance(2)));
            for (auto& reader : readers_) ASSERT_FALSE(reader->ended()) << reader->failure();
        }
        board_->over = true;
        for (auto& reader : readers_) EXPECT_EQ(reader->failure(), "");
        for (const auto& counts : board_->readers) EXPECT_GT(counts.live, 0u);
    }
    [[nodiscard]] std::string figures() const {
        const auto& [first, second] = board_->readers;
        return std::to_string(kills_) + " kills (" + std::to_string(killed_starts_) + " of a start), " +
               std::to_string(stops_) + " stops, " + std::to_string(layouts_) + " other layouts, " +
               std::to_string(forks_) + " forks, " + std::to_string(board_->sleeps / 2) + " suspends, " +
               std::to_string(rivals_) + " rivals; reads " + std::to_string(first.reads) + " and " +
               std::to_string(second.reads) + ", of them LIVE " + std::to_string(first.live) + " and " +
               std::to_string(second.live);
    }

  private:
    [[nodiscard]] bool chance(unsigned one_in) { return random_() % one_in == 0; }
    void pass_time() { std::this_thread::sleep_for(std::chrono::microseconds(random_() % 1'500)); }

    void begin() {
        Child first([&](const Child::Line&) { const StormWriter writer(options_, *board_); });
        ASSERT_EQ(first.failure(), "");
        note_end(true);
        for (std::size_t i = 0; i < readers_.size(); ++i) {
            readers_[i] = std::make_unique<Child>([&, i](const Child::Line&) -> std::string {
                return StormReader(instance_.name, *board_, i).read_until_the_end();
            });
        }
        reader_.emplace(instance_.name);
    }
    // One writer, from its start to its end. Nobody may have waited for the one before yet, and a helper of that one
    // may hold its lock: neither is in the way of a start.
    void one_life(bool kill) {
        if (chance(3)) choose_layout();
        board_->order = 0;
        auto writer = std::make_unique<Child>([&](const Child::Line& line) {
            StormWriter mine(options_, *board_);
            line.tell('r');
            mine.publish_until_the_end();
        });
        const bool in_its_start = kill && chance(8);
        if (in_its_start) {
            pass_time();
            ++killed_starts_;
        } else {
            ASSERT_EQ(writer->line().hear(), 'r') << "a start was refused: " << writer->failure();
            before_.reset();
            end_helper();
            live();
        }
        end(*writer, kill, in_its_start);
        before_ = std::move(writer);
    }
    void live() {
        if (chance(4)) give_order('f');
        for (std::uint64_t steps = random_() % 3; steps > 0; --steps) {
            if (chance(2)) give_order('s');
            pass_time();
        }
        if (chance(8)) {
            ++rivals_;
            const SegmentOptions other = instance_.options(16, 8);
            EXPECT_THROW(Segment(chance(2) ? other : options_), std::runtime_error) << "beside one that lives";
        }
    }
    // A sleep goes on while this test does, so that a kill may come into it.
    void give_order(char order) {
        const auto done = [&] { return board_->order == 0; };
        ASSERT_TRUE(wait_for(done));
        board_->order = order;
        if (order != 'f') return;
        ++forks_;
        ASSERT_TRUE(wait_for(done));
    }
    void end(Child& writer, bool kill, bool in_its_start) {
        ++(kill ? kills_ : stops_);
        kill ? writer.signal(SIGKILL) : give_order('e');
        ASSERT_TRUE(wait_for([&] { return writer.ended(); }));
        note_end(kill);
        if (!kill) {
            ASSERT_EQ(writer.failure(), "");
        }
        if (chance(2)) return;  // the next one starts at once
        ASSERT_TRUE(wait_for([&] { return state_of(*reader_).substr(0, 4) == "DOWN"; })) << state_of(*reader_);
        if (!in_its_start) {
            EXPECT_EQ(state_of(*reader_), kill ? "DOWN/writer_dead" : "DOWN/stopped");
        }
    }
    void note_end(bool killed) {
        auto& late_after_ns = board_->late_after_ns[board_->epoch % StormBoard::kEpochs];
        if (late_after_ns == 0) late_after_ns = daypack_monotonic_ns() + (killed ? StormBoard::kLateAfter_ns : 0);
        if (board_->sleeps % 2 == 1) ++board_->sleeps;
    }
    // The helper of a writer that has ended, which is this process's child by now.
    void end_helper() {
        const pid_t pid = board_->helper.exchange(0);
        if (pid <= 0) return;
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    void choose_layout() {
        ++layouts_;
        const std::size_t depth = std::size_t{2} << random_() % 3;
        options_ = instance_.options(depth, 1 + random_() % 4, std::size_t{64} << random_() % 2);
    }

    const Instance instance_;
    SegmentOptions options_ = instance_.options();
    std::mt19937_64 random_;
    SharedBoard board_;
    std::array<std::unique_ptr<Child>, 2> readers_;
    std::optional<Reader> reader_;   // of the test itself
    std::unique_ptr<Child> before_;  // the last writer, which has ended
    int kills_ = 0, stops_ = 0, killed_starts_ = 0, layouts_ = 0, forks_ = 0, rivals_ = 0;
};

}  // namespace daypack::core::test
