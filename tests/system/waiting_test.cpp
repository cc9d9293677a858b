// SPDX-License-Identifier: MIT
// Readers that wait for an engine at work: its control thread wakes them.
#include <sys/stat.h>

#include "tests/system/live_engine.h"

namespace daypack::core {
namespace {

class Waiting : public InBothModes {
  protected:
    [[nodiscard]] static sim::SimOptions options() {
        sim::SimOptions options;
        options.tls = true;
        options.symbols = {"BTC_USDC"};
        options.rate = 200;
        return options;
    }
    sim::Exchange exchange_{options()};
};

TEST_P(Waiting, AReaderIsWokenAndMissesNoRecord) {
    LiveEngine live(exchange_, {"BTC_USDC"}, 64);
    daypack_reader reader;
    ASSERT_EQ(daypack_open(&reader, live.instance().c_str()), DAYPACK_OK);
    std::uint64_t cursor = daypack_cursor(&reader), lost = 0, records = 0;
    const std::uint64_t begin = cursor;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    // so many that the word was touched meanwhile, whatever else this machine does
    while ((records < 300 || reader.wake_works == 0) && std::chrono::steady_clock::now() < end) {
        if (daypack_wait(&reader, cursor, 1'000) != DAYPACK_OK) continue;
        daypack_record record;
        while (daypack_read_record(&reader, &cursor, &record, &lost) == DAYPACK_OK) ++records;
        ASSERT_EQ(lost, 0u);
    }
    EXPECT_GE(records, 300u);
    EXPECT_EQ(cursor, begin + records);
    EXPECT_EQ(reader.wake_works, 1) << "nobody touched the word on which it sleeps";
    daypack_close(&reader);
}

TEST_P(Waiting, TheFileHasTheSegmentsModeAndGoesWithTheEngine) {
    LiveEngine live(exchange_, {"BTC_USDC"}, 64, [](Config& config) { config.engine.shm_mode = 0604; });
    const std::string path = "/dev/shm/daypack." + live.instance() + ".wake";
    struct stat file {};
    ASSERT_EQ(stat(path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0604u);
    EXPECT_EQ(live.log().find("readers that wait"), std::string::npos) << live.log();
    live.end();
    EXPECT_NE(stat(path.c_str(), &file), 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, Waiting, testing::Values(ThreadModel::pipeline, ThreadModel::fused), mode_name);

}  // namespace
}  // namespace daypack::core
