#include "runtime/net/reactor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "runtime/net/file_limit.h"

namespace dflow::net {

namespace {

/// No sessions' numbers.
constexpr std::uint64_t kWake = 0, kTimer = UINT64_MAX;

std::uint32_t events_of(Reactor::Next next) {
  switch (next) {
    case Reactor::Next::readable: return EPOLLIN;
    case Reactor::Next::writable: return EPOLLOUT;
    // Nearly always there is room to write: it comes to the end of the kernel's queue. What was read ahead is not in the kernel.
    case Reactor::Next::yield: return EPOLLIN | EPOLLOUT;
    default: return 0;
  }
}

}  // namespace

Reactor::Reactor(Limits limits)
    : limits_(limits), poll_(opened(::epoll_create1(EPOLL_CLOEXEC))), wake_(opened(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))),
      timer_(opened(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK))) {
  for (const auto& [descriptor, number] : {std::pair(wake_.number, kWake), std::pair(timer_.number, kTimer)}) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = number}};
    opened(::epoll_ctl(poll_.number, EPOLL_CTL_ADD, descriptor, &event));  // whom nobody wakes would never end
  }
  threads_.emplace_back([this] { run(); });
}

Reactor::~Reactor() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (auto& [number, entry] : sessions_) entry.session->shut_down();
  }
  ::eventfd_write(wake_.number, 1);
  for (std::thread& thread : threads_) thread.join();
  std::exchange(sessions_, {}).clear();  // who ends may still ask for another
}

std::uint64_t Reactor::add(std::unique_ptr<Session> session) {
  std::unique_ptr<Session> dropped, unwatched;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= limits_.most_sessions) dropped = least_active();
  session->number_ = ++last_;
  Entry& entry = sessions_[last_];
  entry.session = std::move(session);
  entry.active = served_;
  if (threads_.size() == 1) start_thread();  // who is served next need not wait until it is there
  if (watch(entry, EPOLL_CTL_ADD)) return last_;
  unwatched = take_away(sessions_.find(last_));
  return 0;
}

void Reactor::resume(std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  const auto entry = sessions_.find(session);
  if (entry == sessions_.end()) return;
  if (entry->second.served) entry->second.resumed = true;
  else if (entry->second.next == Next::paused) {
    entry->second.next = Next::yield;
    (void)watch(entry->second, EPOLL_CTL_MOD);
  }
}

void Reactor::end(std::uint64_t session) {
  std::unique_ptr<Session> ended;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  const auto entry = sessions_.find(session);
  if (entry == sessions_.end()) return;
  if (entry->second.served) entry->second.ending = true;
  else ended = take_away(entry);
}

void Reactor::shut_down_if(const std::function<bool(const Session&)>& condition) {
  const std::lock_guard lock(mutex_);
  for (auto& [number, entry] : sessions_) {
    if (condition(*entry.session)) entry.session->shut_down();
  }
}

/// Until something happens, once. The lock is held.
bool Reactor::watch(Entry& entry, int operation) {
  epoll_event event{.events = events_of(entry.next) | EPOLLONESHOT, .data = {.u64 = entry.session->number_}};
  return ::epoll_ctl(poll_.number, operation, entry.session->descriptor(), &event) == 0;
}

/// The lock is held.
std::unique_ptr<Reactor::Session> Reactor::take_away(std::map<std::uint64_t, Entry>::iterator entry) {
  if (!entry->second.served && entry->second.next == Next::writable) --writers_;
  std::unique_ptr<Session> session = std::move(entry->second.session);
  ::epoll_ctl(poll_.number, EPOLL_CTL_DEL, session->descriptor(), nullptr);
  sessions_.erase(entry);
  return session;
}

/// Not one that is being served. The lock is held.
std::unique_ptr<Reactor::Session> Reactor::least_active() {
  auto least = sessions_.end();
  for (auto entry = sessions_.begin(); entry != sessions_.end(); ++entry) {
    if (entry->second.served) continue;
    if (least == sessions_.end() || entry->second.active < least->second.active) least = entry;
  }
  return least == sessions_.end() ? nullptr : take_away(least);
}

/// The lock is held. Without another thread those that there are do it.
void Reactor::start_thread() {
  if (over_ || threads_.size() >= limits_.most_threads) return;
  try {
    threads_.emplace_back([this] { run(); });
  } catch (const std::system_error&) {
  }
}

std::unique_ptr<Reactor::Session> Reactor::put_back(std::uint64_t number, Next next) {
  const auto found = sessions_.find(number);
  Entry& entry = found->second;
  if (next == Next::ended || entry.ending) return take_away(found);
  entry.served = false;
  entry.next = next == Next::paused && entry.resumed ? Next::yield : next;
  if (entry.next == Next::writable && writers_++ == 0) set_timer(limits_.tick);
  if (entry.next != Next::paused) (void)watch(entry, EPOLL_CTL_MOD);  // else not even the other side's end is of interest
  return nullptr;
}

/// False when all is over.
bool Reactor::serve(std::uint64_t number) {
  Session* session = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (over_) return false;
    const auto found = sessions_.find(number);
    if (found == sessions_.end() || found->second.served) return true;
    Entry& entry = found->second;
    if (entry.next == Next::writable) --writers_;
    entry.served = true;
    entry.resumed = false;
    entry.active = ++served_;
    session = entry.session.get();
    if (idle_ == 0) start_thread();
  }
  const Next next = session->proceed();
  std::unique_ptr<Session> ended;  // destroyed without the lock
  const std::lock_guard lock(mutex_);
  ended = put_back(number, next);
  return !over_;
}

void Reactor::run() {
  prepare_heap(limits_.heap);
  for (bool goes_on = true; goes_on;) {
    {
      const std::lock_guard lock(mutex_);
      if (over_) return;
      ++idle_;
    }
    epoll_event event{};
    const int ready = ::epoll_wait(poll_.number, &event, 1, -1);
    {
      const std::lock_guard lock(mutex_);
      --idle_;
    }
    if (ready <= 0 || event.data.u64 == kWake) continue;
    if (event.data.u64 == kTimer) tick();
    else goes_on = serve(event.data.u64);
  }
}

/// The lock is held.
void Reactor::set_timer(std::chrono::milliseconds period) {
  const bool ticks = period.count() > 0;
  if (ticks == std::exchange(ticks_, ticks)) return;
  const timespec time{.tv_sec = period.count() / 1000, .tv_nsec = period.count() % 1000 * 1'000'000};
  const itimerspec times{.it_interval = time, .it_value = time};
  ::timerfd_settime(timer_.number, 0, &times, nullptr);
}

/// Tells those who wait for room how long they do; not more than two ticks at once, as nobody had room while this process was
/// stopped.
void Reactor::tick() {
  std::uint64_t ticks = 0;
  const std::lock_guard lock(mutex_);
  if (::read(timer_.number, &ticks, sizeof ticks) != sizeof ticks) return;  // another thread was told, too
  if (writers_ == 0) return set_timer({});
  const auto passed = static_cast<std::int64_t>(std::min<std::uint64_t>(ticks, 2)) * limits_.tick;
  for (auto& [number, entry] : sessions_) {
    const bool waits = !entry.served && entry.next == Next::writable;
    if (waits && !entry.session->wait(passed)) entry.session->shut_down();
  }
}

}  // namespace dflow::net
