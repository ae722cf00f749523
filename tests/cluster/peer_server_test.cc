// Who may ask a worker for values, and for how long.
#include "runtime/cluster/peer_server.h"

#include <dflow/dflow.h>

#include <array>

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
