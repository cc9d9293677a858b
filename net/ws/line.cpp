// SPDX-License-Identifier: MIT
#include "net/ws/line.h"

#include <algorithm>
#include <limits>
#include <random>
#include <unordered_set>
#include <utility>

#include "net/base/backoff.h"
#include "net/base/clock.h"
#include "net/base/retry_after.h"
#include "net/base/time_units.h"
#include "net/transport/connector.h"
#include "net/ws/web_socket.h"

namespace daypack::core {

namespace {

[[nodiscard]] std::string_view bytes_of(const std::uint64_t& number) noexcept {
    return {reinterpret_cast<const char*>(&number), sizeof number};
}

}  // namespace

class Line::Impl final : public WebSocketListener, public std::enable_shared_from_this<Impl> {
  public:
    Impl(boost::asio::io_context& io, LineOptions options, LineListener& listener)
        : options_(std::move(options)),
          listener_(listener),
          connector_(io, options_.tls),
          random_(std::random_device{}()) {
        connector_.come_from(options_.local_address);
    }

    void start() {
        if (state_ == State::idle) connect();
    }
    PollResult do_work(MonoTime now);
    void wake_on_bytes() {
        if (socket_) socket_->wake_on_bytes();
    }
    void stop();
    void abandon() noexcept;

    void subscribe(const std::vector<std::string>& streams);
    void unsubscribe(const std::vector<std::string>& streams);
    void replace(std::string_view why);
    void catch_up(MonoTime now);
    void resume();

    [[nodiscard]] bool catching_up() const noexcept { return catching_up_; }
    [[nodiscard]] bool up() const noexcept { return state_ == State::up; }
    [[nodiscard]] bool needs_io() const noexcept { return state_ == State::connecting || state_ == State::opening; }
    [[nodiscard]] bool stopped() const noexcept { return state_ == State::stopped; }
    [[nodiscard]] bool held() const noexcept { return socket_ && socket_->held(); }
    [[nodiscard]] const LineOptions& options() const noexcept { return options_; }
    [[nodiscard]] const LineStats& stats() const noexcept { return stats_; }

  private:
    enum class State : std::uint8_t { idle, waiting, connecting, opening, subscribing, up, stopping, stopped };

    void on_open() override;
    bool on_frame(std::string_view frame, const ReceiveTimes& received) override;
    void on_pong(std::string_view payload) override;
    void on_ping() override { ++stats_.asked; }
    void on_sent() override;
    void on_end(const WebSocketEnd& end) override;

    [[nodiscard]] const Url& url() const noexcept { return options_.urls[url_]; }
    [[nodiscard]] bool open() const noexcept { return state_ == State::subscribing || state_ == State::up; }
    void connect();
    void on_connected(std::unique_ptr<Stream> stream, const std::string& why);
    void send(std::string_view method, const std::vector<std::string>& streams);
    bool ping();
    void come_up();
    void go_down(const std::string& why, std::int64_t delay_ms_min = 0);
    void finish() noexcept;
    void watch(MonoTime now);

