// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace daypack::core::selfcheck {

// Writes a recorded flow, compressed, as `daypack sim --replay` reads it. A line begins with its time, in ns since
// 1970:
//
//   <time> market {"symbol":"SOL_USDC","tick":"0.01","step":"0.01"}     of each market, before all else
//   <time> #<line> <frame>                                              as it came over that line
//   <time> rest {"target":"/api/v1/depth?symbol=SOL_USDC",…,"body":"…"}  when the answer came
//   <time> event {…}                                                    of a line: up, down and why
//
// Thread: one. Invariant: the times never fall.
class RecordingFile {
  public:
    // Throws std::runtime_error where the file cannot be made.
    explicit RecordingFile(const std::string& path);
    ~RecordingFile();
    RecordingFile(const RecordingFile&) = delete;
    RecordingFile& operator=(const RecordingFile&) = delete;

    void frame(std::int64_t time_ns, unsigned line, std::string_view frame);
    // `word`: market, rest or event; `json`: one line.
    void note(std::int64_t time_ns, std::string_view word, std::string_view json);
    // Throws std::runtime_error where not all of it could be written, as on a full disk.
    void finish();
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

  private:
    void line(std::int64_t time_ns, const std::string& head, std::string_view text);

    std::string path_;
    void* file_;
    std::int64_t last_ns_ = 0;
    std::uint64_t bytes_ = 0;  // before compression
    bool whole_ = true;
};

}  // namespace daypack::core::selfcheck
