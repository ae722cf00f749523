#include "runtime/cluster/peer_links.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "runtime/cluster/arrival.h"
#include "runtime/transfer/machine.h"
#include "runtime/transfer/memory.h"
#include "runtime/transfer/packing.h"

namespace dflow::cluster {

namespace {

using formats::Error;
using Outcome = net::Value::Outcome;

/// No larger value is taken from a peer, however much memory there is: a damaged size ends here.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;

/// Who was waited for in vain is not called for so long. A network that drops what is sent to somebody lets everyone who asks
/// wait, one after the other; whoever needs a value of his is to look for another way meanwhile.
constexpr std::chrono::seconds kRest{5};

Pulled::Outcome outcome_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::here: return Pulled::Outcome::here;
    case Outcome::gone: return Pulled::Outcome::gone;
    default: return Pulled::Outcome::cannot_cross;
  }
}

}  // namespace

void PeerLinks::use_secret(const std::string& secret) {
  const std::lock_guard lock(mutex_);
  if (!secret.empty()) self_.secret = secret;
}

void PeerLinks::notice_dead(std::chrono::milliseconds silence) {
  const std::lock_guard lock(mutex_);
  silence_ = silence;
}

void PeerLinks::add(core::WorkerId worker, const std::string& address) {
  const Result<net::Address> parsed = net::parse_address(address);
  if (!parsed) return;  // who asks for it is told that it cannot be reached
  const std::lock_guard lock(mutex_);
  if (!closed_) addresses_[worker] = parsed.value();
}

std::size_t PeerLinks::known() const {
  const std::lock_guard lock(mutex_);
  return addresses_.size();
}

std::size_t PeerLinks::called() const {
  const std::lock_guard lock(mutex_);
  return calling_.size();
}

void PeerLinks::remove(core::WorkerId worker) {
  const std::lock_guard lock(mutex_);
  addresses_.erase(worker);
  idle_.erase(worker);
  silent_until_.erase(worker);
  shut_down(worker);
}

void PeerLinks::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [worker, address] : std::exchange(addresses_, {})) shut_down(worker);
  idle_.clear();
}

/// The lock is held.
void PeerLinks::shut_down(core::WorkerId worker) {
  const auto [first, last] = in_use_.equal_range(worker);
  for (auto use = first; use != last; ++use) use->second->shut_down();
  const auto [next, end] = calling_.equal_range(worker);
  for (auto call = next; call != end; ++call) call->second->end();
}

class PeerLinks::Calling {
 public:
  Calling(PeerLinks& links, core::WorkerId worker) : links_(links), worker_(worker) {}
  ~Calling() {
    const std::lock_guard lock(links_.mutex_);
    std::erase_if(links_.calling_, [&](const auto& call) { return call.second == &call_; });
  }
  Calling(const Calling&) = delete;
  Calling& operator=(const Calling&) = delete;

  void begun(int connection) {
    call_.begun(connection);
    const std::lock_guard lock(links_.mutex_);
    if (!links_.addresses_.contains(worker_)) call_.end();  // it was removed meanwhile
    else if (!std::exchange(known_, true)) links_.calling_.emplace(worker_, &call_);
  }

 private:
  PeerLinks& links_;
  core::WorkerId worker_;
  EndableCall call_;
  bool known_ = false;  ///< To the links.
};

Result<Greeted> PeerLinks::greet_worker(core::WorkerId worker, Call call) {
  Calling calling(*this, worker);
  return greet(call.address, std::move(call.self), credentials_.get(), call.patience, [&](int socket) { calling.begun(socket); });
}

class PeerLinks::Lease {
 public:
  Lease(PeerLinks& links, core::WorkerId worker, Link link) : links_(&links), worker_(worker), link_(std::move(link)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (link_.stream) stop_use();
  }

  net::Stream& operator*() const { return *link_.stream; }
  net::Stream* operator->() const { return link_.stream.get(); }
  bool near() const { return transfer::shares_memory(link_.machine); }
  const std::string& machine() const { return link_.machine; }
  /// For the next value.
  void give_back() {
    stop_use();
    const std::lock_guard lock(links_->mutex_);
    if (links_->addresses_.contains(worker_)) links_->idle_[worker_].push_back(std::move(link_));
    link_.stream.reset();
  }

