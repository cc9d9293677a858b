// Any bytes as a recording: up to the first zero byte the snapshot, behind it the frames.
#include "tools/sim/replay.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace daypack;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::string folder = [] {
        const std::string path = "/dev/shm/daypack_fuzz_" + std::to_string(getpid());
        std::filesystem::create_directory(path);
        return path;
    }();
    const std::string text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(text.find('\0'), text.size());
    std::ofstream(folder + "/snapshot.json") << text.substr(0, end);
    std::ofstream(folder + "/frames.ndjson") << (end < text.size() ? text.substr(end + 1) : "");
    try {
        sim::Replay replay(folder + "/frames.ndjson");
        (void)replay.start_book();
        replay.begin(0);
        sim::Event event;
        std::int64_t due_ns = 0;
        while (replay.next(event)) {
            if (event.due_ns < due_ns) std::abort();
            due_ns = event.due_ns;
        }
    } catch (const std::runtime_error&) {  // refused in words
    }
    return 0;
}
