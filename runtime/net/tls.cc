#include "runtime/net/tls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>

#include "formats/file.h"
#include "runtime/net/openssl.h"

namespace dflow::net {

namespace {

using formats::Error;
using openssl::error;
using openssl::Owned;

constexpr std::size_t kMostFile = 1 << 20;
/// What one record holds; more small pieces than that are not gathered.
constexpr std::size_t kRecord = 16 << 10;
/// The lock is held so long at a time.
constexpr std::size_t kMostAtOnce = 64 << 10;

/// The version of a file: equal as long as nobody has replaced it or written into it.
struct Stamp {
  std::int64_t seconds = 0, nanoseconds = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  bool operator==(const Stamp&) const = default;
};

Stamp stamp_of(const std::string& path) {
  struct stat found {};
  if (path.empty() || ::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ino, found.st_size};
}

std::array<Stamp, 3> stamps_of(const Credentials::Files& files) {
  return {stamp_of(files.certificate), stamp_of(files.authority), stamp_of(files.revoked)};
}

bool is_address(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

/// Waits for the socket; false if the time is over.
bool wait_for(int socket, Wants what, int milliseconds) {
  pollfd wanted{.fd = socket, .events = static_cast<short>(what == Wants::write ? POLLOUT : POLLIN), .revents = 0};
  for (;;) {
    const int ready = ::poll(&wanted, 1, milliseconds);
    if (ready >= 0 || errno != EINTR) return ready != 0;
  }
}

/// OpenSSL's own socket raises SIGPIPE where the other side is gone, which belongs to the program.
int send_quietly(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), bytes,
                           static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_some(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))), bytes,
                          static_cast<std::size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

openssl::Bio over_socket(int socket) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "dflow's socket");
    BIO_meth_set_write(made, send_quietly);
    BIO_meth_set_read(made, receive_some);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  openssl::Bio bio(BIO_new(method));
  if (!bio) return bio;
  BIO_set_data(bio.get(), reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio.get(), 1);
  return bio;
}

/// Before a call that `Tls::wants` is to judge.
void clear_errors() {
  ERR_clear_error();
  errno = 0;
}

/// Of those that people should understand.
std::string reason_of(SSL& ssl) {
  const long verified = SSL_get_verify_result(&ssl);
  if (verified != X509_V_OK) {
    ERR_clear_error();
    return std::string("the other side's certificate is not accepted: ") + X509_verify_cert_error_string(verified);
  }
  switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
      ERR_clear_error();
      return "the other side does not speak TLS: is it another service's port, or a scheduler of its own machine only?";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      ERR_clear_error();
      return "the other side shows no certificate";
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      ERR_clear_error();
      return "the other side knows no strong version or cipher of TLS: dflow speaks TLS 1.3 and nothing older";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
      return error("the other side does not accept this side's certificate").message;
    default:
      return error("TLS").message;
  }
}

}  // namespace

struct Credentials::Context {
  Owned<SSL_CTX, SSL_CTX_free> ssl;
  Certificate own;
  std::array<Stamp, 3> stamps;
};

