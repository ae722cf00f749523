// The values that a worker holds: as objects where its own tasks made or used them, as bytes where they came from others.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <dflow/detail/crossing.h>

#include "runtime/cluster/buffer.h"
#include "runtime/core/ids.h"

namespace dflow::cluster {

using dflow::detail::NodeRef;

/// Thread-safe. Each value has a version; asking for another one finds nothing.
class ValueStore {
 public:
  void put(core::TaskId id, core::Attempt version, NodeRef value);
  void put(core::TaskId id, core::Attempt version, Buffer bytes);
  /// In place of a value whose type its holder cannot send: who needs it fails with this.
  void put_refusal(core::TaskId id, core::Attempt version, std::string reason);
  void drop(core::TaskId id, core::Attempt version);

  /// The value as an object that a task may read. A move-only one is copied by way of its bytes, so that it is still
  /// there when the task has to run again. Throws SerializeError if it is refused, std::out_of_range if it is not there.
  NodeRef object(core::TaskId id, core::Attempt version, const dflow::detail::ValueForm& form);

  /// What a peer is sent: one of both, or nothing if there is no such value.
  struct Held {
    NodeRef object;
    std::shared_ptr<const Buffer> bytes;
    std::string refusal;
    explicit operator bool() const { return object || bytes || !refusal.empty(); }
  };
  Held find(core::TaskId id, core::Attempt version);

 private:
  void put(core::TaskId id, core::Attempt version, Held held);

  struct Entry {
    core::Attempt version{};
    Held held;
  };
  std::mutex mutex_;
  std::map<core::TaskId, Entry> entries_;
};

}  // namespace dflow::cluster
