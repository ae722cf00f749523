#include "runtime/local/watch.h"

#include <algorithm>

namespace dflow::local {

bool WatchTable::add(Node& node, Watcher& watcher) {
  {
    Bucket& b = bucket(node);
    const std::lock_guard lock(b.mutex);
    b.entries.push_back({&node, &watcher});
  }
  // Either we see the closed list, or whoever closes it sees the mark: both sides are sequentially consistent.
  node.marks_.fetch_or(detail::kWatched, std::memory_order_seq_cst);
  if (node.dependents.load(std::memory_order_seq_cst) != detail::closed()) return true;
  remove(node, watcher);
  return false;
}

void WatchTable::remove(Node& node, Watcher& watcher) {
  Bucket& b = bucket(node);
  const std::lock_guard lock(b.mutex);
  std::erase_if(b.entries, [&](const Entry& e) { return e.node == &node && e.watcher == &watcher; });
}

void WatchTable::fire(Node& node) {
  Bucket& b = bucket(node);
  const std::lock_guard lock(b.mutex);
  std::erase_if(b.entries, [&](const Entry& e) {
    if (e.node != &node) return false;
    e.watcher->notify(node);
    return true;
  });
}

void WatchTable::for_each(const std::function<void(Node&, Watcher&)>& visit) {
  for (Bucket& b : buckets_) {
    const std::lock_guard lock(b.mutex);
    for (const Entry& e : b.entries) visit(*e.node, *e.watcher);
  }
}

}  // namespace dflow::local
