// SPDX-License-Identifier: MIT
#include "tools/sim/server/markets_cache.h"

namespace daypack::core::sim {

// As captured: two lines of Cache-Control, and Age only on what was kept.
Reply MarketsCache::with_head(Reply reply, std::int64_t age_s, bool hit) const {
    reply.headers.emplace_back("Cache-Control", "no-cache=\"Set-Cookie\"");
    reply.headers.emplace_back("Cache-Control", "public, s-maxage=" + std::to_string((max_age_ms_ + 999) / 1000) +
                                                    ", stale-while-revalidate=600, stale-if-error=3600");
    reply.headers.emplace_back("Vary", "Accept-Encoding");
    reply.headers.emplace_back("X-Cache", hit ? "Hit from cloudfront" : "Miss from cloudfront");
    if (hit || age_s > 0) reply.headers.emplace_back("Age", std::to_string(age_s));
    return reply;
}

}  // namespace daypack::core::sim
