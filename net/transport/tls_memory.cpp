// SPDX-License-Identifier: MIT
#include "net/transport/tls_memory.h"

#include <malloc.h>
#include <wolfssl/options.h>  // before the rest of wolfSSL
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/memory.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace daypack::core {
namespace {

constexpr std::size_t kStep = 256;         // block sizes are its multiples
constexpr std::size_t kSizeMax = 20'480;   // a whole record and what wolfSSL puts around it
constexpr std::uint32_t kBlocksASize = 4;  // at most 0.8 MB a thread, where every size is used

struct Block {
    Block* next;
};

struct Shelf {
    Block* first;
    std::uint32_t count;
};

// Without constructor and destructor: it can be used as long as its thread runs, in others' destructors too.
thread_local constinit std::array<Shelf, kSizeMax / kStep + 1> shelves{};
thread_local constinit bool is_over = false;

// Gives all back when its thread ends, and what wolfSSL itself keeps a thread for the sake of the next handshakes: a
// handshake can go on after everybody has stopped to wait for it, so that no caller knows which was the last.
struct Sweeper {
    ~Sweeper() {
        is_over = true;
        wc_ecc_fp_free();
        for (Shelf& shelf : shelves) {
            while (Block* const block = shelf.first) {
                shelf.first = block->next;
                std::free(block);
            }
            shelf.count = 0;
        }
    }
    void be_there() const noexcept {}
};
thread_local const Sweeper sweeper;

void* take(std::size_t size) {
    if (size == 0 || size > kSizeMax || is_over) return std::malloc(size);
    const std::size_t step = (size + kStep - 1) / kStep;
    Shelf& shelf = shelves[step];
    Block* const block = shelf.first;
    if (block == nullptr) return std::malloc(step * kStep);
    shelf.first = block->next;
    --shelf.count;
    return block;
}

void give_back(void* memory) {
    if (memory == nullptr) return;
    const std::size_t step = is_over ? 0 : malloc_usable_size(memory) / kStep;
    if (step == 0 || step >= shelves.size() || shelves[step].count == kBlocksASize) return std::free(memory);
    sweeper.be_there();
    Shelf& shelf = shelves[step];
    shelf.first = ::new (memory) Block{shelf.first};
    ++shelf.count;
}

void* take_other(void* memory, std::size_t size) {
    return std::realloc(memory, size);
}

// Before any thread is there that could ask wolfSSL for memory meanwhile.
const bool is_set = wolfSSL_SetAllocators(take, give_back, take_other) == 0;

}  // namespace

void keep_tls_memory() noexcept {
    (void)is_set;  // it is done where this file is linked
}

}  // namespace daypack::core
