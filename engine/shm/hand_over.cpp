// SPDX-License-Identifier: MIT
#include "engine/shm/hand_over.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

#include "engine/shm/atomic_words.h"
#include "engine/shm/start_guard.h"

namespace daypack::core {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kLook_ns = 20'000'000;       // between two looks at whether all books are there
constexpr std::int64_t kAnswer_ns = 2'000'000'000;  // an engine that can hand over has done so long before
constexpr std::int64_t kTell_ns = 60'000'000'000;
constexpr std::int64_t kDeaf_ns = 1'000'000'000;  // after a hand-over that nobody took
constexpr auto kPoll = 50us;
constexpr auto kGivenUp = 1500ms;  // an engine looks for its file each half second
constexpr auto kPatience = 200ms;  // for the book thread

[[nodiscard]] std::string number(std::size_t n) {
    return std::to_string(n);
}

[[nodiscard]] std::string ms_text(std::chrono::steady_clock::duration time) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    return std::to_string(us / 1000) + "." + std::to_string(us % 1000 / 100) + " ms";
}

// A reader of a segment that is mapped to be written; none where that is of another version, or none at all.
[[nodiscard]] std::optional<daypack_reader> reader_of(const ShmFile& file, const Mapping& mapping) noexcept {
    daypack_reader reader{};
    reader.fd = file.fd();
    reader.base = reinterpret_cast<const unsigned char*>(mapping.base());
    reader.bytes = file.size();
    const bool fits = reader.bytes >= sizeof(daypack_header) &&
                      load_relaxed(daypack_head(&reader)->magic) == DAYPACK_MAGIC && daypack_take_geometry(&reader);
    return fits ? std::optional(reader) : std::nullopt;
}

// Nobody asks for it: a symbol of another list, which keeps its place.
[[nodiscard]] bool is_not_followed(std::uint64_t status_word) noexcept {
    const daypack_status status = daypack_unpack_status(status_word);
    return status.state == DAYPACK_STATE_DOWN && status.reason == DAYPACK_REASON_stopped;
}

// What readers lose by the change, which nobody may have meant: empty where that is nothing.
[[nodiscard]] std::string dropped_words(const std::vector<std::string>& dropped) {
    constexpr std::size_t kNamed = 50;
    if (dropped.empty()) return {};
    std::string names;
    for (std::size_t i = 0; i < std::min(kNamed, dropped.size()); ++i) names += (i == 0 ? "" : " ") + dropped[i];
    if (dropped.size() > kNamed) names += " and " + number(dropped.size() - kNamed) + " more";
    return "warning: takeover drops=" + number(dropped.size()) + " symbols=\"" + names +
           "\" (the engine before follows them, and this configuration does not name them: readers see DOWN/stopped "
           "from now on; to keep them, add them to `symbols` and reload)";
}

// Why the engine that has the instance does not answer, and what helps.
[[nodiscard]] std::string silence_words(const std::string& path) {
    const auto rival = living_writer_at(path);
    if (!rival) return "the engine that had the instance has ended: its file is looked for";
    const std::string pid = std::to_string(rival->pid);
    const std::string who = "the engine that has the instance (pid " + pid + ") ";
    if (is_stopped(rival->pid)) {
        return who +
               "is stopped by a signal or a debugger, so it does not answer: this one waits until that one goes on "
               "(kill -CONT " +
               pid + ") or ends (kill -KILL " + pid + ")";
    }
    return who +
           "does not answer, so it is of a version that cannot hand over, or busy: this one waits, and takes over when "
           "that one ends";
}

// Takes the lock. Returns whether it is had, or only a reader's is in the way; a writer that lets go between the two
// questions is no reader.
[[nodiscard]] bool is_lockable(ShmFile& file) noexcept {
    return file.lock() || (!file.has_other_writer() && (file.lock() || !file.has_other_writer()));
}

void beat(daypack_header& header) noexcept {
    store_release(header.slept_ns, static_cast<std::uint64_t>(daypack_slept_ns()));
    store_release(header.beat_ns, static_cast<std::uint64_t>(daypack_monotonic_ns()));
}

}  // namespace

HandOver::Finding HandOver::check(MonoTime now, std::int64_t join_ms) {
    try {
        return segment_.is_private() ? succeed(now, join_ms) : make_way(now);
    } catch (const std::exception& error) {
        finish();
        deaf_until_ = now + kDeaf_ns;
        if (now - told_ < kTell_ns && told_.ns != 0) return {};
        told_ = now;
        return {Result::told, std::string("warning: takeover: ") + error.what() + "; it is tried again"};
    }
}

