// SPDX-License-Identifier: MIT
#include "engine/shm/segment.h"

#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/shm/atomic_words.h"
#include "engine/shm/build_id.h"
#include "engine/shm/clock_quality.h"
#include "engine/shm/packed_words.h"
#include "engine/shm/seqlock.h"
#include "engine/shm/shm_limits.h"
#include "engine/shm/start_guard.h"

namespace daypack::core {
namespace {

constexpr std::size_t kPage = 4096;

[[nodiscard]] std::uint64_t wall_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// As much of a text as a field of `bytes` holds with its final zero.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t bytes) noexcept {
    return text.substr(0, bytes - 1);
}

// Stores a name into a zero-padded field, word by word.
void store_name(char* field, std::size_t bytes, std::string_view name) noexcept {
    for (std::size_t i = 0; i < bytes; i += 8) {
        std::uint64_t word = 0;
        if (i < name.size()) std::memcpy(&word, name.data() + i, std::min<std::size_t>(8, name.size() - i));
        store_relaxed(*reinterpret_cast<std::uint64_t*>(field + i), word);
    }
}

void clear_words(std::uint64_t* words, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) store_relaxed(words[i], std::uint64_t{0});
}

[[nodiscard]] std::string_view name_of(const char* field) noexcept {
    return {field, strnlen(field, DAYPACK_NAME_BYTES)};
}

// Page faults now rather than at the first update.
void populate(void* base, std::size_t bytes) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(base);
    const auto from = address / kPage * kPage;
#ifdef MADV_POPULATE_WRITE
    if (madvise(reinterpret_cast<void*>(from), address + bytes - from, MADV_POPULATE_WRITE) == 0) return;
#endif
    // A kernel before 5.14: a write that changes nothing, to each page.
    for (auto page = from; page < address + bytes; page += kPage) {
        __atomic_fetch_or(reinterpret_cast<std::uint64_t*>(page), std::uint64_t{0}, __ATOMIC_RELAXED);
    }
}

void check_range(const char* name, std::size_t value, std::int64_t min, std::int64_t max) {
    if (value >= static_cast<std::size_t>(min) && value <= static_cast<std::size_t>(max)) return;
    throw std::runtime_error(std::string(name) + ": choose " + std::to_string(min) + " to " + std::to_string(max));
}

[[nodiscard]] const SegmentOptions& checked(const SegmentOptions& options) {
    const std::string fault = instance_fault(options.instance);
    if (!fault.empty()) throw std::runtime_error("instance \"" + options.instance + "\" " + fault);
    check_range("depth", options.depth, 1, kMaxDepth);
    check_range("max_symbols", options.max_symbols, 1, kMaxSymbols);
    check_range("ring_events", options.ring_events, kMinRingEvents, kMaxRingEvents);
    check_range("image_levels", options.image_levels, 0, kMaxImageLevels);
    if ((options.mode & ~mode_t{0644}) != 0) {
        throw std::runtime_error(
            "shm_mode: the owner alone may write the segment, and nobody execute it; choose 0600, 0640 or 0644");
    }
    return options;
}

[[nodiscard]] std::string no_room_text(std::size_t bytes, int error, bool named) {
    if (!named) {
        return "no memory for " + std::to_string((bytes >> 10) + 1) + " KiB (" + std::strerror(error) +
               "): free some, or lower depth";
    }
    return "/dev/shm has no room for " + std::to_string((bytes >> 10) + 1) + " KiB (" + std::strerror(error) +
           "): free some, make it larger (mount -o remount,size=... /dev/shm), or lower depth";
}

