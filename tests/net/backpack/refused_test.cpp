// SPDX-License-Identifier: MIT
#include "net/base/refused.h"

#include <gtest/gtest.h>

#include "net/backpack/rest_decoder.h"

namespace daypack::core {
namespace {

const std::string kWaf =
    "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">\n<HTML><HEAD><TITLE>ERROR: The request could "
    "not "
    "be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1><H2>The request could not be satisfied.</H2><HR noshade "
    "size=\"1px\">Request blocked. We can't connect to the server for this app or website at this time. There might be "
    "too much traffic or a configuration error.</BODY></HTML>";
const std::string kRegion =
    "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>403 ERROR</H1><H2>The "
    "request "
    "could not be satisfied.</H2>The Amazon CloudFront distribution is configured to block access from your country. "
    "We "
    "can't connect to the server for this app or website at this time.</BODY></HTML>";

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(Refused, AFirewallsBlockIsToldApartFromARegions) {
    EXPECT_TRUE(is_blocked(403, kWaf));
    EXPECT_TRUE(is_blocked(403, "REQUEST BLOCKED"));
    EXPECT_TRUE(is_blocked(403, "<h1>Sorry, you have been blocked</h1>"));
    EXPECT_FALSE(is_blocked(403, kRegion));
    EXPECT_FALSE(is_blocked(451, kWaf)) << "451 is a law's";
    EXPECT_FALSE(is_blocked(200, kWaf));
    EXPECT_FALSE(is_blocked(403, ""));
    EXPECT_FALSE(is_blocked(403, "<h1>Not here</h1>"));
    EXPECT_FALSE(is_blocked(403, std::string(1'000'000, ' ') + "request blocked")) << "no edge's page is as long";
}

TEST(Refused, TheWordsSayWhichItIsAndWhatToDo) {
    EXPECT_TRUE(contains(refusal(403, kWaf), "HTTP 403: request blocked by the firewall"));
    EXPECT_FALSE(contains(refusal(403, kWaf), "region"));
    EXPECT_TRUE(contains(refusal(403, kRegion), "refuses this address or region; set rest_urls"));
    EXPECT_TRUE(contains(refusal(451, "not here"), "refuses this address or region; set rest_urls"));
}

}  // namespace
}  // namespace daypack::core