// ---- the new engine -------------------------------------------------------------------------------------------------

// What is HALTED, or not listed by the venue, is as far as it will come.
HandOver::Readiness HandOver::readiness_here() const noexcept {
    Readiness ready;
    for (std::size_t i = 0; i < segment_.symbols(); ++i) {
        const auto state = daypack_unpack_status(load_relaxed(segment_.slot(static_cast<SymbolIndex>(i)).status)).state;
        ready.live += std::size_t{state == DAYPACK_STATE_LIVE};
        ready.waiting += std::size_t{state == DAYPACK_STATE_SYNCING || state == DAYPACK_STATE_STALE ||
                                     state == DAYPACK_STATE_INVALID};
    }
    return ready;
}

HandOver::Readiness HandOver::readiness() const noexcept {
    Readiness ready = readiness_here();
    daypack_reader reader;
    if (daypack_open_as(&reader, segment_.instance().c_str(), geteuid()) != DAYPACK_OK) return ready;
    for (std::uint32_t i = 0; i < daypack_symbols(&reader); ++i) {
        daypack_top top;
        const bool read = daypack_read_top_here(&reader, static_cast<int>(i), &top) == DAYPACK_OK;
        ready.shown += std::size_t{read && top.state == DAYPACK_STATE_LIVE};
        if (i >= segment_.symbols() || is_not_followed(load_relaxed(daypack_slot_of(&reader, i)->status))) continue;
        const auto index = static_cast<SymbolIndex>(i);
        if (is_not_followed(load_relaxed(segment_.slot(index).status)))
            ready.dropped.emplace_back(segment_.native(index));
    }
    daypack_close(&reader);
    return ready;
}

HandOver::Finding HandOver::succeed(MonoTime now, std::int64_t join_ms) {
    if (now < deaf_until_) return {};
    if (request_) {
        const Finding found = try_lock();
        if (found.result != Result::in_order || now - asked_ < kAnswer_ns) return found;
        if (now - told_ < kTell_ns && told_ > asked_) return {};
        told_ = now;
        return {Result::told, "warning: takeover: " + silence_words(segment_.path())};
    }
    if (began_.ns == 0) began_ = now;
    if (now - looked_ < kLook_ns) return {};
    looked_ = now;
    const auto rival = living_writer_at(segment_.path());
    const Readiness ready = readiness();
    const bool late = now - began_ > join_ms * 1'000'000;
    const bool running = load_relaxed(segment_.header().phase) == DAYPACK_PHASE_RUNNING;
    const bool joined = running && ready.live != 0 && ready.waiting == 0;
    // Late, but never for a feed of which there is more than of this one.
    if (rival && !joined && !(late && ready.live != 0 && 2 * ready.live >= ready.shown)) return {};
    request_.emplace(segment_.instance());
    asked_ = now;
    const std::string joined_text = number(ready.live) + " books are LIVE after " +
                                    number(static_cast<std::size_t>((now - began_) / 1'000'000)) + " ms, " +
                                    number(ready.waiting) + " are not";
    const std::string warning = dropped_words(ready.dropped);
    if (!rival) return {Result::told, "takeover: the engine that had the instance has ended; " + joined_text, warning};
    return {Result::told,
            "takeover: " + joined_text + ": asks the engine with pid " + std::to_string(rival->pid) + " to hand over",
            warning};
}

// Whether the file is away for so long that no engine has the instance any more: one that lives would have made it
// again.
bool HandOver::is_given_up() noexcept {
    const bool is_absent = access(segment_.path().c_str(), F_OK) != 0 && errno == ENOENT;
    if (!is_absent) return false;
    if (!absent_since_) absent_since_ = Clock::now();
    return Clock::now() - *absent_since_ > kGivenUp;
}

// Looks for the lock for a round of the control thread.
HandOver::Finding HandOver::try_lock() {
    const auto end = Clock::now() + 5ms;
    while (!ending_) {
        if (!wanted_ || !wanted_->is_at(segment_.path())) wanted_ = ShmFile::open_unlocked(segment_.path());
        if (wanted_) absent_since_.reset();
        // A reader's lock in the way, or no file: then another file takes its place.
        if (wanted_ && is_lockable(*wanted_)) return arrive(*wanted_, Result::taken_over);
        if (Clock::now() < end) {
            std::this_thread::sleep_for(kPoll);
            continue;
        }
        if (wanted_) break;
        if (is_given_up()) {
            wanted_ = ShmFile::create_unnamed(segment_.access(), sizeof(daypack_header));
            return arrive(*wanted_, Result::taken_over);
        }
        throw std::runtime_error(segment_.path() + " was removed, or this user may not write it");
    }
    return {};
}

