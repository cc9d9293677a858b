// SPDX-License-Identifier: MIT
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace daypack::core {

// A file with a line `api_key: …` and a line `api_secret: …`; empty lines, and lines that begin with `#`, count for
// nothing. It is read into locked memory, which is wiped at the end.
//
// Throws SigningError, which names the file (shown_path) and says what to do, where it is anything but a plain file of
// this user or of root that no one else may read.
class KeyFile {
  public:
    // REQUIRES: libsodium was started.
    explicit KeyFile(const std::string& path);

    // Valid while this lives.
    [[nodiscard]] std::string_view api_key() const noexcept { return api_key_; }
    [[nodiscard]] std::string_view api_secret() const noexcept { return api_secret_; }

  private:
    struct Free {
        void operator()(char* text) const noexcept;
    };

    void parse(const std::string& path, std::string_view text);

    std::unique_ptr<char, Free> text_;
    std::string_view api_key_;
    std::string_view api_secret_;
};

// Why a file of keys is refused before anything in it is looked at, as in `may be read by others; chmod 600 it`; empty
// where nothing is wrong with it.
[[nodiscard]] std::string key_file_fault(const std::string& path);

// A path as it may stand in an error, or words for one that may be a secret in the place of a path: a run of 40
// characters of base64 that ends in `=`, or has small letters, capitals and digits, which few paths have.
[[nodiscard]] std::string shown_path(const std::string& path);

}  // namespace daypack::core
