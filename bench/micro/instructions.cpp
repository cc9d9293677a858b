// SPDX-License-Identifier: MIT
// Decodes, applies, follows and publishes a fixed flow, so that callgrind can count what each takes: .ci/instructions
// runs it, once for each of the functions below.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/rig/input.h"
#include "bench/rig/scratch_segment.h"
#include "book/order_book.h"
#include "book/sync/sync.h"
#include "engine/shm/publisher.h"
#include "net/backpack/decoder.h"

namespace daypack::core::bench {

// Outside of the unnamed namespace and never inlined: callgrind knows them by name.
[[gnu::noinline]] Decoded count_decode(Decoder& decoder, std::string_view frame) {
    return decoder.decode(frame, MonoTime{1}, 0);
}
[[gnu::noinline]] void count_apply(OrderBook& book, std::span<const Event> events) {
    for (const Event& event : events) {
        if (event.kind == EventKind::delta) book.apply(event.side, event.price, event.quantity);
    }
}
// An update that follows, applying it included: what this takes beyond count_apply is Sync's own.
[[gnu::noinline]] Sync::Outcome count_sync(Sync& sync, std::span<const Event> update, MonoTime now) {
    return sync.on_update(update, now);
}
// The same update from the other line.
[[gnu::noinline]] Sync::Outcome count_copy(Sync& sync, std::span<const Event> update, MonoTime now) {
    return sync.on_update(update, now);
}
[[gnu::noinline]] void count_publish(Publisher& publisher, const BookUpdate& update, std::span<const Event> events) {
    publisher.publish_book(update, events);
}

namespace {

void run(bool scan) {
    Input input;
    read_input("", input, {.frames = 20'000});
    Decoder::Limits limits;
    limits.scan = scan;
    Decoder decoder(input.table, DepthStream::realtime, limits);
    OrderBook book(32'768, 64);
    book.seed(input.seed);
    PendingPool pool(1'024);
    Sync sync(32'768, 64, pool);
    MonoTime now{1};
    sync.on_lines(0b11, now);
    now = now + Sync::kQuiet_ns;
    if (!sync.on_snapshot(sync.take_request(now), input.seed, now)) throw std::runtime_error("the book is not joined");
    std::vector<Event> copy;
    ScratchSegment scratch(input.instrument());
    BookUpdate update = scratch.update(book);
    for (std::size_t i = 0; i < input.frames.size(); ++i) {
        const Decoded decoded = count_decode(decoder, input.frames[i]);
        count_apply(book, decoded.events);
        now = now + 1'000'000;
        const auto outcome = count_sync(sync, decoded.events, now);
        copy.assign(decoded.events.begin(), decoded.events.end());
        for (Event& event : copy) event.line = 1;
        const auto second = count_copy(sync, copy, now);
        if (outcome != Sync::Outcome::applied || second != Sync::Outcome::ignored) {
            throw std::runtime_error("frame " + std::to_string(i) + " does not follow the one before it");
        }
        sync.clear_dirty();
        update.u = decoded.events.front().last_id;
        count_publish(scratch.publisher(), update, decoded.events);
        book.clear_dirty();
    }
    std::printf("%zu frames\n", input.frames.size());
}

}  // namespace
}  // namespace daypack::core::bench

// One argument, `parse`: without the scanner.
int main(int argc, char** argv) {
    try {
        daypack::core::bench::run(argc < 2 || std::string(argv[1]) != "parse");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
