#include "tools/sim/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <stdexcept>

namespace daypack::sim {
namespace {

struct KindName {
    FaultKind kind;
    const char* name;
    const char* keys;  // which it takes, beside `times`
    const char* hows;  // the values of `how`; empty: it has none
    const char* what;
};
constexpr KindName kKinds[] = {
    {FaultKind::drop, "drop", "symbol line", "", "a depth frame is not sent"},
    {FaultKind::duplicate, "duplicate", "symbol line", "", "a depth frame is sent twice"},
    {FaultKind::reorder, "reorder", "symbol line", "", "a depth frame is sent behind the next one"},
    {FaultKind::frame, "frame", "symbol line how bytes",
     "truncated malformed huge binary fragments not_utf8 unknown_stream unknown_field exponent decimals negative "
     "zero_price overflow far number text_id duplicate_price backwards lie crossed",
     "a depth frame is sent otherwise than it should be"},
    {FaultKind::mute, "mute", "symbol line for_ms", "",
     "depth frames are not sent, until for_ms are over or it is "
     "subscribed again"},
    {FaultKind::restart, "restart", "symbol", "", "the numbering begins anew, lower"},
    {FaultKind::tick, "tick", "symbol", "", "the market's tick becomes a tenth of what it was"},
    {FaultKind::market, "market", "symbol how for_ms", "Closed CancelOnly LimitOnly PostOnly Open",
     "the market changes its state"},
    {FaultKind::close, "close", "line", "", "a WebSocket is closed"},
    {FaultKind::reset, "reset", "line", "", "a connection is reset"},
    {FaultKind::stall, "stall", "line how for_ms", "silent deaf",
     "a connection stays open and nothing is sent, for for_ms; deaf: nor read, pings neither"},
    {FaultKind::violate, "violate", "line how",
     "masked reserved_bits opcode fragmented_control large_control lone_continuation interleaved utf8 length "
     "close_code",
     "a frame that RFC 6455 forbids"},
    {FaultKind::away, "away", "for_ms", "", "everything is closed, and nothing listens for a while"},
    {FaultKind::connect, "connect", "how for_ms", "slow refuse silent torn old plain",
     "a connection: TLS begins late, it is closed at once, nothing is ever said, or TLS breaks off, is 1.1 or none"},
    {FaultKind::cert, "cert", "which", "", "from then on another certificate is shown: expired, name or ca"},
    {FaultKind::upgrade, "upgrade", "how for_ms retry_after", "429 451 403 503 slow silent bad_accept",
     "a WebSocket upgrade is answered so"},
    {FaultKind::rest, "rest", "path symbol how for_ms retry_after",
     "429 451 403 400 500 503 html redirect delayed silent cut endless drip wrong",
     "a request is answered so; wrong: a depth snapshot with levels that are not there"},
    {FaultKind::stale, "stale", "symbol by", "", "a depth snapshot is older than the stream, by so many updates"},
};

[[noreturn]] void fail(std::string_view text, const std::string& what) {
    throw std::runtime_error(fmt::format("--fault {}: {}", text, what));
}

const KindName& kind_named(std::string_view text, std::string_view name) {
    std::string names;
    for (const KindName& kind : kKinds) {
        if (name == kind.name) return kind;
        names += names.empty() ? "" : ", ";
        names += kind.name;
    }
    fail(text, "no such kind; there are " + names);
}

bool lists(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (words.substr(0, end) == word) return true;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

bool takes(const KindName& kind, std::string_view key) {
    return key == "times" || lists(kind.keys, key);
}

std::uint64_t number(std::string_view text, std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value == 0) {
        fail(text, fmt::format("\"{}\" is no positive number", digits));
    }
    return value;
}

CertificateKind certificate(std::string_view text, std::string_view which) {
    if (which == "expired") return CertificateKind::expired;
    if (which == "name") return CertificateKind::other_name;
    if (which == "ca") return CertificateKind::other_ca;
    fail(text, "which is expired, name or ca");
}

void set(Fault& fault, const KindName& kind, std::string_view text, std::string_view key, std::string_view value) {
    if (key == "symbol") {
        fault.symbol = value;
    } else if (key == "path") {
        fault.path = value;
    } else if (key == "which") {
        fault.which = certificate(text, value);
    } else if (key == "how") {
        if (!lists(kind.hows, value)) fail(text, fmt::format("how is one of: {}", kind.hows));
        fault.how = value;
    } else {
        std::uint64_t& member = key == "line"     ? fault.line
                                : key == "by"     ? fault.by
                                : key == "times"  ? fault.times
                                : key == "bytes"  ? fault.bytes
                                : key == "for_ms" ? fault.for_ms
                                                  : fault.retry_after_s;
        member = number(text, value);
    }
}

// The text up to `mark`, which is taken away together with it.
std::string_view take(std::string_view& rest, char mark) {
    const std::size_t at = rest.find(mark);
    const std::string_view taken = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
    return taken;
}

}  // namespace

Fault Fault::parse(std::string_view text) {
    std::string_view rest = text;
    std::string_view head = take(rest, ':');
    const bool has_at = head.find('@') != std::string_view::npos;
    const KindName& kind = kind_named(text, take(head, '@'));
    Fault fault;
    fault.kind = kind.kind;
    if (has_at) fault.at = number(text, head);
    while (!rest.empty()) {
        std::string_view value = take(rest, ',');
        const std::string_view key = take(value, '=');
        if (!takes(kind, key)) fail(text, fmt::format("no key \"{}\"; {} takes {}", key, kind.name, kind.keys));
        if (value.empty()) fail(text, fmt::format("{} needs a value", key));
        set(fault, kind, text, key, value);
    }
    if (fault.how.empty() && *kind.hows != '\0') {
        if (fault.kind != FaultKind::stall) fail(text, fmt::format("say how: one of {}", kind.hows));
        fault.how = "silent";
    }
    if (fault.kind == FaultKind::away && fault.for_ms == 0) fail(text, "say for how long: away:for_ms=2000");
    return fault;
}

const char* name_of(FaultKind kind) noexcept {
    for (const KindName& known : kKinds) {
        if (known.kind == kind) return known.name;
    }
    return "";
}

std::string fault_help() {
    std::string help;
    for (const KindName& kind : kKinds) {
        help += fmt::format("  {} ({}{}): {}\n", kind.name, kind.keys,
                            *kind.hows == '\0' ? "" : fmt::format("; how={}", kind.hows), kind.what);
    }
    return help;
}

std::vector<Fault> Faults::strike(FaultKind kind, const Occurrence& occurrence) {
    std::vector<Fault> striking;
    for (Armed& armed : armed_) {
        const Fault& fault = armed.fault;
        if (fault.kind != kind || fault.line != occurrence.line) continue;
        if (!fault.symbol.empty() && fault.symbol != occurrence.symbol) continue;
        if (!fault.path.empty() && !occurrence.path.ends_with("/" + fault.path)) continue;
        if (++armed.seen >= fault.at) striking.push_back(fault);
    }
    std::erase_if(armed_, [](const Armed& armed) { return armed.seen + 1 >= armed.fault.at + armed.fault.times; });
    return striking;
}

}  // namespace daypack::sim
