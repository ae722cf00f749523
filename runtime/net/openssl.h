// What the files that know OpenSSL share. Included by nobody else.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "formats/result.h"
#include "runtime/net/certificates.h"

namespace dflow::net::openssl {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

using Bio = Owned<BIO, BIO_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Cert = Owned<X509, X509_free>;
using RevocationList = Owned<X509_CRL, X509_CRL_free>;

/// `what`, and OpenSSL's first reason; its queue is empty afterwards.
inline formats::Error error(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return {what};
  std::array<char, 256> text{};
  if (const char* reason = ERR_reason_error_string(code)) return {what + ": " + reason};
  ERR_error_string_n(code, text.data(), text.size());
  return {what + ": " + text.data()};
}

/// Reads the bytes, which have to outlive it; null if there are more than anybody needs.
inline Bio over(std::string_view bytes) {
  if (bytes.size() > std::size_t{std::numeric_limits<int>::max()}) return nullptr;
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

/// No key of dflow's has a password, and nobody is to be asked for one.
inline int no_password(char*, int, int, void*) { return -1; }

inline Cert read_cert(std::string_view pem) {
  const Bio bytes = over(pem);
  return Cert(bytes ? PEM_read_bio_X509(bytes.get(), nullptr, no_password, nullptr) : nullptr);
}

inline Key read_key(std::string_view pem) {
  const Bio bytes = over(pem);
  return Key(bytes ? PEM_read_bio_PrivateKey(bytes.get(), nullptr, no_password, nullptr) : nullptr);
}

inline RevocationList read_list(std::string_view pem) {
  const Bio bytes = over(pem);
  return RevocationList(bytes ? PEM_read_bio_X509_CRL(bytes.get(), nullptr, no_password, nullptr) : nullptr);
}

/// What a certificate says; an error for one that says contradictions.
formats::Result<Certificate> describe(const X509& certificate);

}  // namespace dflow::net::openssl
