// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/book/sync/small_world.h"
#include "tests/book/sync/sync_checkpoint.h"
#include "tests/support/random.h"

namespace daypack::core::test {

// Searches every world of a few updates, two lines, one restart of the venue's numbering, one reconnect a line and two
// snapshots, in every order and with every lag, and checks the real Sync in each (tests/book/sync/small_world.h).
//
// A world is a list of moves. A state that several lists lead to is searched once, and counted each time: the number of
// worlds behind a state does not depend on how it was reached.
class SmallWorlds {
  public:
    struct Options {
        SmallWorld::Options world;
        // Of the moves behind each state so many in 256 are tried, and one at least; which, the seed draws. 256: all.
        unsigned tried = 256;
        std::uint64_t seed = 1;
        std::uint64_t states_max = UINT64_MAX;  // no further than that; the result says so
        bool calm = true;                       // once in kCalmEach states: does it come right when all is well?
    };
    struct Result {
        std::string wrong;  // the moves, and what is wrong; empty: nothing
        double worlds = 0;
        std::uint64_t states = 0;
        std::uint64_t undecidable = 0;  // paths that ended where nothing can be decided
        std::uint64_t calmed = 0;
        std::int64_t calm_ms_most = 0;
        bool whole = true;  // it was not cut at states_max
    };

    explicit SmallWorlds(const Options& options) : options_(options), world_(options.world) {}

    Result run() {
        result_ = {};
        seen_ = Seen();
        moves_.clear();
        world_.setup(way_, sync_);
        result_.worlds = look(0);
        return result_;
    }

    [[nodiscard]] static std::string name_of(const Options& options) {
        const SmallWorld::Options& world = options.world;
        return std::to_string(world.old_updates) + "+" + std::to_string(world.new_updates) + " updates from " +
               std::to_string(world.new_first) + (world.fresh ? ", fresh, " : ", ") + std::to_string(world.reconnects) +
               " reconnects, " + std::to_string(world.snapshots) + " snapshots, " + std::to_string(world.waits) +
               " waits, joined " + std::to_string(world.joined[0]) + " " + std::to_string(world.joined[1]) +
               (world.strict ? ", strict" : "") + ", seed " + std::to_string(options.seed);
    }
    [[nodiscard]] static std::string summary_of(const Options& options, const Result& result) {
        char text[200];
        std::snprintf(text, sizeof text, ": %.3g worlds, %.3g states, %.3g undecidable, right %lld ms after calm%s",
                      result.worlds, static_cast<double>(result.states), static_cast<double>(result.undecidable),
                      static_cast<long long>(result.calm_ms_most), result.whole ? "" : ", cut");
        return name_of(options) + text;
    }

  private:
    static constexpr std::int64_t kCalm_ms = 12'000;
    static constexpr std::uint64_t kCalmEach = 64;
    static constexpr std::uint64_t kProofEach = 4'096;

    // The number of worlds behind a state, by its hash, in a table with open addressing because there are many.
    class Seen {
      public:
        struct Entry {
            std::uint64_t key = 0;
            double worlds = 0;
        };
        // Where the key is, or is now: then `fresh`.
        Entry& place(std::uint64_t key, bool& fresh) {
            if (size_ * 4 >= entries_.size() * 3) grow();
            Entry& entry = find(key);
            fresh = entry.key == 0;
            if (fresh) entry.key = key, ++size_;
            return entry;
        }
        Entry& find(std::uint64_t key) {
            std::size_t at = key >> shift_;
            while (entries_[at].key != 0 && entries_[at].key != key) at = (at + 1) % entries_.size();
            return entries_[at];
        }
        [[nodiscard]] std::size_t size() const { return size_; }

      private:
        void grow() {
            std::vector<Entry> before(entries_.size() * 2);
            before.swap(entries_);
            --shift_;
            for (const Entry& entry : before) {
                if (entry.key != 0) find(entry.key) = entry;
            }
        }
        std::vector<Entry> entries_ = std::vector<Entry>(1 << 12);
        unsigned shift_ = 64 - 12;
        std::size_t size_ = 0;
    };
    // A state that the search returns to.
    struct Saved {
        SmallWorld::Way way;
        SyncCheckpoint sync;
        std::vector<SmallWorld::Move> moves;
    };

