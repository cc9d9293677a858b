// SPDX-License-Identifier: MIT
#include "tools/sim/run.h"

#include <csignal>
#include <cstdio>

#include "tools/sim/exchange.h"
#include "tools/sim/market/wrong_options.h"

namespace daypack::core::sim {

int run_sim(const SimOptions& options) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // inherited by the exchange's thread: only sigwait() gets them
    std::signal(SIGPIPE, SIG_IGN);
    try {
        Exchange exchange(options);
        std::printf("{\"listening\":%u}\n", static_cast<unsigned>(exchange.port()));
        std::fflush(stdout);
        int signal = 0;
        sigwait(&ends, &signal);
        exchange.stop();
        return 0;
    } catch (const WrongOptions& error) {
        std::fprintf(stderr, "daypack: %s\n", error.what());
        return 2;
    }
}

}  // namespace daypack::core::sim
