// SPDX-License-Identifier: MIT
// Any bytes as a recording: up to the first zero byte the snapshot, behind it the frames.
#include "tools/sim/market/replay.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace daypack::core;

namespace {

// A folder for the recording, gone with the program.
struct Folder {
    const std::filesystem::path path = "/dev/shm/daypack_fuzz_" + std::to_string(getpid());
    Folder() { std::filesystem::create_directory(path); }
    ~Folder() { std::filesystem::remove_all(path); }
};

void require(bool promise) {
    if (!promise) std::abort();
}

bool counts(const std::vector<sim::Change>& changes) {
    for (const sim::Change& change : changes) {
        if (change.price < 0 || change.quantity < 0) return false;
    }
    return true;
}

// Plays it to the end; `renumbered`: as after a restart, from the second event on.
void play(const std::string& path, bool renumbered) {
    sim::Replay replay(path);
    const sim::Book book = replay.start_book();
    for (const auto* side : {&book.bids, &book.asks}) {
        for (const auto& [price, quantity] : *side) require(price >= 0 && quantity > 0);
    }
    replay.begin(0);
    sim::Event event;
    std::int64_t due_ns = 0;
    std::uint64_t u = replay.start_u();
    for (int i = 0; replay.next(event); ++i) {
        require(event.due_ns >= due_ns);
        due_ns = event.due_ns;
        require(event.frame.find('\n') == std::string::npos);
        if (event.channel == sim::Channel::trade) require(event.trade.price >= 0 && event.trade.quantity >= 0);
        if (event.channel == sim::Channel::depth) {
            require(counts(event.changes));
            require(event.first_u <= u + 1 || renumbered);
            if (!renumbered) require(event.u > u);
            u = event.u;
        }
        if (renumbered && i == 0) replay.renumber(30);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Folder folder;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(text.find('\0'), text.size());
    const std::string frames = folder.path / "frames.ndjson";
    std::ofstream(folder.path / "snapshot.json") << text.substr(0, end);
    std::ofstream(frames) << (end < text.size() ? text.substr(end + 1) : "");
    for (const bool renumbered : {false, true}) {
        try {
            play(frames, renumbered);
        } catch (const std::runtime_error&) {  // refused in words
            break;
        }
    }
    return 0;
}
