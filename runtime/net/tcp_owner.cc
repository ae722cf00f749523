#include "runtime/net/tcp_owner.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "formats/file.h"

namespace dflow::net {

namespace {

using formats::Error;
using Clock = std::chrono::steady_clock;

/// Who has called has to be accepted before it is known by whom.
constexpr std::chrono::milliseconds kFirstLook{1}, kLastLook{50};

std::optional<TcpEnd> end_of(int socket, bool other) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if ((other ? ::getpeername(socket, address, &size) : ::getsockname(socket, address, &size)) != 0) return std::nullopt;
  TcpEnd end;
  if (storage.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(storage);
    end.host[10] = end.host[11] = 0xff;
    std::memcpy(end.host.data() + 12, &four.sin_addr, 4);
    end.port = ntohs(four.sin_port);
    return end;
  }
  if (storage.ss_family != AF_INET6) return std::nullopt;
  const auto& six = reinterpret_cast<const sockaddr_in6&>(storage);
  std::memcpy(end.host.data(), &six.sin6_addr, 16);
  end.port = ntohs(six.sin6_port);
  return end;
}

template <class Number>
bool parse(std::string_view text, Number& number, int base) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && stop == text.data() + text.size();
}

/// As the kernel prints it: words of the address as numbers of this machine's, "0100007F:1F90".
std::optional<TcpEnd> parse_end(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  TcpEnd end;
  if (colon == 8) end.host[10] = end.host[11] = 0xff;
  for (std::size_t word = 0; word < colon / 8; ++word) {
    std::uint32_t number = 0;
    if (!parse(text.substr(8 * word, 8), number, 16)) return std::nullopt;
    std::memcpy(end.host.data() + (colon == 8 ? 12 : 4 * word), &number, 4);
  }
  if (!parse(text.substr(colon + 1), end.port, 16)) return std::nullopt;
  return end;
}

/// The line's words: "sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode ...".
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(' '); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(' ', end);
  }
  return words;
}

}  // namespace

std::optional<uid_t> owner_in(std::string_view table, const TcpEnd& near, const TcpEnd& far) {
  constexpr std::size_t kNear = 1, kFar = 2, kUser = 7, kInode = 9;
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() <= kInode || parse_end(words[kNear]) != near || parse_end(words[kFar]) != far) continue;
    uid_t user = 0;
    std::uint64_t inode = 0;
    // Without an inode it is in nobody's hands, and the user means nothing.
    if (parse(words[kInode], inode, 10) && inode != 0 && parse(words[kUser], user, 10)) return user;
  }
  return std::nullopt;
}

Result<void> is_own(int socket, Clock::time_point until, bool* stranger) {
  const std::optional<TcpEnd> near = end_of(socket, true), far = end_of(socket, false);
  if (!near || !far) return Error{"the connection has ended"};
  for (auto pause = kFirstLook;; pause = std::min(2 * pause, kLastLook)) {
    bool told = false;
    // A server for both kinds of addresses has IPv4's in the table of the other.
    for (const char* name : {"/proc/net/tcp", "/proc/net/tcp6"}) {
      const Result<std::string> table = formats::read_file(name);
      if (!table) continue;
      told = true;
      const std::optional<uid_t> user = owner_in(table.value(), *near, *far);
      if (!user) continue;
      if (*user == ::geteuid() || *user == 0) return {};
      *stranger = true;
      return Error{"a process of another user (" + std::to_string(*user) +
                   ") answers there, who could run programs as this one if he were told what members are: use another port; between users "
                   "dflow speaks by TLS alone, `dflow security init` sets it up"};
    }
    if (!told) {
      *stranger = true;
      return Error{"nobody tells whose process answers there (/proc/net/tcp cannot be read): `dflow security init` sets up TLS, by which it "
                   "proves that itself"};
    }
    pollfd ended{.fd = socket, .events = POLLRDHUP, .revents = 0};
    if (::poll(&ended, 1, 0) == 1 && (ended.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) return Error{"the connection has ended"};
    if (Clock::now() + pause >= until) return Error{"nobody accepts connections there: is it another service's port?"};
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace dflow::net
