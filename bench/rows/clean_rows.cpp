// SPDX-License-Identifier: MIT
#include <atomic>
#include <exception>
#include <optional>
#include <thread>

#include "bench/rig/cores.h"
#include "bench/rig/engine_rig.h"
#include "bench/rig/page_faults.h"
#include "bench/rig/receiver.h"
#include "bench/rig/sender.h"
#include "bench/rows/rows.h"
#include "engine/threads/jail.h"

namespace daypack::core::bench {
namespace {

constexpr const char* kName = "hot_thread_clean";
constexpr const char* kUnit = "system calls and page faults";

struct Outcome {
    std::size_t frames = 0;
    std::uint64_t refused = 0, page_faults = 0;
    bool jailed = false;
};

// All frames of the input over TLS to a thread that receives, decodes, applies and publishes them: the first half to
// warm up, the second in jail.
Outcome run(const Input& input) {
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < input.frames.size(); ++i) messages.push_back(web_socket_frame(input.frames[i]));
    const std::vector<std::string_view> views(messages.begin(), messages.end());
    Sender sender;
    EngineRig rig(input.table, {&input.seed});
    Decoder decoder(input.table, DepthStream::realtime);
    std::size_t seen = 0;  // of the hot thread
    std::optional<LineReceiver> line;
    Outcome outcome;
    std::exception_ptr failures[2];
    const auto guarded = [&failures](std::size_t i, auto&& work) {
        try {
            work();
        } catch (...) {
            failures[i] = std::current_exception();
        }
    };
    std::thread hot([&] {
        guarded(0, [&] {
            (void)pin(cores().main);
            line.emplace(sender, [&](std::string_view frame) {
                rig.take(decoder, frame);
                if (++seen % 256 == 0) rig.breathe();
            });
            const auto receive_until = [&](std::size_t count) {
                while (seen < count) (void)line->receive(1);
            };
            receive_until(views.size() / 2);
            outcome.jailed = Jail::enter();
            receive_until(views.size() / 2 + views.size() / 10);  // with the first trap, if any, behind it
            Jail::forget();
            const std::uint64_t faults = page_faults();
            const std::size_t from = seen;
            receive_until(views.size());
            outcome.page_faults = page_faults() - faults;
            outcome.refused = Jail::refused();
            outcome.frames = seen - from;
        });
    });
    guarded(1, [&] {
        sender.accept_wss();
        (void)sender.encrypt(views);
        (void)sender.send_encrypted();
    });
    hot.join();
    for (const auto& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
    return outcome;
}

}  // namespace

std::vector<Row> hot_thread_clean(const Input& input) {
    if (!Jail::is_possible()) {
        return {unmeasured_row(kName, kUnit, Row::Bound::most, 0, "no thread can be put into a seccomp filter here")};
    }
    const Outcome outcome = run(input);
    Row row;
    row.name = kName;
    row.value = static_cast<double>(outcome.refused + outcome.page_faults);
    row.unit = kUnit;
    row.bound = Row::Bound::most;
    row.target = 0;
    row.what = std::to_string(outcome.frames) +
               " frames received over wss, decoded, applied and published by a thread in a seccomp filter that lets "
               "recv and send through; tests/hot_net_test has a million, with rejoins, and counts malloc too";
    if (!outcome.jailed) row.not_measured_because = "this kernel has no seccomp filters";
    return {row};
}

}  // namespace daypack::core::bench
