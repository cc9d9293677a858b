// SPDX-License-Identifier: MIT
#pragma once
#include <absl/container/btree_map.h>

#include <boost/container/flat_map.hpp>
#include <cstdint>

#include "bench/rivals/references.h"

namespace daypack::core::bench {

// Books on what other libraries have in place of std::map.
using BtreeBook = SortedBook<absl::btree_map<std::int64_t, std::int64_t>>;
using FlatMapBook = SortedBook<boost::container::flat_map<std::int64_t, std::int64_t>, true>;

}  // namespace daypack::core::bench
