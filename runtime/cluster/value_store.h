// The values that a worker holds: as objects where its own tasks made or used them, as bytes where they came from others.
#pragma once

#include <exception>
#include <map>
#include <memory>
#include <mutex>

#include <dflow/detail/crossing.h>

#include "runtime/cluster/buffer.h"
#include "runtime/cluster/value_forms.h"
#include "runtime/core/ids.h"

namespace dflow::cluster {

/// Thread-safe. Each value has a version; asking for another one finds nothing.
class ValueStore {
 public:
  /// One of these: the object, its bytes, or, in place of a value that could not be sent or read, what who needs it fails
  /// with. None: there is no such value.
  struct Held {
    NodeRef object = {};
    std::shared_ptr<const Buffer> bytes = {};
    std::exception_ptr failure = {};
    explicit operator bool() const { return object || bytes || failure; }
  };

  void put(core::TaskId id, core::Attempt version, Held held);
  void drop(core::TaskId id, core::Attempt version);

  /// The value as an object that a task may read. A move-only one is copied by way of its bytes, so that it is still
  /// there when the task has to run again. Throws the failure in its place, std::out_of_range if it is not there.
  NodeRef object(core::TaskId id, core::Attempt version, const dflow::detail::ValueForm& form);

  /// What a peer is sent.
  Held find(core::TaskId id, core::Attempt version);

 private:
  struct Entry {
    core::Attempt version{};
    Held held;
  };
  std::mutex mutex_;
  std::map<core::TaskId, Entry> entries_;
};

}  // namespace dflow::cluster
