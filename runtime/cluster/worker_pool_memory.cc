// Workers that have more memory than they may have.

#include "runtime/cluster/process_memory.h"
#include "runtime/cluster/worker_pool.h"

namespace dflow::cluster {

namespace {

constexpr std::uint64_t kMostMemory = 95;  ///< Hundredths of a worker's limit.

}  // namespace

/// Those that have too much twice in a row are killed, before the system kills what it likes. Where each has
/// a share of the machine, that is the largest one, and only when there is no more for any of them.
void WorkerPool::look_at_memory() {
  const MemoryLimit& limit = options_.memory;
  if (limit.bytes == 0) return;
  const std::uint64_t most = limit.bytes / 100 * kMostMemory;
  std::uint64_t all = 0, largest = 0;
  Worker* largest_one = nullptr;
  for (Worker& worker : workers_) {
    const std::uint64_t bytes = worker.pid > 0 ? memory_of(worker.pid) : 0;
    all += bytes;
    if (bytes > largest) {
      largest = bytes;
      largest_one = &worker;
    }
    const bool was = std::exchange(worker.too_large, bytes > most);
    if (limit.strict && worker.too_large && was) replace_large(worker, bytes);
  }
  if (!limit.strict && all > most * workers_.size() && largest_one) replace_large(*largest_one, largest);
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
  worker.too_large = false;
}

}  // namespace dflow::cluster
