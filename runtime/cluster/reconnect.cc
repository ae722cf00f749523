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

/// Pauses that grow, each of another length, so that those who were cut off together do not come back together.
class Pauses {
 public:
  Pauses(const Away& away, std::chrono::milliseconds most) : away_(away), until_(begun_ + most) {}
  void go_on_for(std::chrono::milliseconds most) { until_ = std::max(until_, begun_ + most); }
  /// The next one would take too long.
  bool over() const { return std::chrono::steady_clock::now() + next_ > until_; }
  /// False if nobody wants to wait any more.
  bool rest() {
    const std::chrono::milliseconds time(std::uniform_int_distribution(next_.count() / 2, next_.count())(random_));
    next_ = std::min(2 * next_, kLongestPause);
    return away_.pause(time);
  }

 private:
  const Away& away_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point until_;
  std::minstd_rand random_{std::random_device{}()};
  std::chrono::milliseconds next_ = kFirstPause;
};

/// Until it succeeds, is in vain or takes too long.
template <class T>
Result<T> again_and_again(const Away& away, const std::function<Result<T>(bool& in_vain)>& attempt) {
  for (Pauses pauses(away, away.patience);;) {
    bool in_vain = false;
    Result<T> result = attempt(in_vain);
    if (result || in_vain) return result;
    if (pauses.over()) return Error{result.message() + ", for " + in_seconds(away.patience) + " s (DFLOW_RECONNECT)"};
    if (!pauses.rest()) return result;
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

Result<Greeted> join(const Away& away, net::Hello hello, std::unique_ptr<net::Stream> stream) {
  hello.line = fresh_number();
  bool reached = stream != nullptr;
  for (Pauses pauses(away, std::max(away.patience, kToJoin));;) {
    Unwelcome why{};
    const auto attempt = [&]() -> Result<Greeted> {
      if (!stream) {
        net::Unreached unreached{};
        Result<std::unique_ptr<net::Stream>> made =
            reach(away.scheduler, hello.role, away.credentials, kConnectTime, &unreached);
        if (!made) {  // who breaks off is there, as when a greeting is not answered
          reached = reached || unreached == net::Unreached::broke_off;
          return made.error();
        }
        stream = std::move(made).value();
      }
      reached = true;
      return introduce(std::move(stream), away.scheduler, hello, &why);
    };
    Result<Greeted> greeted = attempt();
    if (why == Unwelcome::put_off) pauses.go_on_for(kPutOff);
    const bool unwanted = why == Unwelcome::foreign || why == Unwelcome::refused;
    const bool in_vain = unwanted || (!reached && away.patience.count() == 0);
    if (greeted || in_vain || pauses.over() || !pauses.rest()) return greeted;
  }
}

Result<Greeted> rejoin(const Away& away, const net::Hello& hello) {
  return again_and_again<Greeted>(away, [&](bool& in_vain) -> Result<Greeted> {
    Result<std::unique_ptr<net::Stream>> stream = reach(away.scheduler, hello.role, away.credentials, kConnectTime, nullptr, away.begun);
    if (!stream) return stream.error();
    Unwelcome why{};
    Result<Greeted> greeted = introduce(std::move(stream).value(), away.scheduler, hello, &why);
    in_vain = why == Unwelcome::refused;
    return greeted;
  });
}

Result<std::unique_ptr<net::Stream>> reach_again(const Away& away, net::Role own) {
  return again_and_again<std::unique_ptr<net::Stream>>(
      away, [&](bool&) { return reach(away.scheduler, own, away.credentials); });
}

}  // namespace dflow::cluster
