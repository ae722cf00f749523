// Lengths of containers, level by level; and references into them.
#include <algorithm>

#include "compiler/frontend/affine_walk.h"

namespace dflow::compiler {

using flow::Expr;

std::optional<Expr> AffineWalk::size_of(const Named& container) const {
  if (container.shape.levels.empty() || container.shape.levels[0].keyed) return std::nullopt;
  if (container.shape.levels[0].length) return Expr(*container.shape.levels[0].length);
  if (!container.fields.empty()) return size_of(container.fields[0]);
  if (container.cases.size() > 1) return size_of_any(container);
  if (container.cases.empty()) return std::nullopt;
  const flow::Access& part = container.cases[0];
  const auto found = state_.sizes.find(part.array);
  if (found == state_.sizes.end()) return std::nullopt;
  const Sizes& sizes = found->second;
  const std::size_t level = sizes.base.size() - container.shape.levels.size();
  if (level == 0) return sizes.base[0];
  const Sizes::Key key(part.subscripts.end() - static_cast<std::ptrdiff_t>(level), part.subscripts.end());
  std::vector<std::pair<Expr, Expr>> perhaps;  // its own, where the subscripts are the same
  std::optional<Expr> size;
  for (auto row = sizes.rows.rbegin(); row != sizes.rows.rend() && !size; ++row) {
    if (row->key == key) size = row->size;
    if (size || row->key.size() != key.size()) continue;
    Expr same = flow::always();
    for (std::size_t i = 0; i < key.size(); ++i) {
      const Expr distance = row->key[i] - key[i];
      const bool never = distance.op == flow::Op::constant && distance.number != 0;
      same = flow::both(same, never ? flow::never() : flow::equal(row->key[i], key[i]));
    }
    if (!(same == flow::never())) perhaps.emplace_back(same, row->size);
  }
  const auto& base = sizes.base[level];
  if (!size && base && base->op == flow::Op::variable) asked_rows_.emplace_back(*base, key);
  if (!size && base && level == 1) size = flow::substitute(*base, row_, key[0]);
  if (!size && base && !flow::mentions_loop(*base, row_)) size = base;
  constexpr std::size_t kMost = 8;
  if (!size || perhaps.size() > kMost) return std::nullopt;
  for (auto row = perhaps.rbegin(); row != perhaps.rend(); ++row) size = flow::select(row->first, row->second, *size);
  return size;
}

/// Of one of several: `even ? a : b`.
std::optional<Expr> AffineWalk::size_of_any(const Named& container) const {
  std::optional<Expr> result;
  for (auto each = container.cases.rbegin(); each != container.cases.rend(); ++each) {
    Named one = container;
    one.cases = {*each};
    const auto size = size_of(one);
    if (!size) return std::nullopt;
    result = result ? flow::select(each->guard, *size, *result) : size;
  }
  return result;
}

void AffineWalk::set_size(const Named& container, std::optional<Expr> size) {
  if (container.shape.levels.empty() || container.shape.levels[0].length || container.shape.levels[0].keyed) return;
  for (const Named& each : container.fields) set_size(each, size);
  if (size && size_of(container) == size) return;  // rows that change places are as long as those that were there
  for (const flow::Access& part : container.cases) {
    const auto found = state_.sizes.find(part.array);
    if (found == state_.sizes.end()) continue;
    Sizes& sizes = found->second;
    const std::size_t level = sizes.base.size() - container.shape.levels.size();
    if (container.cases.size() != 1) size.reset();
    if (level == 0) {
      sizes.base[0] = size;
      continue;
    }
    Sizes::Key key(part.subscripts.end() - static_cast<std::ptrdiff_t>(level), part.subscripts.end());
    if (!size) {
      sizes.rows.clear();
      std::fill(sizes.base.begin() + 1, sizes.base.end(), std::nullopt);
      continue;
    }
    std::erase_if(sizes.rows, [&](const Sizes::Row& row) { return row.key == key; });
    sizes.rows.push_back({std::move(key), *size});
  }
}

void AffineWalk::copy_sizes(const Named& from, const Named& to) {
  set_size(to, size_of(from));
  if (from.shape.levels.size() == 1) return;
  // Lengths of inner containers go with the outermost ones alone.
  for (const flow::Access& part : to.cases) {
    const auto found = state_.sizes.find(part.array);
    if (found == state_.sizes.end()) continue;
    Sizes& sizes = found->second;
    const auto source = from.cases.size() == 1 ? state_.sizes.find(from.cases[0].array) : state_.sizes.end();
    const bool whole = source != state_.sizes.end() && source->second.base.size() == from.shape.levels.size() &&
                       sizes.base.size() == to.shape.levels.size() && to.cases.size() == 1;
    sizes.rows = whole ? source->second.rows : std::vector<Sizes::Row>();
    for (std::size_t level = 1; level < sizes.base.size(); ++level)
      sizes.base[level] = whole ? source->second.base[level] : std::nullopt;
  }
}

/// References to elements follow the elements, wherever they go; they are not followed here.
void AffineWalk::invalidate_references_into(const Named& container) {
  for (const Named& each : container.fields) invalidate_references_into(each);
  if (container.shape.levels.empty() || !container.fields.empty()) return;
  for (const Named& range : ranged_)
    if (share_array(range, container)) refuse("a container changes while a loop goes over it", here());
  for (auto& [variable, binding] : bindings_) {
    auto* object = std::get_if<Named>(&binding);
    if (object == nullptr || !variable->getType()->isReferenceType()) continue;
    if (refers_into(*object, container)) object->lose();
  }
}

bool AffineWalk::refers_into(const Named& object, const Named& container) {
  if (std::ranges::any_of(object.fields, [&](const Named& each) { return refers_into(each, container); })) return true;
  return std::ranges::any_of(object.cases, [&](const flow::Access& each) {
    return std::ranges::any_of(container.cases, [&](const flow::Access& outer) {
      return each.array == outer.array && each.subscripts.size() > outer.subscripts.size();
    });
  });
}

bool AffineWalk::share_array(const Named& left, const Named& right) {
  if (std::ranges::any_of(left.fields, [&](const Named& each) { return share_array(each, right); })) return true;
  if (std::ranges::any_of(right.fields, [&](const Named& each) { return share_array(left, each); })) return true;
  return std::ranges::any_of(left.cases, [&](const flow::Access& each) {
    return std::ranges::any_of(right.cases, [&](const flow::Access& other) { return each.array == other.array; });
  });
}

}  // namespace dflow::compiler
