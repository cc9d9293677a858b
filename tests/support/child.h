// SPDX-License-Identifier: MIT
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace daypack::core::test {

// What failed in a child process, and where, as one sentence for its report. (clang 14 has no std::source_location.)
[[nodiscard]] inline std::string failed(const std::string& what, const char* file = __builtin_FILE(),
                                        int line = __builtin_LINE()) {
    return std::string(file) + ":" + std::to_string(line) + ": " + what;
}

// A child process that runs a function. The two talk in bytes while it runs; what went wrong in the child comes to the
// parent as a sentence, since an assertion of the child alone would fail no test.
//
// Thread: the one that constructs it. Invariant: the process does not outlive this object.
class Child {
  public:
    // What the child has of the connection.
    class Line {
      public:
        Line(int in, int out) : in_(in), out_(out) {}
        void tell(char byte) const { [[maybe_unused]] const auto written = write(out_, &byte, 1); }
        // Waits for a byte; 0 when the other end is gone.
        [[nodiscard]] char hear() const {
            char byte = 0;
            return read(in_, &byte, 1) == 1 ? byte : '\0';
        }
        // Whether a byte is there already.
        [[nodiscard]] bool heard() const {
            const int flags = fcntl(in_, F_GETFL);
            fcntl(in_, F_SETFL, flags | O_NONBLOCK);
            char byte = 0;
            const bool there = read(in_, &byte, 1) == 1;
            fcntl(in_, F_SETFL, flags);
            return there;
        }

      private:
        int in_, out_;
    };

    // `body` takes a Line. It returns what failed, as failed() puts it, and empty where nothing did; or it returns
    // nothing, or the exit code that the test asks for by wait(). What it throws is reported, too.
    template <class Body>
    explicit Child(Body body) {
        int down[2], up[2], report[2];
        if (pipe(down) != 0 || pipe(up) != 0 || pipe(report) != 0) {
            throw std::runtime_error(std::string("no pipe to a child process: ") + std::strerror(errno));
        }
        pid_ = fork();
        if (pid_ == 0) {
            close(down[1]);
            close(up[0]);
            close(report[0]);
            _exit(run(body, Line(down[0], up[1]), report[1]));
        }
        for (const int end : {down[0], up[1], report[1]}) close(end);
        in_ = up[0];
        out_ = down[1];
        report_ = report[0];
    }
    ~Child() {
        if (pid_ > 0) kill(pid_, SIGKILL);
        (void)wait();
        for (const int end : {in_, out_, report_}) close(end);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    [[nodiscard]] Line line() const { return {in_, out_}; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const { kill(pid_, number); }
    // Whether it has ended; its failure can be asked for all the same.
    [[nodiscard]] bool ended() const {
        siginfo_t info{};
        return pid_ <= 0 ||
               (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0);
    }
    // Waits for its end. Its exit code, or -signal that killed it.
    int wait() {
        if (pid_ <= 0) return code_;
        char bytes[256];
        for (ssize_t size = 0; (size = read(report_, bytes, sizeof bytes)) > 0;) {
            said_.append(bytes, static_cast<std::size_t>(size));
        }
        int status = 0;
        waitpid(pid_, &status, 0);
        pid_ = -1;
        code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        return code_;
    }
    // Waits for its end. What went wrong in it, as a sentence; empty: nothing did.
    [[nodiscard]] std::string failure() {
        const int code = wait();
        if (!said_.empty() || code == 0) return said_;
        if (code > 0) return "the child ended with exit code " + std::to_string(code);
        return std::string("the child was ended by a signal: ") + strsignal(-code);
    }

  private:
    template <class Body>
    static int run(Body& body, const Line& line, int report) {
        std::string said;
        try {
            using Result = std::invoke_result_t<Body&, const Line&>;
            if constexpr (std::is_void_v<Result>) {
                body(line);
            } else if constexpr (std::is_convertible_v<Result, int>) {
                return body(line);
            } else {
                said = body(line);
            }
        } catch (const std::exception& error) {
            said = std::string("the child threw: ") + error.what();
        }
        [[maybe_unused]] const auto written = write(report, said.data(), said.size());
        return said.empty() ? 0 : 1;
    }

    pid_t pid_ = -1;
    int in_ = -1;
    int out_ = -1;
    int report_ = -1;
    int code_ = -1;
    std::string said_;
};

}  // namespace daypack::core::test
