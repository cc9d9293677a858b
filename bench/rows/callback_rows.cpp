// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "bench/report/report.h"
#include "bench/rig/engine_rig.h"
#include "bench/rig/fused_frames.h"
#include "bench/rows/rows.h"
#include "engine/api/handler_calls.h"

namespace daypack::core::bench {
namespace {

// What both callbacks do: they look whether the book is live, at which update it stands, and at its best bid.
struct Seen {
    std::uint64_t live = 0;
    std::uint64_t sum = 0;
    void see(bool is_live, std::uint64_t u, std::int64_t best) noexcept {
        live += is_live ? 1 : 0;
        sum += u ^ static_cast<std::uint64_t>(best);
    }
};

class Inside {
  public:
    [[nodiscard]] Callbacks callbacks() {
        Callbacks callbacks;
        callbacks.on_book = [this](const BookView& book) {
            const auto bid = book.best(Side::bid);
            seen.see(book.state == State::live, book.u, bid ? bid->price.ticks : 0);
        };
        return callbacks;
    }
    Seen seen;
};

class Public : public daypack::Handler {
  public:
    void on_book(const daypack::BookUpdate& book) noexcept override {
        const auto bid = book.best_bid();
        seen.see(book.live(), book.u(), bid ? bid->price : 0);
    }
    [[nodiscard]] Callbacks callbacks() {
        return calls_.callbacks([] { return ErrorCode::none; });
    }
    Seen seen;

  private:
    HandlerCalls calls_{this, [] {}};
};

// ns a frame, decoded, taken, published and told to a callback, on one thread.
double frames_through(const Input& input, EngineRig& rig, Seen& seen) {
    rig.rewind();
    seen = {};
    const double ns = ns_through(input, rig);
    if (seen.live != input.frames.size()) throw std::runtime_error("a callback missed a frame");
    return ns;
}

}  // namespace

std::vector<Row> callback_cost(const Input& input) {
    Inside inside;
    Public handler;
    EngineRig core_rig(input.table, {&input.seed}, inside.callbacks());
    EngineRig api_rig(input.table, {&input.seed}, handler.callbacks());
    (void)frames_through(input, core_rig, inside.seen), (void)frames_through(input, api_rig, handler.seen);
    std::vector<double> core_ns, api_ns, costs;
    for (int round = 0; round < 2 * input.effort.rounds; ++round) {
        core_ns.push_back(frames_through(input, core_rig, inside.seen));
        api_ns.push_back(frames_through(input, api_rig, handler.seen));
        costs.push_back(api_ns.back() - core_ns.back());
    }
    if (inside.seen.sum != handler.seen.sum) throw std::runtime_error("the two callbacks saw other books");
    return {{.name = "callback_cost",
             .value = median(costs),
             .unit = "ns a frame",
             .bound = Row::Bound::most,
             .target = 5,
             .what = "a frame until a daypack::Handler has it, " + short_number(median(api_ns)) +
                     " ns, less the same with a callback of the engine's inside, " + short_number(median(core_ns)) +
                     " ns",
             .spread = spread_of(costs)}};
}

}  // namespace daypack::core::bench
