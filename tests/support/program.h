// SPDX-License-Identifier: MIT
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace daypack::core {

// A run of the program `daypack` as a process of its own, with its output in two files.
class Program {
  public:
    // `prepare`: called in the new process before it becomes the program, with its output already in place.
    Program(const std::string& folder, const std::string& name, std::vector<std::string> arguments,
            const std::function<void()>& prepare = {})
        : out_(folder + "/" + name + ".out"), err_(folder + "/" + name + ".err") {
        arguments.insert(arguments.begin(), DAYPACK_PROGRAM);
        std::vector<char*> argv;
        for (auto& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        pid_ = fork();
        if (pid_ != 0) return;
        for (const char* const name :
             {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}) {
            unsetenv(name);
        }
        unsetenv("BACKPACK_KEY");
        unsetenv("BACKPACK_SECRET");
        redirect("/dev/null", O_RDONLY, STDIN_FILENO);
        redirect(out_, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
        redirect(err_, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
        if (prepare) prepare();
        close_range(STDERR_FILENO + 1, ~0U, 0);  // sockets of this process, which would stay open with the other one
        if (chdir(folder.c_str()) == 0) execv(argv[0], argv.data());
        dprintf(STDERR_FILENO, "the test cannot start %s in %s: %s\n", argv[0], folder.c_str(), strerror(errno));
        _exit(127);
    }
    ~Program() {
        if (pid_ > 0) {
            kill(pid_, SIGKILL);
            (void)wait();
        }
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    [[nodiscard]] int pid() const { return pid_; }
    void signal(int number) const { kill(pid_, number); }
    // Waits for the end. Returns the exit code, or 128 + the signal that ended it.
    int wait() {
        if (pid_ > 0) {
            int status = 0;
            while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
            }
            pid_ = 0;
            code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return code_;
    }
    [[nodiscard]] bool ended() {
        int status = 0;
        if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = 0;
            code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        return pid_ == 0;
    }
    [[nodiscard]] std::string out() const { return text_of(out_); }
    [[nodiscard]] std::string err() const { return text_of(err_); }

  private:
    static void redirect(const std::string& path, int flags, int to) {
        const int fd = open(path.c_str(), flags, 0600);
        if (fd >= 0) dup2(fd, to);
    }
    static std::string text_of(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::string out_;
    std::string err_;
    pid_t pid_ = -1;
    int code_ = -1;
};

}  // namespace daypack::core
