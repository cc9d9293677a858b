#pragma once
#include <string>
#include <vector>

namespace daypack::bench {

struct BenchOptions {
    bool json = false;
    std::string input;              // recorded flow; empty: generated
    std::vector<std::string> rows;  // names, or what stands before their point; empty: all
};

// Names that `rows` may have.
[[nodiscard]] std::vector<std::string> row_names();

// Runs the rows and prints them. The exit code: 0, whether targets are met or not. Throws std::runtime_error.
[[nodiscard]] int run_bench(const BenchOptions& options);

}  // namespace daypack::bench
