// SPDX-License-Identifier: MIT
#include "tools/cli/keys.h"

#include <string.h>  // NOLINT(modernize-deprecated-headers): explicit_bzero() is the system's
#include <sys/prctl.h>

#include <cstdlib>

#include "engine/config.h"

namespace daypack::core {

void hide_process() noexcept {
    (void)prctl(PR_SET_DUMPABLE, 0);
}

Signer keys_of(const std::string& key_file) {
    hide_process();
    try {
        if (!key_file.empty()) return Signer::from_file(key_file);
        const char* const key = std::getenv("BACKPACK_KEY");
        char* const secret = std::getenv("BACKPACK_SECRET");
        if (key == nullptr || secret == nullptr) {
            throw ConfigError(
                std::string("daypack: ") + (key == nullptr ? "BACKPACK_KEY" : "BACKPACK_SECRET") +
                " is not set; export BACKPACK_KEY and BACKPACK_SECRET, or name a file of mode 0600 by --key-file");
        }
        Signer signer(key, secret);
        explicit_bzero(secret, strlen(secret));  // what /proc shows of the environment is this memory
        return signer;
    } catch (const SigningError& error) {
        throw ConfigError("daypack: " + std::string(error.what()));
    }
}

}  // namespace daypack::core
