#include "runtime/cluster/client_session.h"

#include <dflow/errors.h>

#include "runtime/net/heap.h"

namespace dflow::cluster {

using detail::Node;
using detail::NodeRef;
using detail::State;

namespace {

/// So long the end of a session waits for the scheduler to take the last that is said.
constexpr std::chrono::milliseconds kGoodbye{1000};

}  // namespace

ClientSession::ClientSession(Options options, detail::Session& local) : options_(std::move(options)), local_(local) {
  net::Hello peer = options_.self;
  peer.role = net::Role::peer;
  links_ = std::make_unique<PeerLinks>(std::move(peer), options_.credentials);
}

ClientSession::~ClientSession() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  calling_.end();
  if (flusher_.joinable()) flusher_.join();
  await_pushers();
  links_->close();  // a worker that does not answer keeps nobody waiting
  for (Pusher& pusher : pushers_) pusher.thread.join();
  end_bringing();
  if (scheduler_) {
    scheduler_->finish(kGoodbye);
    scheduler_->stop();  // its thread may be answering what the scheduler asks
  }
  if (options_.ended) options_.ended();
}

void ClientSession::connect() {
  const std::lock_guard order(sending_);
  if (scheduler_) return;
  net::Hello hello = options_.self;
  if (options_.worker) hello.worker = static_cast<std::uint32_t>(options_.worker());
  // A worker has a scheduler: what it cannot reach now it will, and its tasks have nothing to do with that.
  Result<Greeted> greeted = join(away(options_.inside_worker ? options_.patience : std::chrono::seconds(0)), std::move(hello));
  if (!greeted && options_.inside_worker) end_worker(greeted.message());
  if (!greeted) throw Error("dflow: " + greeted.message());
  id_ = core::ClientId{greeted.value().welcome.id};
  links_->use_secret(greeted.value().welcome.secret);
  open_connection(std::move(greeted).value());
  net::prepare_heap(net::kLargeHeap);  // who connects is about to submit
  if (options_.trace) send(TraceWanted{});
  flusher_ = std::thread([this] {
    net::prepare_heap(net::kLargeHeap);
    keep_flushing();
  });
}

bool ClientSession::wait(Node& node, detail::Deadline deadline) {
  if (node.ended()) return true;
  {
    const std::lock_guard lock(mutex_);
    bursts_.waited();
  }
  flush();
  return local_.wait(node, deadline);
}

void ClientSession::end_external(Node& node, State state) { local_.end_external(node, state); }

void ClientSession::forget(Node& node) noexcept {
  const std::lock_guard lock(mutex_);
  elsewhere_.erase(&node);
  const core::TaskId id{node.extras()->remote_id};
  if (id == core::TaskId{}) return;
  places_.erase(id);
  placed_.erase(id);
  const bool first = to_release_.empty();
  to_release_.push_back(id);
  if (first && flusher_does_ == Flusher::sleeps) changed_.notify_all();
}

void ClientSession::blocked(Node& task) noexcept {
  flush();
  if (options_.blocked) options_.blocked(task);
}

void ClientSession::unblocked(Node& task) noexcept {
  if (options_.unblocked) options_.unblocked(task);
}

void ClientSession::overran(Node& task) noexcept {
  if (options_.overran) options_.overran(task);
}

void ClientSession::body_over(Node& task) noexcept {
  if (options_.body_over) options_.body_over(task);
}

NodeRef if_alive(Node& node) {
  std::uint32_t refs = node.refs_.load(std::memory_order_acquire);
  while (refs != 0 && !node.refs_.compare_exchange_weak(refs, refs + 1, std::memory_order_acq_rel)) {
  }
  return refs == 0 ? NodeRef() : NodeRef(&node);
}

/// Futures outlive their session, and their values with them.
void ClientSession::close() noexcept {
  std::vector<NodeRef> alive;
  {
    const std::lock_guard lock(mutex_);
    for (Node* node : elsewhere_) {
      if (is_only_brought(*node)) continue;
      if (NodeRef ref = if_alive(*node)) alive.push_back(std::move(ref));
    }
  }
  for (const NodeRef& node : alive) {
    try {
      fetch(*node.get(), std::nullopt);
    } catch (...) {  // a type that cannot be sent: whoever asks for it is told
    }
  }
}

void ClientSession::lose(const std::string& reason) {
  std::unordered_map<core::TaskId, Node*> lost;
  {
    const std::lock_guard lock(mutex_);
    if (over_ || !lost_.empty()) return;
    lost_ = reason;
    lost.swap(nodes_);
    for (auto& [id, place] : places_) place.error = std::make_exception_ptr(Error(reason));
    changed_.notify_all();
  }
  for (const auto& [id, node] : lost) {
    if (!detail::claim_external(*node)) continue;
    node->set_error(std::make_exception_ptr(Error(reason)));
    end(*node, State::failed);
  }
}

}  // namespace dflow::cluster