// Whether an engine that lives has the instance. Where no file has the name, one may have it all the same: it makes its
// file again within half a second of its removal, which takes the guard, so this must not hold that.
[[nodiscard]] bool is_held(const std::string& path) {
    constexpr std::chrono::milliseconds kMadeAgain{800};
    const auto end = std::chrono::steady_clock::now() + kMadeAgain;
    for (;;) {
        if (living_writer_at(path)) return true;
        const bool is_absent = ::access(path.c_str(), F_OK) != 0 && errno == ENOENT;
        if (!is_absent || std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

// What is done at once between two questions whether to go on: some milliseconds.
constexpr std::size_t kStep = std::size_t{32} << 20;

void ask_whether_to_go_on(const SegmentOptions& options) {
    if (options.gives_up && options.gives_up()) throw SegmentGivenUp();
}

[[noreturn]] void no_room(std::size_t bytes, int error, bool named) {
    throw std::runtime_error(no_room_text(bytes, error, named) + ", max_symbols or ring_events");
}

}  // namespace

Segment::Segment(const SegmentOptions& options)
    : layout_(checked(options).depth, options.max_symbols, options.ring_events, options.image_levels),
      named_(options.named),
      family_(options.family),
      instance_(options.instance),
      access_{options.mode, options.group} {
    acquire(options);
    touch_all(options);
}

// Given up, it is left as an engine leaves it that has ended.
void Segment::touch_all(const SegmentOptions& options) {
    try {
        const std::size_t bytes = in_use();
        for (std::size_t at = 0; at < bytes; at += kStep) {
            ask_whether_to_go_on(options);
            populate(mapping_.base() + at, std::min(kStep, bytes - at));
        }
    } catch (const SegmentGivenUp&) {
        stop();
        throw;
    }
}

// Two engines that start at once come through here one after the other. Whoever is the first locks the file, or names
// one; a file that it cannot lock although no writer lives it replaces, since nobody else may do so meanwhile.
void Segment::acquire(const SegmentOptions& options) {
    if (!named_) {
        make({}, options);
        begin_epoch(1);
        return;
    }
    const std::string path = this->path();
    const bool another = options.takeover && is_held(path);
    const StartGuard guard(options.instance);
    if (another && living_writer_at(path) && ShmFile::open_unlocked(path)) return make_private(options);
    const ShmAccess access{options.mode, options.group};
    for (;;) {
        auto old = ShmFile::open_locked(path, options.instance);
        if (!old) {
            make(access, options);
            begin_epoch(1);
            if (file_->link(path)) return;
        } else if (old->is_locked() && is_like_ours(*old)) {
            return take_over(std::move(*old), access);
        } else {
            return replace(*old, path, options);
        }
    }
}

bool Segment::is_like_ours(const ShmFile& file) const {
    if (!file.is_ours() || file.size() != layout_.bytes) return false;
    const Mapping mapping(file.fd(), layout_.bytes);
    const auto& head = *reinterpret_cast<const daypack_header*>(mapping.base());
    return load_relaxed(head.magic) == DAYPACK_MAGIC && layout_.describes(head) &&
           load_relaxed(head.symbols) <= layout_.max_symbols && load_relaxed(head.phase) != DAYPACK_PHASE_RETIRED;
}

void Segment::take_over(ShmFile file, const ShmAccess& access) {
    file.set_access(access);
    mapping_ = Mapping(file.fd(), layout_.bytes);
    file_ = std::move(file);
    const std::size_t used = symbols();
    if (const int error = file_->reserve(0, in_use()); error != 0) no_room(in_use(), error, named_);
    epoch_ = load_relaxed(header().epoch) + 1;
    store_relaxed(header().phase, std::uint64_t{DAYPACK_PHASE_STARTING});
    for (std::size_t i = 0; i < used; ++i) blank_slot(i, DAYPACK_STATE_SYNCING, DAYPACK_REASON_start);
    for (std::size_t i = 0; i < used; ++i) {
        updates_before_.push_back(symbol_counters(static_cast<SymbolIndex>(i)).get(DAYPACK_SYMBOL_updates));
    }
    mend_ring();
    store_relaxed(header().lines, std::uint64_t{0});
    clear_words(counters(0), layout_.counter_words());
    clear_words(&at<std::uint64_t>(layout_.histograms), layout_.histogram_words());
    begin_epoch(epoch_);
}

// The lock on the old one, where it can be had, is held until the new one stands in its place.
void Segment::replace(const ShmFile& old, const std::string& path, const SegmentOptions& options) {
    make({options.mode, options.group}, options);
    std::uint64_t epoch = 1;
    // A stranger's is not mapped: it could shrink under our hands.
    const bool readable = old.is_ours() && old.size() >= sizeof(daypack_header);
    const Mapping mapping = readable ? Mapping(old.fd(), sizeof(daypack_header)) : Mapping();
    auto* head = reinterpret_cast<daypack_header*>(mapping.base());
    const bool segment = readable && load_relaxed(head->magic) == DAYPACK_MAGIC;
    if (segment) {  // where epoch and phase stand is the same in every version
        epoch = load_relaxed(head->epoch) + 1;
        epoch_ = epoch;
        daypack_reader reader{};
        const bool has_books = options.family == SegmentOptions{}.family;
        if (has_books && daypack_open_as(&reader, options.instance.c_str(), geteuid()) == DAYPACK_OK) seed(reader);
        daypack_close(&reader);
    }
    begin_epoch(epoch);
    file_->replace(path);
    if (segment) store_release(head->phase, DAYPACK_PHASE_RETIRED);  // readers now open the path, and find the new one
}

void Segment::make(const ShmAccess& access, const SegmentOptions& options) {
    file_ = named_ ? ShmFile::create_unnamed(access, layout_.bytes) : ShmFile::create_anonymous(layout_.bytes);
    for (std::size_t at = 0; at < layout_.slots; at += kStep) {
        ask_whether_to_go_on(options);
        const int error = file_->reserve(at, std::min(kStep, layout_.slots - at));
        if (error != 0) no_room(layout_.slots, error, named_);
    }
    mapping_ = Mapping(file_->fd(), layout_.bytes);
    layout_.describe(header());
    store_relaxed(header().phase, std::uint64_t{DAYPACK_PHASE_STARTING});
}

// The symbols of the segment before, in their order, what it counted of them, and its ring's positions.
void Segment::seed(const daypack_reader& old) noexcept {
    const std::size_t kept = std::min<std::size_t>(daypack_symbols(&old), layout_.max_symbols);
    for (std::size_t i = 0; i < kept; ++i) {
        daypack_entry names;
        daypack_read_entry(&old, static_cast<std::uint32_t>(i), &names);
        if (!add_symbol(names.symbol, names.native)) break;
        updates_before_.push_back(daypack_symbol_counter(&old, static_cast<unsigned>(i), DAYPACK_SYMBOL_updates));
    }
    const std::uint64_t position = load_relaxed(daypack_head(&old)->claimed);
    store_relaxed(header().claimed, position);
    store_relaxed(header().published, position);
}

// What the writer before had claimed and did not publish becomes records of kind none.
void Segment::mend_ring() noexcept {
    mend_ring_of(header(), ring(), layout_.ring_events);
}

void Segment::mend_ring_of(daypack_header& header, daypack_record* ring, std::uint64_t ring_events) noexcept {
    const std::uint64_t claimed = load_relaxed(header.claimed);
    const std::uint64_t published = load_relaxed(header.published);
    const std::uint64_t lost = std::min<std::uint64_t>(claimed - published, ring_events);
    for (std::uint64_t position = claimed - lost; position != claimed; ++position) {
        clear_words(&ring[position & (ring_events - 1)].head, sizeof(daypack_record) / 8);
    }
    store_release(header.published, claimed);  // pairs with the acquire of `published` in the reader
}

// All that readers rely on is in place when the new epoch shows; the beat, stored last, lets them believe it.
void Segment::begin_epoch(std::uint64_t epoch) noexcept {
    epoch_ = epoch;
    auto& head = header();
    name_writer();
    store_relaxed(head.writer_start_ns, wall_ns());
    store_relaxed(head.beat_stale_ns, std::uint64_t{DAYPACK_BEAT_STALE_NS});
    write_clock(head);
    store_relaxed(head.phase, std::uint64_t{DAYPACK_PHASE_STARTING});
    store_relaxed(head.threads, std::uint64_t{0});  // until the engine tells
    store_release(head.epoch, epoch);
    store_release(head.slept_ns, static_cast<std::uint64_t>(daypack_slept_ns()));
    store_release(head.beat_ns, static_cast<std::uint64_t>(daypack_monotonic_ns()));
    store_release(head.magic, DAYPACK_MAGIC);  // pairs with the acquire in daypack_map
}

void Segment::name_writer() noexcept {
    name_writer_of(header());
}

void Segment::name_writer_of(daypack_header& head) noexcept {
    const auto pid = static_cast<std::uint64_t>(getpid());
    std::uint64_t start_ticks = 0;
    if (daypack_read_process(pid, &start_ticks) != 1) start_ticks = 0;
    store_relaxed(head.writer_pid, pid);
    store_relaxed(head.writer_start_ticks, start_ticks);
    store_relaxed(head.writer_namespaces, daypack_namespaces());
    utsname machine{};
    if (uname(&machine) != 0) machine.nodename[0] = '\0';
    store_name(head.writer_host, DAYPACK_HOST_BYTES, cut(machine.nodename, DAYPACK_HOST_BYTES));
    store_name(head.writer_version, DAYPACK_VERSION_BYTES, cut(build_version(), DAYPACK_VERSION_BYTES));
    store_name(head.writer_commit, DAYPACK_COMMIT_BYTES, cut(build_commit(), DAYPACK_COMMIT_BYTES));
}

int Segment::reserve_slot(std::size_t index) const noexcept {
    const std::size_t offset = layout_.slots + index * layout_.slot_bytes;
    if (const int error = file_->reserve(offset, layout_.slot_bytes); error != 0) return error;
    populate(mapping_.base() + offset, layout_.slot_bytes);
    return 0;
}

// Reserved each time: the file may be another one since the last.
daypack_image* Segment::image(SymbolIndex index, std::size_t bids, std::size_t asks) const noexcept {
    const std::size_t offset = layout_.images + index * layout_.image_bytes;
    const std::size_t behind_bids = offset + sizeof(daypack_image) + layout_.image_levels * sizeof(daypack_level);
    if (file_->reserve(offset, sizeof(daypack_image) + bids * sizeof(daypack_level)) != 0) return nullptr;
    if (asks != 0 && file_->reserve(behind_bids, asks * sizeof(daypack_level)) != 0) return nullptr;
    return &at<daypack_image>(offset);
}

void Segment::blank_slot(std::size_t index, unsigned state, unsigned reason) noexcept {
    auto& slot = this->slot(static_cast<SymbolIndex>(index));
    const SeqlockWrite write(slot);
    clear_words(&slot.u, sizeof slot / 8 - 1);
    store_relaxed(slot.status, status_word(epoch_, state, reason, 0));
}

std::size_t Segment::in_use() const noexcept {
    return layout_.slots + symbols() * layout_.slot_bytes;
}

std::size_t Segment::symbols() const noexcept {
    return load_relaxed(header().symbols);
}

std::string_view Segment::symbol(SymbolIndex index) const noexcept {
    return name_of(entry(index).symbol);
}

std::string_view Segment::native(SymbolIndex index) const noexcept {
    return name_of(entry(index).native);
}

std::optional<SymbolIndex> Segment::add_symbol(std::string_view symbol, std::string_view native) noexcept {
    const std::size_t count = symbols();
    for (std::size_t i = 0; i < count; ++i) {
        const auto index = static_cast<SymbolIndex>(i);
        if (this->native(index) == native) return index;
    }
    if (count == layout_.max_symbols || symbol.size() >= DAYPACK_NAME_BYTES || native.size() >= DAYPACK_NAME_BYTES ||
        reserve_slot(count) != 0) {
        return std::nullopt;
    }
    store_name(entry(count).symbol, DAYPACK_NAME_BYTES, symbol);
    store_name(entry(count).native, DAYPACK_NAME_BYTES, native);
    blank_slot(count, DAYPACK_STATE_SYNCING, DAYPACK_REASON_start);
    store_release(header().symbols, count + 1);  // pairs with the acquire in daypack_symbols
    return static_cast<SymbolIndex>(count);
}

std::string Segment::why_left_out(std::string_view symbol, std::string_view native) const {
    if (std::max(symbol.size(), native.size()) >= DAYPACK_NAME_BYTES) {
        return "its name is longer than shared memory can hold, " + std::to_string(DAYPACK_NAME_BYTES - 1) + " bytes";
    }
    if (symbols() == layout_.max_symbols) {
        return "no room in shared memory, where symbols of engines before keep their places: raise max_symbols, which "
               "makes a new segment";
    }
    return no_room_text(layout_.slot_bytes, ENOSPC, named_);
}

std::optional<LineIndex> Segment::add_line(std::string_view host) noexcept {
    const auto line = load_relaxed(header().lines);
    if (line >= DAYPACK_MAX_LINES) return std::nullopt;
    auto& entry = at<daypack_line_entry>(layout_.lines + line * sizeof(daypack_line_entry));
    store_name(entry.host, DAYPACK_HOST_BYTES, cut(host, DAYPACK_HOST_BYTES));
    store_release(header().lines, line + 1);  // pairs with the acquire in daypack_lines
    return static_cast<LineIndex>(line);
}

// Only the engine's own user and root are believed: whoever else squats the name of a segment does not end an engine.
bool Segment::yields_to(const LivingWriter& other) const noexcept {
    if (other.user != geteuid() && other.user != 0) return false;
    const auto& head = header();
    return std::pair(other.start_ns, other.pid) <
           std::pair(load_relaxed(head.writer_start_ns), load_relaxed(head.writer_pid));
}

daypack_reader Segment::reader_here() const noexcept {
    daypack_reader reader{};
    reader.fd = -1;
    reader.base = reinterpret_cast<const unsigned char*>(mapping_.base());
    reader.bytes = layout_.bytes;
    (void)daypack_take_geometry(&reader);  // of our own making
    reader.beat_stale_ns = INT64_MAX;
    return reader;
}

Segment::Room Segment::make_room() const {
    Room room{ShmFile::create_unnamed(access_, layout_.bytes), {}};
    if (const int error = room.file.reserve(0, in_use()); error != 0) no_room(in_use(), error, named_);
    room.mapping = Mapping(room.file.fd(), layout_.bytes);
    populate(room.mapping.base(), in_use());
    return room;
}

// What other threads add to their counters until the files are changed is lost; their gauges are set again.
void Segment::copy_to(const Room& room) const noexcept {
    const auto* from = &at<std::uint64_t>(0);
    auto* to = reinterpret_cast<std::uint64_t*>(room.mapping.base());
    for (std::size_t i = 0; i < in_use() / 8; ++i) store_relaxed(to[i], load_relaxed(from[i]));
}

void Segment::move_to(Room& room) {
    const Mapping old(file_->fd(), sizeof(daypack_header));
    if (!room.file.link(path())) room.file.replace(path());
    mapping_.become(room.mapping);
    std::swap(*file_, room.file);
    auto& head = *reinterpret_cast<daypack_header*>(old.base());
    store_release(head.phase, DAYPACK_PHASE_RETIRED);  // readers now open the path, and find the new one
}

void Segment::set_status(SymbolIndex symbol, unsigned state, unsigned reason, std::uint16_t flags) noexcept {
    auto& slot = this->slot(symbol);
    const SeqlockWrite write(slot);
    store_relaxed(slot.status, status_word(epoch_, state, reason, flags));
}

void Segment::allow_beat_of(std::int64_t stale_ns) noexcept {
    store_relaxed(header().beat_stale_ns, stale_ns);
}

void Segment::stop() noexcept {
    for (std::size_t i = 0; i < symbols(); ++i) blank_slot(i, DAYPACK_STATE_DOWN, DAYPACK_REASON_stopped);
    store_release(header().phase, DAYPACK_PHASE_STOPPED);
}

Histogram Segment::histogram(unsigned histogram) const noexcept {
    return Histogram(&at<std::uint64_t>(layout_.histograms + 8u * histogram * DAYPACK_HISTOGRAM_BUCKETS));
}

}  // namespace daypack::core
