// An authority, certificates of all kinds, and two ends of a connection that use them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "runtime/net/certificates.h"
#include "runtime/net/listener.h"

namespace dflow::net {

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    if (!::mkdtemp(folder_.data())) std::abort();
    revoke({});
    write("ca.crt", authority_.certificate);
  }
  ~TlsTest() override { std::filesystem::remove_all(folder_); }

  static constexpr std::int64_t kHour = 3600;
  static Validity around_now() { return {.from = std::time(nullptr) - kHour, .until = std::time(nullptr) + kHour}; }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + '/' + name;
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }
  void revoke(const std::vector<std::string>& serials) {
    write("revoked.crl", net::revoke(authority_, list_, serials).value());
    list_ = net::revoke(authority_, list_, serials).value();
  }
  /// Of `by`, where it is not the test's own authority.
  std::shared_ptr<Credentials> make(CertificateRole role, Validity validity = around_now(),
                                    const std::optional<Credential>& by = {}, const std::string& host = "127.0.0.1",
                                    const std::string& clients_user = "alice") {
    const std::string user = role == CertificateRole::client ? clients_user : "";
    const Credential made =
        issue(by ? *by : authority_, {.role = role, .name = "test", .user = user, .hosts = {host}}, validity).value();
    last_ = read_certificate(made.certificate).value();
    const std::string pem = write("own" + std::to_string(++count_) + ".pem", made.certificate + made.key);
    Result<std::shared_ptr<Credentials>> read =
        Credentials::load({.certificate = pem, .authority = folder_ + "/ca.crt", .revoked = folder_ + "/revoked.crl"}, role);
    EXPECT_TRUE(read) << read.message();
    return read ? std::move(read).value() : nullptr;
  }
  /// What `make` made last.
  const Certificate& last() const { return last_; }
  const Credential& authority() const { return authority_; }
  const std::string& folder() const { return folder_; }

  /// What each side comes to: "" if it accepts the other.
  struct Met {
    std::string caller, callee;
    std::unique_ptr<Stream> near = {}, far = {};
  };
  static Met meet(const std::shared_ptr<Credentials>& caller, const std::shared_ptr<Credentials>& callee,
                  const std::string& as = "127.0.0.1") {
    auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, callee);
    Met met;
    std::thread other([&] {
      met.far = std::move(listener.value()->accept()).value();
      met.callee = prove(*met.far);
      if (met.callee.empty()) (void)met.far->write(Welcome{.id = 7});
      else met.far->shut_down();
    });
    auto stream = Stream::connect({.host = as, .port = listener.value()->address().port}, std::chrono::seconds(20), caller.get());
    if (!stream) met.caller = stream.message();
    if (stream) {
      met.near = std::move(stream).value();
      const auto welcome = met.near->read_greeting(std::chrono::seconds(20));
      if (!welcome) met.caller = welcome.message();
    }
    other.join();
    return met;
  }
  static std::string prove(Stream& stream) {
    for (;;) {
      const Result<Wants> wants = stream.shake_hands();
      if (!wants) return wants.message();
      if (wants.value() == Wants::nothing) return "";
      std::this_thread::yield();
    }
  }

 private:
  std::string folder_ = ::testing::TempDir() + "/tls-XXXXXX";
  Credential authority_ = make_authority("dflow-test", around_now()).value();
  std::string list_;
  Certificate last_;
  int count_ = 0;
};

}  // namespace dflow::net
