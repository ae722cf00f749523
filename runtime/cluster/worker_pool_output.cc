// What workers print, and what they said last.

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "runtime/cluster/worker_pool.h"

namespace dflow::cluster {

namespace {

constexpr std::size_t kLastWords = 10;
constexpr std::size_t kLongestLine = 64 << 10;

}  // namespace

std::size_t WorkerPool::read(Worker& worker, Pipe& pipe, bool is_error) {
  std::array<char, 16384> buffer;
  const ssize_t got = ::read(pipe.fd, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return 0;
  if (got <= 0) {
    ::close(std::exchange(pipe.fd, -1));
    print(worker, pipe, is_error, true);
    return 0;
  }
  pipe.line.append(buffer.data(), static_cast<std::size_t>(got));
  print(worker, pipe, is_error, pipe.line.size() > kLongestLine);
  return static_cast<std::size_t>(got);
}

void WorkerPool::print(Worker& worker, Pipe& pipe, bool is_error, bool all) {
  while (std::optional<FoundMark> mark = find_mark(pipe.line)) {
    print_lines(worker, pipe, is_error, pipe.line.substr(0, mark->begin));
    pipe.line.erase(0, mark->begin + mark->size);
    pipe.audience = std::move(mark->audience);
  }
  const std::size_t end = all ? pipe.line.size() : pipe.line.rfind('\n') + 1;
  std::string text = pipe.line.substr(0, end);
  pipe.line.erase(0, end);
  print_lines(worker, pipe, is_error, std::move(text));
}

void WorkerPool::print_lines(Worker& worker, const Pipe& pipe, bool is_error, std::string text) {
  if (text.empty()) return;
  if (text.back() != '\n') text += '\n';
  if (is_error) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t newline = text.find('\n', begin);
      worker.last_words.push_back(text.substr(begin, newline - begin));
      begin = newline + 1;
    }
    if (worker.last_words.size() > kLastWords) {
      worker.last_words.erase(worker.last_words.begin(), worker.last_words.end() - kLastWords);
    }
  }
  handlers_.printed({.worker = worker.name, .is_error = is_error, .text = std::move(text), .clients = pipe.audience});
}

/// What is left in the pipe; a process that a task has started may keep its other end open.
void WorkerPool::drain(Worker& worker, Pipe& pipe, bool is_error) {
  pollfd left{.fd = pipe.fd, .events = POLLIN, .revents = 0};
  while (pipe.fd >= 0 && ::poll(&left, 1, 0) == 1) read(worker, pipe, is_error);
  if (pipe.fd < 0) return;
  ::close(std::exchange(pipe.fd, -1));
  print(worker, pipe, is_error, true);
}

// ---- When all of it has been told -------------------------------------------------------------------------------------

void WorkerPool::flush(std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    flushes_.push_back(std::move(done));
  }
  wake();
}

void WorkerPool::answer_flushes() {
  std::vector<std::function<void()>> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(flushes_);
  }
  if (asked.empty()) return;
  for (Worker& worker : workers_) {
    read_what_is_there(worker, worker.out, false);
    read_what_is_there(worker, worker.err, true);
  }
  for (const auto& done : asked) done();
}

/// Not what comes meanwhile: a task may print without an end.
void WorkerPool::read_what_is_there(Worker& worker, Pipe& pipe, bool is_error) {
  int bytes = 0;
  if (pipe.fd < 0 || ::ioctl(pipe.fd, FIONREAD, &bytes) != 0) return;
  for (int left = bytes; left > 0 && pipe.fd >= 0;) left -= static_cast<int>(read(worker, pipe, is_error));
}

}  // namespace dflow::cluster
