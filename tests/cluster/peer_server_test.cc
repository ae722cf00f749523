// Who may ask a worker for values, and for how long.
#include "runtime/cluster/peer_server.h"

#include <dflow/dflow.h>
#include <sys/resource.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/net/tls_fixture.h"

namespace dflow::cluster {
namespace {

class PeerServerTest : public net::TlsTest {
 protected:
  Greeted enter(const std::shared_ptr<net::Credentials>& credentials) {
    return greet(server_->address(), {.role = net::Role::peer, .program = "p", .secret = "s"}, credentials.get()).value();
  }
  static bool is_answered(net::Stream& stream) {
    (void)stream.write(net::Pull{.values = {{1, 1}}});
    return static_cast<bool>(stream.read());
  }

  ValueStore store_;
  std::unique_ptr<PeerServer> server_ = PeerServer::start({.program = "p", .secret = "s"}, "127.0.0.1",
                                                          make(net::CertificateRole::worker), store_, {}).value();
};

TEST_F(PeerServerTest, EndsWhatARevokedCertificateHasOpened) {
  const Greeted other = enter(make(net::CertificateRole::worker));
  const Greeted guest = enter(make(net::CertificateRole::client));
  const std::string serial = last().serial;
  Revocations revocations(folder() + "/ca.crt", folder() + "/revoked.crl");
  (void)revocations.reread();
  server_->drop_revoked(revocations);
  EXPECT_TRUE(is_answered(*guest.stream));
  revoke({serial});
  EXPECT_TRUE(revocations.reread());
  server_->drop_revoked(revocations);
  EXPECT_FALSE(is_answered(*guest.stream));
  EXPECT_TRUE(is_answered(*other.stream));
}

/// There may be files again a moment later.
TEST_F(PeerServerTest, AListThatCouldNotBeReadIsReadLater) {
  Revocations revocations(folder() + "/ca.crt", folder() + "/revoked.crl");
  ASSERT_TRUE(revocations.reread());
  revoke({last().serial});
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = files.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool read = revocations.reread();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  EXPECT_FALSE(read);
  EXPECT_TRUE(revocations.reread());
  EXPECT_TRUE(revocations.contain(last().serial));
}

/// On one machine, without certificates; what is admitted is noted.
class PushTest : public ::testing::Test {
 protected:
  std::unique_ptr<PeerServer> serve() {
    return PeerServer::start({.program = "p", .name = "w", .secret = "s"}, "127.0.0.1", nullptr, store_,
                             {.pushed = [this](core::TaskId, core::Attempt, std::uint64_t) { ++pushed_; },
                              .admit = [](std::uint64_t bytes) { return bytes > kMost ? "it is too large" : std::string(); },
                              .arrived =
                                  [this](std::uint64_t bytes) {
                                    arrived_ = bytes;
                                    arrived_.notify_all();
                                  },
                              .spoilt = {}})
        .value();
  }
  Greeted enter() { return greet(server_->address(), {.role = net::Role::peer, .program = "p", .secret = "s"}).value(); }
  static std::string answer_to(net::Stream& stream) { return std::get<net::Value>(stream.read().value()).error; }
  bool stored() { return static_cast<bool>(store_.find(core::TaskId{1}, core::Attempt{})); }

