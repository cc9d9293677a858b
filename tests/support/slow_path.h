// SPDX-License-Identifier: MIT
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

namespace daypack::core {

// A TCP port between an exchange and a program. It takes what the exchange sends at once, and passes it on slowly, or
// not at all while it is held. So the data that a program has not read yet lies outside of its own sockets, as behind a
// full TCP window.
//
// Thread: one of its own; hold() and release() may be called from any.
class SlowPath {
  public:
    explicit SlowPath(std::uint16_t exchange_port)
        : exchange_(boost::asio::ip::address_v4::loopback(), exchange_port),
          acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~SlowPath() {
        io_.stop();
        thread_.join();
    }
    SlowPath(const SlowPath&) = delete;
    SlowPath& operator=(const SlowPath&) = delete;

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    void hold() noexcept { held_ = true; }
    void release() noexcept { held_ = false; }

  private:
    using Tcp = boost::asio::ip::tcp;
    using Error = boost::system::error_code;
    static constexpr std::size_t kBytesAMs = 2'000;

    struct Connection : std::enable_shared_from_this<Connection> {
        Connection(SlowPath& path) : path(path), program(path.io_), exchange(path.io_), tick(path.io_) {}

        void start() {
            Error error;
            exchange.connect(path.exchange_, error);
            if (error) return;
            for (Tcp::socket* socket : {&program, &exchange}) socket->set_option(Tcp::no_delay(true));
            take_from_exchange();
            take_from_program();
            go_on();
        }
        void end() {
            Error ignored;
            program.close(ignored);
            exchange.close(ignored);
        }
        void take_from_exchange() {
            exchange.async_read_some(boost::asio::buffer(down),
                                     [self = shared_from_this()](const Error& error, std::size_t size) {
                                         if (error) return self->end();
                                         self->under_way.append(self->down.data(), size);
                                         self->take_from_exchange();
                                     });
        }
        void take_from_program() {
            program.async_read_some(
                boost::asio::buffer(up), [self = shared_from_this()](const Error& error, std::size_t size) {
                    if (error) return self->end();
                    boost::asio::async_write(self->exchange, boost::asio::buffer(self->up.data(), size),
                                             [self](const Error& failed, std::size_t) {
                                                 if (failed) return self->end();
                                                 self->take_from_program();
                                             });
                });
        }
        void go_on() {
            tick.expires_after(std::chrono::milliseconds(1));
            tick.async_wait([self = shared_from_this()](const Error& error) {
                if (error || !self->program.is_open()) return;
                const std::size_t size = self->path.held_ ? 0 : std::min(self->under_way.size(), kBytesAMs);
                if (size == 0) return self->go_on();
                self->sending.assign(self->under_way, 0, size);
                self->under_way.erase(0, size);
                boost::asio::async_write(self->program, boost::asio::buffer(self->sending),
                                         [self](const Error& failed, std::size_t) {
                                             if (failed) return self->end();
                                             self->go_on();
                                         });
            });
        }

        SlowPath& path;
        Tcp::socket program;
        Tcp::socket exchange;
        boost::asio::steady_timer tick;
        std::array<char, 65'536> down{};
        std::array<char, 65'536> up{};
        std::string under_way;
        std::string sending;
    };

    void accept() {
        auto connection = std::make_shared<Connection>(*this);
        acceptor_.async_accept(connection->program, [this, connection](const Error& error) {
            if (error) return;
            connection->start();
            accept();
        });
    }

    boost::asio::io_context io_;
    Tcp::endpoint exchange_;
    Tcp::acceptor acceptor_;
    std::atomic<bool> held_{false};
    std::thread thread_;
};

}  // namespace daypack::core
