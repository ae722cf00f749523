// A worker whose peer has something else than was said: the test speaks for the scheduler and for the peer.
#include <gtest/gtest.h>

#include <list>
#include <optional>
#include <thread>

#include "runtime/cluster/handshake.h"
#include "runtime/cluster/process_memory.h"
#include "runtime/cluster/protocol.h"
#include "runtime/net/listener.h"
#include "tests/cluster/worker_program.h"

namespace dflow::cluster {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kLimit = 400'000'000, kAnnounced = 100'000;

/// Answers each question with a value of a size, and sends as many bytes as whoever asks takes. A worker may call before it has a
/// question, and once more when it has one.
class LyingPeer {
 public:
  explicit LyingPeer(std::uint64_t size) : size_(size), thread_([this] { serve(); }) {}
  ~LyingPeer() {
    listener_->close();
    thread_.join();
  }
  std::string address() const { return listener_->address().text(); }

 private:
  void serve() {
    while (auto stream = listener_->accept()) {
      stream.value()->set_read_timeout(30s);
      links_.emplace_back([this, link = std::move(stream).value()] { serve(*link); });
    }
  }
  void serve(net::Stream& link) const {
    const std::vector<std::byte> bytes(1 << 20);
    if (!link.read() || !answer(link, {})) return;
    if (!link.read() || !link.write(net::Value{.size = size_})) return;
    for (std::uint64_t sent = 0; sent < size_ && link.write_raw(bytes); sent += bytes.size()) {
    }
  }
  const std::uint64_t size_;
  std::unique_ptr<net::Listener> listener_ = net::Listener::bind({.host = "127.0.0.1", .port = 0}).value();
  std::list<std::jthread> links_;
  std::thread thread_;
};

class LyingWorkerTest : public ::testing::Test {
 protected:
  LyingWorkerTest() {
    EXPECT_TRUE(scheduler_->read_greeting(30s));
    EXPECT_TRUE(answer(*scheduler_, {.id = 7}));
    scheduler_->set_read_timeout(30s);
  }
  void tell(const ToWorker& message) { EXPECT_TRUE(scheduler_->write(net::Batch{.messages = {core::encode(message)}})); }
  /// What the worker says of that kind.
  template <class M>
  std::optional<M> await() {
    for (;;) {
      const Result<net::Message> message = scheduler_->read();
      const auto* batch = message ? std::get_if<net::Batch>(&message.value()) : nullptr;
      if (!batch) return std::nullopt;
      for (const std::string& bytes : batch->messages) {
        const Result<FromWorker> said = core::decode<FromWorker>(bytes);
        if (const M* found = said ? std::get_if<M>(&said.value()) : nullptr) return *found;
      }
    }
  }
  /// What becomes of a task that needs a value of a peer's.
  std::optional<core::TaskFailed> failed(const LyingPeer& peer) {
    constexpr core::WorkerId kSelf{7}, kPeer{8};
    tell(PeerJoined{.worker = kPeer, .name = "liar", .address = peer.address(), .host = "h"});
    tell(core::RunTask{.worker = kSelf,
                       .id = core::task_id(core::ClientId{1}, 2),
                       .attempt = core::Attempt{1},
                       .payload = std::make_shared<const std::string>("x"),
                       .inputs = {{.id = core::task_id(core::ClientId{1}, 1),
                                   .version = core::Attempt{1},
                                   .bytes = kAnnounced,
                                   .holders = {kPeer}}}});
    return await<core::TaskFailed>();
  }

  std::unique_ptr<net::Listener> listener_ = net::Listener::bind({.host = "127.0.0.1", .port = 0}).value();
  WorkerProgram worker_{listener_->address(), {"DFLOW_WORKER_MEMORY=" + std::to_string(kLimit)}};
  std::unique_ptr<net::Stream> scheduler_ = listener_->accept().value();
};

TEST_F(LyingWorkerTest, TakesNoValueThatHasMoreBytesThanWereAnnouncedAndThereIsRoomFor) {
  for (const std::uint64_t size : {kLimit, std::uint64_t{1} << 39}) {
    const LyingPeer peer(size);
    const auto task = failed(peer);
    ASSERT_TRUE(task && task->failure);
    EXPECT_EQ(task->failure->message, "an input could not be brought to it: it was announced with 100000 bytes, and there is no room for the " +
                                          std::to_string(size) + " bytes that it has");
    EXPECT_LT(memory_of(worker_.process()), kLimit / 2);
    tell(PeerLeft{core::WorkerId{8}});
  }
}

}  // namespace
}  // namespace dflow::cluster
