// A worker's memory: measured, given back, and written to the disk.

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>

#include "runtime/cluster/process_memory.h"
#include "runtime/cluster/worker_process.h"

namespace dflow::cluster {

namespace {

std::uint64_t bytes_in(const char* variable) {
  const char* text = std::getenv(variable);
  std::uint64_t bytes = 0;
  if (text) std::from_chars(text, text + std::char_traits<char>::length(text), bytes);
  return bytes;
}

}  // namespace

void WorkerSettings::read_memory() {
  memory = {.bytes = bytes_in("DFLOW_WORKER_MEMORY"), .strict = true};
  if (memory.bytes == 0) memory = {.bytes = bytes_in("DFLOW_WORKER_MEMORY_SHARE")};
  memory = within_resource_limits(memory);
  const char* folder = std::getenv("DFLOW_WORKER_SPILL");
  if (folder) spill_folder = folder;
}

// ---- How much there is

/// What a share of the machine's memory is now, as whoever has started this process says; 0: that it has not changed. The lock is held.
std::uint64_t WorkerProcess::share() {
  if (!board_ || settings_.memory.strict || board_->allowed() == 0) return 0;
  const std::uint64_t share = within_resource_limits({.bytes = board_->allowed()}).bytes;
  if (memory_limit_.exchange(share) == share) return 0;
  store_.bound_loans(share / 16);
  return share;
}

/// Before the brain is told of values of so many bytes, unless they are few. The lock is held.
void WorkerProcess::measure(std::uint64_t untold) {
  if (!brain_->bounded() || (untold > 0 && untold < memory_limit_ / 256)) return;
  const std::uint64_t bytes = memory_of(::getpid());
  apply(core::MemoryMeasured{bytes - std::min(bytes, untold), share()});
}

/// What was given back may still belong to the process: the allocator keeps it for later. The lock is given
/// up meanwhile.
void WorkerProcess::trim(std::unique_lock<std::mutex>& lock) {
  if (!brain_->bounded() || !std::exchange(released_, false)) return;
  lock.unlock();
  if (memory_of(::getpid()) > memory_limit_ / 2) ::malloc_trim(0);
  lock.lock();
}

/// A value that is pushed waits until there is somebody to tell of it, and room for it, or until no other comes. Why it never
/// may come, else.
std::string WorkerProcess::admit(std::uint64_t bytes) {
  std::unique_lock lock(mutex_);
  if (std::string why = incoming_.refusal(bytes); !why.empty()) return why;
  changed_.wait(lock, [&] { return over_ || (begun_ && incoming_.may_begin(bytes, *brain_)); });
  incoming_.begin(bytes);
  return {};
}

/// A value that was asked for may have more bytes than was said, as far as there is room.
std::string WorkerProcess::admit(std::uint64_t bytes, const core::StartFetch& order) {
  const std::lock_guard lock(mutex_);
  std::string why = incoming_.refusal(bytes, order.bytes, *brain_);
  if (why.empty() && bytes > order.bytes) incoming_.begin(bytes - order.bytes);
  return why;
}

void WorkerProcess::arrived(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  incoming_.end(bytes);
  changed_.notify_all();
}

// ---- The disk

void WorkerProcess::carry_out(const core::SpillValue& action) {
  to_spill_.push_back(action);
  spill_wanted_.notify_one();
}

void WorkerProcess::carry_out(const core::UnloadValue& action) {
  store_.unload(action.id, action.version);
  released_ = true;
}

/// A thread of its own: who runs tasks does not wait for the disk.
void WorkerProcess::spill() {
  std::unique_lock lock(mutex_);
  for (;;) {
    spill_wanted_.wait(lock, [&] { return over_ || !to_spill_.empty(); });
    if (over_) return;
    const core::SpillValue order = to_spill_.front();
    to_spill_.pop_front();
    lock.unlock();
    const core::SpillEnded::How how = spill(order);
    lock.lock();
    apply(core::SpillEnded{order.id, order.version, how});
    // Not after each small value: to look through the allocator's memory takes a while.
    const std::uint64_t spilled = brain_->spilled();
    if (!to_spill_.empty() && spilled < trimmed_at_ + memory_limit_ / 32 && spilled >= trimmed_at_)
      continue;
    trimmed_at_ = spilled;
    trim(lock);
    measure(0);
  }
}

core::SpillEnded::How WorkerProcess::spill(const core::SpillValue& order) {
  using How = core::SpillEnded::How;
  if (settings_.spill_folder == "none") return How::unwritable;
  if (!spill_file_) {
    Result<std::shared_ptr<SpillFile>> file = SpillFile::open(settings_.spill_folder);
    if (!file) return (tell_of_disk(file.message()), How::no_room);
    spill_file_ = std::move(file).value();
  }
  std::string why;
  switch (store_.spill(order.id, order.version, *spill_file_, why)) {
    case ValueStore::Spilled::written:
      return (tell_of_disk({}), How::written);
    case ValueStore::Spilled::unwritable:
      return How::unwritable;
    case ValueStore::Spilled::no_room:
      tell_of_disk(spill_file_->folder() + ": " + why);
  }
  return How::no_room;
}

/// Why it takes nothing; empty: it does. The program is told once.
void WorkerProcess::tell_of_disk(const std::string& why) {
  if (why.empty() == disk_works_) return;
  disk_works_ = why.empty();
  if (disk_works_)
    std::cerr << "dflow: values can be written to the disk again\n";
  else
    std::cerr << "dflow: values cannot be written to the disk (" + why +
                     "): while more than 60 % of the memory of " + in_megabytes(memory_limit_) +
                     " is in use, one task runs here at a time; make room, or give workers another folder "
                     "(DFLOW_WORKER_SPILL, dflow agent --spill-dir)\n";
}

void WorkerProcess::spoilt(const DamagedValue& value) {
  std::cerr << std::string("dflow: a value on the disk is damaged: it is computed again (") + value.what() + ")\n";
  tell(core::ValueSpoilt{value.id, value.version});
}

}  // namespace dflow::cluster
