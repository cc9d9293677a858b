// SPDX-License-Identifier: MIT
// Ten thousand whole books of `daypack run` against the exchange's own, by followers in C and in C++: through random
// faults, gaps, other ticks, engines that are killed, ended or succeeded, and other layouts. DAYPACK_SEED=n.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "tests/engine/follower_in_c.h"
#include "tests/support/unpadded.h"
#include "tests/system/live_program.h"

namespace daypack::core {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint32_t kRoom = 4'096;
constexpr std::size_t kNumberings = 5;  // that the exchange remembers
// A failover line by line takes 0.3 s a line, and its detection 1 s; the rest is for a busy machine.
constexpr std::chrono::seconds kOldNumbering{4};

// How a follower looks: in its turn, or, once it has a book, when the ring has certainly lapped it.
enum class Looks { in_turn, when_lapped };

class Follower {
  public:
    Follower(const std::string& instance, std::string symbol, bool in_c, std::chrono::milliseconds every,
             Looks looks = Looks::in_turn)
        : symbol_(std::move(symbol)), in_c_(in_c), every_(every), looks_(looks), bids_(kRoom), asks_(kRoom) {
        reader_.open(instance);
        daypack_follow_begin(&book_, &reader_.reader(), symbol_.c_str(), bids_.data(), asks_.data(), kRoom);
    }
    // Returns whether a LIVE book of another `u` than the last was compared, and was right.
    bool look(const sim::Exchange& exchange) {
        const auto now = Clock::now();
        if (now - looked_ < every_) return false;
        if (looks_ == Looks::when_lapped && book_.joined != 0 && !is_lapped()) return false;
        looked_ = now;
        const std::uint64_t lost = book_.lost;
        const int result = in_c_ ? follower_in_c_poll(&book_) : daypack_follow_poll(&book_);
        if (book_.lost != lost) is_to_recover_ = true;
        if (result != DAYPACK_OK || book_.top.state != DAYPACK_STATE_LIVE ||
            (book_.top.flags & DAYPACK_FLAG_CROSSED) != 0) {
            if (result == DAYPACK_OK || result == DAYPACK_EMPTY) right_ = now;
            return false;
        }
        if (book_.u == compared_ || !compare(exchange, now)) return false;
        if (std::exchange(is_to_recover_, false)) ++recovered_;
        return true;
    }
    // How often it was lapped, and then had a right book again, by another image.
    [[nodiscard]] std::uint64_t recovered() const noexcept { return recovered_; }
    [[nodiscard]] const daypack_follower& book() const noexcept { return book_; }
    [[nodiscard]] bool in_c() const noexcept { return in_c_; }
    [[nodiscard]] std::string words() const {
        std::array<char, 400> text;
        return daypack_follow_explain(&book_, text.data(), text.size());
    }

  private:
    // The ring has gone on by more than it holds, or goes on no more.
    [[nodiscard]] bool is_lapped() {
        const daypack_reader& reader = reader_.reader();
        return daypack_cursor(&reader) - book_.cursor > reader.ring_events || daypack_beat_is_fresh(&reader) == 0;
    }
    [[nodiscard]] std::string side(unsigned which) const {
        std::vector<daypack_level> all(in_c_ ? follower_in_c_levels(&book_, which)
                                             : daypack_follow_levels(&book_, which));
        for (std::uint32_t i = 0; i < all.size(); ++i) {
            all[i] = in_c_ ? follower_in_c_level(&book_, which, i) : daypack_follow_level(&book_, which, i);
        }
        return LiveReader::side_text(all, book_.top);
    }
    bool compare(const sim::Exchange& exchange, Clock::time_point now) {
        const std::string own =
            unpadded(R"({"symbol":")" + symbol_ + R"(","u":)" + std::to_string(book_.u) + R"(,"bids":)" +
                     side(DAYPACK_SIDE_BID) + R"(,"asks":)" + side(DAYPACK_SIDE_ASK) + "}");
        bool known = false, equal = false;
        std::size_t ago = 0;
        for (; ago < kNumberings && !equal; ++ago) {
            const std::string truth = exchange.truth(symbol_, book_.u, ago);
            known = known || !truth.empty();
            equal = own == unpadded(truth);
        }
        if (known && !equal) {
            ADD_FAILURE() << symbol_ << " LIVE and wrong at u " << book_.u << ", " << book_.joins << " joins, "
                          << same_text(own, unpadded(exchange.truth(symbol_, book_.u))).message();
        }
        if (!equal || ago != 1) {  // of a numbering that is over, which the engine has yet to learn
            EXPECT_LT(now - right_, kOldNumbering) << symbol_ << " LIVE at u " << book_.u << " of an old numbering";
            return false;
        }
        right_ = now;
        compared_ = book_.u;
        return true;
    }

    std::string symbol_;
    bool in_c_;
    std::chrono::milliseconds every_;
    Looks looks_;
    bool is_to_recover_ = false;
    std::uint64_t recovered_ = 0;
    Clock::time_point looked_{}, right_ = Clock::now();
    LiveReader reader_;
    std::vector<daypack_level> bids_, asks_;
    daypack_follower book_{};
    std::uint64_t compared_ = 0;
};

std::string engine_lines(std::size_t round) {
    constexpr std::array<unsigned, 3> kDepths{64, 16, 256};
    return "  depth: " + std::to_string(kDepths[round % 3]) +
           "\n  max_symbols: 8\n  image_levels: 4096\n  ring_events: " + (round % 2 == 0 ? "512\n" : "1024\n");
}

// What happens to an engine and to its venue, in turn, besides the exchange's own random faults.
struct Harm {
    sim::Exchange& exchange;
    LiveProgram& live;
    std::function<void()> look;  // of the followers
    std::uint64_t kills = 0, ends = 0, ticks = 0, takeovers = 0;

