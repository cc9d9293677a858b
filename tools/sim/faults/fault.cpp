// SPDX-License-Identifier: MIT
#include "tools/sim/faults/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "tools/sim/market/wrong_options.h"

namespace daypack::core::sim {
namespace {

struct KindName {
    FaultKind kind;
    const char* name;
    const char* keys;       // which it takes, beside `times`
    const char* hows;       // the values of `how`; empty: it has none
    const char* otherwise;  // `how`, where none is given; null: one must be
    const char* ofs;        // the values of `of`; empty: it has none
    const char* what;
};
constexpr KindName kKinds[] = {
    {FaultKind::drop, "drop", "symbol line", "", "", "", "a depth frame is not sent"},
    {FaultKind::duplicate, "duplicate", "symbol line", "", "", "", "a depth frame is sent twice"},
    {FaultKind::reorder, "reorder", "symbol line", "", "", "", "a depth frame is sent behind the next one"},
    {FaultKind::frame, "frame", "symbol line how bytes",
     "truncated malformed huge binary fragments not_utf8 bom unknown_stream unknown_field exponent decimals negative "
     "zero_price overflow far number text_id duplicate_price backwards lie crossed key_order spaced unpadded ms_times",
     nullptr, "", "a depth frame is sent otherwise than it should be"},
    {FaultKind::mute, "mute", "symbol line for_ms", "", "", "",
     "depth frames are not sent, until for_ms are over or it is subscribed again"},
    {FaultKind::restart, "restart", "symbol how of to by book for_ms", "kept cut rolling", "", "one all",
     "the numbering begins anew: with update `to`, or `by` (+/-) ids from where it would go on, else at half; cut: all "
     "connections are; rolling: a line each for_ms is closed, and those not yet closed tell the old numbering; "
     "book=other: a stand-by's book; of=all: every market"},
    {FaultKind::tick, "tick", "symbol how", "finer coarser", "", "",
     "the market's tick becomes a tenth of what it was; coarser: ten times, and old orders stay off the new grid"},
    {FaultKind::market, "market", "symbol how for_ms", "Closed CancelOnly LimitOnly PostOnly Open Unlisted", nullptr,
     "", "the market changes its state; Unlisted: there is no such market"},
    {FaultKind::venue, "venue", "symbol how for_ms", "Maintenance PostOnly CancelOnly LimitOnly Closed", nullptr, "",
     "/status says Maintenance; the others: and every market that is Open gets that state"},
    {FaultKind::clock, "clock", "symbol how of by_ms for_ms", "step glitch frozen jitter", "step",
     "stream T E rest both",
     "from this update on a clock of the venue is off by by_ms; glitch: for this update, or one answer, alone; frozen: "
     "it stands; jitter: T as in recorded flow"},
    {FaultKind::cross, "cross", "symbol for_ms", "", "", "",
     "from the next update on a bid stands above the asks, in streams and REST alike, for for_ms; bookTicker is "
     "silent"},
    {FaultKind::touch, "touch", "symbol line", "", "", "",
     "a bookTicker frame (the Nth of them) tells another quantity"},
    {FaultKind::close, "close", "line how for_ms", "one each unanswered", "", "",
     "a WebSocket is closed; each: all, one after another, for_ms apart; unanswered: it stays, and a client's Close is "
     "not answered"},
    {FaultKind::reset, "reset", "line", "", "", "", "a connection is reset"},
    {FaultKind::stall, "stall", "line how for_ms", "silent deaf", "silent", "",
     "a connection stays open and nothing is sent, for for_ms; deaf: nor read, pings neither"},
    {FaultKind::violate, "violate", "line how",
     "masked reserved_bits opcode fragmented_control large_control lone_continuation interleaved utf8 length "
     "close_code",
     nullptr, "", "a frame that RFC 6455 forbids"},
    {FaultKind::away, "away", "for_ms", "", "", "", "everything is closed, and nothing listens for a while"},
    {FaultKind::lag, "lag", "line of by_ms jitter_ms for_ms", "", "", "all odd even",
     "messages leave by_ms later, and up to jitter_ms more, in order: of one line, or of all, also later ones"},
    {FaultKind::connect, "connect", "how for_ms", "slow refuse silent torn old plain", nullptr, "",
     "a connection: TLS begins late, it is closed at once, nothing is ever said, or TLS breaks off, is 1.1 or none"},
    {FaultKind::cert, "cert", "which", "", "", "", "from then on another certificate is shown: expired, name or ca"},
    {FaultKind::upgrade, "upgrade", "how for_ms retry_after", "429 451 403 503 waf region slow silent bad_accept 103",
     nullptr, "", "a WebSocket upgrade is answered so"},
    {FaultKind::rest, "rest", "path symbol how as for_ms retry_after age levels",
     "429 451 403 400 500 503 waf region denied paused maintenance too_early html redirect delayed silent cut endless "
     "drip wrong other 100 103 twice gzip bom third duplicate off_tick off_step cached odd_state odd_type odd_field "
     "odd_status descending number_id ms_time shallow",
     nullptr, "",
     "a request is answered so; wrong: a depth snapshot with levels that are not there; other: with another market's "
     "(`as`), for for_ms; each else: for_ms late; 100, 103: after such an interim answer; twice: and once more, "
     "unasked; bom: before any body; third to off_step: of a depth snapshot; cached: from a cache that held it for age "
     "s; odd_state, odd_type: "
     "of a market, as nobody knows them; odd_field: one that nobody knows; odd_status: of /status; descending, "
     "number_id, "
     "ms_time, shallow (at most `levels` a side): of a depth snapshot"},
    {FaultKind::subscribe, "subscribe", "line how", "ack loud mum", nullptr, "",
     "a SUBSCRIBE (the Nth of them) is answered otherwise; ack: it is acknowledged; loud: a market that is not there "
     "is an error; mum: a stream that is not there is none"},
    {FaultKind::stale, "stale", "symbol by of by_ms", "", "", "now past",
     "a depth snapshot is older than the stream, by so many updates; past: of the numbering before; by_ms: its time is "
     "that much later"},
    {FaultKind::cache, "cache", "for_ms", "", "", "",
     "/markets comes from a cache's two edges, each copy up to for_ms old (300 s), while /market is fresh"},
    {FaultKind::listing, "listing", "symbol how for_ms", "omitted gone", nullptr, "",
     "at the Nth request: omitted: one list lacks the market; gone: there is no such market, for for_ms"},
    {FaultKind::signed_request, "signed", "path symbol how for_ms retry_after",
     "401 unauthorized signature invalid expired forbidden deactivated maintenance too_early 429 503 delayed silent "
     "cut",
     nullptr, "",
     "a signed request (the Nth of them) is answered so, for_ms late: 401: as text; signature: INVALID_SIGNATURE; "
     "invalid, expired: INVALID_CLIENT_REQUEST; the others by their codes"},
    {FaultKind::sign_in, "sign_in", "line", "", "", "", "a private SUBSCRIBE (the Nth) is refused, whoever signed it"},
    {FaultKind::private_frame, "private", "symbol line how for_ms", "lost drop duplicate late", nullptr, "",
     "a private frame (the Nth of them); lost: nor any other, until for_ms are over or it is subscribed again; drop: "
     "this one alone; late: behind the next"},
    {FaultKind::account, "account", "how by_ms for_ms", "lend stale history restart", nullptr, "",
     "at the accounts' Nth act; lend: idle funds are lent or come back; stale: for for_ms REST shows orders, positions "
     "and balances as they were by_ms ago; history: so the histories; restart: everything is closed for for_ms, and "
     "resting orders are cancelled meanwhile"},
};

[[noreturn]] void fail(std::string_view text, const std::string& what) {
    throw WrongOptions(fmt::format("--fault {}: {}", text, what));
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

template <class Integer>
std::optional<Integer> integer(std::string_view digits) {
    Integer value = 0;
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}
std::uint64_t positive(std::string_view text, std::string_view digits) {
    const auto value = integer<std::uint64_t>(digits);
    if (!value || *value == 0) fail(text, fmt::format("\"{}\" is no positive number", digits));
    return *value;
}
std::int64_t whole(std::string_view text, std::string_view digits) {
    const auto value = integer<std::int64_t>(digits);
    if (!value) fail(text, fmt::format("\"{}\" is no whole number", digits));
    return *value;
}

CertificateKind certificate(std::string_view text, std::string_view which) {
    if (which == "expired") return CertificateKind::expired;
    if (which == "name") return CertificateKind::other_name;
    if (which == "ca") return CertificateKind::other_ca;
    fail(text, "which is expired, name or ca");
}

// Whether `key` is one whose value is text.
bool set_text(Fault& fault, const KindName& kind, std::string_view text, std::string_view key, std::string_view value) {
    if (key == "symbol") {
        fault.symbol = value;
    } else if (key == "path") {
        fault.path = value;
    } else if (key == "as") {
        fault.as = value;
    } else if (key == "which") {
        fault.which = certificate(text, value);
    } else if (key == "book") {
        if (value != "other" && value != "same") fail(text, "book is same or other");
        fault.other_book = value == "other";
    } else if (key == "how") {
        if (!lists(kind.hows, value)) fail(text, fmt::format("how is one of: {}", kind.hows));
        fault.how = value;
    } else if (key == "of") {
        if (!lists(kind.ofs, value)) fail(text, fmt::format("of is one of: {}", kind.ofs));
        fault.of = value;
    } else {
        return false;
    }
    return true;
}

void set(Fault& fault, const KindName& kind, std::string_view text, std::string_view key, std::string_view value) {
    if (set_text(fault, kind, text, key, value)) return;
    if (key == "by_ms") {
        fault.by_ms = whole(text, value);
        return;
    }
    if (fault.kind == FaultKind::restart && key == "by") {
        fault.shift_ids = whole(text, value);
        return;
    }
    const std::uint64_t number = positive(text, value);
    if (key == "to") {
        fault.first_id = number;
        return;
    }
    std::uint64_t& member = key == "line"        ? fault.line
                            : key == "by"        ? fault.by
                            : key == "times"     ? fault.times
                            : key == "bytes"     ? fault.bytes
                            : key == "age"       ? fault.age_s
                            : key == "levels"    ? fault.levels
                            : key == "jitter_ms" ? fault.jitter_ms
                            : key == "for_ms"    ? fault.for_ms
                                                 : fault.retry_after_s;
    member = number;
}

// What only makes sense together. Throws as parse() does.
void complete(Fault& fault, const KindName& kind, std::string_view text) {
    if (fault.how.empty() && *kind.hows != '\0') {
        if (kind.otherwise == nullptr) fail(text, fmt::format("say how: one of {}", kind.hows));
        fault.how = kind.otherwise;
    }
    if (fault.kind == FaultKind::away && fault.for_ms == 0) fail(text, "say for how long: away:for_ms=2000");
    if (fault.kind == FaultKind::lag && (fault.by_ms < 0 || fault.by_ms + fault.jitter_ms == 0)) {
        fail(text, "say how late: lag:by_ms=20");
    }
    if (fault.kind == FaultKind::lag && fault.line != 0 && !fault.of.empty()) fail(text, "give line or of, not both");
    const bool moves = fault.how == "step" || fault.how == "glitch";
    if (fault.kind == FaultKind::clock && moves && fault.by_ms == 0) {
        fail(text, "say by how much: clock:of=stream,by_ms=-30000");
    }
    if (fault.shift_ids && fault.first_id) fail(text, "give to or by, not both");
    if (fault.kind == FaultKind::cache || fault.how == "omitted") fault.path = "markets";
    const bool is_older = fault.how == "stale" || fault.how == "history";
    if (fault.kind == FaultKind::account && is_older && fault.by_ms <= 0) {
        fail(text, "say how much older: account:how=stale,by_ms=200");
    }
    if (fault.kind == FaultKind::listing && fault.symbol.empty()) fail(text, "say which market: symbol=SOL_USDC");
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
    if (has_at) fault.at = positive(text, head);
    while (!rest.empty()) {
        std::string_view value = take(rest, ',');
        const std::string_view key = take(value, '=');
        if (!takes(kind, key)) fail(text, fmt::format("no key \"{}\"; {} takes {}", key, kind.name, kind.keys));
        if (value.empty()) fail(text, fmt::format("{} needs a value", key));
        set(fault, kind, text, key, value);
    }
    complete(fault, kind, text);
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
        help += fmt::format("  {} ({}{}{}): {}\n", kind.name, kind.keys,
                            *kind.hows == '\0' ? "" : fmt::format("; how={}", kind.hows),
                            *kind.ofs == '\0' ? "" : fmt::format("; of={}", kind.ofs), kind.what);
    }
    return help;
}

std::vector<Fault> Faults::strike(FaultKind kind, const Occurrence& occurrence) {
    std::vector<Fault> striking;
    for (Armed& armed : armed_) {
        const Fault& fault = armed.fault;
        if (fault.kind != kind || fault.line != occurrence.line) continue;
        // A listing's symbol is whom it concerns, not who asks.
        if (!fault.symbol.empty() && fault.symbol != occurrence.symbol && kind != FaultKind::listing) continue;
        if (!fault.path.empty() && !occurrence.path.ends_with("/" + fault.path)) continue;
        if (++armed.seen >= fault.at) striking.push_back(fault);
    }
    std::erase_if(armed_, [](const Armed& armed) { return armed.seen + 1 >= armed.fault.at + armed.fault.times; });
    return striking;
}

}  // namespace daypack::core::sim
