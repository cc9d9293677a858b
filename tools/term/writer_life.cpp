// SPDX-License-Identifier: MIT
#include "tools/term/writer_life.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "engine/messages/log.h"
#include "net/base/clock.h"
#include "tools/term/shm_text.h"
#include "tools/term/terminal.h"

namespace daypack::core {

WriterLife writer_life(const daypack_reader& reader) {
    WriterLife life;
    life.word = writer_text(reader);
    life.lives = life.word != "STOPPED" && life.word != "RETIRED" && life.word != "DEAD";
    const std::int64_t now_ns = wall_now().ns;
    const std::int64_t age_ns = daypack_beat_age_ns(&reader);
    if (age_ns >= 0 && age_ns < now_ns) life.beat_ns = now_ns - age_ns;
    const auto start_ns = static_cast<std::int64_t>(daypack_load(&daypack_head(&reader)->writer_start_ns));
    const std::int64_t end_ns = life.lives ? now_ns : life.beat_ns;
    if (start_ns > 0 && end_ns > start_ns) life.up_ns = static_cast<std::uint64_t>(end_ns - start_ns);
    return life;
}

std::string utc_seconds(std::int64_t ns) {
    std::string text = utc_text(WallTime{ns});
    return text.substr(0, text.find('.')) + "Z";
}

std::string life_text(const WriterLife& life) {
    const std::string since = life.lives || life.beat_ns == 0 ? std::string() : " since " + utc_seconds(life.beat_ns);
    return fmt::format("{}{}  up {} s", life.word, since, life.up_ns / 1'000'000'000);
}

std::string death_notice(const std::string& instance, const WriterLife& life) {
    if (life.lives) return {};
    if (life.word == "RETIRED") {
        return fmt::format(
            "instance \"{}\" has another segment now, which cannot be opened: try again, or start it by `daypack run`",
            escaped(instance));
    }
    return fmt::format("instance \"{}\" is {}{}: start it again by `daypack run`", escaped(instance), life.word,
                       life.beat_ns == 0 ? std::string() : " since " + utc_seconds(life.beat_ns));
}

std::vector<SymbolIndex> followed_symbols(Reader& reader) {
    const bool lives = writer_life(reader.raw()).lives;
    std::vector<SymbolIndex> symbols;
    for (SymbolIndex i = 0; i < reader.symbols(); ++i) {
        const auto top = reader.top(i);
        if (!lives || !top || is_followed(*top)) symbols.push_back(i);
    }
    return symbols;
}

bool open_successor(Reader& reader) {
    using namespace std::chrono_literals;
    const auto end = std::chrono::steady_clock::now() + 500ms;
    while (daypack_load(&reader.header().phase) == DAYPACK_PHASE_RETIRED) {
        if (daypack_follow(&reader.raw()) != 0) return true;
        if (std::chrono::steady_clock::now() > end) break;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

void require_whole(const daypack_reader& reader) {
    struct stat file {};
    if (fstat(reader.fd, &file) != 0 || static_cast<std::uint64_t>(file.st_size) >= reader.bytes) return;
    throw std::runtime_error(std::string(kCutShort));
}

int exit_code_of(Reader& reader) {
    (void)open_successor(reader);
    const std::string notice = death_notice(reader.instance(), writer_life(reader.raw()));
    if (notice.empty()) return 0;
    std::fprintf(stderr, "daypack: %s\n", notice.c_str());
    return 1;
}

}  // namespace daypack::core
