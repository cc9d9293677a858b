// SPDX-License-Identifier: MIT
// What TLS costs a record, by suite: a session in memory, without a socket. `decrypt` is the client's wolfSSL_read,
// `encrypt` the server's wolfSSL_write; "fast" is libsodium's AES-256-GCM behind wolfSSL (net/transport/fast_aes.h),
// the others are wolfSSL's own code. ns/record is the figure.
#include <benchmark/benchmark.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "bench/rig/tls_pair.h"
#include "net/transport/fast_aes.h"
#include "tools/sim/server/certificates.h"

namespace daypack::core {
namespace {

// Of this thread alone: what others do with the processor is not counted.
double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

constexpr int kBatch = 256;  // records between two looks at the clock

struct Contexts {
    Contexts() {
        sim::CertificateAuthority authority;
        const sim::CertifiedKey shown = authority.issue(sim::CertificateKind::valid);
        const std::string path =
            (std::filesystem::temp_directory_path() / ("daypack_tls_bench_" + std::to_string(getpid()))).string();
        std::ofstream(path) << authority.certificate_pem();
        for (const bool fast : {false, true}) {
            client[fast] = std::make_unique<TlsContext>(TlsContext::client(path, fast));
            server[fast] = std::make_unique<TlsContext>(TlsContext::server(shown.certificate_pem, shown.key_pem, fast));
        }
        std::remove(path.c_str());
    }
    std::unique_ptr<TlsContext> client[2], server[2];
};

enum class Way { decrypt, encrypt };

void record(benchmark::State& state, Way way, bool fast, const char* suite) {
    static const Contexts contexts;
    if (fast && fast_aes_device() == kNoDevice) return state.SkipWithError("this processor has no AES instructions");
    bench::TlsPair pair(*contexts.client[fast], *contexts.server[fast]);
    const bool tls13 = std::string_view(suite).rfind("TLS13", 0) == 0;
    if (!tls13) wolfSSL_set_max_proto_version(pair.client.native(), TLS1_2_VERSION);
    if (wolfSSL_set_cipher_list(pair.server.native(), suite) != WOLFSSL_SUCCESS || !pair.connect() ||
        pair.client.suite() != suite) {
        return state.SkipWithError("this suite was not agreed on");
    }
    const std::string plain(static_cast<std::size_t>(state.range(0)), 'x');
    char got[16'384];
    double seconds = 0;
    bool right = true;
    for (auto _ : state) {
        const double begin = cpu_seconds();
        for (int i = 0; i < kBatch; ++i) right = pair.server.send(plain) && right;
        const double sent = cpu_seconds();
        bench::carry(pair.server, pair.client);
        const double there = cpu_seconds();
        for (int i = 0; i < kBatch; ++i) {
            right = pair.client.receive(got, sizeof got) == static_cast<int>(plain.size()) && right;
        }
        const double end = cpu_seconds();
        const double took = way == Way::encrypt ? sent - begin : end - there;
        state.SetIterationTime(took);
        seconds += took;
    }
    if (!right) return state.SkipWithError("a record did not arrive as it was sent");
    state.counters["ns/record"] = seconds * 1e9 / static_cast<double>(state.iterations()) / kBatch;
}

void sizes(benchmark::internal::Benchmark* rows) {
    rows->Arg(300)->Arg(3000)->UseManualTime();
}

#define DAYPACK_TLS_ROWS(way)                                                                                          \
    BENCHMARK_CAPTURE(record, way##_tls13_fast_aes256, Way::way, true, "TLS13-AES256-GCM-SHA384")->Apply(sizes);       \
    BENCHMARK_CAPTURE(record, way##_tls13_aes256, Way::way, false, "TLS13-AES256-GCM-SHA384")->Apply(sizes);           \
    BENCHMARK_CAPTURE(record, way##_tls13_aes128, Way::way, false, "TLS13-AES128-GCM-SHA256")->Apply(sizes);           \
    BENCHMARK_CAPTURE(record, way##_tls13_chacha20, Way::way, false, "TLS13-CHACHA20-POLY1305-SHA256")->Apply(sizes);  \
    BENCHMARK_CAPTURE(record, way##_tls12_fast_aes256, Way::way, true, "ECDHE-ECDSA-AES256-GCM-SHA384")->Apply(sizes); \
    BENCHMARK_CAPTURE(record, way##_tls12_aes256, Way::way, false, "ECDHE-ECDSA-AES256-GCM-SHA384")->Apply(sizes);     \
    BENCHMARK_CAPTURE(record, way##_tls12_aes128, Way::way, false, "ECDHE-ECDSA-AES128-GCM-SHA256")->Apply(sizes);     \
    BENCHMARK_CAPTURE(record, way##_tls12_chacha20, Way::way, false, "ECDHE-ECDSA-CHACHA20-POLY1305")->Apply(sizes)

DAYPACK_TLS_ROWS(decrypt);
DAYPACK_TLS_ROWS(encrypt);

}  // namespace
}  // namespace daypack::core
