#include <arpa/inet.h>
#include <netdb.h>

#include <charconv>

#include "runtime/net/stream.h"

namespace dflow::net {

using formats::Error;

std::string Address::unknown() const {
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (error == 0) ::freeaddrinfo(found);
  return error == 0 ? "" : ::gai_strerror(error);
}

bool Address::loopback() const {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};  // not any name that begins like one
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && host.starts_with("127.");
}

Result<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const Error error{"'" + std::string(text) + "' is no address: it takes HOST:PORT, such as 127.0.0.1:7070"};
  if (colon == std::string_view::npos || colon == 0) return error;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  Address address{.host = std::string(host)};
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (problem != std::errc() || end != port.data() + port.size()) return error;
  return address;
}

}  // namespace dflow::net