// Every symbol is to have the same place in both segments.
std::string HandOver::directory_fault(const daypack_reader& old) const {
    const std::size_t symbols = std::min<std::size_t>(daypack_symbols(&old), segment_.layout().max_symbols);
    for (std::size_t i = 0; i < symbols; ++i) {
        daypack_entry names;
        daypack_read_entry(&old, static_cast<std::uint32_t>(i), &names);
        if (i < segment_.symbols() && segment_.native(static_cast<SymbolIndex>(i)) == names.native) continue;
        return std::string("the engine before has listed ") + names.native + " meanwhile: start this one again";
    }
    return {};
}

// ---- whoever has the lock -------------------------------------------------------------------------------------------

// The guard keeps other starts away until this process is named as the writer, and the path leads to its file.
HandOver::Finding HandOver::arrive(ShmFile& file, Result result) {
    const auto begin = Clock::now();
    const StartGuard guard(segment_.instance());
    // Where somebody removed the file meanwhile, whoever has its lock makes another: nobody else would.
    const bool is_removed = access(segment_.path().c_str(), F_OK) != 0 && errno == ENOENT;
    if (!is_removed && !file.is_at(segment_.path())) {
        file.unlock();
        throw std::runtime_error(segment_.path() + " was replaced");
    }
    const bool is_segment = file.is_ours() && file.size() >= sizeof(daypack_header);
    const bool locked = file.is_locked();
    const std::size_t bytes = file.size();
    Mapping mapping = is_segment ? Mapping(file.fd(), bytes) : Mapping();
    auto* const head = reinterpret_cast<daypack_header*>(mapping.base());
    const auto old = is_segment ? reader_of(file, mapping) : std::nullopt;
    const std::int64_t unheard_ns = old ? daypack_beat_age_ns(&*old) : 0;
    if (locked && old) {
        beat(*head);  // what readers have is as good as a moment ago
        Segment::name_writer_of(*head);
        Segment::mend_ring_of(*head, reinterpret_cast<daypack_record*>(mapping.base() + old->ring_offset),
                              old->ring_events);
    }
    if (const std::string fault = old ? directory_fault(*old) : ""; !fault.empty()) {
        file.unlock();
        return {Result::lost, "takeover: " + fault};
    }
    const bool goes_on = !is_removed && locked && old && bytes == segment_.layout().bytes &&
                         segment_.layout().describes(*head) && load_relaxed(head->phase) != DAYPACK_PHASE_RETIRED;
    Segment::Room room = goes_on ? Segment::Room{std::move(file), std::move(mapping)} : segment_.make_room();
    if (goes_on) room.make_ready(segment_.in_use());
    BookCarrier::Target target{.base = room.mapping.base(), .is_new = !goes_on};
    if (head != nullptr) {
        target.epoch = load_relaxed(head->epoch);
        target.position = load_relaxed(head->claimed);
    }
    carrier_.prepare(target, old ? &*old : nullptr);
    caught_up_by_ = Clock::now() + kCatchUp;
    if (!is_done(Stage::arrive, locked ? head : nullptr)) throw std::runtime_error("the book thread is busy");
    if (!goes_on) {
        room.file.replace(segment_.path());
        if (head != nullptr) store_release(head->phase, DAYPACK_PHASE_RETIRED);  // readers now open the path
    }
    const Segment::Room left = segment_.exchange(room, false);
    segment_.set_epoch(target.epoch + 1);
    finish();
    request_.reset();
    wanted_.reset();
    return {result, "takeover: epoch " + std::to_string(segment_.epoch()) + (goes_on ? "" : " of a new segment") +
                        ", " + number(readiness_here().live) + " books LIVE, " + number(behind().size()) +
                        " joined again; from the last beat of the engine before to the lock " +
                        ms_text(std::chrono::nanoseconds(unheard_ns)) + ", and to the books " +
                        ms_text(Clock::now() - begin) + " more"};
}

// Has the book thread do its part. False: it did not come by.
bool HandOver::is_done(Stage what, daypack_header* beating) {
    const auto end = Clock::now() + kPatience;
    stage_.store(what, std::memory_order_release);
    while (stage_.load(std::memory_order_acquire) != Stage::done) {
        if (beating != nullptr) beat(*beating);
        Stage asked = what;
        if (Clock::now() > end && stage_.compare_exchange_strong(asked, Stage::still)) return false;
        std::this_thread::sleep_for(kPoll);
    }
    return true;
}

