// The arguments of tasks that wait at a scheduler.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/cluster/memory_limit.h"
#include "runtime/cluster/spill_file.h"
#include "runtime/core/events.h"

namespace dflow::cluster {

/// Keeps the bytes of tasks until they are forgotten: in memory, up to a bound, then in a file without a name. Where the disk takes
/// nothing, in memory up to a second bound; a task beyond that fails when its turn comes, with an error that says so, and everybody else's
/// go on. Thread-safe; what it has given out may outlive it. docs/decisions/arguments_on_disk.md says why they are not refused, or waited for.
class ArgumentStore {
 public:
  struct Options {
    std::string folder = {};  ///< As `SpillFile::open` takes it; "none": nothing is written.
    std::uint64_t most_in_memory = std::min(std::uint64_t{256} << 20, memory_of_process() / 8);
    std::uint64_t most_without_disk = memory_of_process() / 4;
    /// What people should know, once each: the first that is written, the first that cannot be.
    std::function<void(const std::string& what)> tell = {};
  };

  explicit ArgumentStore(Options options);

  /// Puts stand-ins in the places of payloads for which there is no room.
  void keep(core::TasksSubmitted& submitted);
  /// The same for tasks that are known already, none of which is given up: what the disk does not take stays in memory.
  void keep_all(core::TasksSubmitted& submitted);

  std::uint64_t in_memory() const noexcept { return *in_memory_; }

 private:
  using Counter = std::atomic<std::uint64_t>;

  bool place(core::TaskSpec& task);
  bool put_away(core::TaskSpec& task);
  void hold(core::TaskSpec& task);
  std::shared_ptr<SpillFile> file();
  void not_written(std::string why);
  std::string why_no_room(std::uint64_t all);
  void tell_once(bool& told, const std::string& what);

  const Options options_;
  const std::shared_ptr<Counter> in_memory_ = std::make_shared<Counter>(0);
  std::mutex mutex_;  ///< For what follows.
  std::shared_ptr<SpillFile> file_;
  std::string why_not_written_;  ///< What was to be written last and was not.
  bool told_of_disk_ = false, told_of_want_ = false;
};

/// With the bytes for which it stands, if it is a stand-in.
Result<core::Payload> brought_back(const core::Payload& payload);
/// The same for each of the tasks. The error is the first one's.
Result<void> bring_back(core::TasksSubmitted& submitted);

}  // namespace dflow::cluster
