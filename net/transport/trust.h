// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace daypack::core {

class Certificate;

// The certificates that a client trusts, and its judgement on what a server shows.
//
// wolfSSL judges first and alone knows the signatures of the handshake; it lets pass what this does not: anchors that
// have expired or are no CA, names in the common name, keys and hashes that are weak, constraints on addresses.
// Thread: set up by one; afterwards any.
class Trust {
  public:
    enum class Source : bool { system, ca_file };
    explicit Trust(Source source) noexcept : source_(source) {}

    // `der`: what cannot be read is left out.
    void add(std::string_view der);
    [[nodiscard]] std::size_t size() const noexcept { return anchors_.size(); }
    [[nodiscard]] std::string_view der(std::size_t i) const noexcept { return anchors_[i].der; }

    // `chain`: the DER of what the server showed, its own certificate first, the others in any order. "": it leads to
    // an anchor, every certificate on that way is well, and it is for `host`. Else why not and what to do, for a log.
    [[nodiscard]] std::string why_not(std::span<const std::string_view> chain, const std::string& host) const;

  private:
    class Search;
    struct Anchor {
        std::string der;
        std::string subject;
    };

    Source source_;
    std::vector<Anchor> anchors_;
};

}  // namespace daypack::core
