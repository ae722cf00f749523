// Certificates as they are made, read and revoked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "runtime/net/certificates.h"

namespace dflow::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kHour = 3600;

Validity around_now() { return {.from = std::time(nullptr) - kHour, .until = std::time(nullptr) + kHour}; }

Credential authority() { return make_authority("dflow-test", around_now()).value(); }

Certificate issued(const Subject& subject, Validity validity = around_now()) {
  const Result<Credential> made = issue(authority(), subject, validity);
  EXPECT_TRUE(made) << made.message();
  return read_certificate(made.value().certificate).value();
}

TEST(Certificates, SayWhatTheyWereToSay) {
  const Validity validity = around_now();
  const Certificate read = issued({.role = CertificateRole::worker, .name = "bern", .hosts = {"bern.example", "10.0.0.5", "fd00::5"}},
                                  validity);
  EXPECT_EQ(read.role, CertificateRole::worker);
  EXPECT_EQ(read.name, "bern");
  EXPECT_EQ(read.user, "");
  EXPECT_THAT(read.hosts, ElementsAre("bern.example", "10.0.0.5", "fd00::5"));
  EXPECT_EQ(read.validity.from, validity.from);
  EXPECT_EQ(read.validity.until, validity.until);
  EXPECT_TRUE(read.names("BERN.example") && read.names("fd00::5"));
  EXPECT_FALSE(read.names("example") || read.names("10.0.0.50"));
}

TEST(Certificates, OfClientsNameTheirUser) {
  const Certificate read = issued({.role = CertificateRole::client, .name = "laptop", .user = "alice"});
  EXPECT_EQ(read.role, CertificateRole::client);
  EXPECT_EQ(read.user, "alice");
}

TEST(Certificates, HaveSerialsThatDiffer) {
  EXPECT_NE(issued({.name = "a"}).serial, issued({.name = "a"}).serial);
}

TEST(Certificates, OfAnAuthorityHaveNoRole) { EXPECT_FALSE(read_certificate(authority().certificate).value().role); }

TEST(Certificates, EndWithTheirAuthority) {
  const Validity validity = around_now();
  const Certificate read = issued({.name = "a"}, {.from = validity.from, .until = validity.until + 24 * kHour});
  EXPECT_LE(read.validity.until, validity.until + 5);
}

TEST(Certificates, NamesThatCouldMeanMoreAreRefused) {
  for (const char* host : {"", "a,URI:dflow:role:agent", "a b", "-a", "*.example", "a/b", "10.0.0.0/8"}) {
    EXPECT_THAT(issue(authority(), {.name = "a", .hosts = {host}}, around_now()).message(), HasSubstr("neither a host's name"))
        << host;
  }
  EXPECT_THAT(issue(authority(), {.name = "a\nb"}, around_now()).message(), HasSubstr("letters, digits"));
  EXPECT_THAT(issue(authority(), {.name = "a", .user = "../b"}, around_now()).message(), HasSubstr("letters, digits"));
}

TEST(Certificates, AnotherAuthoritysKeyIssuesNothing) {
  const Credential mixed{.certificate = authority().certificate, .key = authority().key};
  EXPECT_THAT(issue(mixed, {.name = "a"}, around_now()).message(), HasSubstr("another's"));
}

TEST(Certificates, WhatIsNoneIsAnError) {
  for (const char* bytes : {"", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    EXPECT_FALSE(read_certificate(bytes)) << bytes;
    EXPECT_FALSE(issue({bytes, bytes}, {.name = "a"}, around_now())) << bytes;
    EXPECT_FALSE(revoked_serials(authority().certificate, bytes)) << bytes;
  }
}

TEST(RevocationList, GrowsAndNamesEachOnce) {
  const Credential own = authority();
  const std::string empty = revoke(own, "", {}).value();
  EXPECT_THAT(revoked_serials(own.certificate, empty).value(), IsEmpty());
  const std::string one = revoke(own, empty, {"5a"}).value();
  const std::string two = revoke(own, one, {"5a", "6b"}).value();
  EXPECT_THAT(revoked_serials(own.certificate, two).value(), ElementsAre("5a", "6b"));
}

TEST(RevocationList, OfAnotherAuthorityIsRefused) {
  const Credential own = authority();
  const std::string others = revoke(authority(), "", {}).value();
  EXPECT_THAT(revoked_serials(own.certificate, others).message(), HasSubstr("not this authority's"));
  EXPECT_THAT(revoke(own, others, {}).message(), HasSubstr("not this authority's"));
}

TEST(RevocationList, TakesSerialsOnly) {
  for (const char* serial : {"", "xyz", "5a "}) {
    EXPECT_THAT(revoke(authority(), "", {serial}).message(), HasSubstr("no serial")) << serial;
  }
}

}  // namespace
}  // namespace dflow::net
