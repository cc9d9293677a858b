// SPDX-License-Identifier: MIT
// An engine inside of somebody else's program: after each update it prints the book that its callback is shown, as
// `daypack cat --json` does, from its update id on.
//
//     embedded CONFIG.yaml INSTANCE      until a line comes from standard input, or its end
#include <cstddef>
#include <cstdio>
#include <daypack/engine.hpp>
#include <exception>
#include <string>

namespace {

constexpr std::size_t kLevels = 64;

std::string side(const char* name, const daypack::Levels& levels, const daypack::Units& units) {
    std::string text = std::string("\"") + name + "\":[";
    std::size_t count = 0;
    for (const daypack::Level level : levels) {
        if (count == kLevels) break;
        text += (count++ == 0 ? "[\"" : ",[\"") + units.price_text(level.price) + "\",\"" +
                units.quantity_text(level.quantity) + "\"]";
    }
    return text + "]";
}

class Printer : public daypack::Handler {
  public:
    void on_book(const daypack::BookUpdate& book) noexcept override {
        if (!book.live()) return;
        const std::string line = "\"u\":" + std::to_string(book.u()) + " " + side("bids", book.bids(), book.units()) +
                                 " " + side("asks", book.asks(), book.units());
        std::puts(line.c_str());
        std::fflush(stdout);
    }
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    try {
        daypack::Config config = daypack::load_config(argv[1]);
        config.instance = argv[2];
        Printer printer;
        daypack::Engine engine(config, printer);
        engine.start();
        (void)std::getchar();
        engine.stop();
        return engine.error() == daypack::ErrorCode::none ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
