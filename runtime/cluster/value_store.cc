#include "runtime/cluster/value_store.h"

#include <stdexcept>
#include <vector>

#include <dflow/detail/session.h>

namespace dflow::cluster {

namespace {

using dflow::detail::Node;

NodeRef copied(Node& node, const ValueForm& form) {
  if (!form.write) return (node.retain(), NodeRef(&node));  // it can only be given away, once
  Writer writer;
  form.write(node, writer);
  const std::vector<std::byte> bytes = writer.take();
  Reader reader(bytes);
  return hold_value(reader, form);
}

}  // namespace

void ValueStore::put(core::TaskId id, core::Attempt version, Held held) {
  Entry entry{.version = version, .held = std::move(held)};  // what was there is destroyed after the lock is given back
  const std::lock_guard lock(mutex_);
  std::swap(entries_[id], entry);
}

void ValueStore::drop(core::TaskId id, core::Attempt version) {
  Held dropped;  // destroyed after the lock: a value's destructor is the user's
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.version > version) return;
  dropped = std::move(found->second.held);
  entries_.erase(found);
}

ValueStore::Held ValueStore::find(core::TaskId id, core::Attempt version) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.version != version) return {};
  return found->second.held;
}

NodeRef ValueStore::object(core::TaskId id, core::Attempt version, const ValueForm& form) {
  const Held held = find(id, version);
  if (!held) throw std::out_of_range("dflow: a task's input is gone");
  if (held.failure) std::rethrow_exception(held.failure);
  NodeRef object = held.object;
  if (!object) {
    Reader reader(*held.bytes);
    object = hold_value(reader, form);
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found != entries_.end() && found->second.version == version) {
      Held& kept = found->second.held;
      if (kept.object) object = kept.object;  // another task was faster
      else kept = {.object = object};
    }
  }
  return form.copyable ? object : copied(*object.get(), form);
}

}  // namespace dflow::cluster
