// SPDX-License-Identifier: MIT
// `daypack bench` compares like with like: what stands beside ours does the same work, and comes to the same book.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "bench/report/report.h"
#include "bench/report/row.h"
#include "bench/rig/bench_instance.h"
#include "bench/rig/input.h"
#include "bench/rig/latency.h"
#include "bench/rig/measure.h"
#include "bench/rig/percentiles.h"
#include "bench/rig/same_stores.h"
#include "bench/rig/schedule.h"
#include "bench/rig/scratch_segment.h"
#include "bench/rivals/map_books.h"
#include "bench/rivals/references.h"
#include "bench/run.h"
#include "bench/system/other_load.h"
#include "book/order_book.h"
#include "net/backpack/decoder.h"
#include "tests/net/backpack/slow_json.h"

namespace daypack::core::bench {
namespace {

const Input& input() {
    static Input* const read = [] {
        auto* made = new Input;
        read_input("", *made);
        return made;
    }();
    return *read;
}

template <class Book>
void expect_best(const OrderBook& ours, const Book& book, std::size_t update) {
    const Best best = book.best();
    ASSERT_EQ(ours.side(Side::bid).best(), (Level{{best.bid}, {best.bid_quantity}})) << "update " << update;
    ASSERT_EQ(ours.side(Side::ask).best(), (Level{{best.ask}, {best.ask_quantity}})) << "update " << update;
}

TEST(Bench, TheBooksBesideOursHaveTheSameBestAfterEveryUpdate) {
    OrderBook ours(32'768, 64);
    TreeBook tree;
    VectorBook vector;
    BtreeBook btree;
    FlatMapBook flat_map;
    ours.seed(input().seed);
    const auto each_other = [&](auto&& with) { with(tree), with(vector), with(btree), with(flat_map); };
    each_other([](auto& book) { book.seed(input().seed); });
    std::size_t at = 0;
    for (std::size_t update = 0; update < input().ends.size() && !HasFatalFailure(); ++update) {
        for (; at < input().ends[update]; ++at) {
            const Event& event = input().events[at];
            if (event.kind != EventKind::delta) continue;
            ours.apply(event.side, event.price, event.quantity);
            each_other([&](auto& book) { book.apply(event.side, event.price.ticks, event.quantity.steps); });
        }
        each_other([&](const auto& book) { expect_best(ours, book, update); });
    }
}

TEST(Bench, TheReaderBesideOursReadsTheSameLevels) {
    for (const Frames* frames : {&input().frames, &input().fives}) {
        Decoder decoder(input().table, DepthStream::realtime);
        DomReader reader;
        for (std::size_t i = 0; i < frames->size(); i += 7) {
            const Decoded decoded = decoder.decode((*frames)[i], MonoTime{1}, 0);
            ASSERT_EQ(decoded.kind, FrameKind::depth);
            std::size_t count = 0;
            ASSERT_TRUE(reader.read((*frames)[i], input().instrument(), [&](Side side, auto price, auto quantity) {
                ASSERT_LT(count, decoded.events.size());
                const Event& event = decoded.events[count++];
                ASSERT_EQ(event.side, side);
                ASSERT_EQ(event.price.ticks, price);
                ASSERT_EQ(event.quantity.steps, quantity);
            }));
            if (decoded.events.front().kind == EventKind::delta) {
                ASSERT_EQ(count, decoded.events.size());
            }
        }
    }
}

TEST(Bench, TheFivesAreTheSameLevelsInTheirOrder) {
    Decoder decoder(input().table, DepthStream::realtime);
    std::size_t levels = 0;
    for (std::size_t i = 0; i < input().fives.size(); ++i) {
        const Decoded decoded = decoder.decode(input().fives[i], MonoTime{1}, 0);
        ASSERT_EQ(decoded.kind, FrameKind::depth);
        levels += decoded.events.front().kind == EventKind::delta ? decoded.events.size() : 0;
    }
    std::size_t all = 0;
    for (std::size_t i = 0; i < input().ends[input().fives.size() * 5 - 1]; ++i) {
        all += input().events[i].kind == EventKind::delta ? 1 : 0;
    }
    EXPECT_EQ(levels, all);
}

TEST(Bench, ARowIsMetByItsRatioOrElseByItsValue) {
    Row row;
    row.value = 10;
    row.target = 4;
    EXPECT_EQ(row.met(), true) << "at least";
    row.ratio = 3;
    EXPECT_EQ(row.met(), false);
    row.bound = Row::Bound::most;
    EXPECT_EQ(row.met(), true);
    row.not_measured_because = "the machine is busy";
    EXPECT_EQ(row.met(), std::nullopt);
    row.not_measured_because.clear();
    row.target.reset();
    EXPECT_EQ(row.met(), std::nullopt);
}

TEST(Bench, PercentilesAreThoseOfASortedVectorUpToABucket) {
    std::mt19937_64 random(1);
    for (const std::size_t count : {1, 2, 99, 100, 101, 20'000}) {
        Percentiles collected, half;
        std::vector<double> all;
        for (std::size_t i = 0; i < count; ++i) {
            const auto ns = static_cast<std::int64_t>(std::exp2(std::uniform_real_distribution<>(0, 30)(random)));
            all.push_back(static_cast<double>(ns));
            (i % 2 == 0 ? collected : half).record(ns);
        }
        collected.add(half);
        std::sort(all.begin(), all.end());
        for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
            const auto rank = std::max(1.0, std::ceil(share * static_cast<double>(count) - 1e-6));
            const double exact = all[static_cast<std::size_t>(rank) - 1];
            EXPECT_GE(collected.at(share), exact) << share << " of " << count;
            EXPECT_LE(collected.at(share), exact * 33 / 32 + 1) << share << " of " << count;
        }
        EXPECT_EQ(collected.at(1), all.back());
        EXPECT_EQ(collected.count(), count);
    }
    EXPECT_EQ(Percentiles().at(0.5), 0);
}

TEST(Bench, AStallCountsAgainstEveryFrameThatItDelayed) {
    // A clock that goes on by one a look; a frame takes two; the fifth stalls for the time of four.
    const Schedule schedule{100, 10};
    std::uint64_t now = 0;
    std::vector<std::uint64_t> late;
    std::vector<std::uint64_t> left;
    run_paced(
        schedule, 12, [&] { return ++now; }, [&](std::uint64_t ticks_left) { left.push_back(ticks_left); },
        [&](std::size_t i) {
            now += i == 5 ? 40 : 2;
            late.push_back(now - schedule.due(i));
        });
    ASSERT_EQ(late.size(), 12u);
    for (const std::size_t on_time : {0, 1, 4}) EXPECT_LE(late[on_time], 3u) << on_time;
    EXPECT_GE(late[5], 40u);
    for (const std::size_t i : {6, 7, 8}) {  // each takes two and a look, and was due ten later
        EXPECT_EQ(late[i], late[i - 1] - 7) << "frame " << i << " waited for the fifth";
    }
    EXPECT_LE(late[11], 3u);
    EXPECT_EQ(left.front(), 99u);
    EXPECT_EQ(std::count(left.begin(), left.end(), 0u), 0);
}

TEST(Bench, AFrameIsSeenWithTheFirstBookThatHoldsIt) {
    std::vector<std::uint64_t> stamps;
    std::vector<Seen> seen;
    const std::uint64_t tick = static_cast<std::uint64_t>(1'000 / ns_per_tick());
    for (std::size_t i = 0; i < 100; ++i) {
        stamps.push_back(1'000'000 + i * tick);
        if (i % 10 == 9) seen.push_back({input().id(i), stamps.back() + tick});  // ten at once
    }
    const Percentiles told = latencies(input(), 100, seen, [&](std::size_t i) { return stamps[i]; });
    EXPECT_EQ(told.count(), 90u) << "the first tenth warms up";
    EXPECT_NEAR(told.at(0.1), 1'000, 40);
    EXPECT_NEAR(told.max(), 10'000, 400);
    EXPECT_EQ(latencies(input(), 100, {}, [&](std::size_t i) { return stamps[i]; }).count(), 0u);
}

TEST(Bench, TheLoopBesidePublishingDoesItsStoresAndNoOther) {
    ScratchSegment ours(input().instrument()), like(input().instrument());
    OrderBook book(32'768, 64);
    book.seed(input().seed);
    BookUpdate update = ours.update(book);
    ours.publisher().publish_snapshot(update);
    book.clear_dirty();
    const Level best = *book.side(Side::bid).best();
    Event event;
    event.last = true;
    SameStores stores(ours, like, [&](std::size_t i) {
        event.price = best.price;
        event.quantity = {best.quantity.steps + 1 + static_cast<std::int64_t>(i)};
        event.first_id = event.last_id = update.u = 1'000 + i;
        update.publish.ns = static_cast<std::int64_t>(1'000 + i);
        book.apply(Side::bid, event.price, event.quantity);
        ours.publisher().publish_book(update, {&event, 1});
        book.clear_dirty();
    });
    // At least: the sequence twice, u, best bid, publish time and the level's quantity; a delta, a change of the best.
    EXPECT_GE(stores.count(), 2 + 4 + 2 * 4 + 2 + 1u);
    EXPECT_LE(stores.count(), 2 + 16 + 4 + 2 * 16 + 2 + 1u);
    constexpr std::uint64_t kValue = 0x1234567887654321ull;
    stores.run(kValue);
    const auto* slot = reinterpret_cast<const std::uint64_t*>(&like.segment().slot(0));
    const auto* ring = reinterpret_cast<const std::uint64_t*>(like.segment().ring());
    const auto slot_stores = std::count(slot, slot + like.segment().layout().slot_bytes / 8, kValue);
    const auto ring_stores = std::count(ring, ring + 64 * sizeof(daypack_record) / 8, kValue);
    const std::uint64_t records = like.segment().header().claimed;
    EXPECT_EQ(records, 2u);
    EXPECT_EQ(like.segment().header().published, records);
    EXPECT_EQ(static_cast<std::size_t>(slot_stores + ring_stores) + 2 + records + 1, stores.count());
}

// Of an object; "": it has no such key, or no text there.
std::string text_of(const slow::Json& object, const char* key) {
    const slow::Json* value = object.one(key);
    return value == nullptr ? "" : value->text;
}

TEST(Bench, AShortRunHasEveryRowWithItsFieldsAsJsonAndAsAPage) {
    Input some;
    read_input("", some, {.frames = 2'000, .rounds = 1});
    const Report report = measure(some, {});
    slow::Json whole;
    const std::string text = json(report);
    ASSERT_TRUE(slow::JsonReader(text).read(whole)) << text;
    for (const char* key : {"machine", "input", "rounds", "seconds", "rows"}) EXPECT_NE(whole.one(key), nullptr) << key;
    for (const char* key : {"cpu", "cores", "kernel", "compiler", "build", "governor", "clock", "idle", "pinning"}) {
        EXPECT_NE(whole.one("machine")->one(key), nullptr) << key;
    }
    const std::string page = html(report);
    std::vector<std::string> names;
    for (const slow::Json& row : whole.one("rows")->elements) {
        names.push_back(text_of(row, "name"));
        for (const char* key : {"name", "value", "unit", "floor", "reference", "ratio", "target", "met", "what"}) {
            EXPECT_NE(row.one(key), nullptr) << names.back() << " has no " << key;
        }
        EXPECT_NE(page.find("<code>" + names.back() + "</code>"), std::string::npos) << names.back();
    }
    for (const char* name : {"decode_apply.simdjson_5",
                             "decode_apply.scan_1",
                             "decode_apply_floor.5",
                             "book_recorded.map",
                             "publish.outside",
                             "publish.inside",
                             "publish.outside_reader",
                             "publish.inside_reader",
                             "frame_to_reader_fused.p50",
                             "frame_to_reader_fused.p99",
                             "frame_to_publish_pipeline",
                             "wss_one_way",
                             "socket_frames.cpu",
                             "socket_frames.rate",
                             "replay_frames.simdjson",
                             "timing_cost",
                             "callback_cost",
                             "hot_thread_clean",
                             "symbols_100.cost",
                             "symbols_100.memory"}) {
        EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name << " is missing";
    }
    EXPECT_EQ(page.find("http"), std::string::npos) << "the page needs a network";
    EXPECT_TRUE(page.ends_with("</html>\n"));
}

TEST(Bench, PercentilesStandInTheJsonOfARowThatHasThem) {
    Report report;
    Row row;
    row.name = "a \"row\"";
    row.target = 2;
    row.curves = {{"its own", {}}, {"beside it", {}}};
    for (int ns = 1; ns <= 1'000; ++ns) row.curves[0].samples.record(ns);
    report.rows = {row, unmeasured_row("other", "ns", Row::Bound::most, 1, "one core")};
    report.machine = {{"cores", "2"}};
    slow::Json whole;
    ASSERT_TRUE(slow::JsonReader(json(report)).read(whole)) << json(report);
    const slow::Json& first = whole.one("rows")->elements[0];
    EXPECT_EQ(text_of(first, "name"), "a \"row\"");
    for (const char* key : {"p50", "p90", "p99", "p99.9", "max"}) ASSERT_NE(first.one(key), nullptr) << key;
    EXPECT_EQ(first.one("max")->text, "1000");
    const slow::Json& second = whole.one("rows")->elements[1];
    EXPECT_EQ(second.one("p50"), nullptr);
    EXPECT_EQ(text_of(second, "why"), "one core");
}

TEST(Bench, TheSampleOfTheRepositoryIsWholeAndLikeRecordedFlow) {
    Input sample;
    read_input(DAYPACK_SOURCE_DIR "/bench/sample/frames.ndjson.gz", sample);
    ASSERT_EQ(sample.frames.size(), 10'000u);
    EXPECT_EQ(sample.events.front().first_id, sample.seed.last_id + 1);
    EXPECT_GT(sample.seed.bids.size(), 1'000u);
    EXPECT_GT(sample.seed.asks.size(), 1'000u);
    std::size_t back = 0;
    for (std::size_t i = 1; i < sample.frames.size(); ++i) {
        EXPECT_EQ(sample.update(i).front().first_id, sample.id(i - 1) + 1);
        if (sample.update(i).front().match < sample.update(i - 1).front().match) ++back;
    }
    EXPECT_GT(back, 0u) << "T runs back now and then, as the recorded one does";
}

TEST(Bench, CpuTimeIsNotWallTime) {
    const double ns = ns_each([] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        return std::size_t{1};
    });
    EXPECT_LT(ns, 15e6) << "a thread that sleeps uses no CPU";
    const double wall_ns = wall_ns_each([] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        return std::size_t{1};
    });
    EXPECT_GE(wall_ns, 30e6);
}

TEST(Bench, TheSpreadIsOfWhatIsJudged) {
    int round = 0;
    const Pair pair = compare(
        3, [] { return 2.0; }, [&] { return 2.0 * ++round; });  // the first is for the caches
    EXPECT_EQ(pair.other_to_ours, 3);
    EXPECT_EQ(pair.ratios.least, 2);
    EXPECT_EQ(pair.ratios.most, 4);
    EXPECT_EQ(pair.inverse().least, 0.25);
    Row row;
    row.spread = pair.ratios;
    EXPECT_EQ(spread_text(row), "2.00–4.00");
    row.target = 3;
    EXPECT_NE(row_text(row).find("≥3 "), std::string::npos) << row_text(row);
    row.bound = Row::Bound::most;
    EXPECT_NE(row_text(row).find("≤3 "), std::string::npos) << row_text(row);
}

TEST(Bench, ARowThatCannotBeJudgedSaysWhyAndShowsNoNumber) {
    Row row{.name = "row", .value = 1'234, .unit = "ns", .reference = 567, .ratio = 0.5, .target = 4, .what = "this"};
    EXPECT_NE(row_text(row).find("1,234"), std::string::npos) << row_text(row);
    EXPECT_NE(row_text(row).find("this\n"), std::string::npos) << row_text(row);
    row.not_measured_because = "another program had the core";
    const std::string text = row_text(row);
    EXPECT_NE(text.find(" - ns "), std::string::npos) << text;
    EXPECT_NE(text.find("this; not measured: another program had the core\n"), std::string::npos) << text;
    for (const char* number : {"1,234", "567", "0.5"}) EXPECT_EQ(text.find(number), std::string::npos) << text;
    const std::string unmeasured = row_text(unmeasured_row("row", "ns", Row::Bound::most, 1, "one core"));
    EXPECT_NE(unmeasured.find("  ?    not measured: one core\n"), std::string::npos) << unmeasured;
}

TEST(Bench, SeesWhatOtherProgramsUseAndNotWhatItsOwnDo) {
    const pid_t child = fork();
    if (child == 0) {
        // Writes to a volatile count as progress: a compiler may take a loop without any for one that ends.
        for (volatile unsigned turns = 0;; turns = turns + 1) {
        }
    }
    ASSERT_GT(child, 0);
    const OtherLoad with_it({});
    const OtherLoad without_it({child});
    const std::int64_t before = cpu_ns_of(child);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (cpu_ns_of(child) - before < 200'000'000 && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const double without = without_it.cores();
    const double with = with_it.cores();
    (void)kill(child, SIGKILL);
    (void)waitpid(child, nullptr, 0);
    EXPECT_GT(with, without) << "what is known to be ours is taken off";
    EXPECT_EQ(cpu_ns_of(-1), 0);
}

TEST(Bench, WhatAKilledOneLeavesIsRemovedByTheNext) {
    const std::string begin = "/dev/shm/daypack.bench.";
    const pid_t killed = fork();
    if (killed == 0) {
        const ScratchSegment left(input().instrument());
        (void)raise(SIGKILL);
    }
    (void)waitpid(killed, nullptr, 0);
    const auto count = [&](pid_t process) {
        const std::string of_process = begin + std::to_string(process) + ".";
        const std::filesystem::directory_iterator files("/dev/shm");
        return std::count_if(std::filesystem::begin(files), std::filesystem::end(files),
                             [&](const auto& file) { return file.path().string().starts_with(of_process); });
    };
    const ScratchSegment alive(input().instrument());
    EXPECT_GT(count(killed) + count(getpid()), 0);
    remove_what_dead_benches_left();
    EXPECT_EQ(count(killed), 0);
    EXPECT_EQ(count(getpid()), 1) << "that of a bench that lives is left alone";
}

// 2,000 times eleven values of a distribution with a long tail, such as latencies have: each bound is wrong in 5 % of
// the cases at most, and in not much fewer, or it would be no use.
TEST(Bench, TheBoundsOfAMedianHoldAsOftenAsTheySay) {
    std::mt19937_64 random(1);
    std::lognormal_distribution<double> draw(0, 2);  // its median is 1
    int above = 0, below = 0;
    for (int i = 0; i < 2'000; ++i) {
        std::vector<double> values(11);
        for (double& value : values) value = draw(random);
        const BoundedMedian bounded = bounded_median(values);
        ASSERT_LE(bounded.least, bounded.value);
        ASSERT_LE(bounded.value, bounded.most);
        above += bounded.least > 1 ? 1 : 0;
        below += bounded.most < 1 ? 1 : 0;
    }
    // Of eleven the ninth: 3.3 %.
    EXPECT_GT(above, 40);
    EXPECT_LT(above, 95);
    EXPECT_GT(below, 40);
    EXPECT_LT(below, 95);
    EXPECT_TRUE(std::isinf(bounded_median({1, 2, 3, 4}).most)) << "four rounds bound nothing";
    EXPECT_EQ(bounded_median({5, 1, 4, 2, 3}).least, 1);
}

}  // namespace
}  // namespace daypack::core::bench
