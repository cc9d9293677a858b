#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace daypack {

enum class FrameKind : std::uint8_t {
    depth,
    trade,
    ticker,  // bookTicker: best bid and offer
    error,   // the venue refuses a request
    other,   // nothing that this engine follows
    bad,     // not readable
};

// What a frame is about, and whose.
struct Route {
    FrameKind channel = FrameKind::other;  // depth, trade, ticker or other
    std::string_view native;
};

// The venue's names of streams -> routes.
//
// Thread: any; never changes. Names of markets hold dots, so only whole known prefixes are taken off.
class Router {
  public:
    // `depth_stream`: the prefix of the depth streams that are followed; the other depth streams are `other`.
    explicit Router(std::string_view depth_stream) : depth_stream_(depth_stream) {}

    [[nodiscard]] Route of_stream(std::string_view stream) const noexcept;

    // For a frame without the name of a stream: by `e` and `s`.
    [[nodiscard]] static Route of_event(std::string_view event, std::string_view native) noexcept;

    // What `e` says in frames of the channel.
    [[nodiscard]] static std::string_view event_name(FrameKind channel) noexcept;

  private:
    std::string depth_stream_;
};

}  // namespace daypack
