// SPDX-License-Identifier: MIT
#include "engine/metrics/account_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "engine/include/daypack/shm.h"
#include "engine/metrics/page.h"

namespace daypack::core {
namespace {

struct PartFamily {
    std::uint64_t AccountFigures::Part::*counter;
    std::string_view name;
    std::string_view help;
};
constexpr PartFamily kPartFamilies[] = {
    {&AccountFigures::Part::fetches, "daypack_account_fetches_total",
     "Answers of REST that were laid over the stream."},
    {&AccountFigures::Part::failures, "daypack_account_fetch_failures_total", "Requests that brought no such answer."},
    {&AccountFigures::Part::differences, "daypack_account_differences_total",
     "Rows that an answer showed and the stream should have told; they were mended."},
    {&AccountFigures::Part::missed, "daypack_account_missed_total",
     "Rows that had changed while there was no subscription; they were mended."},
};

struct AccountFamily {
    std::uint64_t AccountFigures::*counter;
    std::string_view name;
    std::string_view help;
};
constexpr AccountFamily kAccountFamilies[] = {
    {&AccountFigures::events, "daypack_account_events_total", "Events of the private streams."},
    {&AccountFigures::fills_given_up, "daypack_account_fills_given_up_total",
     "Orders whose fills no history had within a minute."},
    {&AccountFigures::histories_cut, "daypack_account_histories_cut_total",
     "Histories with more fills than are read at once, of which the oldest were not told."},
};

std::string labels_of(const AccountFigures& account, const AccountFigures::Part& part) {
    return fmt::format("account=\"{}\",part=\"{}\"", metrics_label(account.account), metrics_label(part.name));
}

}  // namespace

std::string account_metrics_text(std::span<const AccountFigures> accounts) {
    if (accounts.empty()) return {};
    MetricsPage page(4'096 * accounts.size());
    const auto each_part = [&](auto value) {
        for (const AccountFigures& account : accounts) {
            for (const AccountFigures::Part& part : account.parts) page.sample(labels_of(account, part), value(part));
        }
    };
    const auto each = [&](auto value) {
        for (const AccountFigures& account : accounts) {
            page.sample(fmt::format("account=\"{}\"", metrics_label(account.account)), value(account));
        }
    };
    page.begin("daypack_account_live", "gauge", "1 while this part of the account is LIVE.");
    each_part([](const auto& part) { return part.state == DAYPACK_STATE_LIVE ? 1 : 0; });
    page.begin("daypack_account_state", "gauge", "State and reason of this part as labels; the value is 1.");
    for (const AccountFigures& account : accounts) {
        for (const AccountFigures::Part& part : account.parts) {
            page.sample(fmt::format("{},state=\"{}\",reason=\"{}\"", labels_of(account, part),
                                    daypack_state_name(part.state), daypack_reason_name(part.reason)),
                        1);
        }
    }
    for (const PartFamily& family : kPartFamilies) {
        page.begin(family.name, "counter", family.help);
        each_part([&](const auto& part) { return part.*family.counter; });
    }
    for (const AccountFamily& family : kAccountFamilies) {
        page.begin(family.name, "counter", family.help);
        each([&](const auto& account) { return account.*family.counter; });
    }
    page.begin("daypack_account_reconnects_total", "counter",
               "Connections of the private streams after the first one.");
    each([](const auto& account) { return std::max<std::uint64_t>(account.connections, 1) - 1; });
    return page.take();
}

}  // namespace daypack::core
