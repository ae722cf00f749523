#include "runtime/local/report.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <sstream>

#include "runtime/local/engine.h"
#include "runtime/local/names.h"

namespace dflow::local {

namespace {

std::atomic<int> report_pipe{-1};  // all that a signal handler may touch

void on_quit(int) {
  const int saved = errno;
  const int fd = report_pipe.load();
  if (fd >= 0) [[maybe_unused]] const ssize_t written = ::write(fd, "r", 1);
  errno = saved;
}

std::string running_on(const ThreadState& thread) {
  const std::type_info* type = thread.shown_type.load(std::memory_order_relaxed);
  if (!type) return "";
  const void* where = thread.shown_where.load(std::memory_order_relaxed);
  const bool address = thread.shown_address.load(std::memory_order_relaxed);
  const auto* site = address ? nullptr : static_cast<const detail::Site*>(where);
  std::string text = shown_name(site, *type, nullptr);
  if (site) text += " submitted at " + std::string(site->file) + ":" + std::to_string(site->line);
  else if (where) text += " submitted in " + symbol_at(where);
  return text;
}

}  // namespace

std::string Report::text(Engine& engine) {
  std::ostringstream out;
  out << "dflow: who waits for whom\n";
  for (std::size_t i = 0; i < threads_table().count(); ++i) {
    const std::string task = running_on(*threads_table().at(i));
    if (!task.empty()) out << "  thread " << i << " runs " << task << '\n';
  }
  bool any = false;
  engine.watchers().for_each([&](Node& node, Watcher& watcher) {
    any = true;
    out << "  " << (watcher.waiter ? detail::describe(*watcher.waiter) : "a thread outside of tasks") << " waits for "
        << detail::describe(node) << '\n';
  });
  if (!any) out << "  nobody waits\n";
  return out.str();
}

Report::Report(Engine& engine) : engine_(engine) {
  struct sigaction before {};
  if (::sigaction(SIGQUIT, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) return;
  if (::pipe2(pipe_, O_CLOEXEC) != 0) return;
  thread_ = std::thread([this] {
    char byte = 0;
    while (::read(pipe_[0], &byte, 1) == 1 && byte == 'r') {
      const std::string report = text(engine_);
      [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, report.data(), report.size());
    }
  });
  report_pipe.store(pipe_[1]);
  struct sigaction action {};
  action.sa_handler = on_quit;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  installed_ = ::sigaction(SIGQUIT, &action, nullptr) == 0;
}

Report::~Report() {
  if (installed_) ::signal(SIGQUIT, SIG_DFL);
  report_pipe.store(-1);
  if (thread_.joinable()) {
    [[maybe_unused]] const ssize_t written = ::write(pipe_[1], "q", 1);
    thread_.join();
  }
  for (const int fd : pipe_) {
    if (fd >= 0) ::close(fd);
  }
}

}  // namespace dflow::local
