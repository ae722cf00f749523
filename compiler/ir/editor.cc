#include "compiler/ir/editor.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace dflow::compiler::ir {
namespace {

template <class T>
std::size_t place_of(const std::vector<T>& all, const T& one) {
  return static_cast<std::size_t>(&one - all.data());
}

/// Those that are not marked.
template <class T>
void keep(std::vector<T>& all, const std::vector<bool>& dropped) {
  std::vector<T> kept;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!dropped[i]) kept.push_back(std::move(all[i]));
  all = std::move(kept);
}

template <class T>
std::vector<T*> left(std::vector<T>& all, const std::vector<bool>& dropped) {
  std::vector<T*> found;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!dropped[i]) found.push_back(&all[i]);
  return found;
}

}  // namespace

Editor::Editor(Plan plan)
    : plan_(std::move(plan)),
      family_dropped_(plan_.families.size()),
      use_dropped_(plan_.uses.size()),
      range_dropped_(plan_.ranges.size()) {
  for (Family& family : plan_.families) entries_[family.node].family = &family;
  for (Use& use : plan_.uses) {
    entries_[use.producer].readers.push_back(&use);
    entries_[use.consumer].inputs.push_back(&use);
  }
  for (formats::ElementRange& range : plan_.ranges) entries_[range.node].ranges.push_back(&range);
  for (const Family& family : plan_.families)
    if (family.given) returned_.insert(family.node);
  for (const Returned& returned : plan_.returned)
    for (const Output& output : returned.outputs) returned_.insert(output.producer);
}

const Editor::Entry& Editor::entry(std::uint32_t node) const {
  static const Entry kNone;
  const auto found = entries_.find(node);
  return found == entries_.end() ? kNone : found->second;
}

Family* Editor::find(std::uint32_t node) {
  return entry(node).family;
}

Family& Editor::family(std::uint32_t node) {
  Family* found = find(node);
  if (found == nullptr)
    throw std::logic_error("the plan of '" + plan_.graph + "' has no family " + std::to_string(node));
  return *found;
}

std::vector<Family*> Editor::families() {
  return left(plan_.families, family_dropped_);
}

std::vector<Use*> Editor::uses() {
  return left(plan_.uses, use_dropped_);
}

const std::vector<Use*>& Editor::readers_of(std::uint32_t node) const {
  return entry(node).readers;
}

const std::vector<Use*>& Editor::inputs_of(std::uint32_t node) const {
  return entry(node).inputs;
}

const std::vector<formats::ElementRange*>& Editor::ranges_of(std::uint32_t node) const {
  return entry(node).ranges;
}

void Editor::set_producer(Use& use, std::uint32_t node) {
  std::erase(entries_[use.producer].readers, &use);
  use.producer = node;
  entries_[node].readers.push_back(&use);
}

void Editor::set_consumer(Use& use, std::uint32_t node) {
  std::erase(entries_[use.consumer].inputs, &use);
  use.consumer = node;
  entries_[node].inputs.push_back(&use);
}

void Editor::set_consumer(formats::ElementRange& range, std::uint32_t node) {
  std::erase(entries_[range.node].ranges, &range);
  range.node = node;
  entries_[node].ranges.push_back(&range);
}

void Editor::drop(Use& use) {
  std::erase(entries_[use.producer].readers, &use);
  std::erase(entries_[use.consumer].inputs, &use);
  use_dropped_[place_of(plan_.uses, use)] = true;
}

void Editor::drop(Family& family) {
  Entry& own = entries_[family.node];
  for (Use* use : own.inputs) {
    std::erase(entries_[use->producer].readers, use);
    use_dropped_[place_of(plan_.uses, *use)] = true;
  }
  for (const formats::ElementRange* range : own.ranges) range_dropped_[place_of(plan_.ranges, *range)] = true;
  own.inputs.clear();
  own.ranges.clear();
  own.family = nullptr;
  family_dropped_[place_of(plan_.families, family)] = true;
}

Plan Editor::finish() && {
  keep(plan_.families, family_dropped_);
  keep(plan_.uses, use_dropped_);
  keep(plan_.ranges, range_dropped_);
  return std::move(plan_);
}

}  // namespace dflow::compiler::ir
