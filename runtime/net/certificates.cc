#include "runtime/net/certificates.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "runtime/net/openssl.h"

namespace dflow::net {

namespace {

using formats::Error;
using openssl::Bio;
using openssl::Cert;
using openssl::error;
using openssl::Key;
using openssl::Owned;
using openssl::RevocationList;

constexpr std::array<std::pair<CertificateRole, std::string_view>, 4> kRoles{{{CertificateRole::client, "client"},
                                                                              {CertificateRole::scheduler, "scheduler"},
                                                                              {CertificateRole::agent, "agent"},
                                                                              {CertificateRole::worker, "worker"}}};
constexpr std::string_view kRolePrefix = "dflow:role:", kUserPrefix = "dflow:user:";
constexpr std::size_t kMostName = 64;    // of a common name, says X.520
constexpr std::size_t kMostHost = 253;   // of a host's name, says RFC 1035
constexpr int kSerialBits = 127;         // positive, and nobody guesses the next one

using Names = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using Integer = Owned<ASN1_INTEGER, ASN1_INTEGER_free>;
using Number = Owned<BIGNUM, BN_free>;
using Extension = Owned<X509_EXTENSION, X509_EXTENSION_free>;

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool plain(std::string_view word, std::size_t most) {
  return !word.empty() && word.size() <= most && word.front() != '-' && word.front() != '.' &&
         std::ranges::all_of(word, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

Result<void> check(const Subject& subject) {
  if (!subject.user.empty() && !plain(subject.user, kMostName)) {
    return Error{"the user '" + subject.user + "': letters, digits, '-', '.' and '_' are expected"};
  }
  for (const std::string& host : subject.hosts) {
    if (is_address(host) || plain(host, kMostHost)) continue;
    return Error{"the host '" + host + "' is neither a host's name nor an IP address"};
  }
  if (!plain(subject.name, kMostName)) {
    return Error{"a certificate's name '" + subject.name + "': letters, digits, '-', '.' and '_' are expected, at most " +
                 std::to_string(kMostName)};
  }
  return {};
}

void add(GENERAL_NAMES& names, int type, const std::string& text) {
  GENERAL_NAME* name = nullptr;
  if (type == GEN_IPADD) {
    name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_IPADD, a2i_IPADDRESS(text.c_str()));
  } else {
    ASN1_IA5STRING* value = ASN1_IA5STRING_new();
    ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
    name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, type, value);
  }
  sk_GENERAL_NAME_push(&names, name);
}

bool add_names(X509& certificate, const Subject& subject) {
  const Names names(GENERAL_NAMES_new());
  add(*names, GEN_URI, std::string(kRolePrefix).append(name_of(subject.role)));
  if (!subject.user.empty()) add(*names, GEN_URI, std::string(kUserPrefix) + subject.user);
  for (const std::string& host : subject.hosts) add(*names, is_address(host) ? GEN_IPADD : GEN_DNS, host);
  return X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool add_extension(X509& certificate, X509& issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

/// Who opens connections, who takes them, and workers do both.
const char* usage_of(CertificateRole role) {
  switch (role) {
    case CertificateRole::client:
    case CertificateRole::agent:
      return "clientAuth";
    case CertificateRole::scheduler:
      return "serverAuth";
    case CertificateRole::worker:
      return "serverAuth,clientAuth";
  }
  return "";
}

std::string pem_of(const Bio& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<std::size_t>(std::max(size, 0L))};
}

/// A certificate without extensions and signature.
Cert begin(const std::string& name, EVP_PKEY& key, Validity validity) {
  Cert made(X509_new());
  const Number serial(BN_new());
  bool good = made && serial && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
              BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(made.get())) && X509_set_pubkey(made.get(), &key) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(made.get()), validity.from) &&
              ASN1_TIME_set(X509_getm_notAfter(made.get()), validity.until);
  X509_NAME* subject = good ? X509_get_subject_name(made.get()) : nullptr;
  const auto put = [&](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  good = good && put("O", "dflow") && put("CN", name);
  return good ? std::move(made) : nullptr;
}

Result<Credential> finish(const Cert& made, X509& issuer, EVP_PKEY& issuers_key, EVP_PKEY& key) {
  const Bio certificate(BIO_new(BIO_s_mem())), secret(BIO_new(BIO_s_mem()));
  const bool good = X509_set_issuer_name(made.get(), X509_get_subject_name(&issuer)) == 1 &&
                    X509_sign(made.get(), &issuers_key, EVP_sha256()) > 0 && certificate && secret &&
                    PEM_write_bio_X509(certificate.get(), made.get()) == 1 &&
                    PEM_write_bio_PrivateKey(secret.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!good) return error("the certificate could not be made");
  return Credential{pem_of(certificate), pem_of(secret)};
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return time && ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

std::string hexadecimal(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[bytes[i] >> shift & 15];
  }
  return text;
}

std::string serial_of(const ASN1_INTEGER* serial) {
  return serial ? hexadecimal(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))) : "";
}

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_of(const ASN1_STRING* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16) return {};
  return ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size()) ? text.data() : "";
}

