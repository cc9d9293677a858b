// SPDX-License-Identifier: MIT
#include "tools/doctor/network_checks.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/timex.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "engine/shm/clock_quality.h"
#include "net/backpack/rest_api.h"
#include "net/base/clock.h"
#include "net/base/url.h"
#include "net/transport/connector.h"
#include "net/transport/dns_lookup.h"
#include "net/transport/tls_context.h"

namespace daypack::core {
namespace {

constexpr int kPatience_ms = 5'000;

double ms_since(MonoTime begin) {
    return static_cast<double>(mono_now() - begin) / 1e6;
}

Finding clock_sync() {
    timex told{};  // no mode: nothing is set
    const int result = adjtimex(&told);
    const ClockQuality quality = clock_quality(result, told);
    const std::string fix =
        "`sudo apt-get install chrony`, or a PTP service: times and delays are as right as this clock";
    if (quality.state == DAYPACK_CLOCK_UNKNOWN) return {"clock_sync", Verdict::unknown, "the kernel does not say"};
    if (quality.state == DAYPACK_CLOCK_UNSYNCHRONISED) {
        return {"clock_sync", Verdict::warn, "no time service keeps this clock", fix};
    }
    constexpr std::uint64_t kGood_ns = 10'000'000;
    const std::string found =
        fmt::format("kept, right to within {:.3f} ms", static_cast<double>(quality.error_ns) / 1e6);
    if (quality.error_ns <= kGood_ns) return {"clock_sync", Verdict::ok, found};
    return {"clock_sync", Verdict::warn, found, "a nearer time server, or PTP"};
}

// The interface of the default route, by the kernel's table of IPv4; empty: there is none.
std::string default_interface(const Machine& machine) {
    for (const std::string& line : machine.lines("/proc/net/route")) {
        std::istringstream in(line);
        std::string name, destination;
        if (in >> name >> destination && destination == "00000000") return name;
    }
    return {};
}

Finding card(const Machine& machine) {
    const std::string name = default_interface(machine);
    if (name.empty()) return {"nic", Verdict::unknown, "no default route of IPv4"};
    const std::string folder = "/sys/class/net/" + name;
    const std::string state = machine.line(folder + "/operstate").value_or("unknown");
    const auto speed = machine.number(folder + "/speed");
    const auto dropped = machine.number(folder + "/statistics/rx_dropped").value_or(0);
    const auto missed = machine.number(folder + "/statistics/rx_missed_errors").value_or(0);
    const std::string found =
        fmt::format("{}: {}{}, {} packets dropped, {} missed since it is up", name, state,
                    speed && *speed > 0 ? fmt::format(", {} Mbit/s", *speed) : std::string(), dropped, missed);
    if (state == "down") return {"nic", Verdict::fail, found, fmt::format("`sudo ip link set {} up`", name)};
    if (missed > 0) {
        return {"nic", Verdict::warn, found, fmt::format("larger rings: `sudo ethtool -G {} rx 4096`", name)};
    }
    return {"nic", Verdict::ok, found};
}

Finding name_look_up(const Url& url) {
    const MonoTime begin = mono_now();
    const DnsLookup lookup(url.host, url.port);
    while (!lookup.finished() && ms_since(begin) < kPatience_ms) poll(nullptr, 0, 1);
    const double took_ms = ms_since(begin);
    const std::string fix =
        "see that `resolvectl query` or `getent hosts` finds it; a resolver on this machine caches names";
    if (!lookup.finished())
        return {"venue.dns", Verdict::fail, fmt::format("{}: no answer in {} s", url.host, kPatience_ms / 1000), fix};
    if (lookup.endpoints().empty())
        return {"venue.dns", Verdict::fail, fmt::format("{}: {}", url.host, lookup.error()), fix};
    const std::string found =
        fmt::format("{}: {} addresses in {:.1f} ms", url.host, lookup.endpoints().size(), took_ms);
    if (took_ms > 100) return {"venue.dns", Verdict::warn, found, fix};
    return {"venue.dns", Verdict::ok, found};
}

// TCP, and TLS with a certificate that is verified.
Finding connection(const Url& url, const TlsContext& tls) {
    boost::asio::io_context io(1);
    Connector connector(io, &tls);
    std::string trouble = "no answer";
    bool connected = false;
    const MonoTime begin = mono_now();
    connector.connect(url, kPatience_ms, 0, [&](std::unique_ptr<Stream> stream, const std::string& why) {
        connected = stream != nullptr;
        trouble = why;
        io.stop();
    });
    io.run_for(std::chrono::milliseconds(kPatience_ms + 1'000));
    const double took_ms = ms_since(begin);
    const char* const kind = url.tls ? "TCP and TLS" : "TCP";
    if (!connected) {
        return {"venue.connect", Verdict::fail, trouble,
                "a firewall that lets it through, the right address, or `ca_file` where the certificate is of another "
                "authority"};
    }
    return {"venue.connect", Verdict::ok, fmt::format("{}: {} in {:.1f} ms", url.name(), kind, took_ms)};
}

// What answers to a request for the time told.
struct Answer {
    double round_trip_ms;
    double venue_minus_ours_ms;  // at the middle of the round trip
};

// The answers over one connection, the first without what it took to make it; `why`: why there are fewer.
std::vector<Answer> ask_for_time(const Config& config, const TlsContext& tls, std::string& why) {
    constexpr std::size_t kAnswers = 6;
    constexpr double kHalf_ms = 0.5;  // the venue tells whole milliseconds, cut off
    RestOptions options = rest_options(config.exchange.rest_urls, config.exchange.rest_requests_per_minute, tls);
    options.timeout_ms = kPatience_ms;
    options.connections = 1;
    boost::asio::io_context io(1);
    RestClient rest(io, options);
    RestApi api(rest);
    std::vector<Answer> answers;
    MonoTime sent{};
    std::function<void()> ask = [&] {
        sent = mono_now();
        api.time([&](const RestReply<VenueTime>& reply) {
            const double took_ms = ms_since(sent);
            why = reply.why;
            if (!reply.value) return io.stop();
            const double ours_ms = static_cast<double>(wall_now().ns) / 1e6 - took_ms / 2;
            answers.push_back({took_ms, static_cast<double>(reply.value->us) / 1e3 + kHalf_ms - ours_ms});
            if (answers.size() > kAnswers) return io.stop();
            ask();
        });
    };
    ask();
    io.run_for(std::chrono::milliseconds(3 * kPatience_ms));
    if (!answers.empty()) answers.erase(answers.begin());
    return answers;
}

Findings time_of_venue(const Config& config, const TlsContext& tls) {
    std::string why = "no answer";
    std::vector<Answer> answers = ask_for_time(config, tls, why);
    if (answers.empty()) {
        return {{"venue.rest", Verdict::fail, why, "what the sentence says; the engine tries again by itself"},
                {"venue.clock", Verdict::unknown, "the venue did not tell its time"}};
    }
    std::sort(answers.begin(), answers.end(),
              [](const Answer& a, const Answer& b) { return a.round_trip_ms < b.round_trip_ms; });
    const Answer& best = answers.front();  // the least of it is in doubt
    const double median_ms = answers[answers.size() / 2].round_trip_ms;
    const double doubt_ms = best.round_trip_ms / 2 + 0.5;  // of a millisecond, half is in doubt
    Findings findings{
        {"venue.rest", Verdict::ok,
         fmt::format("round trip {:.2f} ms at best, {:.2f} in the middle", best.round_trip_ms, median_ms)}};
    const std::string found =
        fmt::format("the venue's is {:+.1f} ms from ours, give or take {:.1f} ms", best.venue_minus_ours_ms, doubt_ms);
    constexpr double kGood_ms = 50;
    if (std::abs(best.venue_minus_ours_ms) - doubt_ms > kGood_ms) {
        findings.push_back(
            {"venue.clock", Verdict::warn, found, "a time service for this machine: feed delays are off by as much"});
    } else {
        findings.push_back({"venue.clock", Verdict::ok, found});
    }
    return findings;
}

}  // namespace

Findings check_clock_and_card(const Machine& machine) {
    return {clock_sync(), card(machine)};
}

Findings check_venue(const Config& config) {
    const TlsContext tls = TlsContext::client(config.exchange.ca_file, config.engine.fast_aes);
    std::vector<Url> urls;
    const auto add = [&](const std::vector<std::string>& texts, UrlKind kind) {
        for (const std::string& text : texts) urls.push_back(parse_url(text, kind));
    };
    add(config.exchange.rest_urls, UrlKind::rest);
    if (config.exchange.websocket && !config.exchange.rest_only) add(config.exchange.ws_urls, UrlKind::websocket);
    Findings findings;
    for (const Url& url : urls) {
        findings.push_back(name_look_up(url));
        if (findings.back().verdict != Verdict::fail) findings.push_back(connection(url, tls));
    }
    const bool any = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.check == "venue.connect" && finding.verdict == Verdict::ok;
    });
    if (any) {
        for (Finding& finding : time_of_venue(config, tls)) findings.push_back(std::move(finding));
    }
    for (Finding& finding : findings) finding.asked = true;
    return findings;
}

}  // namespace daypack::core