 private:
  void stop_use() {
    const std::lock_guard lock(links_->mutex_);
    std::erase_if(links_->in_use_, [&](const auto& use) { return use.second == link_.stream.get(); });
  }

  PeerLinks* links_;
  core::WorkerId worker_;
  Link link_;
};

Result<PeerLinks::Lease> PeerLinks::take(core::WorkerId worker, bool fresh) {
  const auto lease = [&](Link link) {  // the lock is held
    in_use_.emplace(worker, link.stream.get());
    return Lease(*this, worker, std::move(link));
  };
  std::optional<Call> way;
  {
    const std::lock_guard lock(mutex_);
    way = call_to(worker);
    if (!way) return Error{"the worker is gone"};
    std::vector<Link>& idle = idle_[worker];
    if (fresh) idle.clear();
    if (!idle.empty()) {
      Link link = std::move(idle.back());
      idle.pop_back();
      return lease(std::move(link));
    }
    const auto silent = silent_until_.find(worker);
    if (silent != silent_until_.end() && Clock::now() < silent->second) return Error{"it did not answer a moment ago"};
  }
  Result<Greeted> greeted = call(worker, std::move(*way));
  const std::lock_guard lock(mutex_);
  Result<Link> link = link_to(worker, std::move(greeted));
  if (!link) return link.error();
  return lease(std::move(link).value());
}

/// The lock is held.
std::optional<PeerLinks::Call> PeerLinks::call_to(core::WorkerId worker) const {
  const auto known = addresses_.find(worker);
  if (known == addresses_.end()) return std::nullopt;
  const std::chrono::milliseconds patience =
      silence_.count() > 0 ? std::min<std::chrono::milliseconds>(3 * silence_, kConnectTime) : kConnectTime;
  return Call{.address = known->second, .self = self_, .patience = patience};
}

/// The lock is held.
Result<PeerLinks::Link> PeerLinks::link_to(core::WorkerId worker, Result<Greeted> greeted) const {
  if (!greeted) return greeted.error();
  if (!addresses_.contains(worker)) return Error{"the worker is gone"};
  if (silence_.count() > 0) greeted.value().stream->notice_dead(3 * silence_);
  return Link{std::move(greeted.value().stream), std::move(greeted.value().welcome.machine)};
}

/// Notes whether it kept this one waiting for nothing; who refuses at once may be called again at once.
Result<Greeted> PeerLinks::call(core::WorkerId worker, Call call) {
  const auto began = Clock::now();
  const std::chrono::milliseconds patience = call.patience;
  Result<Greeted> greeted = greet_worker(worker, std::move(call));
  const std::lock_guard lock(mutex_);
  if (greeted) silent_until_.erase(worker);
  else if (const auto now = Clock::now(); now - began >= patience / 2) silent_until_[worker] = now + kRest;
  return greeted;
}

void PeerLinks::call_ahead(core::WorkerId worker) {
  std::optional<Call> way;
  {
    const std::lock_guard lock(mutex_);
    if (idle_.contains(worker) || in_use_.contains(worker)) return;
    way = call_to(worker);
  }
  if (!way) return;
  Result<Greeted> greeted = greet_worker(worker, std::move(*way));
  const std::lock_guard lock(mutex_);
  if (Result<Link> link = link_to(worker, std::move(greeted))) idle_[worker].push_back(std::move(link).value());
}

/// Said once, and not tried again.
void PeerLinks::close_memory(const std::string& reason) {
  if (memory_closed_.exchange(true)) return;
  std::cerr << "dflow: processes of this machine cannot read each other's memory (" + reason +
                   "): values go through sockets\n";
}

// ---- To get one ------------------------------------------------------------------------------------------------------

std::vector<Pulled> PeerLinks::pull(core::WorkerId worker, std::span<const Wanted> wanted, const Take& take_bytes) {
  std::vector<Pulled> pulled;
  std::string error;
  for (const bool fresh : {false, true}) {  // an idle connection may have ended unnoticed
    Result<Lease> link = take(worker, fresh);
    if (!link) {
      error = link.message();
      break;
    }
    while (pulled.size() < wanted.size() && pull_over(link.value(), wanted, take_bytes, pulled)) {
    }
    if (pulled.size() == wanted.size()) {
      link.value().give_back();
      return pulled;
    }
    if (!link.value()->too_slow()) continue;
    error = "it sends too slowly";
    break;
  }
  pulled.resize(wanted.size(), Pulled{.error = error});
  return pulled;
}

