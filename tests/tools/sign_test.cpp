// SPDX-License-Identifier: MIT
// `daypack sign` from outside: known signatures, where keys come from, and that a secret is shown nowhere.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/net/backpack/signing_vectors.h"

namespace daypack::core::test {
namespace {

struct Outcome {
    int exit_code = -1;
    std::string out;
    std::string err;
};

class SignVerb : public testing::Test {
  protected:
    SignVerb() { std::filesystem::create_directory(folder_); }
    ~SignVerb() override { std::filesystem::remove_all(folder_); }

    // Runs `daypack sign <arguments>` with these keys in its environment; none: without.
    [[nodiscard]] Outcome sign(const std::string& arguments, const KeyPair* keys) const {
        return run("sign " + arguments, keys);
    }
    [[nodiscard]] Outcome run(const std::string& arguments, const KeyPair* keys) const {
        unsetenv("BACKPACK_KEY");
        unsetenv("BACKPACK_SECRET");
        if (keys != nullptr) {
            setenv("BACKPACK_KEY", std::string(keys->verifying).c_str(), 1);
            setenv("BACKPACK_SECRET", std::string(keys->seed).c_str(), 1);
        }
        const std::string files = " >" + (folder_ / "out").string() + " 2>" + (folder_ / "err").string();
        const int status = std::system(("'" DAYPACK_PROGRAM "' " + arguments + files + " </dev/null").c_str());
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read("out"), read("err")};
    }
    [[nodiscard]] std::string key_file(const KeyPair& keys, mode_t mode) const {
        const std::string path = (folder_ / "keys").string();
        std::filesystem::remove(path);
        std::ofstream(path) << "api_key: " << keys.verifying << "\napi_secret: " << keys.seed << "\n";
        (void)chmod(path.c_str(), mode);
        return path;
    }
    // A configuration with keys of the environment, and `more` of the exchange.
    [[nodiscard]] std::string config(const std::string& more = {}) const {
        const std::string path = (folder_ / (more.empty() ? "my.yaml" : "more.yaml")).string();
        std::ofstream(path) << "exchanges:\n  mine:\n    class: Ccxt_Backpack_Feed\n    exchange: backpack\n"
                            << "    symbols: [BTC-USDC]\n    channels: [L2_BOOK, FILLS]\n    rest_urls: [\"http://"
                            << "127.0.0.1:1\"]\n    ws_urls: [\"ws://127.0.0.1:1\"]\n"
                            << "    api_key: ${BACKPACK_KEY}\n    api_secret: ${BACKPACK_SECRET}\n"
                            << more << "engine:\n  instance: daypack_sign_test\n";
        return path;
    }

  private:
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(folder_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    const std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / ("daypack_sign_test." + std::to_string(getpid()));
};

// The words of the command line that ask for a signed text: its parameters, and a comma between elements of a batch.
std::string arguments_of(std::string_view text) {
    if (text.empty()) return "--text ''";
    std::string arguments;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('&', at), text.size());
        const std::string pair(text.substr(at, end - at));
        const std::string value = pair.substr(pair.find('=') + 1);
        at = end + 1;
        if (pair.starts_with("instruction=")) {
            arguments = arguments.empty() ? "--instruction " + value : arguments + " ,";
        } else if (pair.starts_with("timestamp=") || pair.starts_with("window=")) {
            arguments += " --" + pair;
        } else {
            arguments += (pair.find('%') == std::string::npos ? " " : " --unchecked ") + pair;
        }
    }
    return arguments;
}

TEST_F(SignVerb, MakesEverySignatureThatIsKnownByteForByte) {
    int made = 0;
    for (const SigningVector& vector : kSigningVectors) {
        const Outcome sign = this->sign("--json " + arguments_of(vector.text), &vector.keys);
        EXPECT_EQ(sign.exit_code, 0) << sign.err;
        const std::string begin = "{\"string\":\"" + std::string(vector.text) + "\",\"signature\":\"" +
                                  std::string(vector.signature) + "\",\"headers\":{\"X-API-Key\":\"" +
                                  std::string(vector.keys.verifying) + "\"";
        EXPECT_TRUE(sign.out.starts_with(begin)) << vector.name << ": " << sign.out;
        EXPECT_EQ(sign.out.find(vector.keys.seed), std::string::npos);
        ++made;
    }
    EXPECT_EQ(made, 47);
}

