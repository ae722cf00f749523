// The arguments of tasks that wait at a scheduler, and the exceptions of those that have failed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/cluster/bundle.h"
#include "runtime/cluster/memory_limit.h"
#include "runtime/cluster/spill_file.h"
#include "runtime/core/events.h"

namespace dflow::cluster {

/// Keeps the bytes of tasks until they are forgotten: in memory, up to a bound, then in a file without a name. Where the disk takes
/// nothing, in memory up to a second bound; what is beyond that is given up: a task fails when its turn comes, one that has failed loses its
/// exception, with an error that says so, and everybody else's go on. Thread-safe; what it has given out may outlive it.
/// docs/decisions/arguments_on_disk.md says why they are not refused, or waited for.
class PayloadStore {
 public:
  struct Options {
    std::string folder = {};  ///< As `SpillFile::open` takes it; "none": nothing is written.
    std::uint64_t most_in_memory = std::min(std::uint64_t{256} << 20, memory_of_process() / 8);
    std::uint64_t most_without_disk = memory_of_process() / 4;
    /// What people should know, once each: the first that is written, the first that cannot be.
    std::function<void(const std::string& what)> tell = {};
  };

  explicit PayloadStore(Options options);

  /// Puts stand-ins in the places of payloads for which there is no room.
  void keep(core::TasksSubmitted& submitted);
  void keep(core::FailureRef& failure);
  /// The same for what is known already, none of which is given up: what the disk does not take stays in memory.
  void keep_all(core::TasksSubmitted& submitted);
  void keep_all(core::FailureRef& failure);

  std::uint64_t in_memory() const noexcept { return kept_->in_memory; }
  /// Wherever they are.
  std::uint64_t bytes() const noexcept { return kept_->in_memory + kept_->on_disk; }

 private:
  struct Kind;
  static const Kind kArguments, kException;

  void keep(core::FailureRef& failure, const Kind* given_up);
  void keep(core::Payload& payload, core::TaskId task, const Kind* given_up);
  bool place(core::Payload& payload, core::TaskId task);
  bool put_away(core::Payload& payload, core::TaskId task);
  bool put_with_others(core::Payload& payload);
  void hold(core::Payload& payload);
  std::shared_ptr<SpillFile> file();
  void written(const SpillFile& file);
  void not_written(std::string why);
  std::string why_no_room(std::uint64_t all, const Kind& kind);
  void tell_once(bool& told, const std::string& what);

  const Options options_;
  const std::shared_ptr<KeptBytes> kept_ = std::make_shared<KeptBytes>();
  const std::shared_ptr<LatelyRead> lately_ = std::make_shared<LatelyRead>();
  std::mutex mutex_;  ///< For what follows.
  std::shared_ptr<SpillFile> file_;
  std::shared_ptr<Bundle> bundle_;  ///< For small ones, until it is full.
  std::string why_not_written_;  ///< What was to be written last and was not.
  bool told_of_disk_ = false, told_of_want_ = false;
};

/// With the bytes for which it stands, if it is a stand-in.
Result<core::Payload> brought_back(const core::Payload& payload);
/// The same for each of the tasks. The error is the first one's.
Result<void> bring_back(core::TasksSubmitted& submitted);
/// As it was before it was kept; if its exception cannot be read back, a failure that says that.
core::FailureRef whole(const core::FailureRef& failure);

}  // namespace dflow::cluster
