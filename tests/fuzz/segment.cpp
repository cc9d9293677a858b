// SPDX-License-Identifier: MIT
// A segment that lies: each ten bytes of the input put a word somewhere into an honest one, and readers read it all.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

// Readers here get a copy on the heap for a mapping: behind a mapping there may be another one, and the rest of its
// last page, where a read that goes too far is not seen; behind the copy the sanitizer sees the next byte.
static void* copy_of(int fd, std::size_t bytes) {
    void* const copy = std::malloc(bytes);
    if (copy == nullptr || pread(fd, copy, bytes, 0) != static_cast<ssize_t>(bytes)) std::abort();
    return copy;
}
#define mmap(at, bytes, protection, flags, fd, offset) copy_of(fd, bytes)
#define munmap(copy, bytes) std::free(copy)
#include "engine/include/daypack/shm.h"
#undef mmap
#undef munmap

#include "engine/include/daypack/reader.hpp"
#include "engine/shm/publisher.h"

using namespace daypack::core;

namespace {

constexpr std::size_t kHeaderWords = sizeof(daypack_header) / 8;

// An honest segment of a writer that is gone, as bytes.
class Honest {
  public:
    Honest() : name_("fuzz." + std::to_string(getpid())) {
        const Instrument market{"BTC_USDC", "BTC-USDC", {1, -1}, {1, -3}, Reason::none, true};
        {
            Segment segment({name_, 4, 8, 16, 0640, {}});
            Publisher publisher(segment);
            OrderBook book(8, 8);
            (void)segment.add_symbol("BTC-USDC", "BTC_USDC");
            (void)segment.add_line("host");
            publisher.set_running();
            book.seed({1, {}, {{Price{100}, Quantity{5}}}, {{Price{101}, Quantity{7}}}});
            BookUpdate update;
            update.instrument = &market;
            update.book = &book;
            update.u = 1;
            update.state = State::live;
            publisher.publish_snapshot(update);
        }
        fd_ = open(("/dev/shm/daypack." + name_).c_str(), O_RDWR);
        struct stat status {};
        fstat(fd_, &status);
        bytes_.resize(static_cast<std::size_t>(status.st_size));
        if (pread(fd_, bytes_.data(), bytes_.size(), 0) != static_cast<ssize_t>(bytes_.size())) std::abort();
    }
    ~Honest() { unlink(("/dev/shm/daypack." + name_).c_str()); }

    [[nodiscard]] const std::string& name() const { return name_; }
    // Half of all places are in the header, which leads everywhere else.
    void lie(const std::uint8_t* data, std::size_t size) const {
        for (; size >= 10; data += 10, size -= 10) {
            std::uint16_t word = 0;
            std::memcpy(&word, data, 2);
            const std::size_t at = (word % 2 != 0 ? word / 2 % kHeaderWords : word / 2 % (bytes_.size() / 8)) * 8;
            if (pwrite(fd_, data + 2, 8, static_cast<off_t>(at)) != 8) std::abort();
        }
    }
    void mend() const {
        if (pwrite(fd_, bytes_.data(), bytes_.size(), 0) != static_cast<ssize_t>(bytes_.size())) std::abort();
    }

  private:
    std::string name_;
    int fd_ = -1;
    std::vector<char> bytes_;
};

void read_everything(daypack_reader& reader) {
    (void)daypack_find(&reader, "BTC-USDC");
    (void)daypack_find(&reader, "none");  // so that all of the directory is read
    const std::uint32_t symbols = daypack_symbols(&reader);
    for (std::uint32_t symbol = 0; symbol < symbols; ++symbol) {
        daypack_entry entry;
        daypack_read_entry(&reader, symbol, &entry);
        if (std::strlen(entry.symbol) >= DAYPACK_NAME_BYTES || std::strlen(entry.native) >= DAYPACK_NAME_BYTES) {
            std::abort();
        }
        for (unsigned counter = 0; counter < DAYPACK_SYMBOL_COUNTER_COUNT; ++counter) {
            (void)daypack_symbol_counter(&reader, symbol, counter);
        }
    }
    for (int i = 0; i < 8; ++i) {
        daypack_book book;
        daypack_level bids[3], asks[2];
        (void)daypack_read_book(&reader, i, &book, bids, 3, asks, 2);
        std::vector<daypack_level> all_bids(reader.depth), all_asks(reader.depth);
        const auto depth = static_cast<std::uint32_t>(reader.depth);
        if (daypack_read_book(&reader, i, &book, all_bids.data(), depth, all_asks.data(), depth) == DAYPACK_OK &&
            (book.bids > depth || book.asks > depth)) {
            std::abort();
        }
        daypack_top top;
        (void)daypack_read_top(&reader, i, &top);
        daypack_perp perp;
        (void)daypack_read_perp(&reader, i, &perp);
    }
    daypack_writer writer;
    daypack_read_writer(&reader, &writer);
    if (std::strlen(writer.host) >= sizeof writer.host || std::strlen(writer.commit) >= sizeof writer.commit) {
        std::abort();
    }
    for (unsigned i = 0; i < DAYPACK_MAX_LINES; ++i) {
        daypack_line_entry line;
        daypack_read_line(&reader, i, &line);
        if (std::strlen(line.host) >= DAYPACK_HOST_BYTES) std::abort();
        (void)daypack_line_counter(&reader, i, DAYPACK_LINE_frames);
    }
    if (daypack_lines(&reader) > 256) std::abort();
    (void)daypack_percentile(&reader, DAYPACK_HISTOGRAM_FRAME_TO_SHM, 999);
    std::uint64_t cursor = daypack_cursor(&reader) - 20;
    for (int i = 0; i < 40; ++i) {
        daypack_record record;
        std::uint64_t lost = 0;
        (void)daypack_read_record(&reader, &cursor, &record, &lost);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Honest honest;
    honest.lie(data, size);
    daypack_reader reader;
    if (daypack_open(&reader, honest.name().c_str()) == DAYPACK_OK) {
        read_everything(reader);
        daypack_close(&reader);
    }
    honest.mend();
    return 0;
}
