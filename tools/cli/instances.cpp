// SPDX-License-Identifier: MIT
#include "tools/cli/instances.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <stdexcept>
#include <string>

#include "engine/shm/instances.h"
#include "engine/shm/shm_file.h"
#include "tools/term/json_line.h"
#include "tools/term/shm_text.h"
#include "tools/term/writer_life.h"

namespace daypack::core {
namespace {

using Json = nlohmann::ordered_json;

struct Instance {
    std::string name;
    WriterLife life;
    std::uint64_t pid = 0;
    std::size_t symbols = 0;
    std::size_t live = 0;
    std::uint64_t bytes = 0;  // of memory that is really taken
    std::string user;
    std::string trouble;  // why it cannot be read; empty: it can
    bool removed = false;
};

void look_at_file(Instance& instance) {
    struct stat file {};
    if (stat(("/dev/shm/daypack." + instance.name).c_str(), &file) != 0) return;
    instance.bytes = static_cast<std::uint64_t>(file.st_blocks) * 512;
    const passwd* const user = getpwuid(file.st_uid);
    instance.user = user != nullptr ? user->pw_name : std::to_string(file.st_uid);
}

Instance look_at(const std::string& name) {
    Instance instance;
    instance.name = name;
    look_at_file(instance);
    daypack_reader raw{};
    const int result = daypack_open(&raw, name.c_str());
    if (result == DAYPACK_OK) {
        instance.life = writer_life(raw);
        instance.pid = daypack_load(&daypack_head(&raw)->writer_pid);
        instance.symbols = daypack_symbols(&raw);
        for (std::uint32_t i = 0; i < instance.symbols; ++i) {
            daypack_top top{};
            if (daypack_read_top(&raw, static_cast<int>(i), &top) == DAYPACK_OK)
                instance.live += top.state == DAYPACK_STATE_LIVE;
        }
    } else {
        char words[256];
        instance.trouble = result == DAYPACK_NO_SEGMENT ? "of it only the file is left on which readers slept"
                                                        : escaped(daypack_explain(&raw, result, words, sizeof words));
        const auto writer = living_writer_at("/dev/shm/daypack." + name);
        instance.life.lives = writer.has_value();
        instance.life.word = writer ? "ALIVE" : "DEAD";
        instance.pid = writer ? writer->pid : 0;
    }
    daypack_close(&raw);
    return instance;
}

std::string json_of(const Instance& instance) {
    Json json{{"instance", instance.name}, {"writer", instance.life.word}, {"alive", instance.life.lives}};
    json["pid"] = instance.pid;
    json["user"] = instance.user;
    if (!instance.life.lives && instance.life.beat_ns != 0) json["since"] = utc_seconds(instance.life.beat_ns);
    json["uptime_s"] = instance.life.up_ns / 1'000'000'000;
    json["symbols"] = instance.symbols;
    json["live"] = instance.live;
    json["bytes"] = instance.bytes;
    if (!instance.trouble.empty()) json["why"] = instance.trouble;
    if (instance.removed) json["removed"] = true;
    return json_line(json);
}

std::string text_of(const Instance& instance) {
    std::string text = fmt::format("{:<16} {}  pid {}  user {}  ", escaped(instance.name), life_text(instance.life),
                                   instance.pid, instance.user.empty() ? "-" : escaped(instance.user));
    text += instance.trouble.empty() ? fmt::format("{} symbols, {} LIVE", instance.symbols, instance.live)
                                     : instance.trouble;
    text += fmt::format("  {:.1f} MiB", static_cast<double>(instance.bytes) / (1 << 20));
    return instance.removed ? text + "  removed" : text;
}

// Returns whether it is as it should be now.
bool clean(Instance& instance) {
    if (instance.life.lives) return true;
    try {
        const Removal removal = remove_instance(instance.name);
        instance.removed = removal == Removal::removed;
        if (removal == Removal::lives) instance = look_at(instance.name);  // it was started meanwhile
        return true;
    } catch (const std::runtime_error& error) {
        std::fprintf(stderr, "daypack: %s\n", error.what());
        return false;
    }
}

}  // namespace

int show_instances(const InstancesOptions& options, std::ostream& out) {
    bool whole = true;
    const auto names = instances_here();
    for (const std::string& name : names) {
        Instance instance = look_at(name);
        if (options.clean) whole = clean(instance) && whole;
        out << (options.json ? json_of(instance) : text_of(instance)) << '\n';
    }
    if (names.empty() && !options.json) out << "no instance is on this machine\n";
    return whole ? 0 : 1;
}

}  // namespace daypack::core