/// False for a certificate that names two roles: nobody is two.
bool take_uri(Certificate& certificate, const std::string& uri) {
  if (uri.starts_with(kUserPrefix)) certificate.user = uri.substr(kUserPrefix.size());
  if (!uri.starts_with(kRolePrefix)) return true;
  if (certificate.role) return false;
  certificate.role = role_of(uri.substr(kRolePrefix.size()));
  return true;
}

bool take_names(Certificate& certificate, const X509& from) {
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&from, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI && !take_uri(certificate, text_of(name->d.uniformResourceIdentifier))) return false;
    if (name->type == GEN_DNS) certificate.hosts.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) certificate.hosts.push_back(address_of(name->d.iPAddress));
  }
  return true;
}

/// The serials of an authority's list, which has to be signed by it.
Result<RevocationList> read_own_list(X509& authority, std::string_view pem) {
  RevocationList list = openssl::read_list(pem);
  if (!list) return error("the revocation list cannot be read");
  EVP_PKEY* key = X509_get0_pubkey(&authority);
  if (!key || X509_CRL_verify(list.get(), key) != 1) return error("the revocation list is not this authority's");
  return list;
}

bool add_serial(X509_CRL& list, const std::string& serial, const ASN1_TIME& now) {
  BIGNUM* parsed = nullptr;
  const int digits = BN_hex2bn(&parsed, serial.c_str());
  const Number number(parsed);
  if (digits == 0 || static_cast<std::size_t>(digits) != serial.size()) return false;
  const Integer integer(BN_to_ASN1_INTEGER(number.get(), nullptr));
  X509_REVOKED* known = nullptr;
  if (X509_CRL_get0_by_serial(&list, &known, integer.get()) > 0) return true;
  Owned<X509_REVOKED, X509_REVOKED_free> entry(X509_REVOKED_new());
  if (!entry || X509_REVOKED_set_serialNumber(entry.get(), integer.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), const_cast<ASN1_TIME*>(&now)) != 1 ||
      X509_CRL_add0_revoked(&list, entry.get()) != 1) {
    return false;
  }
  std::ignore = entry.release();
  return true;
}

/// Each list of an authority has the next number.
bool count_up(X509_CRL& list) {
  const Integer last(static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(&list, NID_crl_number, nullptr, nullptr)));
  const Integer next(ASN1_INTEGER_new());
  return ASN1_INTEGER_set(next.get(), last ? ASN1_INTEGER_get(last.get()) + 1 : 1) == 1 &&
         X509_CRL_add1_ext_i2d(&list, NID_crl_number, next.get(), 0, X509V3_ADD_REPLACE) == 1;
}

RevocationList empty_list(X509& authority) {
  RevocationList list(X509_CRL_new());
  const bool good = list && X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1 &&
                    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(&authority)) == 1 &&
                    X509_CRL_set1_nextUpdate(list.get(), X509_get0_notAfter(&authority)) == 1;
  return good ? std::move(list) : nullptr;
}

}  // namespace

std::string_view name_of(CertificateRole role) {
  return std::ranges::find(kRoles, role, &decltype(kRoles)::value_type::first)->second;
}

std::optional<CertificateRole> role_of(std::string_view name) {
  const auto found = std::ranges::find(kRoles, name, &decltype(kRoles)::value_type::second);
  return found == kRoles.end() ? std::nullopt : std::optional(found->first);
}

bool Certificate::names(const std::string& host) const {
  const auto same = [&](const std::string& known) {
    return std::ranges::equal(known, host, {}, [](unsigned char c) { return std::tolower(c); },
                              [](unsigned char c) { return std::tolower(c); });
  };
  return std::ranges::any_of(hosts, same);
}