namespace {

/// TLS 1.3 with its three strong suites; nothing is resumed, so that no handshake can be cut short or played again.
bool restrict(SSL_CTX& ssl) {
  SSL_CTX_set_session_cache_mode(&ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(&ssl, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(&ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS |
                                  SSL_MODE_NO_AUTO_CHAIN);  // the other side has the authority's certificate
  SSL_CTX_set_read_ahead(&ssl, 1);  // several records a call
  SSL_CTX_set_default_read_buffer_len(&ssl, 4 * kRecord);
  SSL_CTX_set_verify(&ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_security_level(&ssl, 2);
  return SSL_CTX_set_min_proto_version(&ssl, TLS1_3_VERSION) == 1 && SSL_CTX_set_max_proto_version(&ssl, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_ciphersuites(&ssl, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
         SSL_CTX_set_num_tickets(&ssl, 0) == 1 && SSL_CTX_set_max_early_data(&ssl, 0) == 1;
}

Result<void> trust(SSL_CTX& ssl, const Credentials::Files& files) {
  const Result<std::string> authority = formats::read_file(files.authority, kMostFile);
  if (!authority) return authority.error();
  const openssl::Cert issuer = openssl::read_cert(authority.value());
  X509_STORE* store = SSL_CTX_get_cert_store(&ssl);
  if (!issuer || X509_STORE_add_cert(store, issuer.get()) != 1) return error(files.authority + " is no certificate");
  X509_STORE_set_flags(store, X509_V_FLAG_X509_STRICT);
  if (files.revoked.empty()) return {};
  const Result<std::string> revoked = formats::read_file(files.revoked, kMostFile);
  if (!revoked) return revoked.error();
  if (Result<std::vector<std::string>> good = revoked_serials(authority.value(), revoked.value()); !good) {
    return Error{files.revoked + ": " + good.message()};
  }
  const openssl::RevocationList list = openssl::read_list(revoked.value());
  if (X509_STORE_add_crl(store, list.get()) != 1) return error(files.revoked);
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

Result<Certificate> show(SSL_CTX& ssl, const Credentials::Files& files, CertificateRole role) {
  const Result<std::string> pem = formats::read_file(files.certificate, kMostFile);
  if (!pem) return pem.error();
  const openssl::Cert certificate = openssl::read_cert(pem.value());
  const openssl::Key key = openssl::read_key(pem.value());
  if (!certificate || !key) return error(files.certificate + " holds no certificate with its key");
  if (SSL_CTX_use_certificate(&ssl, certificate.get()) != 1 || SSL_CTX_use_PrivateKey(&ssl, key.get()) != 1) {
    return error(files.certificate);
  }
  Result<Certificate> own = read_certificate(pem.value());
  if (!own) return own.error();
  if (own.value().role != role) {
    const std::string is = own.value().role ? std::string(name_of(*own.value().role)) + "'s" : "nobody's";
    return Error{files.certificate + " is " + is + " certificate, and this is a " + std::string(name_of(role))};
  }
  const std::int64_t now = std::time(nullptr);
  if (own.value().validity.until <= now) {
    return Error{files.certificate + " has expired: `dflow security issue " + std::string(name_of(role)) +
                 " --force`, where the authority is, makes a new one"};
  }
  if (own.value().validity.from > now) return Error{files.certificate + " is not valid yet: is this machine's clock right?"};
  return own;
}

Result<std::shared_ptr<const Credentials::Context>> read_context(const Credentials::Files& files, CertificateRole role) {
  auto context = std::make_shared<Credentials::Context>();
  context->stamps = stamps_of(files);
  context->ssl.reset(SSL_CTX_new(TLS_method()));
  if (!context->ssl || !restrict(*context->ssl)) return error("TLS cannot be set up");
  if (Result<void> trusted = trust(*context->ssl, files); !trusted) return trusted.error();
  Result<Certificate> own = show(*context->ssl, files, role);
  if (!own) return own.error();
  context->own = std::move(own).value();
  return std::shared_ptr<const Credentials::Context>(std::move(context));
}

}  // namespace

Result<std::shared_ptr<Credentials>> Credentials::load(Files files, CertificateRole role) {
  std::shared_ptr<Credentials> made(new Credentials(std::move(files), role));
  if (Result<std::shared_ptr<const Context>> read = made->current(); !read) return read.error();
  return made;
}

Certificate Credentials::own() const {
  const std::lock_guard lock(mutex_);
  return context_->own;
}

Result<std::shared_ptr<const Credentials::Context>> Credentials::current() {
  const std::lock_guard lock(mutex_);
  if (context_ && context_->stamps == stamps_of(files_)) return context_;
  Result<std::shared_ptr<const Context>> read = read_context(files_, role_);
  if (read) context_ = read.value();
  return read;
}

struct Tls::Impl {
  std::shared_ptr<const Credentials::Context> context;
  Owned<SSL, SSL_free> ssl;
  int socket = -1;
  Certificate other;
  std::atomic<bool> broke_off = false;
  std::mutex mutex;  ///< OpenSSL's connections are for one thread at a time.
};

Tls::Tls(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tls::~Tls() = default;

Result<std::unique_ptr<Tls>> Tls::over(int socket, Credentials& credentials, const std::string& host) {
  Result<std::shared_ptr<const Credentials::Context>> context = credentials.current();
  if (!context) return context.error();
  auto impl = std::make_unique<Impl>();
  impl->context = std::move(context).value();
  impl->socket = socket;
  impl->ssl.reset(SSL_new(impl->context->ssl.get()));
  SSL* const ssl = impl->ssl.get();
  openssl::Bio bio = over_socket(socket);
  if (!ssl || !bio || ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK) != 0) {
    return error("TLS cannot be set up");
  }
  BIO* const both = bio.release();
  SSL_set_bio(ssl, both, both);
  if (host.empty()) {
    SSL_set_accept_state(ssl);
    return std::make_unique<Tls>(std::move(impl));
  }
  SSL_set_connect_state(ssl);
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS);
  const bool good = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1
                                     : SSL_set1_host(ssl, host.c_str()) == 1;
  if (!good) return error("'" + host + "' is no host's name");
  return std::make_unique<Tls>(std::move(impl));
}

const Certificate& Tls::other() const noexcept { return impl_->other; }

bool Tls::broke_off() const noexcept { return impl_->broke_off; }

/// What a call of OpenSSL's that has not succeeded is waiting for.
Result<Wants> Tls::wants(int returned) {
  SSL& ssl = *impl_->ssl;
  switch (SSL_get_error(&ssl, returned)) {
    case SSL_ERROR_WANT_READ:
      return Wants::read;
    case SSL_ERROR_WANT_WRITE:
      return Wants::write;
    case SSL_ERROR_ZERO_RETURN:
      impl_->broke_off = true;
      return Error{"the other side closed the connection"};
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      impl_->broke_off = errno == 0 || errno == ECONNRESET || errno == EPIPE;
      return Error{errno == 0 ? "the other side closed the connection" : std::strerror(errno)};  // as it was cleared
    default:
      return Error{reason_of(ssl)};
  }
}

std::string Tls::binding() const {
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  std::string bytes(32, '\0');
  const std::lock_guard lock(impl_->mutex);
  const int made = SSL_export_keying_material(impl_->ssl.get(), reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), kLabel.data(),
                                              kLabel.size(), nullptr, 0, 1);
  if (made != 1) std::abort();  // the handshake is not complete
  return bytes;
}

Result<Wants> Tls::shake_hands() {
  const std::lock_guard lock(impl_->mutex);
  SSL& ssl = *impl_->ssl;
  clear_errors();
  if (const int returned = SSL_do_handshake(&ssl); returned != 1) return wants(returned);
  X509* shown = SSL_get0_peer_certificate(&ssl);
  if (!shown || SSL_get_verify_result(&ssl) != X509_V_OK) return Error{"the other side shows no certificate"};
  Result<Certificate> other = openssl::describe(*shown);
  if (!other) return other.error();
  impl_->other = std::move(other).value();
  return Wants::nothing;
}

Result<std::optional<std::size_t>> Tls::try_read(std::span<std::byte> into) {
  const std::lock_guard lock(impl_->mutex);
  std::size_t got = 0;
  clear_errors();
  const int returned = SSL_read_ex(impl_->ssl.get(), into.data(), into.size(), &got);
  if (returned == 1) return std::optional(got);
  const Result<Wants> what = wants(returned);
  if (!what) return what.error();
  return std::optional<std::size_t>();
}

Result<std::size_t> Tls::read(std::span<std::byte> into, std::chrono::milliseconds timeout) {
  for (;;) {
    const Result<std::optional<std::size_t>> got = try_read(into);
    if (!got) return got.error();
    if (got.value()) return *got.value();
    const auto most = timeout.count() > 0 ? static_cast<int>(timeout.count()) : -1;
    if (!wait_for(impl_->socket, Wants::read, most)) return Error{"nothing came in time"};
  }
}

Result<std::size_t> Tls::try_write_some(std::span<const std::byte> bytes) {
  const std::lock_guard lock(impl_->mutex);
  std::size_t sent = 0;
  clear_errors();
  const int returned = SSL_write_ex(impl_->ssl.get(), bytes.data(), std::min(bytes.size(), kMostAtOnce), &sent);
  if (returned == 1) return sent;
  const Result<Wants> what = wants(returned);
  if (!what) return what.error();
  return std::size_t{0};
}

/// The same bytes again after 0, as OpenSSL demands: what goes together depends on nothing but the pieces.
Result<std::size_t> Tls::try_write(std::span<const iovec> pieces) {
  std::array<std::byte, kRecord> gathered;
  std::size_t filled = 0;
  for (const iovec& piece : pieces) {
    const std::span<const std::byte> bytes(static_cast<const std::byte*>(piece.iov_base), piece.iov_len);
    if (filled == 0 && bytes.size() > gathered.size()) return try_write_some(bytes);
    if (filled + bytes.size() > gathered.size()) break;
    std::ranges::copy(bytes, gathered.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += bytes.size();
  }
  return filled == 0 ? std::size_t{0} : try_write_some(std::span(gathered).first(filled));
}

Result<void> Tls::write_one(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    Result<Wants> what = Wants::nothing;
    {
      const std::lock_guard lock(impl_->mutex);
      clear_errors();
      const int returned = SSL_write_ex(impl_->ssl.get(), bytes.data(), std::min(bytes.size(), kMostAtOnce), &sent);
      if (returned != 1) what = wants(returned);
    }
    if (!what) return what.error();
    if (what.value() != Wants::nothing) wait_for(impl_->socket, what.value(), -1);
    bytes = bytes.subspan(sent);
  }
  return {};
}

/// Each record costs: small pieces share one.
Result<void> Tls::write(std::span<const iovec> pieces) {
  std::array<std::byte, kRecord> gathered;
  std::size_t filled = 0;
  for (const iovec& piece : pieces) {
    std::span<const std::byte> bytes(static_cast<const std::byte*>(piece.iov_base), piece.iov_len);
    if (filled + bytes.size() > gathered.size()) {
      if (Result<void> written = write_one(std::span(gathered).first(filled)); !written) return written;
      filled = 0;
    }
    if (bytes.size() > gathered.size()) {
      if (Result<void> written = write_one(bytes); !written) return written;
      continue;
    }
    std::ranges::copy(bytes, gathered.begin() + static_cast<std::ptrdiff_t>(filled));
    filled += bytes.size();
  }
  return write_one(std::span(gathered).first(filled));
}

}  // namespace dflow::net
