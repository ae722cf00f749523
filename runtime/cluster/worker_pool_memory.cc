// Workers that have more memory than they may have, and what they may have.

#include "runtime/cluster/process_memory.h"
#include "runtime/cluster/worker_pool.h"

namespace dflow::cluster {

void WorkerPool::look_at_memory() {
  if (shares_) return look_at_shares();
  if (options_.memory.bytes > 0) look_at_limits();
}

/// Those that have too much twice in a row are killed, before the system kills what it likes.
void WorkerPool::look_at_limits() {
  for (Worker& worker : workers_) {
    const std::uint64_t bytes = worker.pid > 0 && !worker.replaced ? memory_of(worker.pid) : 0;
    const bool was = std::exchange(worker.too_large, bytes > options_.memory.bytes / 100 * kMostMemory);
    if (worker.too_large && was) replace_large(worker, bytes);
  }
}

/// The largest of all pools' workers is killed, and only when there is no more for any of them. They are told of other pools that come
/// and go, and write to the disk what their share has no room for any more.
void WorkerPool::look_at_shares() {
  options_.memory.bytes = shares_->share();
  std::vector<std::uint64_t> bytes;
  for (Worker& worker : workers_) {
    if (worker.board) worker.board->allow(options_.memory.bytes);
    bytes.push_back(worker.pid > 0 && !worker.replaced ? memory_of(worker.pid) : 0);
  }
  if (const auto largest = shares_->look(*shared_as_, bytes)) replace_large(workers_[*largest], bytes[*largest]);
}

void WorkerPool::replace_large(Worker& worker, std::uint64_t bytes) {
  const std::string line = "dflow: replaced: it had " + in_megabytes(bytes) + " in memory, more than " +
                           std::to_string(kMostMemory) + " % of its " +
                           (options_.memory.strict ? "limit" : "share") + " of " +
                           in_megabytes(options_.memory.bytes);
  worker.last_words.push_back(line);
  handlers_.printed({.worker = worker.name, .is_error = true, .text = line + '\n'});
  const std::lock_guard lock(mutex_);
  if (worker.pid > 0) kill(worker);
  worker.replaced = true;
}

}  // namespace dflow::cluster
