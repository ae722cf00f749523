// The values that a worker holds: as objects where its own tasks made or used them, as bytes where they came from others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include <dflow/detail/crossing.h>

#include "runtime/cluster/buffer.h"
#include "runtime/cluster/common_arguments.h"
#include "runtime/cluster/loans.h"
#include "runtime/cluster/spill_file.h"
#include "runtime/cluster/value_forms.h"
#include "runtime/core/actions.h"

namespace dflow::cluster {

/// A value's bytes on the disk are not what they were. `what()` names its task, its type, its size there, and what is wrong.
class DamagedValue : public std::runtime_error {
 public:
  DamagedValue(core::TaskId task, core::Attempt attempt, const ValueForm* form, std::uint64_t bytes, const std::string& how);
  const core::TaskId id;
  const core::Attempt version;
};

/// Thread-safe. Each value has a version, and several of one may be here: what is computed again leaves alone what a task has been
/// promised. Values may be written to a
/// disk and taken out of memory; they are read back when they are asked for, and stay on the disk until they
/// are dropped: no value is written twice.
class ValueStore {
 public:
  /// One of these: the object, its bytes, or, in place of a value that could not be sent or read, what who needs it fails
  /// with. None: there is no such value.
  struct Held {
    NodeRef object = {};
    std::shared_ptr<const Buffer> bytes = {};
    std::exception_ptr failure = {};
    const ValueForm* form = nullptr;  ///< Of bytes that an object was written as.
    explicit operator bool() const { return object || bytes || failure; }
  };

  /// Of bytes that are read back to be sent; see Loans.
  void bound_loans(std::uint64_t most) { loans_.bound(most); }

  void put(core::TaskId id, core::Attempt version, Held held);
  void drop(core::TaskId id, core::Attempt version);

  /// The value as an object that a task may read. A move-only one is copied by way of its bytes, so that it
  /// is still there when the task has to run again. Throws the failure in its place, std::out_of_range if it
  /// is not there, and DamagedValue.
  NodeRef object(core::TaskId id, core::Attempt version, const dflow::detail::ValueForm& form);

  /// A task's many inputs.
  struct Many {
    std::vector<NodeRef> objects = {};                    ///< Each at its place; null for those that are not here as objects.
    std::unique_ptr<CommonArguments> arguments = {};  ///< Null if tasks have none in common.
  };
  using Objects = std::shared_ptr<const Many>;
  /// With one turn at the lock and not one for each; and tasks that share their inputs are given the same, while all of them are here.
  Objects objects(const core::SharedList<core::Input>& inputs);

  /// What a peer is sent. What is on the disk alone is read for as long as it is held. Throws DamagedValue.
  Held find(core::TaskId id, core::Attempt version);

  enum class Spilled { written, unwritable, no_room };
  /// Writes the value to the file, unless that has been done, and keeps it in memory. `why` tells what is
  /// wrong with the disk.
  Spilled spill(core::TaskId id, core::Attempt version, SpillFile& file, std::string& why);
  /// Gives back the memory of a value that is written.
  void unload(core::TaskId id, core::Attempt version);

 private:
  struct Name {
    core::TaskId id{};
    core::Attempt version{};
    bool operator==(const Name&) const = default;
  };
  struct ByBoth {
    std::size_t operator()(const Name& name) const noexcept {
      const auto both = static_cast<std::uint64_t>(name.id) ^ static_cast<std::uint64_t>(name.version) << 40;
      return static_cast<std::size_t>(both * 0x9e3779b97f4a7c15 >> 20);
    }
  };
  struct Entry {
    Held held;
    std::shared_ptr<const SpillFile::Slot> slot = {};  ///< Where it is written.
    const ValueForm* form = nullptr;                   ///< What it was written as.
    std::weak_ptr<const Buffer> lent = {};             ///< Its bytes, while peers are sent them.
  };
  /// Null if it is not there. The lock is held.
  Entry* entry(core::TaskId id, core::Attempt version);
  std::shared_ptr<Many> find_objects(const core::SharedList<core::Input>& inputs);
  Held lend(core::TaskId id, core::Attempt version, const Entry& from);

  Loans loans_;
  std::mutex mutex_;
  std::unordered_map<Name, Entry, ByBoth> entries_;
  /// What tasks were given last that share their inputs, if all were here as objects. Gone when a value goes.
  struct Given {
    core::SharedList<core::Input> inputs = {};
    Objects objects = {};
  } given_;
};

}  // namespace dflow::cluster
