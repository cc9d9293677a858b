#include "net/rest_gate.h"

#include <algorithm>

namespace daypack {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

}  // namespace

MonoTime RestGate::ready(const std::string& target, MonoTime now) const {
    MonoTime when = now;
    if (held_) when = std::max(when, held_probe_);
    if (!told_.empty()) {
        if (const auto told = told_.find(target); told != told_.end()) when = std::max(when, told->second);
    }
    if (!paths_.empty()) {
        const auto path = paths_.find(path_of(target));
        if (path != paths_.end() && path->second.away() && path->second.failed.contains(target)) {
            when = std::max(when, path->second.probe);
        }
    }
    return when;
}

void RestGate::sent(const std::string& target, MonoTime now) {
    if (held_) held_probe_ = now + held_step_ns_;
    if (paths_.empty()) return;
    const auto path = paths_.find(path_of(target));
    if (path == paths_.end() || !path->second.away() || !path->second.failed.contains(target)) return;
    path->second.probe = now + path->second.delay_ns;
    path->second.delay_ns = std::min(2 * path->second.delay_ns, kProbeAwayMaxNs);
}

void RestGate::done(const std::string& target, MonoTime sent, Verdict verdict, int wait_s, MonoTime now) {
    std::erase_if(told_, [now](const auto& told) { return told.second <= now; });
    if (wait_s > 0) told_[target] = now + wait_s * kSecondNs;
    switch (verdict) {
        case Verdict::answered:
            paths_.erase(path_of(target));
            if (held_ && sent - held_since_ >= 0) held_ = false;  // else it was on its way before the refusal
            return;
        case Verdict::refused:
            held_step_ns_ = std::min(std::max(wait_s, 1) * kSecondNs, kProbeMaxNs);
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

}  // namespace daypack