    void strike(std::size_t round, const std::string& symbol) {
        switch (round % 5) {
            case 0:
                live.run().signal(SIGKILL), ++kills;
                (void)live.run().wait();
                break;
            case 1: exchange.inject(sim::Fault::parse("drop:times=2,symbol=" + symbol)); break;
            case 2: {
                const std::string how = ticks++ % 2 == 0 ? "finer" : "coarser";
                exchange.inject(sim::Fault::parse("tick:how=" + how + ",symbol=" + symbol));
                break;
            }
            case 3:
                EXPECT_TRUE(live.take_over(look)) << live.log();
                ++takeovers;
                break;
            default:
                live.run().signal(SIGTERM), ++ends;
                EXPECT_EQ(live.run().wait(), 0);
                live.configure(engine_lines(round));
        }
    }
};

TEST(FullBookSoak, TenThousandEqualTheExchangesThroughFaultsKillsAndOtherLayouts) {
    constexpr std::uint64_t kComparisons = 10'000;
    const char* const text = std::getenv("DAYPACK_SEED");
    sim::SimOptions options;
    options.tls = true;
    options.symbols = {"BTC_USDC", "ETH_USDC", "SOL_USDC"};
    options.rate = 50;
    options.levels = 150;
    options.seed = options.chaos_seed = text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
    options.chaos_every_ms = 1'500;
    options.history_changes = 20'000;
    sim::Exchange exchange(options);
    LiveProgram live(exchange, options.symbols,
                     "    lines: 2\n    ping_interval_ms: 500\n    line_dead_ms: 2000\n    snapshot_interval: 1\n",
                     engine_lines(0));
    std::vector<std::unique_ptr<Follower>> followers;
    const auto add = [&](const std::string& symbol, bool in_c, int every_ms, Looks looks = Looks::in_turn) {
        followers.push_back(
            std::make_unique<Follower>(live.instance(), symbol, in_c, std::chrono::milliseconds(every_ms), looks));
    };
    for (const std::string& symbol : options.symbols) {
        for (const bool in_c : {false, true}) add(symbol, in_c, 3);
    }
    add("BTC_USDC", true, 3, Looks::when_lapped);
    add("ETH_USDC", false, 3, Looks::when_lapped);

    std::array<std::uint64_t, 2> compared{};
    Harm harm{exchange, live, [&] {
                  for (auto& follower : followers) (void)follower->look(exchange);
                  std::this_thread::sleep_for(std::chrono::milliseconds(1));
              }};
    const auto end = Clock::now() + std::chrono::minutes(50);
    auto next = Clock::now() + std::chrono::seconds(3);
    for (std::size_t round = 0; compared[0] + compared[1] < kComparisons && !HasFailure();) {
        ASSERT_LT(Clock::now(), end) << followers[0]->words() << live.log();
        for (auto& follower : followers) compared[follower->in_c()] += std::uint64_t{follower->look(exchange)};
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (Clock::now() < next) continue;
        ++round;
        const std::string& symbol = options.symbols[round % options.symbols.size()];
        harm.strike(round, symbol);
        if (live.run().ended()) {
            for (int i = 0; i < 20; ++i) harm.look();  // at what the ended one left
            live.start();
        }
        auto& late = followers[round % 6];
        late = std::make_unique<Follower>(live.instance(), symbol, late->in_c(), std::chrono::milliseconds(3));
        next = Clock::now() + std::chrono::seconds(3);
    }
    std::uint64_t joins = 0;
    for (const auto& follower : followers) joins += follower->book().joins;
    std::printf(
        "%llu whole books equal in C++, %llu in C, 0 wrong: %llu joins of the last followers, %llu faults, %llu kills, "
        "%llu ends with another layout, %llu takeovers, %llu ticks, %llu and %llu records lost by being lapped, right "
        "again after it %llu "
        "and %llu times\n",
        static_cast<unsigned long long>(compared[0]), static_cast<unsigned long long>(compared[1]),
        static_cast<unsigned long long>(joins), static_cast<unsigned long long>(exchange.fault_log().size()),
        static_cast<unsigned long long>(harm.kills), static_cast<unsigned long long>(harm.ends),
        static_cast<unsigned long long>(harm.takeovers), static_cast<unsigned long long>(harm.ticks),
        static_cast<unsigned long long>(followers[6]->book().lost),
        static_cast<unsigned long long>(followers[7]->book().lost),
        static_cast<unsigned long long>(followers[6]->recovered()),
        static_cast<unsigned long long>(followers[7]->recovered()));
    EXPECT_GT(std::min(compared[0], compared[1]), kComparisons / 4);
    for (const std::size_t slow : {6u, 7u})
        EXPECT_GT(followers[slow]->recovered(), 0u) << "was lapped, and right again";
    EXPECT_GT(harm.kills, 0u);
    EXPECT_GT(harm.ends, 0u) << "each with another layout";
    EXPECT_GT(harm.takeovers, 0u);
}

}  // namespace
}  // namespace daypack::core
