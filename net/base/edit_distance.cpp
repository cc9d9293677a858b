// SPDX-License-Identifier: MIT
#include "net/base/edit_distance.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace daypack::core {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // The row of the matrix being filled and the two above it: a swap of neighbours looks back two.
    std::vector<std::size_t> row(b.size() + 1), above(b.size() + 1), higher(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        higher.swap(above);
        above.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], higher[j - 2] + 1);
            }
        }
    }
    return row[b.size()];
}

}  // namespace daypack::core
