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
    const char* keys;  // which it takes
};
constexpr std::array<KindName, 6> kKinds{{
    {FaultKind::drop, "drop", "symbol line"},
    {FaultKind::close, "close", "line"},
    {FaultKind::restart, "restart", "symbol"},
    {FaultKind::cert, "cert", "which"},
    {FaultKind::away, "away", "for_ms"},
    {FaultKind::stale, "stale", "symbol by"},
}};

[[noreturn]] void fail(std::string_view text, const std::string& what) {
    throw std::runtime_error(fmt::format("--fault {}: {}", text, what));
}

const KindName& kind_named(std::string_view text, std::string_view name) {
    for (const KindName& kind : kKinds) {
        if (name == kind.name) return kind;
    }
    fail(text, "no such kind; there are drop, close, restart, cert, away and stale");
}

bool takes(const KindName& kind, std::string_view key) {
    std::string_view keys = kind.keys;
    while (!keys.empty()) {
        const std::size_t end = std::min(keys.find(' '), keys.size());
        if (keys.substr(0, end) == key) return true;
        keys.remove_prefix(std::min(end + 1, keys.size()));
    }
    return false;
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

void set(Fault& fault, std::string_view text, std::string_view key, std::string_view value) {
    if (key == "symbol") {
        fault.symbol = value;
    } else if (key == "which") {
        fault.which = certificate(text, value);
    } else {
        (key == "line" ? fault.line : key == "by" ? fault.by : fault.for_ms) = number(text, value);
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
        set(fault, text, key, value);
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

std::vector<Fault> Faults::strike(FaultKind kind, std::string_view symbol, std::uint64_t line) {
    std::vector<Fault> striking;
    for (Armed& armed : armed_) {
        const Fault& fault = armed.fault;
        if (fault.kind != kind || fault.line != line || (!fault.symbol.empty() && fault.symbol != symbol)) continue;
        if (++armed.seen == fault.at) striking.push_back(fault);
    }
    std::erase_if(armed_, [](const Armed& armed) { return armed.seen == armed.fault.at; });
    return striking;
}

}  // namespace daypack::sim