  static constexpr std::uint64_t kMost = 100;
  ValueStore store_;
  std::atomic<int> pushed_ = 0;
  std::atomic<std::uint64_t> arrived_ = 0;
  std::unique_ptr<PeerServer> server_ = serve();
};

TEST_F(PushTest, RefusesAValueThatIsNotAdmittedAndGoesOn) {
  const Greeted peer = enter();
  const std::vector<std::byte> bytes(kMost + 1);
  for (const std::uint64_t size : {kMost + 1, kMost}) {
    const std::span<const std::byte> piece(bytes.data(), size);
    ASSERT_TRUE(peer.stream->write(net::Push{.task = 1, .size = size}, {&piece, 1}));
    EXPECT_EQ(answer_to(*peer.stream), size > kMost ? "it is too large on w" : "");
    EXPECT_EQ(stored(), size <= kMost);
  }
  EXPECT_EQ(pushed_, 1);
}

TEST_F(PushTest, KeepsNothingOfAValueThatIsShorterThanWasSaid) {
  {
    const Greeted peer = enter();
    const std::vector<std::byte> bytes(10);
    const std::span<const std::byte> piece(bytes);
    ASSERT_TRUE(peer.stream->write(net::Push{.task = 1, .size = kMost}, {&piece, 1}));
  }
  arrived_.wait(0);
  EXPECT_EQ(arrived_, kMost) << "its room is free again";
  server_.reset();
  EXPECT_FALSE(stored());
}

TEST_F(PushTest, EndsTheConnectionOfWhoSaysWhatNoValueHas) {
  const Greeted peer = enter();
  ASSERT_TRUE(peer.stream->write(net::Push{.task = 1, .size = UINT64_MAX}));
  EXPECT_FALSE(peer.stream->read());
}

/// A worker with a value of each size, few threads and little patience.
class SlowGuestsTest : public ::testing::Test {
 protected:
  static constexpr int kThreads = 2, kGuests = 40;
  static constexpr std::size_t kLarge = 8 << 20;

  SlowGuestsTest() {
    store_.put(core::TaskId{1}, core::Attempt{1}, {.bytes = std::make_shared<const Buffer>(10)});
    store_.put(core::TaskId{2}, core::Attempt{1}, {.bytes = std::make_shared<const Buffer>(kLarge)});
  }
  std::unique_ptr<PeerServer> serve(net::Pace::Limits pace = {}) {
    return PeerServer::start({.program = "p", .name = "w", .secret = "s"}, "127.0.0.1", nullptr, store_,
                             {.pushed = [](core::TaskId, core::Attempt, std::uint64_t) {},
                              .admit = [this](std::uint64_t) { return (++admitted_, admitted_.notify_all(), std::string()); },
                              .arrived = [](std::uint64_t) {},
                              .spoilt = {}},
                             {.guests = {.most_threads = kThreads, .tick = std::chrono::milliseconds(1)},
                              .most_pushes = 1,
                              .pace = pace})
        .value();
  }
  static std::unique_ptr<net::Stream> enter(const PeerServer& server) {
    return std::move(greet(server.address(), {.role = net::Role::peer, .program = "p", .secret = "s"}).value().stream);
  }
  /// All of a value, asked for and sent.
  static bool gets(net::Stream& stream, std::uint64_t task) {
    (void)stream.write(net::Pull{.values = {{task, 1}}, .raw = true});
    const Result<net::Message> answer = stream.read();
    const auto* value = answer ? std::get_if<net::Value>(&answer.value()) : nullptr;
    std::vector<std::byte> bytes(value ? value->size : 0);
    return value && stream.read_raw(bytes) && bytes.size() == (task == 1 ? 10 : kLarge);
  }
  static std::size_t threads() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
  }
  void expect_to_be_served(const PeerServer& server) {
    const auto good = enter(server);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(gets(*good, 1) && gets(*good, 2));
  }

