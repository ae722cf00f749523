#include "runtime/cluster/value_store.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <dflow/detail/session.h>

#include "runtime/cluster/task_codec.h"
#include "runtime/core/story.h"

namespace dflow::cluster {

namespace {

using dflow::detail::Node;

/// So many bytes of values may be here once more, for tasks that have them in common: until another list of inputs is asked for, or
/// one of the values goes, whether or not a task reads them.
constexpr std::uint64_t kMostInCommon = 1 << 20;

bool are_small(const core::SharedList<core::Input>& inputs) {
  std::uint64_t bytes = 0;
  for (const core::Input& input : inputs) {
    if (input.bytes > kMostInCommon - bytes) return false;
    bytes += input.bytes;
  }
  return true;
}

NodeRef copied(Node& node, const ValueForm& form) {
  if (!form.write) return (node.retain(), NodeRef(&node));  // it can only be given away, once
  Writer writer;
  form.write(node, writer);
  const std::vector<std::byte> bytes = writer.take();
  Reader reader(bytes);
  return hold_value(reader, form);
}

}  // namespace

DamagedValue::DamagedValue(core::TaskId task, core::Attempt attempt, const ValueForm* form, std::uint64_t bytes,
                           const std::string& how)
    : std::runtime_error("the " + (form ? type_of_value(*form) : "value") + " of " + core::Story<core::WorkState>::name(task) + ", " +
                         std::to_string(bytes) + " bytes: " + how),
      id(task),
      version(attempt) {}

void ValueStore::put(core::TaskId id, core::Attempt version, Held held) {
  Entry entry{.held = std::move(held)};  // what was there is destroyed after the lock is given back
  Given given;
  const std::lock_guard lock(mutex_);
  if (entries_.contains({id, version})) given = std::exchange(given_, {});
  std::swap(entries_[{id, version}], entry);
}

void ValueStore::drop(core::TaskId id, core::Attempt version) {
  Entry dropped;  // destroyed after the lock: a value's destructor is the user's
  Given given;
  const std::lock_guard lock(mutex_);
  given = std::exchange(given_, {});
  const auto found = entries_.find({id, version});
  if (found == entries_.end()) return;
  dropped = std::move(found->second);
  entries_.erase(found);
}

ValueStore::Entry* ValueStore::entry(core::TaskId id, core::Attempt version) {
  const auto found = entries_.find({id, version});
  return found == entries_.end() ? nullptr : &found->second;
}

ValueStore::Held ValueStore::find(core::TaskId id, core::Attempt version) {
  Entry known;
  {
    const std::lock_guard lock(mutex_);
    const Entry* found = entry(id, version);
    if (!found) return {};
    if (found->held || !found->slot) return found->held;
    known = *found;
  }
  return lend(id, version, known);
}

/// Those who ask at the same time get the same.
ValueStore::Held ValueStore::lend(core::TaskId id, core::Attempt version, const Entry& from) {
  if (const auto lent = from.lent.lock()) return {.bytes = lent, .form = from.form};
  std::shared_ptr<Buffer> bytes;
  const Result<void> read = from.slot->read(id, version, [&](transfer::Source& source) {
    bytes = loans_.take(source.left());
    bytes->resize(source.left());
    source.read(*bytes);
  });
  if (!read) throw DamagedValue(id, version, from.form, from.slot->bytes(), read.message());
  const std::lock_guard lock(mutex_);
  if (Entry* found = entry(id, version)) found->lent = bytes;
  return {.bytes = bytes, .form = from.form};
}

ValueStore::Objects ValueStore::objects(const core::SharedList<core::Input>& inputs) {
  Given before;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  if (inputs.is(given_.inputs)) return given_.objects;
  const std::shared_ptr<Many> found = find_objects(inputs);
  if (std::ranges::all_of(found->objects, [](const NodeRef& one) { return bool(one); })) {
    if (are_small(inputs)) found->arguments = std::make_unique<CommonArguments>();
    before = std::exchange(given_, {inputs, found});
  }
  return found;
}

std::shared_ptr<ValueStore::Many> ValueStore::find_objects(const core::SharedList<core::Input>& inputs) {
  auto found = std::make_shared<Many>(Many{.objects = std::vector<NodeRef>(inputs.size())});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (const Entry* known = entry(inputs[i].id, inputs[i].version)) found->objects[i] = known->held.object;
  }
  return found;
}

NodeRef ValueStore::object(core::TaskId id, core::Attempt version, const ValueForm& form) {
  Entry known;
  {
    std::unique_lock lock(mutex_);
    const Entry* found = entry(id, version);
    if (found && found->held.object) {  // as most are: no copy of the rest
      const NodeRef object = found->held.object;
      lock.unlock();
      return form.copyable ? object : copied(*object.get(), form);
    }
    if (found) known = *found;
  }
  const Held& held = known.held;
  if (!held && !known.slot) throw std::out_of_range("dflow: a task's input is gone");
  if (held.failure) std::rethrow_exception(held.failure);
  NodeRef object;
  const auto make = [&](auto&&... from) {
    Reader reader(std::forward<decltype(from)>(from)...);
    object = hold_value(reader, form);
  };
  if (held.bytes)
    make(*held.bytes);
  else if (const Result<void> read =
               known.slot->read(id, version, [&](transfer::Source& source) { make(source, source.left()); });
           !read) {
    throw DamagedValue(id, version, &form, known.slot->bytes(), read.message());
  }
  {
    const std::lock_guard lock(mutex_);
    if (Entry* found = entry(id, version)) {
      Held& kept = found->held;
      if (kept.object) object = kept.object;  // another task was faster
      else kept = {.object = object};
    }
  }
  return form.copyable ? object : copied(*object.get(), form);
}

ValueStore::Spilled ValueStore::spill(core::TaskId id, core::Attempt version, SpillFile& file,
                                      std::string& why) {
  Entry known;
  {
    const std::lock_guard lock(mutex_);
    if (const Entry* found = entry(id, version)) known = *found;
  }
  if (known.slot || !known.held) return Spilled::written;  // or dropped meanwhile, which is as good
  const Held& held = known.held;
  if (held.failure) return Spilled::unwritable;
  std::vector<std::span<const std::byte>> pieces;
  std::optional<ValueBytes> value;
  const ValueForm* form = held.form;
  if (held.bytes) {
    pieces.emplace_back(*held.bytes);
  } else {
    try {
      value = write_value(*held.object.get());
    } catch (const std::exception&) {  // whoever needs it elsewhere is told
      return Spilled::unwritable;
    }
    pieces = value->writer.segments();
    form = held.object.get()->value_form();
  }
  Result<std::shared_ptr<const SpillFile::Slot>> written = file.write(id, version, pieces);
  if (!written) return (why = written.message(), Spilled::no_room);
  const std::lock_guard lock(mutex_);
  if (Entry* found = entry(id, version)) {
    found->slot = std::move(written).value();
    found->form = form;
  }
  return Spilled::written;
}

void ValueStore::unload(core::TaskId id, core::Attempt version) {
  Held unloaded;  // destroyed after the lock
  Given given;
  const std::lock_guard lock(mutex_);
  given = std::exchange(given_, {});
  Entry* found = entry(id, version);
  if (found && found->slot) unloaded = std::exchange(found->held, {});
}

}  // namespace dflow::cluster
