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

Pulled::Outcome outcome_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::here: return Pulled::Outcome::here;
    case Outcome::gone: return Pulled::Outcome::gone;
    default: return Pulled::Outcome::cannot_cross;
  }
}

}  // namespace

void PeerLinks::add(core::WorkerId worker, const std::string& address) {
  const Result<net::Address> parsed = net::parse_address(address);
  if (!parsed) return;  // who asks for it is told that it cannot be reached
  const std::lock_guard lock(mutex_);
  addresses_[worker] = parsed.value();
}

void PeerLinks::remove(core::WorkerId worker) {
  const std::lock_guard lock(mutex_);
  addresses_.erase(worker);
  idle_.erase(worker);
  const auto [first, last] = in_use_.equal_range(worker);
  for (auto use = first; use != last; ++use) use->second->shut_down();
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
  net::Address address;
  {
    const std::lock_guard lock(mutex_);
    const auto known = addresses_.find(worker);
    if (known == addresses_.end()) return Error{"the worker is gone"};
    address = known->second;
    std::vector<Link>& idle = idle_[worker];
    if (fresh) idle.clear();
    if (!idle.empty()) {
      Link link = std::move(idle.back());
      idle.pop_back();
      return lease(std::move(link));
    }
  }
  Result<Greeted> greeted = greet(address, self_);
  if (!greeted) return greeted.error();
  const std::lock_guard lock(mutex_);
  if (!addresses_.contains(worker)) return Error{"the worker is gone"};
  return lease({std::move(greeted.value().stream), std::move(greeted.value().welcome.machine)});
}

/// Said once, and not tried again.
void PeerLinks::close_memory(const std::string& reason) {
  if (memory_closed_.exchange(true)) return;
  std::cerr << "dflow: " + self_.name + ": processes of this machine cannot read each other's memory (" + reason +
                   "): values go through sockets\n";
}

// ---- To get one ------------------------------------------------------------------------------------------------------

Pulled PeerLinks::pull(core::WorkerId worker, core::TaskId task, core::Attempt version, const Take& take_bytes) {
  Pulled pulled;
  for (const bool fresh : {false, true}) {  // an idle connection may have ended unnoticed
    Result<Lease> link = take(worker, fresh);
    if (!link) {
      pulled.error = link.message();
      return pulled;
    }
    const net::Pull pull{.task = static_cast<std::uint64_t>(task), .version = static_cast<std::uint32_t>(version)};
    if (pull_over(link.value(), pull, take_bytes, pulled)) return pulled;
  }
  return pulled;
}

/// False if the connection broke.
bool PeerLinks::pull_over(Lease& link, net::Pull pull, const Take& take_bytes, Pulled& pulled) {
  pull.raw = memory_closed_;
  pull.packed = transfer::compression() != transfer::Compression::never;
  if (!link->write(pull)) return false;
  Result<net::Message> answer = link->read();
  if (!answer) return false;
  auto* value = std::get_if<net::Value>(&answer.value());
  if (!value) return false;
  if (value->size > kMostBytes) {
    pulled.error = "a value of " + std::to_string(value->size) + " bytes";
    return false;
  }
  const bool here = value->outcome == Outcome::here;
  const auto source = source_of(*link, here ? value->size : 0, value->memory, value->packing);
  if (const Result<void> may_read = source->probe(); !may_read) {
    if (pull.raw) return false;
    close_memory(may_read.message());
    return pull_over(link, pull, take_bytes, pulled);
  }
  if (here) {
    if (const Result<void> taken = take_bytes(*source, *value); !taken) {
      pulled.error = taken.message();
      return false;
    }
  }
  const bool in_step = value->memory ? static_cast<bool>(link->write(net::Taken{})) : static_cast<bool>(source->skip());
  if (in_step) link.give_back();
  pulled.outcome = outcome_of(value->outcome);
  pulled.size = value->size;
  pulled.error = value->error;
  return true;
}

// ---- To give one -----------------------------------------------------------------------------------------------------

Result<void> PeerLinks::push(core::WorkerId worker, core::TaskId task, const ValueBytes& value) {
  const std::vector<std::span<const std::byte>> pieces = value.writer.segments();
  const std::uint64_t size = value.writer.size();
  const net::Push push{.task = static_cast<std::uint64_t>(task),
                       .version = 0,
                       .size = size,
                       .form = form_to_send(*value.node.get()->value_form(), size)};
  for (const bool fresh : {false, true}) {
    Result<Lease> link = take(worker, fresh);
    if (!link) return link.error();
    if (push_over(link.value(), push, pieces)) return {};
  }
  return Error{"the worker is gone"};
}

/// False if the worker did not say that it has it.
bool PeerLinks::push_over(Lease& link, net::Push push, std::span<const std::span<const std::byte>> pieces) {
  const bool show = link.near() && !memory_closed_ && push.size >= transfer::kShownFrom;
  if (show) push.memory = transfer::show(pieces);
  if (!send_value(*link, push, pieces, transfer::packs_for(link.machine()))) return false;
  const Result<net::Message> answer = link->read();
  if (!answer) return false;
  const auto* taken = std::get_if<net::Value>(&answer.value());
  if (!taken) return false;
  if (taken->outcome == Outcome::unreadable && push.memory) {
    close_memory(taken->error);
    push.memory.reset();
    return push_over(link, std::move(push), pieces);
  }
  link.give_back();
  return true;
}

}  // namespace dflow::cluster