    LineOptions options_;
    LineListener& listener_;
    Connector connector_;
    std::unique_ptr<WebSocket> socket_;
    std::minstd_rand random_;
    State state_ = State::idle;
    std::vector<std::string> wanted_;  // in the order in which they were asked for
    std::size_t url_ = 0;
    std::uint32_t tries_ = 0;       // that failed since a frame was last delivered
    bool delivered_ = false;        // a frame, over this connection
    MonoTime due_;                  // waiting: to connect; opening: to give up; stopping: to be gone
    std::int64_t patience_ms_ = 0;  // opening: until then
    MonoTime next_ping_;
    // Who may answer several pings by one pong (RFC 6455, 5.5.3) answers the last: while a pong is waited for, the
    // usual pings are like the one that it belongs to.
    bool catching_up_ = false;
    std::uint64_t catch_up_ping_ = 0;  // the payload of it, which no ping before had
    bool catch_up_owed_ = false;       // that ping had no room yet
    MonoTime catch_up_since_;
    MonoTime resumed_;  // silence is not counted from before: the window was closed by us
    LineStats stats_;
};

PollResult Line::Impl::do_work(MonoTime now) {
    switch (state_) {
        case State::waiting:
            if (now - due_ >= 0) connect();
            return PollResult::idle;
        case State::opening:
            if (now - due_ >= 0) {
                connector_.silent();
                go_down(url().name() + ": no answer to the WebSocket upgrade within " + std::to_string(patience_ms_) +
                        " ms");
            }
            return PollResult::idle;
        case State::subscribing:
        case State::up: {
            const PollResult found = socket_->do_work(now);
            if (open()) watch(now);
            return found;
        }
        case State::stopping: {
            const PollResult found = socket_->do_work(now);
            if (state_ == State::stopping && now - due_ >= 0) finish();
            return found;
        }
        case State::idle:
        case State::connecting:
        case State::stopped: break;
    }
    return PollResult::idle;
}

void Line::Impl::connect() {
    state_ = State::connecting;
    delivered_ = false;
    connector_.connect(url(), options_.line_dead_ms, options_.index,
                       [this](std::unique_ptr<Stream> stream, const std::string& why) {  // not after connector_ is gone
                           on_connected(std::move(stream), why);
                       });
}

void Line::Impl::on_connected(std::unique_ptr<Stream> stream, const std::string& why) {
    if (!stream) return go_down(why);
    if (options_.kernel_times) stream->keep_kernel_times();
    state_ = State::opening;
    socket_ = std::make_unique<WebSocket>(std::move(stream), url(), options_.frame_bytes_max, *this);
    socket_->open();
    patience_ms_ = options_.line_dead_ms;
    if (const auto trial = connector_.trial()) patience_ms_ = std::min<std::int64_t>(patience_ms_, trial->count());
    due_ = mono_now() + ms_to_ns(patience_ms_);
}

void Line::Impl::on_open() {
    state_ = State::subscribing;
    connector_.answered();
    resumed_ = mono_now();
    next_ping_ = resumed_ + ms_to_ns(options_.ping_interval_ms);
    if (wanted_.empty()) return come_up();
    send("SUBSCRIBE", wanted_);
}

void Line::Impl::send(std::string_view method, const std::vector<std::string>& streams) {
    for (const std::string& frame : options_.stream_frames(method, streams)) socket_->send(frame);
}

void Line::Impl::on_sent() {
    if (state_ == State::subscribing) come_up();
}

void Line::Impl::come_up() {
    state_ = State::up;
    listener_.on_up();
}

bool Line::Impl::on_frame(std::string_view frame, const ReceiveTimes& received) {
    if (state_ == State::stopping) return true;
    stats_.last_receive = received.in_hand;
    if (!listener_.on_frame(frame, received)) return false;
    ++stats_.frames;
    stats_.bytes += frame.size();
    delivered_ = true;
    tries_ = 0;
    return true;
}

void Line::Impl::on_pong(std::string_view payload) {
    ++stats_.pongs;
    stats_.last_receive = mono_now();
    if (catching_up_ && payload == bytes_of(catch_up_ping_)) catching_up_ = false;
}

void Line::Impl::on_end(const WebSocketEnd& end) {
    if (state_ == State::stopping) return finish();
    const bool refused = end.http_status == 429 || end.blocked;
    const std::int64_t pause_ms = s_to_ms(end.retry_after_s.value_or(refused ? kTooManyRequests_s : 0));
    if (!open()) connector_.failed();  // another address of the host may do
    go_down(url().name() + ": " + end.why, pause_ms);
}

void Line::Impl::go_down(const std::string& why, std::int64_t delay_ms_min) {
    connector_.cancel();
    socket_.reset();
    catching_up_ = catch_up_owed_ = false;  // what it held is gone with it
    state_ = State::waiting;
    ++stats_.failures;
    if (tries_ < std::numeric_limits<std::uint32_t>::max()) ++tries_;
    url_ = delivered_ ? 0 : (url_ + 1) % options_.urls.size();
    due_ = mono_now() + ms_to_ns(std::max(drawn_delay_ms(tries_, random_), delay_ms_min));
    listener_.on_down(why);
}

// Pings when that is due, and looks for death: by the last byte, so that a frame in pieces is life, and by the pong
// that is to stand behind old frames, so that old ones are not waited for without end.
void Line::Impl::watch(MonoTime now) {
    if (held()) resumed_ = now;  // nothing can arrive where nothing is read
    const std::int64_t silent_ns = std::min(now - socket_->last_byte(), now - resumed_);
    if (silent_ns >= ms_to_ns(options_.line_dead_ms)) {
        if (!delivered_) connector_.silent();
        return go_down(url().name() + ": dead: no byte for " + std::to_string(ns_to_ms(silent_ns)) + " ms");
    }
    if (catching_up_ && !held() && now - catch_up_since_ >= ms_to_ns(options_.line_dead_ms)) {
        return go_down(url().name() + ": dead: no pong to a ping for " + std::to_string(options_.line_dead_ms) + " ms");
    }
    if (catch_up_owed_) (void)ping();
    if (options_.ping_interval_ms > 0 && now - next_ping_ >= 0) {
        (void)ping();
        next_ping_ = now + ms_to_ns(options_.ping_interval_ms);
    }
}

bool Line::Impl::ping() {
    if (!socket_->ping(catching_up_ ? bytes_of(catch_up_ping_) : std::string_view{})) return false;
    ++stats_.pings;
    catch_up_owed_ = false;
    return true;
}

void Line::Impl::catch_up(MonoTime now) {
    if (!open()) return;
    catching_up_ = true;
    catch_up_since_ = now;
    ++catch_up_ping_;
    catch_up_owed_ = !ping();
}

void Line::Impl::subscribe(const std::vector<std::string>& streams) {
    std::unordered_set<std::string_view> known(wanted_.begin(), wanted_.end());
    std::vector<std::string> fresh;
    for (const std::string& stream : streams) {
        if (known.insert(stream).second) fresh.push_back(stream);
    }
    wanted_.insert(wanted_.end(), fresh.begin(), fresh.end());
    if (open()) send("SUBSCRIBE", fresh);
}

void Line::Impl::unsubscribe(const std::vector<std::string>& streams) {
    const std::unordered_set<std::string_view> unwanted(streams.begin(), streams.end());
    std::vector<std::string> gone;
    std::erase_if(wanted_, [&](const std::string& stream) {
        if (!unwanted.contains(stream)) return false;
        gone.push_back(stream);
        return true;
    });
    if (open()) send("UNSUBSCRIBE", gone);
}

void Line::Impl::replace(std::string_view why) {
    if (!up()) return;
    delivered_ = false;  // what it sent was of no use: go_down() is to try the next URL, not the preferred one again
    connector_.failed();
    go_down(url().name() + ": " + std::string(why));
}

void Line::Impl::resume() {
    if (!held()) return;
    resumed_ = mono_now();
    socket_->resume();
}

void Line::Impl::stop() {
    if (state_ == State::stopping || state_ == State::stopped) return;
    if (!open()) return finish();
    state_ = State::stopping;
    socket_->close();
    due_ = mono_now() + ms_to_ns(kStopMax_ms);
}

void Line::Impl::finish() noexcept {
    abandon();
    state_ = State::stopped;
}

void Line::Impl::abandon() noexcept {
    connector_.cancel();
    socket_.reset();
}

Line::Line(boost::asio::io_context& io, LineOptions options, LineListener& listener)
    : impl_(std::make_shared<Impl>(io, std::move(options), listener)) {}
Line::~Line() {
    impl_->abandon();
}

void Line::start() {
    impl_->start();
}
PollResult Line::do_work(MonoTime now) {
    return impl_->do_work(now);
}
bool Line::needs_io() const noexcept {
    return impl_->needs_io();
}
void Line::wake_on_bytes() {
    impl_->wake_on_bytes();
}
void Line::stop() {
    impl_->stop();
}
bool Line::stopped() const noexcept {
    return impl_->stopped();
}
void Line::subscribe(const std::vector<std::string>& streams) {
    impl_->subscribe(streams);
}
void Line::unsubscribe(const std::vector<std::string>& streams) {
    impl_->unsubscribe(streams);
}
void Line::replace(std::string_view why) {
    impl_->replace(why);
}
void Line::catch_up(MonoTime now) {
    impl_->catch_up(now);
}
bool Line::catching_up() const noexcept {
    return impl_->catching_up();
}
void Line::resume() {
    impl_->resume();
}
bool Line::held() const noexcept {
    return impl_->held();
}
LineIndex Line::index() const noexcept {
    return impl_->options().index;
}
bool Line::up() const noexcept {
    return impl_->up();
}
const LineStats& Line::stats() const noexcept {
    return impl_->stats();
}

}  // namespace daypack::core
