// What an empty call of Thrift's takes between two processes, over loopback TCP: a generated client and server, the
// library's own sockets, buffers and protocols.
//
//     bench_thrift_call buffered|framed CALLS
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/server/TSimpleServer.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TServerSocket.h>
#include <thrift/transport/TSocket.h>

#include "Empty.h"

namespace {

using namespace apache::thrift;
using Clock = std::chrono::steady_clock;

class Handler final : public dflow::bench::EmptyIf {
 public:
  void call() override {}
};

/// Binary over buffers is what is fastest, compact over frames what a server that does not block asks for.
struct Layers {
  std::shared_ptr<transport::TTransportFactory> transports;
  std::shared_ptr<protocol::TProtocolFactory> protocols;
};

Layers layers(const std::string& name) {
  if (name == "buffered") {
    return {std::make_shared<transport::TBufferedTransportFactory>(), std::make_shared<protocol::TBinaryProtocolFactory>()};
  }
  if (name == "framed") {
    return {std::make_shared<transport::TFramedTransportFactory>(), std::make_shared<protocol::TCompactProtocolFactory>()};
  }
  throw std::invalid_argument("usage: bench_thrift_call buffered|framed CALLS");
}

/// The server's process tells its port through a pipe, since what a process listens at does not survive a fork in the library.
[[noreturn]] void serve(const Layers& used, int tell) {
  class Told final : public server::TServerEventHandler {
   public:
    Told(std::shared_ptr<transport::TServerSocket> socket, int to) : socket_(std::move(socket)), to_(to) {}
    void preServe() override {
      const int port = socket_->getPort();
      if (::write(to_, &port, sizeof port) != sizeof port) ::_exit(1);
    }

   private:
    std::shared_ptr<transport::TServerSocket> socket_;
    int to_;
  };
  const auto socket = std::make_shared<transport::TServerSocket>("127.0.0.1", 0);
  auto processor = std::make_shared<dflow::bench::EmptyProcessor>(std::make_shared<Handler>());
  server::TSimpleServer server(processor, socket, used.transports, used.protocols);
  server.setServerEventHandler(std::make_shared<Told>(socket, tell));
  server.serve();
  ::_exit(0);
}

double calls(const Layers& used, long count) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const int other = ::fork();
  if (other == 0) serve(used, ends[1]);
  int port = 0;
  if (::read(ends[0], &port, sizeof port) != sizeof port) throw std::runtime_error("the server did not start");
  const auto socket = std::make_shared<transport::TSocket>("127.0.0.1", port);
  dflow::bench::EmptyClient client(used.protocols->getProtocol(used.transports->getTransport(socket)));
  socket->open();
  double seconds = 0;
  for (const long each : {count / 10 + 1, count}) {  // the first only warms up
    const auto begin = Clock::now();
    for (long i = 0; i < each; ++i) client.call();
    seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  }
  socket->close();
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  return seconds;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) throw std::invalid_argument("usage: bench_thrift_call buffered|framed CALLS");
  const long count = std::strtol(argv[2], nullptr, 10);
  std::printf("{\"seconds\": %.9f, \"amount\": %ld}\n", calls(layers(argv[1]), count), count);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_thrift_call: %s\n", error.what());
  return 1;
}
