#include "runtime/net/secrets.h"

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdlib>
#include <span>

namespace dflow::net {

namespace {

constexpr std::size_t kBytes = 16;  // of the digest: as much as nobody guesses

std::string hexadecimal(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[byte >> shift & 15];
  }
  return text;
}

}  // namespace

std::string derived_secret(std::string_view secret, std::string_view purpose) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
            reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(), digest.data(), &size)) {
    std::abort();
  }
  return hexadecimal(std::span(digest).first(kBytes));
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace dflow::net
