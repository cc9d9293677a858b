// SPDX-License-Identifier: MIT
// The core of a market maker, on callbacks of an engine in this process: daypack::engine. It sends no order; it prints
// what it would quote. daypack::engine links wolfSSL, which is under the GPL.
//
//     market_maker CONFIG.yaml SYMBOL SECONDS
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <daypack/engine.hpp>
#include <exception>
#include <string>
#include <thread>

namespace {

class Maker : public daypack::Handler {
  public:
    // On the engine's book thread: short, and without allocation, locks or output where it counts.
    void on_book(const daypack::BookUpdate& book) noexcept override {
        if (!book.live()) {  // nothing else may be traded on
            quoted_ = false;
            return;
        }
        changes_ += book.changes().size();
        const auto bid = book.best_bid();
        const auto ask = book.best_ask();
        if (!bid || !ask) return;
        // Leans away from the side that is about to be eaten up, and never crosses the book.
        const std::int64_t lean = book.imbalance(5) > 0.5 ? 1 : book.imbalance(5) < -0.5 ? -1 : 0;
        bid_ = bid->price + (lean < 0 ? -1 : 0);
        ask_ = ask->price + (lean > 0 ? 1 : 0);
        u_ = book.u();
        microprice_ = book.microprice();
        units_ = book.units();
        quoted_ = true;
        ++quotes_;
    }
    void on_trade(const daypack::Trade&) noexcept override { ++trades_; }
    void on_line(const daypack::LineStatus& line) noexcept override {
        std::printf("line %u %s\n", line.line, line.up ? "up" : "down");
    }
    void on_error(const daypack::Error& error) noexcept override {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(error.text.size()), error.text.data());
    }

    // Once the engine has stopped.
    bool report() const {
        if (quotes_ == 0) return false;
        std::printf("quotes %llu, changes %llu, trades %llu\n", quotes_, changes_, trades_);
        std::printf("last at u=%llu: bid %s, ask %s, microprice %.4f\n", static_cast<unsigned long long>(u_),
                    units_.price_text(bid_).c_str(), units_.price_text(ask_).c_str(), microprice_);
        return true;
    }

  private:
    bool quoted_ = false;
    std::int64_t bid_ = 0;
    std::int64_t ask_ = 0;
    std::uint64_t u_ = 0;
    double microprice_ = 0;
    daypack::Units units_;
    unsigned long long quotes_ = 0;
    unsigned long long changes_ = 0;
    unsigned long long trades_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: market_maker CONFIG.yaml SYMBOL SECONDS\n", stderr);
        return 2;
    }
    try {
        daypack::Config config = daypack::load_config(argv[1]);
        config.symbols = {argv[2]};
        config.shared_memory = false;  // nobody else reads along
        Maker maker;
        daypack::Engine engine(config, maker);
        engine.start();
        if (!engine.wait_live(std::chrono::seconds(30))) {
            std::fprintf(stderr, "no book within 30 s %s\n", engine.error_text().c_str());
            return 1;
        }
        std::this_thread::sleep_for(std::chrono::seconds(std::atoi(argv[3])));
        engine.stop();  // no callback after this
        return maker.report() ? 0 : 1;
    } catch (const std::exception& error) {  // ConfigError among them: what is wrong, and what to do
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