    // Returns the number of worlds behind the current state.
    double look(std::size_t depth) {
        if (way_.undecidable) {
            ++result_.undecidable;
            return 1;
        }
        if (way_.wrong != nullptr) {
            report_wrong(way_.wrong);
            return 0;
        }
        const std::uint64_t key = world_.hash(way_, sync_) | 1;
        bool fresh = false;
        const double known = seen_.place(key, fresh).worlds;
        if (!fresh) return known;
        ++result_.states;
        if (depth == saved_.size()) saved_.push_back(std::make_unique<Saved>());
        Saved& saved = *saved_[depth];
        saved.way = way_;
        saved.sync.save(sync_, pool_);
        if (result_.states % kProofEach == 0 && !prove(key)) return 0;
        if (options_.calm && mixed(key, 99) % kCalmEach == 0 && !calm(saved)) return 0;
        world_.moves_of(way_, saved.moves);
        double worlds = saved.moves.empty() ? 1 : 0;
        const std::size_t always = saved.moves.empty() ? 0 : mixed(key, 98) % saved.moves.size();
        for (std::size_t i = 0; i < saved.moves.size(); ++i) {
            if (i != always && mixed(key, i) % 256 >= options_.tried) continue;
            if (result_.states >= options_.states_max) {
                result_.whole = false;
                break;
            }
            way_ = saved.way;
            saved.sync.restore(sync_, pool_);
            moves_.push_back(saved.moves[i]);
            world_.make(way_, sync_, saved.moves[i]);
            worlds += look(depth + 1);
            if (!result_.wrong.empty()) return worlds;
            moves_.pop_back();
        }
        seen_.find(key).worlds = worlds;
        return worlds;
    }
    [[nodiscard]] std::uint64_t mixed(std::uint64_t key, std::uint64_t which) const {
        Random random(key ^ (which << 56) ^ options_.seed * 0x9E37'79B9'7F4A'7C15);
        return random.next() >> 8;
    }
    // Proves that the current state, which was restored on the way, equals the state after its moves alone.
    bool prove(std::uint64_t key) {
        PendingPool pool(64);
        Sync sync(8, 4, pool);
        SmallWorld::Way way;
        world_.setup(way, sync);
        for (const auto& move : moves_) world_.make(way, sync, move);
        if ((world_.hash(way, sync) | 1) != key) report_wrong("the search itself: its moves lead elsewhere");
        return result_.wrong.empty();
    }
    bool calm(const Saved& saved) {
        ++result_.calmed;
        const std::int64_t took_ms = world_.comes_right_in_ms(way_, sync_, kCalm_ms);
        if (took_ms < 0) report_wrong("all is well since, and it does not come right");
        result_.calm_ms_most = std::max(result_.calm_ms_most, took_ms);
        way_ = saved.way;
        saved.sync.restore(sync_, pool_);
        return took_ms >= 0;
    }

    void report_wrong(const char* what) {
        result_.wrong = SmallWorld::describe(moves_) + " -> " + what;
        PendingPool pool(64);
        Sync sync(8, 4, pool);
        SmallWorld::Way way;
        world_.setup(way, sync);
        for (const auto& move : moves_) {
            world_.make(way, sync, move);
            std::printf("%s: state %d reason %d flags %d at %llu, asked %d, restarts %llu, foreign %llu\n",
                        SmallWorld::describe({move}).c_str(), static_cast<int>(sync.state()),
                        static_cast<int>(sync.reason()), static_cast<int>(sync.flags()),
                        static_cast<unsigned long long>(sync.last_id()), way.asked ? 1 : 0,
                        static_cast<unsigned long long>(sync.counters().restarts),
                        static_cast<unsigned long long>(sync.counters().foreign));
        }
    }

    Options options_;
    SmallWorld world_;
    Result result_;
    Seen seen_;
    PendingPool pool_{64};
    Sync sync_{8, 4, pool_};
    SmallWorld::Way way_;
    std::vector<SmallWorld::Move> moves_;
    std::vector<std::unique_ptr<Saved>> saved_;
};

}  // namespace daypack::core::test
