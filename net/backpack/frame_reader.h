// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "book/result.h"
#include "net/backpack/frame_fields.h"

namespace daypack::core {

// Finds the fields of one frame in its JSON, in any order of keys; keys it does not know are read over.
//
// Thread: its net thread. No allocation after construction.
// Accepts only JSON: whatever it delivers, a strict parser that is slow and obvious would deliver too.
class FrameReader {
  public:
    FrameReader(std::size_t max_frame_bytes, std::size_t max_levels);
    ~FrameReader();
    FrameReader(const FrameReader&) = delete;
    FrameReader& operator=(const FrameReader&) = delete;

    // The views in `text` live as long as the frame's bytes and until the next read. Errors: malformed, too_many.
    // REQUIRES: Decoder::kPadding readable bytes behind the frame.
    [[nodiscard]] Errc read(std::string_view frame, FrameFields& text) noexcept;

  private:
    struct Parser;  // keeps simdjson out of this header
    std::unique_ptr<Parser> parser_;
    std::size_t max_frame_bytes_;
    std::vector<LevelText> levels_;  // room for the levels of one frame
};

}  // namespace daypack::core
