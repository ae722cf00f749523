// Who may ask a worker for values, and for how long.
#include "runtime/cluster/peer_server.h"

#include <dflow/dflow.h>

#include <array>
#include <atomic>

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

TEST(ValueStore, FindsATasksInputsThatAreObjects) {
  ValueStore store;
  const auto node_of = [](int value) {
    Writer writer;
    writer.write(value);
    const std::vector<std::byte> bytes = writer.take();
    Reader reader(bytes);
    return hold_value(reader, dflow::detail::value_form_of<int>());
  };
  const core::TaskId object{1}, as_bytes{2}, absent{3};
  const NodeRef first = node_of(1), second = node_of(2);
  store.put(object, core::Attempt{1}, {.object = first});
  store.put(object, core::Attempt{2}, {.object = second});
  store.put(as_bytes, core::Attempt{1}, {.bytes = std::make_shared<const Buffer>(4)});
  const std::array inputs{core::Input{.id = object, .version = core::Attempt{2}}, core::Input{.id = as_bytes, .version = core::Attempt{1}},
                          core::Input{.id = absent, .version = core::Attempt{1}}, core::Input{.id = object, .version = core::Attempt{1}}};
  const std::vector<NodeRef> found = store.objects(inputs);
  ASSERT_EQ(found.size(), inputs.size());
  EXPECT_EQ(found[0].get(), second.get());
  EXPECT_EQ(found[1].get(), nullptr);
  EXPECT_EQ(found[2].get(), nullptr);
  EXPECT_EQ(found[3].get(), first.get());
}

}  // namespace
}  // namespace dflow::cluster
