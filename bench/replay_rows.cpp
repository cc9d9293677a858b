#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "bench/rows.h"
#include "book/sync.h"
#include "engine/publisher.h"
#include "engine/segment.h"
#include "net/decoder.h"

namespace daypack::bench {
namespace {

constexpr std::size_t kMaxLevels = 32'768;

// A segment of its own, gone with it.
struct Bench {
    std::string instance = "bench." + std::to_string(getpid());
    Segment segment{{instance, 64, 1, 65'536, 0600, {}}};
    Publisher publisher{segment};
    SymbolIndex symbol = 0;

    explicit Bench(const Instrument& instrument) {
        const auto added = segment.add_symbol(instrument.symbol, instrument.native);
        if (!added) throw std::runtime_error("the segment of the bench has no room for its symbol");
        symbol = *added;
        publisher.set_running();
    }
    ~Bench() { (void)shm_unlink(("/daypack." + instance).c_str()); }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
};

double frames_per_second(const Input& input, Bench& bench, bool scan) {
    Decoder::Limits limits;
    limits.scan = scan;
    Decoder decoder(input.table, DepthStream::realtime, limits);
    PendingPool pool(1024);
    Sync sync(kMaxLevels, 64, pool);
    sync.on_lines(1);
    if (!sync.on_snapshot(sync.take_request(), input.seed, MonoTime{1}, [](const Event&) {})) {
        throw std::runtime_error("the snapshot does not join");
    }
    BookUpdate update;
    update.symbol = bench.symbol;
    update.instrument = &input.instrument();
    update.book = &sync.book();
    update.state = State::live;
    std::size_t published = 0;
    const double ns = ns_each([&] {
        for (std::size_t i = 0; i < input.frames.size(); ++i) {
            const Decoded decoded = decoder.decode(input.frames[i], MonoTime{1}, 0);
            (void)sync.on_update(decoded.events, MonoTime{1}, [&](std::span<const Event> applied) {
                update.u = sync.last_id();
                update.match = sync.match();
                update.send = sync.send();
                bench.publisher.publish_book(update, applied);
                sync.clear_dirty();
                ++published;
            });
        }
        return input.frames.size();
    });
    if (published != input.frames.size()) throw std::runtime_error("the recording has a gap");
    return 1e9 / ns;
}

Row row(const Input& input, Bench& bench, bool scan, const char* name, double target, const char* what) {
    std::vector<double> rates;
    for (int round = 0; round < kRounds; ++round) rates.push_back(frames_per_second(input, bench, scan));
    return {name, median(rates), "frames a second", {}, {}, {}, Row::Bound::least, target, what};
}

}  // namespace

std::vector<Row> replay_frames(const Input& input) {
    Bench bench(input.instrument());
    return {
        row(input, bench, false, "replay_frames.simdjson", 1.5e6,
            "decoded, followed, applied, published; simdjson alone"),
        row(input, bench, true, "replay_frames.scan", 4e6, "the same with the scanner"),
    };
}

}  // namespace daypack::bench
