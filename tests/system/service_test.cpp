// SPDX-License-Identifier: MIT
// `daypack run` as a service of systemd: what it tells the manager's socket, and what `--check` and `doctor` say.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <filesystem>

#include "tests/engine/config_text.h"
#include "tests/support/program.h"
#include "tests/system/live_engine.h"
#include "tools/doctor/network_checks.h"
#include "tools/term/service_manager.h"

namespace daypack::core {
namespace {

// The manager's end, at a path or, where the name begins with @, without a file.
class Manager {
  public:
    explicit Manager(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        name.copy(address.sun_path, sizeof address.sun_path - 1);
        if (name[0] == '@') address.sun_path[0] = '\0';
        EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
                  0);
    }
    ~Manager() { close(fd_); }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    // All that has come, each message in a line of its own.
    const std::string& heard() {
        std::array<char, 4096> message{};
        for (ssize_t n = 0; (n = recv(fd_, message.data(), message.size(), MSG_DONTWAIT)) >= 0;) {
            heard_.append("[").append(message.data(), static_cast<std::size_t>(n)).append("]\n");
        }
        return heard_;
    }
    bool hears(const std::string& words) {
        return wait_until([&] { return heard().find(words) != std::string::npos; });
    }

  private:
    int fd_;
    std::string heard_;
};

TEST(ServiceManager, SaysThatItLivesOnlyWhileTheBeatIsYoung) {
    const std::string name = "@daypack-test-" + std::to_string(getpid());
    Manager manager(name);
    ServiceManager service(name.c_str(), "1000000", std::to_string(getpid()).c_str());
    constexpr std::int64_t kMs = 1'000'000;
    service.watch(5 * kMs, MonoTime{1'000 * kMs});
    service.watch(5 * kMs, MonoTime{1'100 * kMs});  // too soon
    EXPECT_EQ(manager.heard(), "[WATCHDOG=1]\n");
    service.watch(501 * kMs, MonoTime{2'000 * kMs});
    EXPECT_EQ(manager.heard(), "[WATCHDOG=1]\n") << "the book thread stands still";
    service.watch(499 * kMs, MonoTime{2'001 * kMs});
    EXPECT_EQ(manager.heard(), "[WATCHDOG=1]\n[WATCHDOG=1]\n");
    service.reloading(MonoTime{3'000'000'000});
    EXPECT_NE(manager.heard().find("[RELOADING=1\nMONOTONIC_USEC=3000000]"), std::string::npos) << manager.heard();
}

TEST(ServiceManager, WhereNobodyAskedOrItIsAnothersItSaysNothing) {
    const std::string name = "@daypack-test-" + std::to_string(getpid());
    Manager manager(name);
    for (const char* const socket : {static_cast<const char*>(nullptr), "", "@", "relative/path"}) {
        ServiceManager service(socket, "1000", nullptr);
        service.ready();
        service.watch(0, MonoTime{1'000'000'000});
    }
    ServiceManager of_another(name.c_str(), "1000", "1");
    of_another.watch(0, MonoTime{1'000'000'000});
    ServiceManager unwatched(name.c_str(), "soon", nullptr);
    unwatched.watch(0, MonoTime{1'000'000'000});
    EXPECT_EQ(manager.heard(), "");
}

class ServiceTest : public testing::Test {
  protected:
    ServiceTest() {
        std::filesystem::create_directory(folder_);
        sim::SimOptions options;
        options.tls = true;
        options.symbols = {"BTC_USDC", "ETH_USDC", "SOL_USDC_PERP"};
        options.rate = 50;
        exchange_ = std::make_unique<sim::Exchange>(options);
        std::ofstream(folder_ + "/ca.pem") << exchange_->ca_pem();
        write(exchange_->rest_url(), exchange_->ws_url());
    }
    ~ServiceTest() override {
        std::filesystem::remove_all(folder_);
        unlink(("/dev/shm/daypack." + instance_).c_str());
        unlink(("/dev/shm/daypack." + instance_ + ".wake").c_str());
    }

    void write(const std::string& rest_url, const std::string& ws_url) const {
        std::ofstream(folder_ + "/my.yaml")
            << test::kSeed << "    ca_file: ca.pem\n    rest_urls: [\"" << rest_url << "\"]\n    ws_urls: [\"" << ws_url
            << "\"]\nengine: {instance: " << instance_ << "}\n";
    }

    const std::string instance_ = "service_test." + std::to_string(getpid());
    const std::string folder_ = std::filesystem::temp_directory_path() / ("daypack_" + instance_);
    std::unique_ptr<sim::Exchange> exchange_;
};

TEST_F(ServiceTest, TellsItsManagerHowItIs) {
    Manager manager(folder_ + "/notify");
    Program run(folder_, "run", {"run", "my.yaml", "--quiet"}, [this] {
        setenv("NOTIFY_SOCKET", (folder_ + "/notify").c_str(), 1);
        setenv("WATCHDOG_USEC", "2000000", 1);
    });
    EXPECT_TRUE(manager.hears("[READY=1]\n")) << run.err();
    EXPECT_TRUE(manager.hears("[STATUS=status live=3/3 ")) << manager.heard();
    EXPECT_TRUE(manager.hears("[WATCHDOG=1]\n"));
    EXPECT_EQ(manager.heard().find("STOPPING"), std::string::npos);
    run.signal(SIGHUP);
    EXPECT_TRUE(manager.hears("[RELOADING=1\nMONOTONIC_USEC="));
    EXPECT_TRUE(wait_until([&] {
        const std::string& heard = manager.heard();
        return heard.find("[READY=1]\n", heard.find("RELOADING")) != std::string::npos;
    })) << manager.heard();
    run.signal(SIGTERM);
    EXPECT_EQ(run.wait(), 0);
    EXPECT_TRUE(manager.hears("[STOPPING=1]\n"));
}

TEST_F(ServiceTest, CheckReadsTheConfigurationAndAsksNobody) {
    exchange_.reset();
    Program right(folder_, "right", {"run", "my.yaml", "--check"});
    EXPECT_EQ(right.wait(), 0) << right.err();
    EXPECT_EQ(right.out(), "my.yaml is in order: instance " + instance_ +
                               ", symbols BTC-USDC, ETH-USDC, SOL-USDC-PERP\n"
                               "accounts: none, public data alone\n");
    EXPECT_FALSE(std::filesystem::exists("/dev/shm/daypack." + instance_));
    Program json(folder_, "json", {"run", "my.yaml", "--check", "--json"});
    EXPECT_EQ(json.wait(), 0);
    EXPECT_EQ(
        json.out(),
        R"({"ok":true,"instance":")" + instance_ +
            R"(","symbols":["BTC-USDC","ETH-USDC","SOL-USDC-PERP"],"channels":["TRADES","L2_BOOK"],"accounts":[],"warnings":[],"not_built_yet":[]})" +
            "\n");
    std::ofstream(folder_ + "/my.yaml", std::ios::app) << "oops: 1\n";
    Program wrong(folder_, "wrong", {"run", "my.yaml", "--check", "--json"});
    EXPECT_EQ(wrong.wait(), 2);
    EXPECT_TRUE(wrong.out().starts_with(R"({"ok":false,"error":"daypack: my.yaml:)")) << wrong.out();
    Program plain(folder_, "plain", {"run", "my.yaml", "--check"});
    EXPECT_EQ(plain.wait(), 2);
    EXPECT_TRUE(plain.err().starts_with("daypack: my.yaml:")) << plain.err();
    Program alone(folder_, "alone", {"run", "my.yaml", "--json"});
    EXPECT_EQ(alone.wait(), 2) << "--json is of --check";
}

TEST_F(ServiceTest, CheckSaysWhichKeyStandsAloneAndIsContent) {
    std::ofstream(folder_ + "/half.yaml")
        << "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n    symbols: [BTC-USDC]\n"
        << "    api_key: ${BACKPACK_KEY}\n    api_secret: ${BACKPACK_SECRET}\n";
    const auto set_key = [] { setenv("BACKPACK_KEY", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", 1); };
    const std::string words = "api_key is set and api_secret is not, so it counts for nothing; set both or none";
    Program check(folder_, "half", {"run", "half.yaml", "--check"}, set_key);
    EXPECT_EQ(check.wait(), 0);
    EXPECT_EQ(check.err(), "daypack: half.yaml: " + words + "\n");
    Program json(folder_, "half", {"run", "half.yaml", "--check", "--json"}, set_key);
    EXPECT_EQ(json.wait(), 0);
    EXPECT_NE(json.out().find(R"("accounts":[],"warnings":[")" + words), std::string::npos) << json.out();
}

Config config_of(const std::string& path) {
    return load_config(path);
}

const Finding* find(const Findings& findings, const std::string& check, Verdict verdict) {
    for (const Finding& finding : findings) {
        if (finding.check == check && finding.verdict == verdict) return &finding;
    }
    return nullptr;
}

TEST_F(ServiceTest, DoctorMeasuresTheWayToTheExchange) {
    std::filesystem::current_path(folder_);
    const Findings findings = check_venue(config_of("my.yaml"));
    std::string all;
    for (const Finding& finding : findings) all += finding.check + ": " + finding.found + "\n";
    EXPECT_NE(find(findings, "venue.dns", Verdict::ok), nullptr) << all;
    const Finding* const connect = find(findings, "venue.connect", Verdict::ok);
    ASSERT_NE(connect, nullptr) << all;
    EXPECT_NE(connect->found.find("TCP and TLS in "), std::string::npos) << all;
    EXPECT_NE(find(findings, "venue.rest", Verdict::ok), nullptr) << all;
    const Finding* const clock = find(findings, "venue.clock", Verdict::ok);
    ASSERT_NE(clock, nullptr) << all;
    EXPECT_TRUE(std::filesystem::exists(folder_));
}

TEST_F(ServiceTest, DoctorSaysWhereTheWayEnds) {
    std::filesystem::current_path(folder_);
    const std::string rest = exchange_->rest_url();
    const std::string ws = exchange_->ws_url();
    std::ofstream(folder_ + "/ca.pem") << sim::Exchange([] {
                                              sim::SimOptions other;
                                              other.tls = true;
                                              return other;
                                          }())
                                              .ca_pem();
    const Finding* trouble = nullptr;
    const Findings untrusted = check_venue(config_of("my.yaml"));
    trouble = find(untrusted, "venue.connect", Verdict::fail);
    ASSERT_NE(trouble, nullptr);
    EXPECT_NE(trouble->found.find("certificate"), std::string::npos) << trouble->found;
    EXPECT_TRUE(trouble->asked) << "so its exit code is 1";
    write("https://no-such-host.invalid", ws);
    const Findings unknown = check_venue(config_of("my.yaml"));
    trouble = find(unknown, "venue.dns", Verdict::fail);
    ASSERT_NE(trouble, nullptr);
    EXPECT_NE(trouble->found.find("no-such-host.invalid"), std::string::npos) << trouble->found;
}

}  // namespace
}  // namespace daypack::core
