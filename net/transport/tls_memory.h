// SPDX-License-Identifier: MIT
#pragma once

namespace daypack::core {

// wolfSSL asks for memory with every record. From here it gets what the same thread gave back before: small blocks are
// kept a thread, by size, up to a bound, and freed when the thread ends; all else is malloc's. wolfSSL's own tables of
// curves, 0.8 MB each and several a thread, are freed then too.
//
// Thread: any; a block may be given back by another thread than took it. Blocks are malloc's own, so that those which
// wolfSSL took before can be given back too.
// Call it once before a thread speaks TLS; more often is no harm.
void keep_tls_memory() noexcept;

}  // namespace daypack::core
