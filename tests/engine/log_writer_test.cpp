// SPDX-License-Identifier: MIT
// The log has a thread of its own: whoever has a line to say never waits for whoever reads it.
#include "engine/messages/log_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "engine/messages/engine_limits.h"
#include "engine/messages/patient_output.h"

namespace daypack::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Far more than is promised: the machine may be slow. What waits for a reader would wait for ever.
constexpr std::chrono::seconds kBound{10};

// Both ends of a pipe or of a pair of sockets; what is read is read here.
class Ends {
  public:
    enum class Kind { pipe, socket };
    explicit Ends(Kind kind) {
        std::array<int, 2> ends{};
        const int made =
            kind == Kind::pipe ? pipe2(ends.data(), O_CLOEXEC) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
        EXPECT_EQ(made, 0);
        read_ = ends[0];
        write_ = ends[1];
    }
    ~Ends() {
        close(write_);
        close_reader();
    }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;

    [[nodiscard]] int writer() const noexcept { return write_; }
    void close_reader() noexcept {
        if (read_ >= 0) close(read_);
        read_ = -1;
    }
    // Returns the next line with its end; empty: none came for kBound.
    std::string read_line() {
        std::size_t end = text_.find('\n', read_to_);
        while (end == std::string::npos && read_some()) end = text_.find('\n', read_to_);
        if (end == std::string::npos) return {};
        std::string line = text_.substr(read_to_, end + 1 - read_to_);
        read_to_ = end + 1;
        return line;
    }
    // Reads on until that came, or nothing does for kBound.
    std::string read_until(const std::string& what) {
        while (text_.find(what) == std::string::npos && read_some()) {
        }
        return text_;
    }

  private:
    bool read_some() {
        std::array<char, 65'536> bytes{};
        pollfd input{read_, POLLIN, 0};
        if (poll(&input, 1, static_cast<int>(milliseconds(kBound).count())) <= 0) return false;
        const ssize_t size = read(read_, bytes.data(), bytes.size());
        if (size > 0) text_.append(bytes.data(), static_cast<std::size_t>(size));
        return size > 0;
    }

    int read_ = -1;
    int write_ = -1;
    std::string text_;
    std::size_t read_to_ = 0;  // by lines
};

std::string line(std::size_t i) {
    return "line " + std::to_string(i) + " " + std::string(90, '.');
}

class LogWriterTest : public testing::TestWithParam<Ends::Kind> {};
INSTANTIATE_TEST_SUITE_P(Of, LogWriterTest, testing::Values(Ends::Kind::pipe, Ends::Kind::socket),
                         [](const auto& kind) { return kind.param == Ends::Kind::pipe ? "APipe" : "ASocket"; });

TEST_P(LogWriterTest, LinesComeInOrderAndTheLastBeforeTheEnd) {
    Ends ends(GetParam());
    LogWriter log(to_descriptor(ends.writer()));
    log.write("before the start");
    log.start();
    for (std::size_t i = 0; i < 100; ++i) log.write(line(i));
    log.stop();
    std::string expected = "before the start\n";
    for (std::size_t i = 0; i < 100; ++i) expected += line(i) + "\n";
    EXPECT_EQ(ends.read_until(line(99) + "\n"), expected);
}

TEST_P(LogWriterTest, NobodyWaitsForAPipeThatIsNotReadAndWhatIsDroppedIsSaid) {
    Ends ends(GetParam());
    LogWriter log(to_descriptor(ends.writer()));
    log.start();
    const auto begin = steady_clock::now();
    constexpr std::size_t kMany = 3 * kLogLines;
    for (std::size_t i = 0; i < kMany; ++i) log.write(line(i));
    EXPECT_LT(steady_clock::now() - begin, kBound);
    std::size_t came = 0;
    std::size_t dropped = 0;
    while (came + dropped < kMany) {
        const std::string next = ends.read_line();
        ASSERT_FALSE(next.empty()) << "came " << came << ", dropped " << dropped;
        if (const auto said = next.find(" log "); said != std::string::npos) {
            EXPECT_NE(next.find(" dropped: "), std::string::npos) << next;
            dropped += std::stoul(next.substr(said + 5));
        } else {
            ASSERT_EQ(next, line(came + dropped) + "\n") << "what is dropped is said in its place";
            ++came;
        }
    }
    EXPECT_GE(came, kLogLines);
    EXPECT_GT(dropped, 0U);
    log.write("goes on");
    EXPECT_NE(ends.read_until("goes on\n").find("goes on\n"), std::string::npos);
}

TEST_P(LogWriterTest, TheEndComesWithAPipeThatIsNotRead) {
    const Ends ends(GetParam());
    LogWriter log(to_descriptor(ends.writer()));
    log.start();
    for (std::size_t i = 0; i < 2 * kLogLines; ++i) log.write(line(i));
    const auto begin = steady_clock::now();
    log.stop();
    EXPECT_LT(steady_clock::now() - begin, kBound);
}

TEST_P(LogWriterTest, AReaderThatWentAwayEndsNothing) {
    Ends ends(GetParam());
    ends.close_reader();
    LogWriter log(to_descriptor(ends.writer()));
    log.start();  // its thread takes no SIGPIPE
    for (std::size_t i = 0; i < 10; ++i) log.write(line(i));
    log.stop();
}

TEST(LogWriter, AFullDiskAndAClosedDescriptorEndNothing) {
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    ASSERT_GE(full, 0);
    for (const int fd : {full, 1'000'000}) {
        LogWriter log(to_descriptor(fd));
        log.start();
        for (std::size_t i = 0; i < 10; ++i) log.write(line(i));
        log.stop();
    }
    close(full);
}

TEST(LogWriter, LinesThatWereRefusedAreCountedWhereTheNextIsTaken) {
    std::atomic<bool> full{true};
    std::atomic<int> refused{0};
    std::mutex mutex;
    std::string text;
    LogWriter log([&](std::string_view line, int) {
        if (full) return ++refused, PatientOutput::kRefused;
        const std::scoped_lock lock(mutex);
        text += line;
        return static_cast<std::ptrdiff_t>(line.size());
    });
    log.start();
    log.write("one");
    log.write("two");
    const auto until = steady_clock::now() + kBound;
    while (refused < 2 && steady_clock::now() < until) std::this_thread::yield();
    full = false;
    log.write("three");
    log.stop();
    EXPECT_NE(text.find(" dropped: "), std::string::npos) << text;
    EXPECT_NE(text.find("three\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("one"), std::string::npos) << text;
}

TEST(PatientOutput, LeavesTheFlagsOfAPipeThatOthersHaveToo) {
    const Ends ends(Ends::Kind::pipe);
    const int before = fcntl(ends.writer(), F_GETFL);
    PatientOutput output(ends.writer());
    EXPECT_EQ(output.write("text", 1'000), 4);
    EXPECT_EQ(fcntl(ends.writer(), F_GETFL), before);
}

}  // namespace
}  // namespace daypack::core
