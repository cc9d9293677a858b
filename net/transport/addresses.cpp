// SPDX-License-Identifier: MIT
#include "net/transport/addresses.h"

#include <algorithm>
#include <tuple>

namespace daypack {

namespace {

constexpr int kSilencesMax = 4;  // what is counted: a trial of 16 s is longer than any time limit here

}  // namespace

void Addresses::answered(const Endpoint& endpoint) {
    note({endpoint, 0, 0});
}

void Addresses::failed(const Endpoint& endpoint) {
    note({endpoint, find(endpoint).silences, ++failures_});
}

void Addresses::silent(const Endpoint& endpoint) {
    note({endpoint, std::min(find(endpoint).silences + 1, kSilencesMax), ++failures_});
}

void Addresses::sort(std::vector<Endpoint>& endpoints) const {
    const auto rank = [this](const Endpoint& endpoint) {
        const Met met = find(endpoint);
        return std::tuple(met.silences, met.failure);
    };
    std::stable_sort(endpoints.begin(), endpoints.end(),
                     [&](const Endpoint& a, const Endpoint& b) { return rank(a) < rank(b); });
}

std::optional<std::chrono::milliseconds> Addresses::trial(const Endpoint& endpoint,
                                                          const std::vector<Endpoint>& all) const {
    const Met own = find(endpoint);
    const bool met = std::ranges::find(met_, endpoint, &Met::endpoint) != met_.end();
    if (met && own.well()) return std::nullopt;
    const bool other = std::ranges::any_of(
        all, [&](const Endpoint& another) { return another != endpoint && find(another).silences <= own.silences; });
    if (!other) return std::nullopt;
    return kTrial * (1 << own.silences);
}

Addresses::Met Addresses::find(const Endpoint& endpoint) const {
    const auto met = std::ranges::find(met_, endpoint, &Met::endpoint);
    return met == met_.end() ? Met{endpoint, 0, 0} : *met;
}

void Addresses::note(const Met& met) {
    std::erase_if(met_, [&](const Met& old) { return old.endpoint == met.endpoint; });
    if (met_.size() == kRemembered) met_.erase(met_.begin());
    met_.push_back(met);
}

}  // namespace daypack
