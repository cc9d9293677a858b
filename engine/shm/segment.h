// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "book/types.h"
#include "engine/include/daypack/follow.h"
#include "engine/include/daypack/shm.h"
#include "engine/shm/counters.h"
#include "engine/shm/histogram.h"
#include "engine/shm/segment_layout.h"
#include "engine/shm/shm_file.h"

namespace daypack::core {

struct SegmentOptions {
    std::string instance = "default";
    std::size_t depth = 64;  // levels a side; bounds: shm_limits.h
    std::size_t max_symbols = 512;
    std::size_t ring_events = 65536;  // rounded up to a power of two
    mode_t mode = 0640;
    std::string group{};           // empty: the group of the process
    bool named = true;             // false: memory of this process alone, without a file in /dev/shm
    std::size_t image_levels = 0;  // a side of the image of a whole book; 0: no images
    // How the file's name begins, before the instance: a segment of an account has another than that of the books.
    std::string family = "daypack.";
    bool takeover = false;  // where an engine holds the instance: private memory, until that one hands over
    // Asked every few milliseconds while memory is made, which takes seconds where it is gigabytes: whether to go on is
    // of no use any more.
    std::function<bool()> gives_up{};
};

// What the constructor throws where it gave up, as it was asked to.
class SegmentGivenUp : public std::runtime_error {
  public:
    SegmentGivenUp() : std::runtime_error("asked to end before shared memory was there") {}
};

// The shared memory of one instance, as its writer has it; engine/include/daypack/shm.h is the contract with readers.
//
// The constructor makes the segment, or takes over the one that an earlier writer left. After it every slot says
// SYNCING/start until it is published.
//
// Where it is to succeed an engine that lives, it begins in private memory, with the symbols of that one in their
// order, and readers see nothing of it until HandOver brings it to them.
//
// Thread: one thread sets it up (constructor, add_line, name_writer, stop); add_symbol belongs to the control thread.
// Slots, ring, beat and phase are written by the Publisher, each counter and histogram by one thread of its own.
// Ownership: this object owns the file, its lock and the mapping; all that it hands out points into the mapping.
// Invariants:
// 1. While it is not private, this object holds the writer's lock, so no other process writes the segment meanwhile.
// 2. The directory only grows; a slot never changes its symbol, not even from one writer to the next.
// 3. The file never shrinks.
class Segment {
  public:
    // Throws std::runtime_error where another engine holds the instance, or permission, memory or the group is missing;
    // SegmentGivenUp.
    explicit Segment(const SegmentOptions& options);
    Segment(Segment&&) noexcept = default;
    Segment& operator=(Segment&&) noexcept = default;

    [[nodiscard]] bool knows_updates_before() const noexcept { return !updates_before_.empty(); }
    // How many updates the writer before this one had counted of a symbol; 0 where there was none, or no such symbol.
    [[nodiscard]] std::uint64_t updates_before(SymbolIndex symbol) const noexcept {
        return symbol < updates_before_.size() ? updates_before_[symbol] : 0;
    }
    // Returns the slot of a symbol, which is appended where the directory does not list it, and else left as it is.
    // Returns none where the directory or /dev/shm has no room for one more, or where the name is too long.
    [[nodiscard]] std::optional<SymbolIndex> add_symbol(std::string_view symbol, std::string_view native) noexcept;
    // Says why add_symbol has just returned none, and what to do about it. Not for hot threads: it allocates.
    [[nodiscard]] std::string why_left_out(std::string_view symbol, std::string_view native) const;
    // Takes a row of the table of lines. Returns none where all DAYPACK_MAX_LINES are in use.
    [[nodiscard]] std::optional<LineIndex> add_line(std::string_view host) noexcept;
    // Names this process as the writer; it may be a child of the one that constructed the object, as of a daemon.
    void name_writer() noexcept;
    // Publishes the state of a symbol that has no book. Thread: the one that writes the slots.
    void set_status(SymbolIndex symbol, unsigned state, unsigned reason, std::uint16_t flags) noexcept;
    // A beat so old is late; for a writer that is no hot thread. REQUIRES: not more than DAYPACK_MAX_BEAT_STALE_NS.
    void allow_beat_of(std::int64_t stale_ns) noexcept;
    // Ends cleanly: every slot says DOWN/stopped, then the phase STOPPED. REQUIRES: the Publisher is not used any more.
    void stop() noexcept;

