#include "tools/dflow/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "formats/file.h"
#include "tools/dflow/subprocess.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

using formats::Error;
using formats::Result;

/// Between fork and exec: only what may be called there.
[[noreturn]] void become(char** arguments, int log) {
  ::setsid();
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(log, 1);
  ::dup2(log, 2);
  ::close_range(3, ~0U, 0);
  ::execv("/proc/self/exe", arguments);
  ::_exit(127);
}

}  // namespace

Result<Daemon> Daemon::start(const std::vector<std::string>& arguments, const std::string& log) {
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return Error{text({log, ": ", std::strerror(errno)})};
  std::vector<std::string> words{"dflow"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int pid = ::fork();
  if (pid == 0) become(pointers.data(), file);
  const int problem = errno;
  ::close(file);
  if (pid < 0) return Error{text({"no process can be started: ", std::strerror(problem)})};
  return Daemon(pid, log);
}

Daemon::~Daemon() {
  if (pid_ <= 0) return;
  constexpr int kToEnd = 5000;  // milliseconds: it cleans up behind itself
  ::kill(pid_, SIGTERM);
  pollfd process{.fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), .events = POLLIN, .revents = 0};
  if (::poll(&process, 1, kToEnd) != 1) ::kill(pid_, SIGKILL);
  ::close(process.fd);
  ::waitpid(pid_, nullptr, 0);
}

std::string Daemon::ended() {
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return "";
  pid_ = 0;
  const Result<std::string> said = formats::read_file(log_, 1 << 20);
  const std::string how = WIFSIGNALED(status) ? describe_signal(WTERMSIG(status))
                                              : "exit code " + std::to_string(WEXITSTATUS(status));
  return how + (said && !said.value().empty() ? ": " + said.value() : "");
}

}  // namespace dflow::tools
