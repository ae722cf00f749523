#include "runtime/cluster/value_store.h"

#include <dflow/detail/session.h>

namespace dflow::cluster {

namespace {

using dflow::detail::Node;
using dflow::detail::ValueForm;

NodeRef node_around(std::span<const std::byte> bytes, const ValueForm& form) {
  if (!form.hold) throw SerializeError("dflow: a value came whose type cannot be sent");
  Reader reader(bytes);
  Node* node = form.hold(reader);
  node->state_.store(dflow::detail::State::done, std::memory_order_release);
  node->dependents.store(dflow::detail::closed(), std::memory_order_release);
  node->release_from_runtime();
  return NodeRef(node);
}

NodeRef copied(Node& node, const ValueForm& form) {
  if (!form.write) return (node.retain(), NodeRef(&node));  // it can only be given away, once
  Writer writer;
  form.write(node, writer);
  return node_around(writer.take(), form);
}

}  // namespace

void ValueStore::put(core::TaskId id, core::Attempt version, NodeRef value) {
  put(id, version, Held{.object = std::move(value), .bytes = {}, .refusal = {}});
}

void ValueStore::put(core::TaskId id, core::Attempt version, Buffer bytes) {
  put(id, version,
      Held{.object = {}, .bytes = std::make_shared<const Buffer>(std::move(bytes)), .refusal = {}});
}

void ValueStore::put_refusal(core::TaskId id, core::Attempt version, std::string reason) {
  put(id, version, Held{.object = {}, .bytes = {}, .refusal = std::move(reason)});
}

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
  if (!held.refusal.empty()) throw SerializeError(held.refusal);
  NodeRef object = held.object;
  if (!object) {
    object = node_around(*held.bytes, form);
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
    if (found != entries_.end() && found->second.version == version) {
      Held& kept = found->second.held;
      if (kept.object) object = kept.object;  // another task was faster
      else kept = {.object = object, .bytes = {}, .refusal = {}};
    }
  }
  return form.copyable ? object : copied(*object.get(), form);
}

}  // namespace dflow::cluster
