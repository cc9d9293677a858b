// SPDX-License-Identifier: MIT
#include "bench/system/program.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace daypack::core::bench {
namespace {

constexpr std::chrono::seconds kPatience{5};

[[noreturn]] void become(const std::vector<std::string>& arguments, const std::string& output, pid_t parent) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);  // it was gone before that was said
    const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0) _exit(1);
    std::string program = "daypack";
    std::vector<std::string> texts = arguments;
    std::vector<char*> argv{program.data()};
    for (std::string& text : texts) argv.push_back(text.data());
    argv.push_back(nullptr);
    execv("/proc/self/exe", argv.data());
    _exit(1);
}

}  // namespace

ScratchFolder::ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "daypack_bench.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("the bench cannot make a temporary folder: " + name);
    path_ = name;
}

ScratchFolder::~ScratchFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
}

Program::Program(const std::vector<std::string>& arguments, std::string output)
    : output_(std::move(output)), name_(arguments.empty() ? "" : arguments.front()) {
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ == 0) become(arguments, output_, parent);
    if (pid_ < 0) throw std::runtime_error("the bench cannot start `daypack " + name_ + "` as a process of its own");
}

Program::~Program() {
    if (pid_ < 0) return;
    (void)kill(pid_, SIGTERM);
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (waitpid(pid_, nullptr, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > end) (void)kill(pid_, SIGKILL);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

std::string Program::printed() const {
    std::ifstream file(output_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void Program::expect_running() {
    if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0) return;
    pid_ = -1;
    throw std::runtime_error("the bench's `daypack " + name_ + "` has ended: " + printed());
}

}  // namespace daypack::core::bench