    [[nodiscard]] const SegmentLayout& layout() const noexcept { return layout_; }
    [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
    // Returns how many symbols the directory lists, with those of earlier writers.
    [[nodiscard]] std::size_t symbols() const noexcept;
    [[nodiscard]] std::string_view symbol(SymbolIndex index) const noexcept;  // REQUIRES: index < symbols()
    [[nodiscard]] std::string_view native(SymbolIndex index) const noexcept;  // REQUIRES: index < symbols()

    [[nodiscard]] Counters engine_counters() const noexcept { return Counters(counters(0)); }
    [[nodiscard]] Counters line_counters(LineIndex line) const noexcept {
        return Counters(counters(DAYPACK_ENGINE_COUNTER_COUNT + std::size_t{line} * DAYPACK_LINE_COUNTER_COUNT));
    }
    [[nodiscard]] Counters symbol_counters(SymbolIndex symbol) const noexcept {
        constexpr std::size_t kBefore =
            DAYPACK_ENGINE_COUNTER_COUNT + std::size_t{DAYPACK_MAX_LINES} * DAYPACK_LINE_COUNTER_COUNT;
        return Counters(counters(kBefore + std::size_t{symbol} * DAYPACK_SYMBOL_COUNTER_COUNT));
    }
    // `histogram` is one of DAYPACK_HISTOGRAM_….
    [[nodiscard]] Histogram histogram(unsigned histogram) const noexcept;

    // The part in use: all but the slots of symbols to come. It is for set-up, which locks it or asks for huge pages.
    [[nodiscard]] std::span<std::byte> memory() const noexcept { return {mapping_.base(), in_use()}; }

    // For the keeper, which moves the segment to another file: it makes room, has the segment copied there, and changes
    // files while nobody writes.
    struct Room {
        ShmFile file;
        Mapping mapping;
        // Memory for the first `bytes`, present in this process. Throws std::runtime_error.
        void make_ready(std::size_t bytes) const;
    };
    [[nodiscard]] const std::string& instance() const noexcept { return instance_; }
    // Who may read it; files beside it are to have the same.
    [[nodiscard]] const ShmAccess& access() const noexcept { return access_; }
    [[nodiscard]] std::string path() const { return "/dev/shm/" + family_ + instance_; }
    // Returns whether the path leads to this segment.
    [[nodiscard]] bool is_named() const noexcept { return file_->is_at(path()); }
    // Returns whether that writer, which has the path, was there before this one, and is to be believed that.
    [[nodiscard]] bool yields_to(const LivingWriter& other) const noexcept;
    [[nodiscard]] Room make_room() const;  // throws std::runtime_error
    void copy_to(const Room& room) const noexcept;
    // Gives the new file the name, and goes on there; readers of the old one learn of it. Throws std::runtime_error:
    // then the segment stays where it is.
    void move_to(Room& room);

    // For the hand-over from one engine to the next: see HandOver.
    // Whether this object writes memory that no reader sees, although it is of a named instance.
    [[nodiscard]] bool is_private() const noexcept { return private_; }
    // Memory without a name for all that is in use.
    [[nodiscard]] Room make_private_room() const;  // throws std::runtime_error
    // Goes on in the file of `room`, which has this layout and all that is to be there, and returns the one that it
    // leaves. Throws std::runtime_error: then it stays where it is.
    [[nodiscard]] Room exchange(Room& room, bool to_private);
    // Names this process as the writer of another segment, of whatever layout.
    static void name_writer_of(daypack_header& header) noexcept;
    // What the writer of that segment had claimed and did not publish becomes records of kind none.
    static void mend_ring_of(daypack_header& header, daypack_record* ring, std::uint64_t ring_events) noexcept;
    void set_epoch(std::uint64_t epoch) noexcept { epoch_ = epoch; }
    // The bytes from the start of the segment to the end of the last slot in use.
    [[nodiscard]] std::size_t in_use() const noexcept;

    // Reads this segment from within its own process, whatever its name leads to. Only the functions that read what is
    // mapped (…_here) may be called with it, and whether the beat is late they do not see. Valid as long as this
    // object.
    [[nodiscard]] daypack_reader reader_here() const noexcept;

    // For the publisher and its parts.
    [[nodiscard]] daypack_header& header() const noexcept { return at<daypack_header>(0); }
    [[nodiscard]] daypack_slot& slot(SymbolIndex index) const noexcept {
        return at<daypack_slot>(layout_.slots + index * layout_.slot_bytes);
    }
    // Returns the image of a symbol, with memory for so many levels of each side; null where /dev/shm has none.
    // REQUIRES: layout().image_levels is not 0, nor less than either of them. Thread: control.
    [[nodiscard]] daypack_image* image(SymbolIndex index, std::size_t bids, std::size_t asks) const noexcept;
    [[nodiscard]] daypack_record* ring() const noexcept { return &at<daypack_record>(layout_.ring); }

  private:
    template <class T>
    [[nodiscard]] T& at(std::size_t offset) const noexcept {
        return *reinterpret_cast<T*>(mapping_.base() + offset);
    }
    [[nodiscard]] std::uint64_t* counters(std::size_t index) const noexcept {
        return &at<std::uint64_t>(layout_.counters + 8 * index);
    }
    [[nodiscard]] daypack_entry& entry(std::size_t index) const noexcept {
        return at<daypack_entry>(layout_.directory + index * sizeof(daypack_entry));
    }

    void acquire(const SegmentOptions& options);
    [[nodiscard]] bool is_like_ours(const ShmFile& file) const;
    void take_over(ShmFile file, const ShmAccess& access);
    void replace(const ShmFile& old, const std::string& path, const SegmentOptions& options);
    void make(const ShmAccess& access, const SegmentOptions& options);
    void touch_all(const SegmentOptions& options);
    void make_private(const SegmentOptions& options);
    void seed(const daypack_reader& old) noexcept;
    [[nodiscard]] int reserve_slot(std::size_t index) const noexcept;
    void blank_slot(std::size_t index, unsigned state, unsigned reason) noexcept;
    void mend_ring() noexcept;
    void begin_epoch(std::uint64_t epoch) noexcept;

    SegmentLayout layout_;
    bool named_;
    bool private_ = false;
    std::string family_;
    std::string instance_;
    ShmAccess access_;
    std::optional<ShmFile> file_;
    Mapping mapping_;
    std::uint64_t epoch_ = 0;
    std::vector<std::uint64_t> updates_before_;  // by symbol
};

}  // namespace daypack::core
