// Who waits for which node.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <vector>

#include <dflow/detail/node.h>

namespace dflow::local {

using detail::Node;

/// Told once when a node has ended. Called under a lock of the table: short, no user code.
class Watcher {
 public:
  virtual void notify(Node& node) noexcept = 0;
  /// The task that waits, null for a thread outside of tasks.
  Node* waiter = nullptr;

 protected:
  ~Watcher() = default;
};

/// Waiting that can be given up, unlike an edge in a node's list. Thread-safe.
class WatchTable {
 public:
  /// False, and nothing is added, if the node has ended. The caller keeps both alive until `remove`.
  bool add(Node& node, Watcher& watcher);
  /// After this `watcher` is not being called and will not be.
  void remove(Node& node, Watcher& watcher);
  /// Called by whoever ended a node that is marked kWatched.
  void fire(Node& node);
  /// Calls `visit(node, watcher)` for each; both are alive meanwhile.
  void for_each(const std::function<void(Node&, Watcher&)>& visit);

 private:
  struct Entry {
    Node* node;
    Watcher* watcher;
  };
  struct alignas(64) Bucket {
    std::mutex mutex;
    std::vector<Entry> entries;
  };
  Bucket& bucket(const Node& node) {
    return buckets_[(reinterpret_cast<std::uintptr_t>(&node) >> 6) % buckets_.size()];
  }

  std::array<Bucket, 64> buckets_;
};

}  // namespace dflow::local
