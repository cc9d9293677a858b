// SPDX-License-Identifier: MIT
// The accounts of a configuration: which there are, what of them is refused, and what the start says of them.
#include "engine/config/config_accounts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/engine/config_text.h"
#include "tests/net/backpack/signing_vectors.h"

namespace daypack::core::test {
namespace {

const std::string kBoth = "    api_key: " + kKey + "\n    api_secret: " + kKey + "\n";

TEST(ConfigAccounts, AreTheOneOfApiKeyAndThoseOfTheList) {
    const ExchangeConfig exchange =
        parse(with(kBoth + "    accounts: [{name: mm2, key_file: a.keys}, {key_file: ./b, name: 3}]\n")).exchange;
    EXPECT_EQ(exchange.accounts, (std::vector<AccountConfig>{{"mm2", "a.keys"}, {"3", "./b"}}));
    EXPECT_EQ(account_names(exchange), (std::vector<std::string>{"default", "mm2", "3"}));
    EXPECT_EQ(account_names(parse(with("    accounts: [{name: default, key_file: a}]\n")).exchange),
              std::vector<std::string>{"default"});
    EXPECT_TRUE(account_names(parse(with("    accounts: []\n")).exchange).empty());
}

TEST(ConfigAccounts, WhatCannotBeOneIsToldWithItsLine) {
    const auto of = [](const std::string& list) { return error_of(with("    accounts:" + list + "\n")); };
    const std::string form = "`accounts` is no list of `{name: NAME, key_file: FILE}`, an account each";
    EXPECT_EQ(of(" mm2"), at(6, form));
    EXPECT_EQ(of(" [mm2]"), at(6, form));
    EXPECT_EQ(of(" [{name: a, key_file: b}, mm2]"), at(6, form));
    EXPECT_EQ(of(" [[a]]"), at(6, form));
    EXPECT_EQ(of("\n      - {name: a, key_file: x}\n      - {name: a, key_file: y}"),
              at(8, "account \"a\" names two accounts; give each another"));
    EXPECT_EQ(of(" [{name: a/b, key_file: x}]"),
              at(6, "account \"a/b\" is no name of an account; use letters, digits, `_` and `-`"));
    EXPECT_EQ(of(" [{name: b.c, key_file: x}]"),
              at(6, "account \"b.c\" is no name of an account; use letters, digits, `_` and `-`"))
        << "of instance `a` it would have the file of account `c` of instance `a.b`";
    EXPECT_EQ(of(" [{name: a, key_file: ''}]"), at(6, "`key_file` is empty; give the path of a file of mode 0600"));
    EXPECT_EQ(of(" [{name: a}]"), at(6, "`accounts` lacks `key_file`; add a line for it, as in README.md"));
    EXPECT_EQ(of(" [{name: a, key_fil: x, key_file: y}]"),
              at(6, "unknown key \"key_fil\" under `accounts`; did you mean `key_file`?"));
    EXPECT_EQ(error_of(with(kBoth + "    accounts: [{name: default, key_file: x}]\n")),
              at(8, "account \"default\" is the name of the account of `api_key`; give this one another"));
}

TEST(ConfigAccounts, APrivateChannelNeedsKeysOfOneOfThem) {
    const std::string private_channel = "    channels: [L2_BOOK, FILLS]\n";
    const std::string refused =
        at(6, "channel \"FILLS\" is private; it needs `api_key` and `api_secret`, or `accounts`");
    EXPECT_EQ(error_of(with(private_channel)), refused);
    EXPECT_EQ(error_of(with(private_channel + "    api_key: " + kKey + "\n")),
              refused + ", and of the two only `api_key` is set");
    EXPECT_EQ(error_of(with(private_channel + "    api_key: ${K}\n    api_secret: " + kKey + "\n")),
              refused + ", and of the two only `api_secret` is set");
    EXPECT_EQ(error_of(with(private_channel + "    api_key: ${K}\n    api_secret: ${S}\n")), refused);
    EXPECT_EQ(error_of(with(private_channel + kBoth)), "no error");
    EXPECT_EQ(error_of(with(private_channel + "    accounts: [{name: a, key_file: b}]\n")), "no error");
}

TEST(ConfigAccounts, TheStartSaysOnceWhatBecomesOfThem) {
    const auto words = [](const std::string& keys) { return account_words(parse(with(keys)).exchange); };
    EXPECT_EQ(words(""), "accounts names=none (public data alone)");
    EXPECT_EQ(words("    api_key: ${K}\n    api_secret: ${S}\n"), "accounts names=none (public data alone)");
    EXPECT_EQ(words(kBoth), "accounts names=default (keys, and no private channel: public data alone)");
    EXPECT_EQ(words(kBoth + "    channels: [L2_BOOK, FILLS]\n    accounts: [{name: b, key_file: c}]\n"),
              "accounts names=default,b");
    EXPECT_EQ(words("    api_key: " + kKey + "\n"),
              "warning: accounts: api_key is set and api_secret is not, so it counts for nothing; set both or none");
}

TEST(ConfigAccounts, ASecretMayHaveBothOfItsForms) {
    const std::string secret = std::string(86, 'A') + "==";
    EXPECT_EQ(parse(with("    api_secret: " + secret + "\n")).exchange.api_secret, secret);
    EXPECT_NE(error_of(with("    api_secret: " + std::string(85, 'A') + "B==\n")), "no error");
    EXPECT_NE(error_of(with("    api_key: " + secret + "\n")), "no error");
}

class AccountFiles : public testing::Test {
  protected:
    AccountFiles() { std::filesystem::create_directory(folder_); }
    ~AccountFiles() override { std::filesystem::remove_all(folder_); }
    std::string write(const std::string& name, const std::string& text, mode_t mode) {
        const std::string path = (folder_ / name).string();
        std::filesystem::remove(path);
        std::ofstream(path) << text;
        (void)chmod(path.c_str(), mode);
        return path;
    }
    std::string error(const std::string& text) {
        const std::string path = write("my.yaml", text, 0600);
        try {
            (void)load_config(path);
            return "no error";
        } catch (const ConfigError& thrown) {
            const std::string what = thrown.what();
            const std::string start = "daypack: " + path + ":";
            EXPECT_TRUE(what.starts_with(start)) << what;
            return what.substr(start.size());
        }
    }
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("daypack_config_accounts_test." + std::to_string(getpid()));
};

TEST_F(AccountFiles, KeysThatCannotBeUsedAreToldWithTheirLineAndNotShown) {
    const std::string keys =
        "api_key: " + std::string(kOnes.verifying) + "\napi_secret: " + std::string(kOnes.seed) + "\n";
    const auto of_file = [&](mode_t mode) {
        return error(with("    accounts: [{name: a, key_file: '" + write("a.keys", keys, mode) + "'}]\n"));
    };
    EXPECT_EQ(of_file(0600), "no error");
    EXPECT_EQ(of_file(0644), "6: `accounts` is refused: the key file " + (folder_ / "a.keys").string() +
                                 " has mode 0644, so others may read it; chmod 600 it");
    const auto pair = [&](std::string_view key, std::string_view secret) {
        return error(with("    api_key: " + std::string(key) + "\n    api_secret: " + std::string(secret) + "\n"));
    };
    EXPECT_EQ(pair(kOnes.verifying, kOnes.seed), "no error");
    EXPECT_EQ(pair(kOnes.verifying, kSevens.seed),
              "7: `api_secret` is refused: the API secret does not belong to the API key; take both from one key pair");
    EXPECT_EQ(pair(kOnes.seed, kOnes.verifying),
              "7: `api_secret` is refused: the API key and the API secret are swapped; give each in the place of the "
              "other");
}

}  // namespace
}  // namespace daypack::core::test
