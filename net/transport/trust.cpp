// SPDX-License-Identifier: MIT
#include "net/transport/trust.h"

#include <algorithm>
#include <utility>

#include "net/base/printable.h"
#include "net/transport/certificate.h"

namespace daypack::core {
namespace {

constexpr std::size_t kNamesShown = 4;
constexpr int kSignaturesMax = 32;  // that are looked at, whatever a server shows

// "a.example, b.example": whom the certificate is for.
std::string listed(const ServerNames& names) {
    if (names.dns.empty()) return names.addresses.empty() ? "it names none" : "it names addresses alone";
    std::string list;
    for (std::size_t i = 0; i < names.dns.size() && i < kNamesShown; ++i) {
        list += (i > 0 ? ", " : "") + printable(names.dns[i]);
    }
    return names.dns.size() > kNamesShown ? list + ", …" : list;
}

}  // namespace

// For a way from the server's certificate to an anchor, on which every step is well.
class Trust::Search {
  public:
    Search(const Trust& trust, const std::string& host) : trust_(trust), host_(host) {}

    std::string run(std::span<const std::string_view> chain) {
        for (const std::string_view der : chain) {
            if (auto certificate = Certificate::read(der)) {
                shown_.push_back(std::move(*certificate));
            } else if (shown_.empty()) {
                return "it cannot be read; the server needs another one";
            }
        }
        if (shown_.empty()) return "the server shows none; it needs one";
        const Certificate& own = shown_.front();
        const bool is_anchor =
            std::ranges::any_of(trust_.anchors_, [&](const Anchor& anchor) { return anchor.der == own.der(); });
        std::string why = fault_of_server(own);
        if (!why.empty()) return why + operator_advice();
        way_ = {&own};
        if (!is_anchor) why = go_on();
        if (!why.empty()) return why;
        if (names_host(own.names(), host_)) return {};
        return "it is for another host name (" + listed(own.names()) + "), not for " + host_ +
               "; check the URL, or give the server a certificate whose subjectAltName has " + host_;
    }

  private:
    [[nodiscard]] static std::string operator_advice() { return "; the server needs a new one"; }
    [[nodiscard]] std::string anchor_advice() const {
        return trust_.source_ == Source::ca_file ? "; put another into ca_file" : "; update ca-certificates";
    }

    [[nodiscard]] static std::string of_ca(const Certificate& ca, const std::string& why) {
        return "a CA that vouches for it (" + ca.subject_text() + ") is not well: " + why;
    }

    [[nodiscard]] static std::string fault_of_date(const Certificate& any) {
        if (any.has_expired()) return "it has expired (or this machine's clock is wrong)";
        if (any.is_early()) return "it is not valid yet (or this machine's clock is wrong)";
        return {};
    }

    [[nodiscard]] static std::string fault_of_server(const Certificate& own) {
        if (std::string why = fault_of_date(own); !why.empty()) return why;
        if (!own.may_serve()) return "it is not made for a server (extended key usage without serverAuth)";
        if (!own.may_shake_hands()) return "it may not sign a handshake (key usage without digitalSignature)";
        return own.weak_key();
    }

    // Of a CA on the way, but for its signature; `between`: how many CAs stand between it and the server's certificate.
    [[nodiscard]] static std::string fault_of_ca(const Certificate& ca, std::size_t between) {
        if (std::string why = fault_of_date(ca); !why.empty()) return why;
        if (!ca.is_ca()) return "it is no CA (basicConstraints without CA:TRUE)";
        if (!ca.may_sign_certificates()) return "it may sign no certificates (key usage without keyCertSign)";
        if (!ca.may_serve()) return "it is for no servers (extended key usage without serverAuth)";
        if (ca.path_length() && *ca.path_length() < between) return "it allows fewer CAs below it (path length)";
        return ca.weak_key();
    }

    // From the last certificate on the way to an anchor. "" or the fault of a way that came nearest.
    std::string go_on() {
        const Certificate& last = *way_.back();
        std::string why = last.weak_signature();
        if (!why.empty()) return (way_.size() == 1 ? why : of_ca(last, why)) + operator_advice();
        for (const Anchor& anchor : trust_.anchors_) {
            if (anchor.subject != last.issuer()) continue;
            const auto ca = Certificate::read(anchor.der);
            if (!ca || !may_look() || !last.is_signed_by(*ca)) continue;
            why = step(*ca, true);
            if (why.empty()) return why;
        }
        for (const Certificate& ca : shown_) {
            if (ca.subject() != last.issuer() || std::ranges::find(way_, &ca) != way_.end()) continue;
            if (!may_look() || !last.is_signed_by(ca)) continue;
            std::string other = step(ca, false);
            if (other.empty()) return other;
            if (why.empty()) why = std::move(other);
        }
        if (!why.empty()) return why;
        if (last.subject() == last.issuer() && way_.size() == 1) {
            return "it is self-signed, not signed by a trusted CA; trust it with ca_file if it is yours";
        }
        return "signed by an unknown CA (" + last.issuer_text() + "); trust it with ca_file if it is yours";
    }

    std::string step(const Certificate& ca, bool is_anchor) {
        std::string why = fault_of_ca(ca, way_.size() - 1);
        if (!why.empty()) return of_ca(ca, why) + (is_anchor ? anchor_advice() : operator_advice());
        way_.push_back(&ca);
        why = is_anchor ? fault_of_names() : go_on();
        way_.pop_back();
        return why;
    }

    // What a CA must not vouch for, at whatever distance.
    [[nodiscard]] std::string fault_of_names() const {
        ServerNames names = way_.front()->names();
        const std::string address = address_bytes(host_);
        address.empty() ? names.dns.push_back(host_) : names.addresses.push_back(address);
        for (const Certificate* const ca : way_) {
            if (ca == way_.front() || !ca->constraints() || allows(*ca->constraints(), names)) continue;
            return of_ca(*ca, "it must not vouch for such names (name constraints)") + operator_advice();
        }
        return {};
    }

    [[nodiscard]] bool may_look() noexcept { return signatures_++ < kSignaturesMax; }

    const Trust& trust_;
    const std::string& host_;
    std::vector<Certificate> shown_;       // the server's own first
    std::vector<const Certificate*> way_;  // from it on
    int signatures_ = 0;                   // looked at
};

void Trust::add(std::string_view der) {
    if (const auto certificate = Certificate::read(der)) {
        anchors_.push_back({certificate->der(), certificate->subject()});
    }
}

std::string Trust::why_not(std::span<const std::string_view> chain, const std::string& host) const {
    return Search(*this, host).run(chain);
}

}  // namespace daypack::core
