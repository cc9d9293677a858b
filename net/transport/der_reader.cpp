// SPDX-License-Identifier: MIT
#include "net/transport/der_reader.h"

#include <wolfssl/options.h>  // before the rest of wolfSSL
#include <wolfssl/ssl.h>

extern "C" {  // which this header leaves out
#include <wolfssl/openssl/asn1.h>
}

namespace daypack::core {

bool DerReader::next() noexcept {
    if (rest_.empty() || !well_) return false;
    constexpr int kMalformed = 0x80;
    const auto* const begin = reinterpret_cast<const unsigned char*>(rest_.data());
    const unsigned char* at = begin;
    long size = 0;
    int number = 0;
    int kind = 0;
    const int constructed = wolfSSL_ASN1_get_object(&at, &size, &number, &kind, static_cast<long>(rest_.size()));
    const auto head = static_cast<std::size_t>(at - begin);
    well_ = (constructed & kMalformed) == 0 && size >= 0 && head <= rest_.size() &&
            static_cast<std::size_t>(size) <= rest_.size() - head;
    if (!well_) return false;
    tag_ = static_cast<unsigned char>(*begin);
    content_ = rest_.substr(head, static_cast<std::size_t>(size));
    whole_ = rest_.substr(0, head + content_.size());
    rest_.remove_prefix(whole_.size());
    return true;
}

}  // namespace daypack::core
