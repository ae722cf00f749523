// Certificates and revocation lists from elsewhere: as PEM, and as what PEM wraps. What is read has to be read again alike.
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/net/certificates.h"
#include "tests/fuzz/require.h"

namespace {

using namespace dflow::net;

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j) three = three << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : kDigits[three >> (18 - 6 * j) & 63];
    if (i / 3 % 16 == 15) text += '\n';
  }
  return text + '\n';
}

std::string wrapped(std::string_view bytes, const std::string& what) {
  return "-----BEGIN " + what + "-----\n" + base64(bytes) + "-----END " + what + "-----\n";
}

void read(const std::string& certificate, const std::string& list) {
  const auto once = read_certificate(certificate), again = read_certificate(certificate);
  REQUIRE(static_cast<bool>(once) == static_cast<bool>(again));
  if (once) {
    REQUIRE(once.value().serial == again.value().serial && once.value().fingerprint == again.value().fingerprint);
    for (const std::string& host : once.value().hosts) REQUIRE(once.value().names(host) || host.find('*') != std::string::npos);
    (void)once.value().names("localhost");
  }
  (void)revoked_serials(certificate, list);
  (void)issue({.certificate = certificate, .key = list}, {.role = CertificateRole::worker, .name = "w", .hosts = {"h"}}, {0, 1});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(std::string(bytes), std::string(bytes));
  read(wrapped(bytes, "CERTIFICATE"), wrapped(bytes, "X509 CRL"));
  return 0;
}