void HandOver::finish() noexcept {
    stage_.store(Stage::still, std::memory_order_release);
    stage_.notify_one();
}

bool HandOver::is_up_to_date() const noexcept {
    return load_relaxed(segment_.header().phase) == DAYPACK_PHASE_RUNNING && carrier_.has_caught_up();
}

bool HandOver::step() noexcept {
    Stage stage = stage_.load(std::memory_order_acquire);
    if (stage == Stage::arrive && !is_up_to_date() && Clock::now() < caught_up_by_) return false;
    if (stage != Stage::leave && stage != Stage::arrive) return false;
    const bool leaves = stage == Stage::leave;
    if (!stage_.compare_exchange_strong(stage, Stage::working)) return false;
    if (leaves) {
        copy_books_to(*room_);
    } else {
        carrier_.carry();
    }
    stage_.store(Stage::done, std::memory_order_release);
    while (stage_.load(std::memory_order_acquire) == Stage::done) stage_.wait(Stage::done, std::memory_order_acquire);
    return true;
}

// ---- the old engine -------------------------------------------------------------------------------------------------

// All but the ring: its records stay where readers have them, and its positions go on.
void HandOver::copy_books_to(const Segment::Room& room) const noexcept {
    const auto* const from = reinterpret_cast<const std::uint64_t*>(&segment_.header());
    auto* const to = reinterpret_cast<std::uint64_t*>(room.mapping.base());
    const SegmentLayout& layout = segment_.layout();
    for (std::size_t i = 0; i < layout.ring / 8; ++i) store_relaxed(to[i], load_relaxed(from[i]));
    for (std::size_t i = layout.slots / 8; i < segment_.in_use() / 8; ++i) store_relaxed(to[i], load_relaxed(from[i]));
}

HandOver::Finding HandOver::make_way(MonoTime now) {
    if (now < deaf_until_) return {};
    const pid_t asker = TakeoverRequest::asked_by(segment_.instance());
    if (asker == 0) return {};
    Segment::Room room = segment_.make_private_room();
    room.make_ready(segment_.in_use());
    room_ = &room;
    carrier_.note_leave();
    if (!is_done(Stage::leave, nullptr)) throw std::runtime_error("the book thread is busy");
    Segment::Room left = segment_.exchange(room, true);
    finish();
    const Finding found = see_off(left, asker);
    if (found.result == Result::told) deaf_until_ = MonoTime{now.ns + kDeaf_ns};
    return found;
}

// Waits until another engine has the instance and has kept it for a while, or takes it back.
HandOver::Finding HandOver::see_off(Segment::Room& left, pid_t asker) {
    const auto& head = *reinterpret_cast<const daypack_header*>(left.mapping.base());
    const std::uint64_t epoch = load_relaxed(head.epoch);
    const auto begin = Clock::now();
    std::optional<Clock::time_point> gone;
    left.file.unlock();
    // Whether an engine that lives has put its own file in the place of this one.
    const auto is_followed = [&] { return !left.file.is_at(segment_.path()) && living_writer_at(segment_.path()); };
    const Finding handed_over{Result::handed_over, "handed over to the engine with pid " + std::to_string(asker) +
                                                       ", which goes on from here: this one ends"};
    for (;;) {
        const auto now = Clock::now();
        const bool followed = is_followed();
        if (!gone && (followed || load_relaxed(head.epoch) != epoch)) gone = now;
        if (gone && (ending_ || now - *gone > kStay)) return handed_over;
        const bool may_take = gone || now - begin > kGrace || TakeoverRequest::asked_by(segment_.instance()) == 0;
        if (may_take && !followed && is_lockable(left.file)) {
            if (is_followed()) {  // since the look above
                left.file.unlock();
                continue;
            }
            try {
                Finding found = arrive(left.file, Result::told);
                found.words += "; the engine with pid " + std::to_string(asker) +
                               " asked for the instance and did not keep it, so this one goes on";
                return found;
            } catch (const std::exception&) {
                if (!is_followed()) throw;  // else the other one was there first: it has the instance, and keeps it
            }
        }
        if (ending_ && now - begin > kPatience) return handed_over;  // the other one has the lock
        std::this_thread::sleep_for(kPoll);
    }
}

}  // namespace daypack::core
