// SPDX-License-Identifier: MIT
#include <algorithm>
#include <atomic>
#include <thread>

#include "bench/rig/cores.h"
#include "bench/rig/engine_rig.h"
#include "bench/rig/latency.h"
#include "bench/rows/rows.h"

namespace daypack::core::bench {
namespace {

constexpr std::size_t kFrames = 20'000;  // a round and way, at most
constexpr std::size_t kHops = 20'000;
constexpr std::size_t kQueueEvents = 65'536;  // the engine's default: a short queue would stay in the first cache

// Frame in hand until it is published: on one core, and decoded on one and published from the other.
class ToPublish {
  public:
    explicit ToPublish(const Input& input)
        : input_(input),
          count_(std::min(kFrames, input.frames.size())),
          rig_(input.table, {&input.seed},
               {.on_book = [this](const BookView& view) { note(view.u); }, .on_trade = {}}) {
        seen_.reserve(2 * kFrames + 64);
    }

    [[nodiscard]] Percentiles fused() {
        begin();
        return send([this] { rig_.breathe(); }, [this](Decoder& decoder) { rig_.take(decoder, hand_.frame()); });
    }

    [[nodiscard]] Percentiles pipeline() {
        begin();
        std::atomic<bool> running{true};
        std::atomic<bool> started{false};
        std::thread book([&] {
            (void)pin(cores().other);
            started.store(true, std::memory_order_release);  // pairs with the acquire below
            book_core_.begin();
            while (running.load(std::memory_order_relaxed) || rig_.events().size() > 0) rig_.breathe();
            book_core_.end();
        });
        while (!started.load(std::memory_order_acquire)) relax();
        return send([] { relax(); },
                    [this](Decoder& decoder) {
                        const Decoded decoded = decoder.decode(hand_.frame(), mono_now(), 0);
                        (void)rig_.stamp(decoded);
                        while (!rig_.events().push(decoded.events)) relax();
                    },
                    [&] {
                        running.store(false, std::memory_order_relaxed);
                        book.join();
                    });
    }

    // Why these numbers mean nothing; empty: they mean something.
    [[nodiscard]] std::string not_measured_because() const { return shared_cores({core_.share(), book_core_.share()}); }

  private:
    void begin() {
        rig_.rewind();
        seen_.clear();
    }
    void note(Sequence u) noexcept {
        if (seen_.size() < seen_.capacity()) seen_.push_back({u, ticks()});
    }
    // Each frame when it is due; `then` waits until all are published.
    template <class Idle, class Take, class Then = void (*)()>
    [[nodiscard]] Percentiles send(
        Idle&& idle, Take&& take, Then&& then = [] {}) {
        Decoder decoder(input_.table, DepthStream::realtime);
        core_.begin();
        const Schedule schedule = schedule_from_now();
        hand_.take(input_.frames[0]);
        run_paced(schedule, count_, ticks, when_free(idle), [&](std::size_t i) {
            take(decoder);
            if (i + 1 < count_) hand_.take(input_.frames[i + 1]);
        });
        core_.end();
        then();
        return latencies(input_, count_, seen_, [&](std::size_t i) { return schedule.due(i); });
    }

    const Input& input_;
    std::size_t count_;
    FrameBuffer hand_;
    std::vector<Seen> seen_;
    CoreShare core_, book_core_;
    EngineRig rig_;
};

// An event from one core to the other, as often as the frames come: what lies cold between two of them, lies so here.
Percentiles queue_hop(std::size_t hops) {
    EventQueue queue(kQueueEvents);
    Percentiles result;
    std::atomic<bool> running{true};
    std::atomic<bool> started{false};
    std::thread taker([&] {
        (void)pin(cores().other);
        started.store(true, std::memory_order_release);  // pairs with the acquire below
        for (std::size_t taken = 0; running.load(std::memory_order_relaxed) || queue.size() > 0;) {
            const Event* const event = queue.front();
            if (event == nullptr) continue;
            const double ns = ns_between(event->first_id, ticks());
            queue.pop();
            if (taken++ >= hops / 10) result.record(ns);
        }
    });
    while (!started.load(std::memory_order_acquire)) relax();
    Event event;
    event.last = true;
    run_paced(schedule_from_now(), hops, ticks, when_free([] { relax(); }), [&](std::size_t) {
        event.first_id = ticks();
        while (!queue.push({&event, 1})) relax();
    });
    running.store(false, std::memory_order_relaxed);
    taker.join();
    return result;
}

}  // namespace

std::vector<Row> frame_to_publish_pipeline(const Input& input) {
    if (!cores().two()) {
        return {unmeasured_row("frame_to_publish_pipeline", "ns", Row::Bound::most, 1, "it needs two cores")};
    }
    ToPublish to_publish(input);
    Percentiles ours, fused, hop;
    std::vector<double> p50s, bounds, ratios;
    (void)to_publish.fused(), (void)to_publish.pipeline();
    for (int round = 0; round < input.effort.rounds; ++round) {
        const Percentiles one_core = to_publish.fused(), two_cores = to_publish.pipeline(),
                          one_hop = queue_hop(std::min(kHops, input.effort.frames));
        fused.add(one_core), ours.add(two_cores), hop.add(one_hop);
        p50s.push_back(two_cores.at(0.5));
        bounds.push_back(one_core.at(0.5) + 1.5 * one_hop.at(0.5));
        ratios.push_back(p50s.back() / bounds.back());
    }
    return {{.name = "frame_to_publish_pipeline",
             .value = median(p50s),
             .unit = "ns",
             .reference = median(bounds),
             .ratio = median(ratios),
             .bound = Row::Bound::most,
             .target = 1,
             .what = "frame due, 100,000 a second, until it is published from the other core, p50; against the same on "
                     "one core and one and a half hops of the queue at that pace",
             .curves = {{"two cores", ours}, {"one core", fused}, {"one hop of the queue", hop}},
             .not_measured_because = to_publish.not_measured_because()}};
}

}  // namespace daypack::core::bench