  ValueStore store_;
  std::atomic<int> admitted_ = 0;
};

TEST_F(SlowGuestsTest, WhoIsSilentHoldsNoThread) {
  const auto server = serve();
  const std::size_t before = threads();
  std::vector<std::unique_ptr<net::Stream>> guests;
  for (int i = 0; i < kGuests; ++i) EXPECT_TRUE(gets(*guests.emplace_back(enter(*server)), 1));
  EXPECT_LT(threads(), before + kThreads);
  for (const auto& guest : guests) EXPECT_TRUE(gets(*guest, 1));
}

TEST_F(SlowGuestsTest, WhoDoesNotReadHoldsNoThread) {
  const auto server = serve();
  std::vector<std::unique_ptr<net::Stream>> guests;
  for (int i = 0; i < kGuests; ++i) {
    EXPECT_TRUE(guests.emplace_back(enter(*server))->write(net::Pull{.values = {{2, 1}, {2, 1}}, .raw = true}));
  }
  expect_to_be_served(*server);
}

TEST_F(SlowGuestsTest, WhoSaysAByteAtATimeHoldsNoThread) {
  const auto server = serve();
  const std::string question = net::encode_frame(net::Pull{.values = {{1, 1}}});
  std::vector<std::unique_ptr<net::Stream>> guests;
  for (int i = 0; i < kGuests; ++i) guests.push_back(enter(*server));
  for (const char byte : question) {
    for (const auto& guest : guests) EXPECT_TRUE(guest->write_raw(std::as_bytes(std::span(&byte, 1))));
    EXPECT_TRUE(gets(*enter(*server), 1));
  }
  for (const auto& guest : guests) EXPECT_TRUE(guest->read());
}

TEST_F(SlowGuestsTest, WhoPushesSlowlyHoldsOneThread) {
  const auto server = serve();
  std::vector<std::unique_ptr<net::Stream>> guests;
  for (int i = 0; i < kGuests; ++i) EXPECT_TRUE(guests.emplace_back(enter(*server))->write(net::Push{.task = 3, .size = 5}));
  admitted_.wait(0);
  expect_to_be_served(*server);
  EXPECT_EQ(admitted_, 1) << "the others wait for their turn";
  const std::vector<std::byte> bytes(5);
  for (const auto& guest : guests) EXPECT_TRUE(guest->write_raw(bytes));
  for (const auto& guest : guests) EXPECT_TRUE(guest->read());
  EXPECT_EQ(admitted_, kGuests);
}

TEST_F(SlowGuestsTest, WhoDoesNotReadIsLeftAloneInTheEnd) {
  const auto server = serve({.patience = std::chrono::milliseconds(2), .slowest = UINT64_MAX});
  const auto guest = enter(*server);
  EXPECT_TRUE(gets(*guest, 1));  // so it is counted
  EXPECT_TRUE(guest->write(net::Pull{.values = {{2, 1}}, .raw = true}));
  while (server->guests() > 0) std::this_thread::yield();  // who does not read cannot be told
  std::vector<std::byte> bytes(kLarge);
  EXPECT_FALSE(guest->read() && guest->read_raw(bytes));
}

TEST_F(SlowGuestsTest, WhoPushesTooSlowlyIsEndedAndTheNextHasHisTurn) {
  const auto server = serve({.patience = std::chrono::milliseconds(2), .slowest = UINT64_MAX});
  const auto slow = enter(*server), next = enter(*server);
  EXPECT_TRUE(slow->write(net::Push{.task = 3, .size = 5}));
  admitted_.wait(0);
  const std::vector<std::byte> bytes(5);
  const std::span<const std::byte> piece(bytes);
  EXPECT_TRUE(next->write(net::Push{.task = 4, .size = 5}, {&piece, 1}));
  EXPECT_TRUE(next->read());
  EXPECT_FALSE(slow->read());
  EXPECT_FALSE(store_.find(core::TaskId{3}, core::Attempt{0}));
}

TEST_F(SlowGuestsTest, WhoLeavesWhileHeWaitsForHisTurnLetsTheNextHaveIt) {
  const auto server = serve();
  const auto first = enter(*server), last = enter(*server);
  EXPECT_TRUE(first->write(net::Push{.task = 3, .size = 5}));
  admitted_.wait(0);
  auto gone = enter(*server);
  EXPECT_TRUE(gone->write(net::Push{.task = 4, .size = 5}));
  gone.reset();
  EXPECT_TRUE(last->write(net::Push{.task = 5, .size = 5}));
  const std::vector<std::byte> bytes(5);
  for (net::Stream* each : {first.get(), last.get()}) {
    EXPECT_TRUE(each->write_raw(bytes));
    EXPECT_TRUE(each->read());
  }
}

/// A worker computes again what it has a copy of, since nobody has heard of that; a task there is about to read the copy.
TEST(ValueStore, KeepsTheVersionsOfAValueApart) {
  ValueStore store;
  const core::TaskId id{1};
  const auto bytes = [](std::size_t size) { return ValueStore::Held{.bytes = std::make_shared<const Buffer>(size)}; };
  const auto size_of = [&](std::uint32_t version) {
    const ValueStore::Held held = store.find(id, core::Attempt{version});
    return held ? held.bytes->size() : 0;
  };
  store.put(id, core::Attempt{1}, bytes(10));
  store.put(id, core::Attempt{2}, bytes(20));
  EXPECT_EQ(size_of(1), 10u);
  EXPECT_EQ(size_of(2), 20u);
  store.drop(id, core::Attempt{2});
  EXPECT_EQ(size_of(1), 10u);
  EXPECT_EQ(size_of(2), 0u);
  store.drop(id, core::Attempt{1});
  EXPECT_EQ(size_of(1), 0u);
}

NodeRef node_of(int value) {
  Writer writer;
  writer.write(value);
  const std::vector<std::byte> bytes = writer.take();
  Reader reader(bytes);
  return hold_value(reader, dflow::detail::value_form_of<int>());
}

TEST(ValueStore, FindsATasksInputsThatAreObjects) {
  ValueStore store;
  const core::TaskId object{1}, as_bytes{2}, absent{3};
  const NodeRef first = node_of(1), second = node_of(2);
  store.put(object, core::Attempt{1}, {.object = first});
  store.put(object, core::Attempt{2}, {.object = second});
  store.put(as_bytes, core::Attempt{1}, {.bytes = std::make_shared<const Buffer>(4)});
  const core::SharedList<core::Input> inputs{core::Input{.id = object, .version = core::Attempt{2}}, core::Input{.id = as_bytes, .version = core::Attempt{1}},
                          core::Input{.id = absent, .version = core::Attempt{1}}, core::Input{.id = object, .version = core::Attempt{1}}};
  const ValueStore::Objects found = store.objects(inputs);
  ASSERT_EQ(found->objects.size(), inputs.size());
  EXPECT_EQ(found->objects[0].get(), second.get());
  EXPECT_EQ(found->objects[1].get(), nullptr);
  EXPECT_EQ(found->objects[2].get(), nullptr);
  EXPECT_EQ(found->objects[3].get(), first.get());
}

TEST(ValueStore, FindsWhatTasksShareOnceAndKeepsNoneOfItThatIsDropped) {
  ValueStore store;
  std::vector<core::Input> all;
  for (std::uint64_t i = 0; i < core::SharedList<core::Input>::kLong; ++i) {
    all.push_back({.id = core::TaskId{i}, .version = core::Attempt{1}});
    if (i > 0) store.put(all.back().id, core::Attempt{1}, {.object = node_of(1)});
  }
  const core::SharedList<core::Input> inputs = all;
  EXPECT_EQ(store.objects(inputs)->objects[0].get(), nullptr);
  store.put(core::TaskId{0}, core::Attempt{1}, {.object = node_of(2)});
  ValueStore::Objects found = store.objects(inputs);
  EXPECT_NE(found->objects[0].get(), nullptr) << "it has come meanwhile";
  EXPECT_EQ(store.objects(inputs), found) << "all are there: nothing is looked up";
  const NodeRef dropped = found->objects[3];
  found.reset();
  store.drop(core::TaskId{3}, core::Attempt{1});
  EXPECT_TRUE(dropped.get()->sole_reader()) << "the test";
  EXPECT_EQ(store.objects(inputs)->objects[3].get(), nullptr);
}

}  // namespace
}  // namespace dflow::cluster
