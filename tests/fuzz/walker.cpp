// SPDX-License-Identifier: MIT
// Any bytes as what a WebSocket server sends, cut anywhere: the walker finds in them what Beast finds, and refuses what
// Beast refuses. The last bytes of the input say where it is cut, the first how large a message may be.
#include <cstdio>
#include <cstdlib>

#include "tests/net/beast_walk.h"

using namespace daypack::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 5) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t message_bytes_max = data[0] < 32 ? 1 + data[0] : 4'096;
    const std::string_view cuts = input.substr(size - 4);
    const std::string_view bytes = input.substr(1, size - 5);

    const test::Walked walked = test::walk(bytes, cuts, message_bytes_max);
    const test::Walked by_beast = test::walk_by_beast(bytes, cuts, message_bytes_max);
    if (walked == by_beast) return 0;
    // Beast refuses a text at its first bad byte, the walker when it is whole, which it may never be: then nobody sees
    // it; and Beast lets a text pass that ends within a letter, where its last fragment is empty.
    if (by_beast.why == test::kBeastBadText && walked.messages == by_beast.messages) return 0;
    if (walked.why == "a text is not UTF-8" && by_beast.messages.size() > walked.messages.size()) return 0;
    std::fprintf(stderr, "walker: %zu messages, end %d (%s)\nBeast:  %zu messages, end %d (%s)\n",
                 walked.messages.size(), static_cast<int>(walked.end), walked.why.c_str(), by_beast.messages.size(),
                 static_cast<int>(by_beast.end), by_beast.why.c_str());
    std::abort();
}
