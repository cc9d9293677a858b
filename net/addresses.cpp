#include "net/addresses.h"

#include <algorithm>

namespace daypack {

namespace {

constexpr int kFailuresMax = 4;  // what is counted: a trial of 16 s is longer than any time limit here

}  // namespace

void Addresses::answered(const Endpoint& endpoint) {
    note(endpoint, 0);
}

void Addresses::failed(const Endpoint& endpoint) {
    note(endpoint, std::min(failures(endpoint) + 1, kFailuresMax));
}

void Addresses::sort(std::vector<Endpoint>& endpoints) const {
    std::stable_sort(endpoints.begin(), endpoints.end(),
                     [this](const Endpoint& a, const Endpoint& b) { return failures(a) < failures(b); });
}

std::optional<std::chrono::milliseconds> Addresses::trial(const Endpoint& endpoint,
                                                          const std::vector<Endpoint>& all) const {
    const Met* const met = find(endpoint);
    if (met != nullptr && met->failures == 0) return std::nullopt;
    const int own = failures(endpoint);
    const bool other = std::ranges::any_of(
        all, [&](const Endpoint& another) { return another != endpoint && failures(another) <= own; });
    if (!other) return std::nullopt;
    return kTrial * (1 << own);
}

const Addresses::Met* Addresses::find(const Endpoint& endpoint) const {
    const auto met = std::ranges::find(met_, endpoint, &Met::endpoint);
    return met == met_.end() ? nullptr : &*met;
}

int Addresses::failures(const Endpoint& endpoint) const {
    const Met* const met = find(endpoint);
    return met == nullptr ? 0 : met->failures;
}

void Addresses::note(const Endpoint& endpoint, int failures) {
    std::erase_if(met_, [&](const Met& met) { return met.endpoint == endpoint; });
    if (met_.size() == kRemembered) met_.erase(met_.begin());
    met_.push_back({endpoint, failures});
}

}  // namespace daypack