/// Asks for those that have not been pulled, and adds what becomes of them, of all or of as many as could be had this way.
/// False if the connection broke, or cannot be used for another question.
bool PeerLinks::pull_over(Lease& link, std::span<const Wanted> wanted, const Take& take_bytes, std::vector<Pulled>& pulled) {
  net::Pull pull{.packed = transfer::compression() != transfer::Compression::never};
  for (const Wanted& each : wanted.subspan(pulled.size())) {
    pull.values.push_back({static_cast<std::uint64_t>(each.task), static_cast<std::uint32_t>(each.version)});
  }
  pull.raw = memory_closed_ || pull.values.size() > 1;
  if (!link->write(pull)) return false;
  for (std::size_t left = pull.values.size(); left > 0; --left) {
    if (!take_answer(link, pull, take_bytes, pulled)) return false;
  }
  return true;
}

/// False if it did not come. Where it is in memory that may not be read, nothing is added: it is asked for otherwise.
bool PeerLinks::take_answer(Lease& link, const net::Pull& pull, const Take& take_bytes, std::vector<Pulled>& pulled) {
  link->keep_pace(net::Pace::Limits{.patience = limits_.answer, .slowest = limits_.pace.slowest});
  Result<net::Message> answer = link->read();
  if (answer) link->keep_pace(limits_.pace);
  auto* value = answer ? std::get_if<net::Value>(&answer.value()) : nullptr;
  if (!value || value->size > kMostBytes || (value->memory && (pull.raw || !link.near()))) return false;
  const bool here = value->outcome == Outcome::here;
  const auto source = source_of(*link, here ? value->size : 0, value->memory, value->packing);
  if (const Result<void> may_read = source->probe(); !may_read) {
    close_memory(may_read.message());
    return true;
  }
  if (here && !take_bytes(pulled.size(), *source, *value)) return false;
  pulled.push_back({.outcome = outcome_of(value->outcome), .size = value->size, .error = value->error});
  return static_cast<bool>(value->memory ? link->write(net::Taken{}) : source->skip());
}

// ---- To give one -----------------------------------------------------------------------------------------------------

Result<std::string> PeerLinks::push(core::WorkerId worker, core::TaskId task, const ValueBytes& value) {
  const std::vector<std::span<const std::byte>> pieces = value.writer.segments();
  const std::uint64_t size = value.writer.size();
  const net::Push push{.task = static_cast<std::uint64_t>(task),
                       .version = 0,
                       .size = size,
                       .form = form_to_send(*value.node.get()->value_form(), size)};
  for (const bool fresh : {false, true}) {
    Result<Lease> link = take(worker, fresh);
    if (!link) return link.error();
    std::optional<std::string> refusal = push_over(link.value(), push, pieces);
    if (refusal) return std::move(*refusal);
  }
  return Error{"the worker is gone"};
}

/// Why the worker does not take it: empty if it has it, nothing if it did not say.
std::optional<std::string> PeerLinks::push_over(Lease& link, net::Push push, std::span<const std::span<const std::byte>> pieces) {
  link->keep_pace({});  // it may wait until it has room
  const bool show = link.near() && !memory_closed_ && push.size >= transfer::kShownFrom;
  if (show) push.memory = transfer::show(pieces);
  if (!send_value(*link, push, pieces, transfer::packs_for(link.machine()))) return std::nullopt;
  const Result<net::Message> answer = link->read();
  if (!answer) return std::nullopt;
  const auto* taken = std::get_if<net::Value>(&answer.value());
  if (!taken) return std::nullopt;
  if (taken->outcome == Outcome::unreadable && push.memory) {
    close_memory(taken->error);
    push.memory.reset();
    return push_over(link, std::move(push), pieces);
  }
  link.give_back();
  return taken->error;
}

}  // namespace dflow::cluster