TEST_F(SignVerb, TakesKeysOfAFileThatItsOwnerAloneMayRead) {
    const SigningVector& known = kSigningVectors[1];
    const std::string arguments = arguments_of(known.text) + " --key-file ";
    EXPECT_NE(sign(arguments + key_file(known.keys, 0600), nullptr).out.find(known.signature), std::string::npos);
    EXPECT_NE(sign(arguments + key_file(known.keys, 0600), &kSevens).out.find(known.signature), std::string::npos)
        << "before the environment";
    const Outcome loose = sign(arguments + key_file(known.keys, 0640), nullptr);
    EXPECT_EQ(loose.exit_code, 2);
    EXPECT_NE(loose.err.find("has mode 0640, so others may read it; chmod 600 it"), std::string::npos) << loose.err;
    EXPECT_EQ(loose.out, "");
}

TEST_F(SignVerb, WrongUseIsExitTwoAndShowsNoSecret) {
    const KeyPair mixed{kSevens.seed, kOnes.verifying};
    const KeyPair shorter{"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc", kSevens.verifying};
    for (const auto& [arguments, keys] : {std::pair<std::string, const KeyPair*>{"--instruction a", nullptr},
                                          {"", &kOnes},
                                          {"a=b", &kOnes},
                                          {"--instruction a --text b", &kOnes},
                                          {"--instruction a b", &kOnes},
                                          {"--instruction a b=80%", &kOnes},
                                          {"--instruction a b=1 b=2", &kOnes},
                                          {"--instruction 'a b'", &kOnes},
                                          {"--instruction a ,", &kOnes},
                                          {"--instruction a --window 0", &kOnes},
                                          {"--instruction a --window 60001", &kOnes},
                                          {"--instruction a --timestamp 0", &kOnes},
                                          {"--instruction a --key-file /nowhere", &kOnes},
                                          {"--instruction a", &mixed},
                                          {"--instruction a", &shorter}}) {
        const Outcome sign = this->sign(arguments, keys);
        EXPECT_EQ(sign.exit_code, 2) << arguments;
        EXPECT_EQ(sign.out, "") << arguments;
        EXPECT_TRUE(sign.err.starts_with("daypack: ") && sign.err.find('\n') == sign.err.size() - 1) << sign.err;
        if (keys != nullptr) EXPECT_EQ(sign.err.find(keys->seed.substr(0, 40)), std::string::npos) << sign.err;
    }
}

// What was given as the key is the secret then, so no error repeats it.
TEST_F(SignVerb, ASecretInThePlaceOfTheKeyIsShownByNoVerb) {
    const KeyPair swapped{kRfc8032.verifying, kRfc8032.seed};
    const KeyPair twice{kRfc8032.seed, kRfc8032.seed};
    for (const KeyPair& keys : {swapped, twice}) {
        const std::string words = keys.seed == twice.seed ? "the same value is given" : "are swapped";
        const std::string config = this->config();
        for (const std::string& verb :
             {std::string("sign --instruction a"), "sign --text a --key-file " + key_file(keys, 0600),
              std::string("account orders"), "account orders " + config, "run " + config, "run --check " + config,
              "run --check --json " + config}) {
            const Outcome outcome = run(verb, &keys);
            EXPECT_EQ(outcome.exit_code, 2) << verb << outcome.err;
            const std::string said = outcome.out + outcome.err;
            EXPECT_NE(said.find(words), std::string::npos) << verb << ": " << said;
            EXPECT_EQ(said.find(kRfc8032.seed.substr(0, 20)), std::string::npos) << verb << ": " << said;
            EXPECT_EQ(said.find(kRfc8032.seed.substr(20, 20)), std::string::npos) << verb << ": " << said;
        }
    }
}

TEST_F(SignVerb, ASecretInThePlaceOfAPathOrANameIsShownByNoVerb) {
    const std::string secret(kRfc8032.seed);
    const std::string config = this->config("    accounts: [{name: mm, key_file: \"" + secret + "\"}]\n");
    for (const std::string& verb : {"sign --instruction a --key-file " + secret, "account orders --key-file " + secret,
                                    "account orders " + this->config() + " --account " + secret, "run " + config,
                                    "run --check " + config, "run --check --json " + config}) {
        const Outcome outcome = run(verb, &kOnes);
        EXPECT_EQ(outcome.exit_code, 2) << verb << outcome.err;
        const std::string said = outcome.out + outcome.err;
        EXPECT_NE(said.find("(not shown"), std::string::npos) << verb << ": " << said;
        EXPECT_EQ(said.find(secret.substr(0, 20)), std::string::npos) << verb << ": " << said;
    }
}

}  // namespace
}  // namespace daypack::core::test
