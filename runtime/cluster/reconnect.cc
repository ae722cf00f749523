#include "runtime/cluster/reconnect.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <random>
#include <string_view>

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;
using formats::Error;

constexpr std::chrono::seconds kPatience = 30s;
constexpr std::chrono::seconds kMostPatience = 86'400s;
constexpr std::chrono::milliseconds kFirstPause = 20ms, kLongestPause = 1s;

std::string in_seconds(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  if (time.count() % 1000 != 0) text += '.' + std::to_string(time.count() % 1000 / 100);
  return text;
}

template <class T>
Result<T> again_and_again(const Away& away, const std::function<Result<T>(bool& refused)>& attempt) {
  const auto until = std::chrono::steady_clock::now() + away.patience;
  std::minstd_rand random(std::random_device{}());  // those who were cut off together need not come back together
  for (std::chrono::milliseconds pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    bool refused = false;
    Result<T> result = attempt(refused);
    if (result || refused) return result;
    if (std::chrono::steady_clock::now() + pause > until)
      return Error{result.message() + ", for " + in_seconds(away.patience) + " s (DFLOW_RECONNECT)"};
    if (!away.pause(std::chrono::milliseconds(std::uniform_int_distribution(pause.count() / 2, pause.count())(random)))) return result;
  }
}

}  // namespace

Result<std::chrono::seconds> patience() {
  const char* variable = std::getenv("DFLOW_RECONNECT");
  const std::string_view text = variable ? variable : "";
  if (text.empty()) return kPatience;
  std::uint64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || seconds > static_cast<std::uint64_t>(kMostPatience.count()))
    return Error{"DFLOW_RECONNECT=" + std::string(text) + ": expected seconds, from 0 to 86400"};
  return std::chrono::seconds(seconds);
}

net::Bonds bonds_of(const net::Welcome& welcome) {
  return {.resumable = welcome.line != 0,
          .heartbeat = std::chrono::milliseconds(welcome.heartbeat),
          .silence = std::chrono::milliseconds(welcome.silence)};
}

WayBack::WayBack(const net::Welcome& welcome) : cluster(welcome.cluster), line(welcome.line), grace(welcome.grace) {}

std::chrono::milliseconds WayBack::patience(std::chrono::seconds most) const {
  if (cluster != 0) return most;
  return line != 0 ? std::min<std::chrono::milliseconds>(most, grace) : std::chrono::milliseconds(0);
}

Result<Greeted> rejoin(const Away& away, const net::Hello& hello) {
  return again_and_again<Greeted>(away, [&](bool& refused) -> Result<Greeted> {
    Result<std::unique_ptr<net::Stream>> stream = reach(away.scheduler, hello.role, away.credentials);
    if (!stream) return stream.error();
    return introduce(std::move(stream).value(), away.scheduler, hello, &refused);
  });
}

Result<std::unique_ptr<net::Stream>> reach_again(const Away& away, net::Role own) {
  return again_and_again<std::unique_ptr<net::Stream>>(
      away, [&](bool&) { return reach(away.scheduler, own, away.credentials); });
}

}  // namespace dflow::cluster
