// SPDX-License-Identifier: MIT
#include "net/transport/addresses.h"

#include <algorithm>
#include <tuple>

namespace daypack::core {

namespace {

constexpr std::int64_t kFailure_ns = std::chrono::nanoseconds(Addresses::kFailure).count();
constexpr int kSilencesMax = 4;  // what is counted: a trial of 16 s is longer than any time limit here

}  // namespace

void Addresses::answered(const Endpoint& endpoint, MonoTime now) {
    note({endpoint, 0, 0, now});
}

void Addresses::failed(const Endpoint& endpoint, MonoTime now) {
    note({endpoint, find(endpoint, now).silences, ++failures_, now});
}

void Addresses::silent(const Endpoint& endpoint, MonoTime now) {
    note({endpoint, std::min(find(endpoint, now).silences + 1, kSilencesMax), ++failures_, now});
}

void Addresses::sort(std::vector<Endpoint>& endpoints, MonoTime now) const {
    const auto rank = [&](const Endpoint& endpoint) {
        const Met met = find(endpoint, now);
        return std::tuple(met.silences, met.failure);
    };
    std::stable_sort(endpoints.begin(), endpoints.end(),
                     [&](const Endpoint& a, const Endpoint& b) { return rank(a) < rank(b); });
}

std::optional<std::chrono::milliseconds> Addresses::trial(const Endpoint& endpoint, const std::vector<Endpoint>& all,
                                                          MonoTime now) const {
    const Met own = find(endpoint, now);
    const auto met = std::ranges::find(met_, endpoint, &Met::endpoint);
    if (met != met_.end() && met->well()) return std::nullopt;
    const bool other = std::ranges::any_of(all, [&](const Endpoint& another) {
        return another != endpoint && find(another, now).silences <= own.silences;
    });
    if (!other) return std::nullopt;
    return kTrial * (1 << own.silences);
}

bool Addresses::has_better(const Endpoint& endpoint, const std::vector<Endpoint>& all, MonoTime now) const {
    return std::ranges::any_of(
        all, [&](const Endpoint& another) { return another != endpoint && find(another, now).well(); });
}

Addresses::Met Addresses::find(const Endpoint& endpoint, MonoTime now) const {
    const auto met = std::ranges::find(met_, endpoint, &Met::endpoint);
    const bool known = met != met_.end() && (met->well() || now - met->at < kFailure_ns);
    return known ? *met : Met{endpoint, 0, 0, now};
}

void Addresses::note(const Met& met) {
    std::erase_if(met_, [&](const Met& old) { return old.endpoint == met.endpoint; });
    if (met_.size() == kRemembered) met_.erase(met_.begin());
    met_.push_back(met);
}

}  // namespace daypack::core
