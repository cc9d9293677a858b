// SPDX-License-Identifier: MIT
#include "tools/selfcheck/recording_file.h"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace daypack::core::selfcheck {

RecordingFile::RecordingFile(const std::string& path) : path_(path), file_(gzopen(path.c_str(), "wb6")) {
    if (file_ == nullptr) throw std::runtime_error("cannot write " + path + "; name another with --out");
}

RecordingFile::~RecordingFile() {
    if (file_ != nullptr) gzclose(static_cast<gzFile>(file_));
}

void RecordingFile::frame(std::int64_t time_ns, unsigned line_index, std::string_view frame) {
    line(time_ns, "#" + std::to_string(line_index), frame);
}

void RecordingFile::note(std::int64_t time_ns, std::string_view word, std::string_view json) {
    line(time_ns, std::string(word), json);
}

// What would end the line early stands as a blank: it is not JSON anyway, or white space in it.
void RecordingFile::line(std::int64_t time_ns, const std::string& head, std::string_view text) {
    last_ns_ = std::max(last_ns_, time_ns);
    std::string all = std::to_string(last_ns_) + " " + head + " ";
    const std::size_t from = all.size();
    all += text;
    std::replace_if(
        all.begin() + static_cast<std::ptrdiff_t>(from), all.end(), [](char c) { return c == '\n' || c == '\0'; }, ' ');
    all += '\n';
    bytes_ += all.size();
    const auto size = static_cast<unsigned>(all.size());
    whole_ = gzwrite(static_cast<gzFile>(file_), all.data(), size) == static_cast<int>(size) && whole_;
}

void RecordingFile::finish() {
    if (gzclose(static_cast<gzFile>(std::exchange(file_, nullptr))) != Z_OK) whole_ = false;
    if (!whole_) throw std::runtime_error("cannot write " + path_ + "; see that there is room");
}

}  // namespace daypack::core::selfcheck