Result<Credential> make_authority(const std::string& name, Validity validity) {
  if (Result<void> good = check({.name = name}); !good) return good.error();
  const Key key(EVP_EC_gen("P-256"));
  const Cert made = key ? begin(name, *key, validity) : nullptr;
  const bool good = made && add_extension(*made, *made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(*made, *made, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(*made, *made, NID_subject_key_identifier, "hash");
  if (!good) return error("the authority could not be made");
  return finish(made, *made, *key, *key);
}

Result<Credential> issue(const Credential& authority, const Subject& subject, Validity validity) {
  if (Result<void> good = check(subject); !good) return good.error();
  const Cert issuer = openssl::read_cert(authority.certificate);
  const Key issuers_key = openssl::read_key(authority.key);
  if (!issuer || !issuers_key) return error("the authority's certificate or key cannot be read");
  if (X509_check_private_key(issuer.get(), issuers_key.get()) != 1) return error("the authority's key is another's");
  validity.until = std::min(validity.until, seconds_of(X509_get0_notAfter(issuer.get())));
  const Key key(EVP_EC_gen("P-256"));
  const Cert made = key ? begin(subject.name, *key, validity) : nullptr;
  const bool good = made && add_extension(*made, *issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(*made, *issuer, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(*made, *issuer, NID_ext_key_usage, usage_of(subject.role)) &&
                    add_extension(*made, *issuer, NID_subject_key_identifier, "hash") &&
                    add_extension(*made, *issuer, NID_authority_key_identifier, "keyid:always") && add_names(*made, subject);
  if (!good) return error("the certificate could not be made");
  return finish(made, *issuer, *issuers_key, *key);
}

Result<Certificate> read_certificate(std::string_view pem) {
  const Cert read = openssl::read_cert(pem);
  if (!read) return error("no certificate can be read");
  return openssl::describe(*read);
}

formats::Result<Certificate> openssl::describe(const X509& from) {
  Certificate certificate{.serial = serial_of(X509_get0_serialNumber(&from)),
                          .validity = {.from = seconds_of(X509_get0_notBefore(&from)),
                                       .until = seconds_of(X509_get0_notAfter(&from))}};
  std::array<char, kMostName + 1> name{};
  if (X509_NAME_get_text_by_NID(X509_get_subject_name(&from), NID_commonName, name.data(), name.size()) > 0) {
    certificate.name = name.data();
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(&from, EVP_sha256(), digest.data(), &size) == 1) {
    certificate.fingerprint = hexadecimal(digest.data(), size);
  }
  if (!take_names(certificate, from)) return Error{"a certificate of two roles"};
  return certificate;
}

Result<std::string> revoke(const Credential& authority, std::string_view list, const std::vector<std::string>& serials) {
  const Cert issuer = openssl::read_cert(authority.certificate);
  const Key key = openssl::read_key(authority.key);
  if (!issuer || !key) return error("the authority's certificate or key cannot be read");
  RevocationList made = empty_list(*issuer);
  if (!list.empty()) {
    Result<RevocationList> known = read_own_list(*issuer, list);
    if (!known) return known.error();
    made = std::move(known).value();
  }
  const Owned<ASN1_TIME, ASN1_TIME_free> now(ASN1_TIME_set(nullptr, std::time(nullptr)));
  for (const std::string& serial : serials) {
    if (!made || !add_serial(*made, serial, *now)) return Error{"'" + serial + "' is no serial of a certificate"};
  }
  const Bio pem(BIO_new(BIO_s_mem()));
  const bool good = made && pem && X509_CRL_set1_lastUpdate(made.get(), now.get()) == 1 && count_up(*made) &&
                    X509_CRL_sort(made.get()) == 1 && X509_CRL_sign(made.get(), key.get(), EVP_sha256()) > 0 &&
                    PEM_write_bio_X509_CRL(pem.get(), made.get()) == 1;
  if (!good) return error("the revocation list could not be made");
  return pem_of(pem);
}

Result<std::vector<std::string>> revoked_serials(std::string_view authority, std::string_view list) {
  const Cert issuer = openssl::read_cert(authority);
  if (!issuer) return error("the authority's certificate cannot be read");
  const Result<RevocationList> read = read_own_list(*issuer, list);
  if (!read) return read.error();
  std::vector<std::string> serials;
  const STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(read.value().get());
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    serials.push_back(serial_of(X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(entries, i))));
  }
  return serials;
}

}  // namespace dflow::net
