// What there is to be had on this machine: frames of Thrift's back and forth between two processes, a plain socket, and
// memcpy. Large values go where a program would put them, into memory that it has just taken (`transfer`, `memcpy`), or
// into memory that it has written before (`..._again`), which spares the kernel from clearing pages.
//
//     bench_cluster_plain round_trip ROUNDS | transfer MB | transfer_again MB | memcpy MB | memcpy_again MB
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/net/listener.h"

namespace {

using namespace dflow;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// Each round asks for a value that is not there: the smallest question and the smallest answer.
double round_trips(long rounds) {
  auto listener = net::Listener::bind({.host = "127.0.0.1", .port = 0}).value();
  const int other = ::fork();
  if (other == 0) {
    auto stream = listener->accept().value();
    while (stream->read() && stream->write(net::Value{.outcome = net::Value::Outcome::gone})) {
    }
    ::_exit(0);
  }
  auto stream = net::Stream::connect(listener->address(), std::chrono::seconds(5)).value();
  double seconds = 0;
  for (const long count : {rounds / 10 + 1, rounds}) {  // the first only warms up
    const auto begin = Clock::now();
    for (long i = 0; i < count; ++i) {
      if (!stream->write(net::Pull{.values = {{}}}) || !stream->read()) throw std::runtime_error("the connection broke");
    }
    seconds = since(begin);
  }
  stream.reset();
  ::waitpid(other, nullptr, 0);
  return seconds;
}

void require(bool right) {
  if (!right) throw std::runtime_error("a value did not arrive");
}

/// Memory for a value: the same each time, or as it comes from the allocator.
class Landing {
 public:
  Landing(std::size_t size, bool again) : size_(size), again_(again) {
    if (again) memory_ = std::make_unique<char[]>(size);
  }
  char* next() {
    if (!again_) memory_.reset(), memory_ = std::make_unique_for_overwrite<char[]>(size_);
    return memory_.get();
  }

 private:
  std::size_t size_;
  bool again_;
  std::unique_ptr<char[]> memory_;
};

double copy(std::size_t size, bool again) {
  const std::vector<char> bytes(size, 1);
  Landing landing(size, again);
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto begin = Clock::now();
    const char* copied = std::copy(bytes.begin(), bytes.end(), landing.next());
    require(copied[-1] == 1);
    best = std::min(best, since(begin));
  }
  return best;
}

/// After one byte that asks for it; the best of three.
double transfer(std::size_t size, bool again) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  require(::bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0 && ::listen(listener, 1) == 0);
  require(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const int other = ::fork();
  if (other == 0) {
    const std::vector<char> bytes(size, 1);
    const int to = ::accept(listener, nullptr, nullptr);
    for (char asked = 0; ::read(to, &asked, 1) == 1;) {
      for (std::size_t sent = 0; sent < size;) {
        const ssize_t some = ::write(to, bytes.data() + sent, size - sent);
        if (some <= 0) ::_exit(1);
        sent += static_cast<std::size_t>(some);
      }
    }
    ::_exit(0);
  }
  const int from = ::socket(AF_INET, SOCK_STREAM, 0);
  require(::connect(from, reinterpret_cast<sockaddr*>(&address), length) == 0);
  Landing landing(size, again);
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto begin = Clock::now();
    char* const bytes = landing.next();
    require(::write(from, "?", 1) == 1);
    for (std::size_t got = 0; got < size;) {
      const ssize_t some = ::read(from, bytes + got, size - got);
      require(some > 0);
      got += static_cast<std::size_t>(some);
    }
    require(bytes[size - 1] == 1);
    best = std::min(best, since(begin));
  }
  ::close(from);
  ::waitpid(other, nullptr, 0);
  return best;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("usage: bench_cluster_plain CASE SIZE");
  const std::string name = argv[1];
  const long size = std::strtol(argv[2], nullptr, 10);
  const auto bytes = static_cast<std::size_t>(size) << 20;
  const bool again = name.ends_with("_again"), rounds = name == "round_trip";
  const double amount = static_cast<double>(rounds ? static_cast<std::size_t>(size) : bytes);
  const double seconds = rounds                      ? round_trips(size)
                         : name.starts_with("memcpy") ? copy(bytes, again)
                                                      : transfer(bytes, again);
  std::printf("{\"seconds\": %.9f, \"amount\": %.0f}\n", seconds, amount);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_cluster_plain: %s\n", error.what());
  return 1;
}
