// SPDX-License-Identifier: MIT
#include "net/ws/web_socket_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace daypack::core {
namespace {

TEST(WebSocketKey, TheAnswerToAKeyIsTheOneOfRfc6455) {
    EXPECT_EQ(web_socket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // its section 1.3
}

TEST(WebSocketKey, AKeyIsSixteenBytesInBase64AndNoneComesTwice) {
    std::set<std::string> keys;
    for (int i = 0; i < 100; ++i) {
        const std::string key = web_socket_key();
        EXPECT_EQ(key.size(), 24U) << key;
        EXPECT_TRUE(key.ends_with("==")) << key;
        EXPECT_EQ(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="),
                  std::string::npos)
            << key;
        EXPECT_TRUE(keys.insert(key).second) << key;
    }
}

}  // namespace
}  // namespace daypack::core
