// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/base/url.h"
#include "net/transport/stream.h"

namespace daypack::core {

// What a server made of the wish to speak WebSocket.
struct Upgraded {
    std::string why;                   // empty: it did upgrade; else in words for a log
    int http_status = 0;               // of a server that declined; else 0
    std::optional<int> retry_after_s;  // which it may have said with it
    std::string_view behind;           // bytes that came with the answer and are WebSocket's already
    bool blocked = false;              // declined by a firewall; see is_blocked
};

// Asks for it, by HTTP over a connected stream, and offers no extension. It sets no time limit; closing the stream ends
// it. Thread: the stream's. `done` is called once, not from within, and keeps the stream alive until then.
void async_upgrade(Stream& stream, const Url& url, std::function<void(const Upgraded&)> done);

}  // namespace daypack::core
