// SPDX-License-Identifier: MIT
#include "tools/selfcheck/line_watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "net/base/clock.h"
#include "net/base/printable.h"
#include "tools/term/json_line.h"

namespace daypack::core::selfcheck {
namespace {

constexpr std::int64_t kCloseMax_ns = 300'000'000;
constexpr std::int64_t kMatchBackMax_us = 1'000'000;

}  // namespace

LineWatch::LineWatch(boost::asio::io_context& io, LineOptions options, LineShared& shared)
    : shared_(shared),
      decoder_(shared.table, shared.depth),
      started_(mono_now()),
      line_(io, std::move(options), *this) {}

PollResult LineWatch::work(MonoTime now) {
    const PollResult found = line_.do_work(now);
    if (probed_.ns != 0 && !line_.catching_up() && line_.up()) {
        shared_.findings.held(Assumption::pings_answered);
        figures().pong_us.add((now - probed_) / kNsPerUs);
        probed_ = {};
    }
    if (closing_.ns != 0 && line_.stopped() && !closed_in_time_ && now - closing_ < kCloseMax_ns) {
        closed_in_time_ = true;
        figures().close_us = (now - closing_) / kNsPerUs;
    }
    return found;
}

void LineWatch::probe(MonoTime now) {
    if (!line_.up() || probed_.ns != 0) return;
    probed_ = now;
    line_.catch_up(now);
}

void LineWatch::blame_pings() {
    if (std::exchange(blamed_, true)) return;
    shared_.findings.broken(Assumption::pings_answered, {}, "line " + std::to_string(line_.index()) + ": no pong came");
}

void LineWatch::renew(MonoTime now) {
    renewing_ = true;
    renewed_ = now;
    line_.replace("replaced by selfcheck");
}

void LineWatch::stop(MonoTime now) {
    was_open_ = line_.up();
    closing_ = now;
    line_.stop();
}

void LineWatch::finish() {
    figures().frames = line_.stats().frames;
    figures().bytes = line_.stats().bytes;
    figures().server_pings = line_.stats().asked;
    if (!was_open_) return;
    shared_.findings.held(Assumption::lines_stay);
    if (blamed_) return;  // whoever is deaf hears no Close either
    shared_.findings.note(Assumption::close_answered, closed_in_time_, {},
                          "line " + std::to_string(line_.index()) + ": our Close was not answered");
}

bool LineWatch::on_frame(std::string_view frame, const ReceiveTimes& received) {
    const MonoTime now = received.in_hand;
    shared_.recording.frame(now.ns + shared_.wall_less_mono_ns, line_.index(), frame);
    const FrameFacts facts = shared_.frames.look(frame);
    const std::string start = printable(frame.substr(0, 200));
    if (facts.kind != FrameFacts::Kind::unreadable) {
        shared_.findings.note(Assumption::subscribe_silent, facts.kind != FrameFacts::Kind::answer, {}, start);
    } else {
        forgives_ = true;
        forgiven_.clear();
    }
    if (facts.kind == FrameFacts::Kind::other) ++shared_.figures.symbols[facts.symbol].others;
    if (facts.kind == FrameFacts::Kind::depth) {
        measure(facts, now);
        order(facts);
        if (facts.sound) shared_.copies.take(facts, line_.index(), now);
    }
    const Decoded decoded = decoder_.decode(frame, now, line_.index());
    if (decoded.kind == FrameKind::bad && facts.sound) {
        shared_.findings.broken(Assumption::readable_frames, facts.symbol,
                                std::string("refused (") + errc_name(decoded.errc) + "): " + start);
    }
    shared_.on_decoded(decoded, now);
    return true;
}

// Ids and times against those before, on this connection.
void LineWatch::order(const FrameFacts& facts) {
    Stream& stream = streams_[facts.symbol];
    if (facts.has_times) {
        const std::int64_t back_us = stream.match_us == 0 ? 0 : stream.match_us - facts.match_us;
        SymbolFigures& figures = shared_.figures.symbols[facts.symbol];
        figures.match_back_us_max = std::max(figures.match_back_us_max, back_us);
        shared_.findings.note(Assumption::match_order, back_us < kMatchBackMax_us, facts.symbol,
                              facts.symbol + ": T runs back by " + std::to_string(back_us) + " us");
        stream.match_us = facts.match_us;
    }
    const bool forgiven = !facts.has_ids || (forgives_ && !std::exchange(forgiven_[facts.symbol], true));
    const std::uint64_t last = std::exchange(stream.last_id, facts.has_ids ? facts.last_id : 0);
    if (last == 0 || forgiven) return;
    const std::string where = "line " + std::to_string(line_.index()) + ", " + facts.symbol + ": U " +
                              std::to_string(facts.first_id) + ", u " + std::to_string(facts.last_id) + " after u " +
                              std::to_string(last);
    if (facts.last_id == last) return shared_.findings.broken(Assumption::each_once, facts.symbol, where);
    shared_.findings.held(Assumption::each_once);
    shared_.findings.note(Assumption::ids_follow, facts.first_id == last + 1, facts.symbol, where);
}

void LineWatch::measure(const FrameFacts& facts, MonoTime receive) {
    SymbolFigures& figures = shared_.figures.symbols[facts.symbol];
    ++figures.updates;
    if (facts.scanned) ++figures.scanned;
    if (facts.levels > 1) ++figures.many_levels;
    if (facts.levels == 0) ++figures.without_levels;
    if (!facts.has_times) return;
    const std::int64_t wall_us = (receive.ns + shared_.wall_less_mono_ns) / kNsPerUs;
    figures.delay_send_us.add(wall_us - facts.send_us);
    figures.delay_match_us.add(wall_us - facts.match_us);
}

void LineWatch::record_event(std::string_view json) {
    shared_.recording.note(mono_now().ns + shared_.wall_less_mono_ns, "event", json);
}

void LineWatch::on_up() {
    const MonoTime now = mono_now();
    if (!std::exchange(was_up_, true)) {
        shared_.findings.held(Assumption::lines_connect);
        figures().connect_us = (now - started_) / kNsPerUs;
    }
    if (std::exchange(renewing_, false)) figures().reconnect_us = (now - renewed_) / kNsPerUs;
    record_event(json_line({{"line", line_.index()}, {"is", "up"}}));
    shared_.on_change();
}

void LineWatch::on_down(std::string_view why) {
    const std::string words = shared_.without_names(std::string(why));
    streams_.clear();
    forgives_ = false;
    probed_ = {};
    record_event(json_line({{"line", line_.index()}, {"is", "down"}, {"why", words}}));
    const std::string example = "line " + std::to_string(line_.index()) + ": " + words;
    if (renewing_) return shared_.on_change();
    ++figures().downs;
    if (figures().ends.size() < LineFigures::kEndsMax) figures().ends.push_back(words);
    if (!was_up_) {
        shared_.findings.broken(Assumption::lines_connect, {}, example);
    } else if (words.find("dead:") != std::string::npos) {
        blame_pings();
    } else if (words.find("closed by the server") != std::string::npos) {
        shared_.findings.held(Assumption::close_frame);
        shared_.findings.broken(Assumption::lines_stay, {}, example);
    } else {
        shared_.findings.broken(Assumption::close_frame, {}, example);
    }
    shared_.on_change();
}

}  // namespace daypack::core::selfcheck
