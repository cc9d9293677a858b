// SPDX-License-Identifier: MIT
#pragma once
#include <stdexcept>
#include <string>

#include "bench/rig/bench_instance.h"
#include "engine/shm/publisher.h"
#include "engine/shm/segment.h"

namespace daypack::core::bench {

// A segment of one symbol that nobody else knows, gone with it.
class ScratchSegment {
  public:
    explicit ScratchSegment(const Instrument& instrument) : instrument_(instrument) {
        const auto added = segment_.add_symbol(instrument.symbol, instrument.native);
        if (!added) throw std::runtime_error("the segment of the bench has no room for its symbol");
        symbol_ = *added;
        publisher_.set_running();
    }

    [[nodiscard]] const std::string& instance() const noexcept { return instance_.name(); }
    [[nodiscard]] Segment& segment() noexcept { return segment_; }
    [[nodiscard]] Publisher& publisher() noexcept { return publisher_; }
    // What every update of `book` has in common.
    [[nodiscard]] BookUpdate update(const OrderBook& book) const noexcept {
        BookUpdate update;
        update.symbol = symbol_;
        update.instrument = &instrument_;
        update.book = &book;
        update.state = State::live;
        update.reason = Reason::none;
        return update;
    }

  private:
    const Instrument& instrument_;
    BenchInstance instance_;
    Segment segment_{{instance_.name(), 64, 1, 65'536, 0600, {}}};
    Publisher publisher_{segment_};
    SymbolIndex symbol_ = 0;
};

}  // namespace daypack::core::bench
