#include "runtime/net/lobby.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "runtime/net/file_limit.h"

namespace dflow::net {

namespace {

/// So long who is refused may take to read why.
constexpr std::chrono::seconds kFarewell{1};

}  // namespace

Lobby::Lobby(Options options, Greeted greeted)
    : options_(options), greeted_(std::move(greeted)), wake_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))),
      thread_([this] { run(); }) {}

Lobby::~Lobby() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ::eventfd_write(wake_.number, 1);
  thread_.join();
}

void Lobby::enter(std::unique_ptr<Stream> stream) {
  {
    const std::lock_guard lock(mutex_);
    entered_.push_back(std::move(stream));
  }
  ::eventfd_write(wake_.number, 1);
}

void Lobby::take_in() {
  for (std::unique_ptr<Stream>& stream : entered_) {
    visitors_.push_back({.stream = std::move(stream), .until = Clock::now() + options_.patience});
    if (visitors_.size() > options_.most) visitors_.pop_front();
  }
  entered_.clear();
}

void Lobby::run() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (over_) return;
      take_in();
    }
    std::vector<pollfd> polled{{.fd = wake_.number, .events = POLLIN, .revents = 0}};
    auto first = Clock::now() + options_.patience;
    for (const Visitor& visitor : visitors_) {
      const short events = visitor.wants == Wants::write ? POLLOUT : POLLIN;
      polled.push_back({.fd = visitor.stream->descriptor(), .events = events, .revents = 0});
      first = std::min(first, visitor.until);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now());
    ::poll(polled.data(), polled.size(), static_cast<int>(std::max<std::int64_t>(0, left.count())));
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.number, &ignored);
    const auto now = Clock::now();
    auto state = polled.begin();
    for (auto visitor = visitors_.begin(); visitor != visitors_.end();) {
      ++state;
      const bool stays = now < visitor->until && (state->revents == 0 || attend(*visitor));
      visitor = stays ? std::next(visitor) : visitors_.erase(visitor);
    }
  }
}

bool Lobby::attend(Visitor& visitor) {
  if (visitor.refused) return visitor.stream->drain();
  if (!visitor.proven) {
    const Result<Wants> wants = visitor.stream->shake_hands();
    if (!wants) {  // it has been told why, and should be able to read that, whatever it is saying meanwhile
      visitor.refused = true;
      visitor.wants = Wants::read;
      visitor.until = std::min(visitor.until, Clock::now() + kFarewell);
      return visitor.stream->drain();
    }
    visitor.wants = wants.value();
    if (visitor.wants != Wants::nothing) return true;
    visitor.proven = true;
    visitor.wants = Wants::read;
  }
  Result<std::optional<Message>> message = visitor.stream->try_read(kMostGreeting);
  if (!message) return false;
  if (!message.value()) return true;
  auto* hello = std::get_if<Hello>(&*message.value());
  if (hello) greeted_(std::move(visitor.stream), std::move(*hello));
  return false;
}

}  // namespace dflow::net
