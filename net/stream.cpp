#include "net/stream.h"

namespace daypack {

void Stream::shut() noexcept {
    error_code ignored;  // the peer may have gone first
    socket().shutdown(Tcp::shutdown_send, ignored);
}

void Stream::close() noexcept {
    error_code ignored;
    socket().close(ignored);
}

void teardown(boost::beast::role_type, Stream& stream, boost::system::error_code& error) {
    stream.shut();
    error = {};
}

void beast_close_socket(Stream& stream) {
    stream.close();
}

}  // namespace daypack
