#include "tools/dflow/ending.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "formats/file.h"
#include "formats/printable.h"
#include "runtime/transfer/machine.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEnvironment = 4 << 20;

std::string executable_of(const std::string& process) {
  std::error_code unknown;
  std::string name = fs::read_symlink(process + "/exe", unknown).filename();
  constexpr std::string_view kReplaced = " (deleted)";  // it was built again
  if (name.ends_with(kReplaced)) name.erase(name.size() - kReplaced.size());
  return name;
}

/// Its environment says so, as it was when the process began.
bool is_worker_of(const std::string& process, std::uint16_t port) {
  const formats::Result<std::string> environment = formats::read_file(process + "/environ", kMostEnvironment);
  if (!environment) return false;
  const std::string variables = '\0' + environment.value(), end = ':' + std::to_string(port);
  const std::string_view name("\0DFLOW_WORKER=", 14);
  const std::size_t begin = variables.find(name);
  if (begin == std::string::npos) return false;
  const std::string address = variables.c_str() + begin + name.size();
  return address.ends_with(end);
}

bool ends_within(int handle, std::chrono::milliseconds most) {
  pollfd polled{.fd = handle, .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(0, most.count()))) == 1;
}

}  // namespace

std::string why_not_ended(std::int64_t pid, Part part, std::uint16_t port) {
  const std::string process = "/proc/" + std::to_string(pid);
  struct stat found {};
  if (::stat(process.c_str(), &found) != 0) return "nothing is known of it";
  if (found.st_uid != ::geteuid()) return "it is another user's";
  const std::string own = executable_of("/proc/self");
  if (part == Part::service) return executable_of(process) == own ? "" : text({"it does not run ", own});
  return is_worker_of(process, port) ? "" : "it was not started as a worker of this cluster";
}

Ending::~Ending() {
  for (const Process& process : processes_) ::close(process.handle);
}

void Ending::add(std::string_view name, std::int64_t pid, Part part, const std::string& machine) {
  if (pid <= 0 || pid > INT32_MAX || pid == ::getpid() || !transfer::same_numbers(machine, transfer::machine())) return;
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) return;  // it has ended
  processes_.push_back({.handle = handle,
                        .name = text({formats::printable(name), " (process ", std::to_string(pid), ")"}),
                        .why_not = why_not_ended(pid, part, port_)});
}

Ending::Outcome Ending::wait(std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() + most;
  Outcome outcome;
  for (const Process& process : processes_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (ends_within(process.handle, left)) continue;
    if (!process.why_not.empty()) {
      outcome.left.push_back(text({process.name, ": ", process.why_not}));
      continue;
    }
    ::syscall(SYS_pidfd_send_signal, process.handle, SIGKILL, nullptr, 0);
    (void)ends_within(process.handle, std::chrono::hours(24));
    ++outcome.killed;
  }
  return outcome;
}

}  // namespace dflow::tools
