#include "runtime/cluster/peer_links.h"

#include <algorithm>

#include "runtime/cluster/arrival.h"

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
  Lease(PeerLinks& links, core::WorkerId worker, std::unique_ptr<net::Stream> stream)
      : links_(&links), worker_(worker), stream_(std::move(stream)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (stream_) stop_use();
  }

  net::Stream& operator*() const { return *stream_; }
  net::Stream* operator->() const { return stream_.get(); }
  /// For the next value.
  void give_back() {
    stop_use();
    const std::lock_guard lock(links_->mutex_);
    if (links_->addresses_.contains(worker_)) links_->idle_[worker_].push_back(std::move(stream_));
    stream_.reset();
  }

 private:
  void stop_use() {
    const std::lock_guard lock(links_->mutex_);
    std::erase_if(links_->in_use_, [&](const auto& use) { return use.second == stream_.get(); });
  }

  PeerLinks* links_;
  core::WorkerId worker_;
  std::unique_ptr<net::Stream> stream_;
};

Result<PeerLinks::Lease> PeerLinks::take(core::WorkerId worker, bool fresh) {
  const auto lease = [&](std::unique_ptr<net::Stream> stream) {  // the lock is held
    in_use_.emplace(worker, stream.get());
    return Lease(*this, worker, std::move(stream));
  };
  net::Address address;
  {
    const std::lock_guard lock(mutex_);
    const auto known = addresses_.find(worker);
    if (known == addresses_.end()) return Error{"the worker is gone"};
    address = known->second;
    std::vector<std::unique_ptr<net::Stream>>& idle = idle_[worker];
    if (fresh) idle.clear();
    if (!idle.empty()) {
      std::unique_ptr<net::Stream> stream = std::move(idle.back());
      idle.pop_back();
      return lease(std::move(stream));
    }
  }
  Result<Greeted> greeted = greet(address, self_);
  if (!greeted) return greeted.error();
  const std::lock_guard lock(mutex_);
  if (!addresses_.contains(worker)) return Error{"the worker is gone"};
  return lease(std::move(greeted.value().stream));
}

Pulled PeerLinks::pull(core::WorkerId worker, core::TaskId task, core::Attempt version, const Take& take_bytes) {
  Pulled pulled;
  for (const bool fresh : {false, true}) {  // an idle connection may have ended unnoticed
    Result<Lease> stream = take(worker, fresh);
    if (!stream) {
      pulled.error = stream.message();
      return pulled;
    }
    const net::Pull pull{.task = static_cast<std::uint64_t>(task), .version = static_cast<std::uint32_t>(version)};
    if (!stream.value()->write(pull)) continue;
    Result<net::Message> answer = stream.value()->read();
    if (!answer) continue;
    auto* value = std::get_if<net::Value>(&answer.value());
    if (!value) continue;
    if (value->size > kMostBytes) {
      pulled.error = "a value of " + std::to_string(value->size) + " bytes";
      continue;
    }
    transfer::StreamSource source(*stream.value(), value->outcome == Outcome::here ? value->size : 0);
    if (value->outcome == Outcome::here) {
      if (const Result<void> taken = take_bytes(source, *value); !taken) {
        pulled.error = taken.message();
        continue;
      }
    }
    if (source.skip()) stream.value().give_back();
    pulled.outcome = outcome_of(value->outcome);
    pulled.size = value->size;
    pulled.error = value->error;
    return pulled;
  }
  return pulled;
}

Result<void> PeerLinks::push(core::WorkerId worker, core::TaskId task, const ValueBytes& value) {
  const std::vector<std::span<const std::byte>> pieces = value.writer.segments();
  const std::uint64_t size = value.writer.size();
  const net::Push push{.task = static_cast<std::uint64_t>(task),
                       .version = 0,
                       .size = size,
                       .form = form_to_send(*value.node.get()->value_form(), size)};
  for (const bool fresh : {false, true}) {
    Result<Lease> stream = take(worker, fresh);
    if (!stream) return stream.error();
    if (Result<void> sent = stream.value()->write(push, pieces); !sent) continue;
    const Result<net::Message> answer = stream.value()->read();
    if (!answer || !std::holds_alternative<net::Value>(answer.value())) continue;
    stream.value().give_back();
    return {};
  }
  return Error{"the worker is gone"};
}

}  // namespace dflow::cluster
