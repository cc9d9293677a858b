// SPDX-License-Identifier: MIT
// One event of 64 bytes from a core to another: there and back, and as many as go through. Beside the engine's queues
// stand those that it could have been.
#include <benchmark/benchmark.h>
#include <concurrentqueue/concurrentqueue.h>
#include <readerwriterqueue/readerwriterqueue.h>

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <thread>

#include "bench/rig/cores.h"
#include "bench/rig/ticks.h"
#include "book/event.h"
#include "engine/threads/event_queue.h"

namespace daypack::core {
namespace {

using bench::relax;

constexpr std::size_t kCapacity = 65'536;

class OurEvents {
  public:
    bool push(const Event& event) { return queue_.push({&event, 1}); }
    bool pop(Event& event) {
        const Event* const front = queue_.front();
        if (front == nullptr) return false;
        event = *front;
        queue_.pop();
        return true;
    }

  private:
    EventQueue queue_{kCapacity};
};

class OurSpsc {
  public:
    bool push(const Event& event) { return queue_.push(event); }
    bool pop(Event& event) { return queue_.pop(event); }

  private:
    SpscQueue<Event> queue_{kCapacity};
};

class BoostSpsc {
  public:
    bool push(const Event& event) { return queue_.push(event); }
    bool pop(Event& event) { return queue_.pop(event); }

  private:
    boost::lockfree::spsc_queue<Event> queue_{kCapacity};
};

class ReaderWriter {
  public:
    bool push(const Event& event) { return queue_.try_enqueue(event); }
    bool pop(Event& event) { return queue_.try_dequeue(event); }

  private:
    moodycamel::ReaderWriterQueue<Event> queue_{kCapacity};  // in blocks of its own choice
};

// With tokens, as its manual advises.
class Concurrent {
  public:
    bool push(const Event& event) { return queue_.try_enqueue(producer_, event); }
    bool pop(Event& event) { return queue_.try_dequeue(consumer_, event); }

  private:
    moodycamel::ConcurrentQueue<Event> queue_{kCapacity};
    moodycamel::ProducerToken producer_{queue_};
    moodycamel::ConsumerToken consumer_{queue_};
};

// A thread on the other core that pops from one queue, and does `with` what came, until this ends.
template <class Queue, class With>
class Popper {
  public:
    Popper(Queue& queue, With with)
        : thread_([this, &queue, with] {
              (void)bench::pin(bench::cores().other);
              Event event;
              while (running_.load(std::memory_order_relaxed)) queue.pop(event) ? with(event) : relax();
          }) {}
    ~Popper() {
        running_.store(false, std::memory_order_relaxed);
        thread_.join();
    }
    Popper(const Popper&) = delete;
    Popper& operator=(const Popper&) = delete;

  private:
    std::atomic<bool> running_{true};
    std::thread thread_;
};

template <class Queue>
void round_trip(benchmark::State& state) {
    if (!bench::cores().two()) return state.SkipWithError("it needs two cores");
    const bench::Pinned pinned;
    Queue there, back;
    Popper echo(there, [&](const Event& event) { (void)back.push(event); });
    Event event;
    for (auto _ : state) {
        (void)there.push(event);
        while (!back.pop(event)) relax();
    }
}

template <class Queue>
void throughput(benchmark::State& state) {
    if (!bench::cores().two()) return state.SkipWithError("it needs two cores");
    const bench::Pinned pinned;
    Queue queue;
    Popper sink(queue, [](const Event& event) { benchmark::DoNotOptimize(event.last_id); });
    Event event;
    for (auto _ : state) {
        ++event.last_id;
        while (!queue.push(event)) relax();
    }
    state.SetItemsProcessed(state.iterations());
}

#define DAYPACK_QUEUE(name)                              \
    BENCHMARK_TEMPLATE(round_trip, name)->UseRealTime(); \
    BENCHMARK_TEMPLATE(throughput, name)->UseRealTime()
DAYPACK_QUEUE(OurEvents);
DAYPACK_QUEUE(OurSpsc);
DAYPACK_QUEUE(BoostSpsc);
DAYPACK_QUEUE(ReaderWriter);
DAYPACK_QUEUE(Concurrent);
#undef DAYPACK_QUEUE

}  // namespace
}  // namespace daypack::core
