// SPDX-License-Identifier: MIT
#include "net/http/rest_gate.h"

#include <algorithm>

#include "net/base/time_units.h"

namespace daypack::core {

MonoTime RestGate::ready(const std::string& target, MonoTime now) const {
    MonoTime when = now;
    if (held_) when = std::max(when, held_probe_);
    if (!told_.empty()) {
        if (const auto told = told_.find(target); told != told_.end()) when = std::max(when, told->second);
    }
    if (is_away(target)) when = std::max(when, paths_.find(path_of(target))->second.probe);
    return when;
}

bool RestGate::is_away(const std::string& target) const {
    if (paths_.empty()) return false;
    const auto path = paths_.find(path_of(target));
    return path != paths_.end() && path->second.away() && path->second.failed.contains(target);
}

void RestGate::sent(const std::string& target, MonoTime now) {
    if (held_) held_probe_ = now + held_step_ns_;
    if (!is_away(target)) return;
    Path& path = paths_[path_of(target)];
    path.probe = now + path.delay_ns;
    path.delay_ns = std::min(2 * path.delay_ns, kProbeAwayMax_ns);
}

void RestGate::done(const std::string& target, MonoTime sent, Verdict verdict, int wait_s, MonoTime now) {
    std::erase_if(told_, [now](const auto& told) { return told.second <= now; });
    if (wait_s > 0) told_[target] = now + s_to_ns(wait_s);
    switch (verdict) {
        case Verdict::answered:
            paths_.erase(path_of(target));
            if (held_ && sent - held_since_ >= 0) held_ = false;  // else it was on its way before the refusal
            return;
        case Verdict::refused:
            held_step_ns_ = std::min(s_to_ns(std::max(wait_s, 1)), kProbeMax_ns);
            held_probe_ = held_ ? std::max(held_probe_, now + held_step_ns_) : now + held_step_ns_;
            held_ = true;
            held_since_ = now;
            return;
        case Verdict::away: {
            Path& path = paths_[path_of(target)];
            const bool was_away = path.away();
            path.failed.insert(target);
            if (!was_away && path.away()) path.probe = now + path.delay_ns;
            return;
        }
    }
}

}  // namespace daypack::core
