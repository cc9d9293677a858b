// SPDX-License-Identifier: MIT
#include "engine/config/config_proxy.h"

#include <algorithm>
#include <string_view>

#include "net/base/lower_case.h"
#include "net/base/url.h"

namespace daypack::core {
namespace {

std::string value_of(const EnvLookup& env, const char* name) {
    return env(name).value_or("");
}

// `list`: of NO_PROXY, parted by commas or blanks.
bool is_exempt(const std::string& host, const std::string& list) {
    constexpr std::string_view kBetween = ", \t";
    for (std::size_t at = 0; (at = list.find_first_not_of(kBetween, at)) != std::string::npos;) {
        const std::size_t end = std::min(list.find_first_of(kBetween, at), list.size());
        std::string name = lower_case(std::string_view(list).substr(at, end - at));
        if (name == "*") return true;
        if (name.starts_with('.')) name.erase(0, 1);
        if (host == name || (!name.empty() && host.ends_with("." + name))) return true;
        at = end;
    }
    return false;
}

}  // namespace

std::string proxy_fault(const std::vector<std::string>& urls, const EnvLookup& env) {
    constexpr const char* kNames[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                      "ALL_PROXY",   "http_proxy",  "HTTP_PROXY"};
    const auto* const name =
        std::ranges::find_if(kNames, [&](const char* candidate) { return !value_of(env, candidate).empty(); });
    if (name == std::end(kNames)) return {};
    std::string no_proxy = value_of(env, "no_proxy");
    if (no_proxy.empty()) no_proxy = value_of(env, "NO_PROXY");
    for (const std::string& url : urls) {
        const UrlKind kind = url.starts_with("ws") ? UrlKind::websocket : UrlKind::rest;
        const std::string host = parse_url(url, kind).host;
        if (is_loopback_host(host) || is_exempt(host, no_proxy)) continue;
        return std::string(*name) + " is set, but daypack connects to " + host +
               " itself and through no proxy; start it " + "with `env -u " + *name + "`, or name the host in NO_PROXY";
    }
    return {};
}

}  // namespace daypack::core
