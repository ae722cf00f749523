// What there is to be had on this machine: frames of Thrift's back and forth between two processes, and a plain socket.
//
//     bench_cluster_plain round_trip ROUNDS | transfer MB
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/net/stream.h"

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
      if (!stream->write(net::Pull{}) || !stream->read()) throw std::runtime_error("the connection broke");
    }
    seconds = since(begin);
  }
  stream.reset();
  ::waitpid(other, nullptr, 0);
  return seconds;
}

void require(bool right) {
  if (!right) throw std::runtime_error("a socket does not work");
}

/// Into memory that exists, after one byte that asks for it; the best of three.
double transfer(std::size_t size) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  require(::bind(listener, reinterpret_cast<sockaddr*>(&address), length) == 0 && ::listen(listener, 1) == 0);
  require(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const int other = ::fork();
  std::vector<char> bytes(size, 1);
  if (other == 0) {
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
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const auto begin = Clock::now();
    require(::write(from, "?", 1) == 1);
    for (std::size_t got = 0; got < size;) {
      const ssize_t some = ::read(from, bytes.data() + got, size - got);
      require(some > 0);
      got += static_cast<std::size_t>(some);
    }
    best = std::min(best, since(begin));
  }
  ::close(from);
  ::waitpid(other, nullptr, 0);
  return best;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("usage: bench_cluster_plain round_trip ROUNDS | transfer MB");
  const long size = std::strtol(argv[2], nullptr, 10);
  const bool rounds = std::string(argv[1]) == "round_trip";
  const double amount = rounds ? static_cast<double>(size) : static_cast<double>(size) * (1 << 20);
  const double seconds = rounds ? round_trips(size) : transfer(static_cast<std::size_t>(size) << 20);
  std::printf("{\"seconds\": %.9f, \"amount\": %.0f}\n", seconds, amount);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_cluster_plain: %s\n", error.what());
  return 1;
}
