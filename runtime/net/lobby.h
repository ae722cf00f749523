// Those who have connected and not said yet who they are.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "formats/descriptor.h"
#include "runtime/net/stream.h"

namespace dflow::net {

/// One thread for all of them, however many, slow, silent or talkative they are. Each has to prove itself, if certificates
/// are asked for, and to send its greeting within `patience`; where there are more than `most`, the oldest goes. Nobody takes
/// more memory than a greeting may have. Thread-safe.
class Lobby {
 public:
  struct Options {
    std::size_t most = 256;
    std::chrono::milliseconds patience{5000};
  };
  /// Called from the lobby's thread, which must not wait for anybody meanwhile.
  using Greeted = std::function<void(std::unique_ptr<Stream> stream, Hello hello)>;

  /// Throws std::runtime_error where no more files can be opened.
  Lobby(Options options, Greeted greeted);
  /// Closes the connections of those who are still here.
  ~Lobby();

  void enter(std::unique_ptr<Stream> stream);

 private:
  using Clock = std::chrono::steady_clock;
  struct Visitor {
    std::unique_ptr<Stream> stream;
    Clock::time_point until;
    bool proven = false, refused = false;
    Wants wants = Wants::read;
  };

  void run();
  void take_in();
  /// As far as it goes without waiting; false when the visitor is done with, one way or the other.
  bool attend(Visitor& visitor);

  Options options_;
  Greeted greeted_;
  const formats::Descriptor wake_;
  std::list<Visitor> visitors_;  ///< In the order in which they came; for the thread alone.
  std::mutex mutex_;
  std::vector<std::unique_ptr<Stream>> entered_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace dflow::net
