#include "compiler/flow/copies.h"

#include <isl/map.h>
#include <isl/set.h>
#include <isl/union_map.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

using Targets = std::map<std::string, isl::map>;

/// The tuple, of no dimension, that stands for what nobody had filled.
constexpr const char* kUnfilled = "unfilled";

void unite(Targets& targets, const std::string& name, const isl::map& map) {
  if (map.is_empty()) return;
  const auto [place, made] = targets.emplace(name, map);
  if (!made) place->second = place->second.unite(map).coalesce();
}

/// What is reached by any number of steps, one at least, where that is known in closed form.
std::optional<isl::map> closure(const isl::map& step) {
  isl_bool exact = isl_bool_error;
  const isl::map all = isl::manage(isl_map_transitive_closure(step.copy(), &exact));
  return exact == isl_bool_true ? std::optional(all) : std::nullopt;
}

/// Puts what `copy` sees in the place of `copy`.
void replace(Targets& targets, const std::string& copy, const Targets& sees) {
  const auto found = targets.find(copy);
  if (found == targets.end()) return;
  const isl::map to_copy = found->second;
  targets.erase(found);
  for (const auto& [name, map] : sees) unite(targets, name, to_copy.apply_range(map));
}

}  // namespace

void Copies::add(const isl::map& map) {
  unite(seen_[map.domain_tuple_id().name()], map.range_tuple_id().name(), map);
}

void Copies::add_unfilled(const isl::set& instances) {
  isl::set unfilled = isl::manage(isl_set_universe(isl_space_set_from_params(isl_set_get_space(instances.params().get()))));
  unfilled = isl::manage(isl_set_set_tuple_name(unfilled.release(), kUnfilled));
  const isl::map map = isl::manage(isl_map_from_domain_and_range(instances.copy(), unfilled.copy()));
  unite(seen_[isl_set_get_tuple_name(instances.get())], kUnfilled, map);
}

/// Kleene's elimination of states: one copy after the other is replaced, in what sees it, by what it sees itself; where
/// that is itself again, by all that any number of its own rounds lead to.
Copies::Origins Copies::origins(const isl::union_map& readers) const {
  std::map<std::string, Targets> open = seen_, unclosed, reading;
  readers.foreach_map([&](const isl::map& map) {
    reading[map.domain_tuple_id().name()].emplace(map.range_tuple_id().name(), map);
  });
  const auto replace_in = [](std::map<std::string, Targets>& all, const std::string& copy, const Targets& sees) {
    for (auto& [name, targets] : all) replace(targets, copy, sees);
  };
  while (!open.empty()) {
    // Those that see little, and not themselves, come first: that keeps relations small and cycles short.
    const auto cost = [](const auto& entry) { return std::pair(entry.second.contains(entry.first), entry.second.size()); };
    const auto next = std::ranges::min_element(open, {}, cost);
    auto [copy, sees] = *next;
    open.erase(next);
    if (const auto own = sees.find(copy); own != sees.end()) {
      const auto rounds = closure(own->second);
      if (!rounds) {
        unclosed.emplace(copy, std::move(sees));
        continue;
      }
      sees.erase(own);
      for (auto& [name, map] : sees) map = map.unite(rounds->apply_range(map)).coalesce();
    }
    for (auto* all : {&open, &unclosed, &reading}) replace_in(*all, copy, sees);
  }
  // From what is read there may be an end after all, step by step.
  for (std::size_t step = 0; step <= seen_.size(); ++step)
    for (const auto& [copy, sees] : unclosed) replace_in(reading, copy, sees);
  Origins result{empty_, empty_.domain()};
  for (const auto& [reader, targets] : reading) {
    for (const auto& [name, map] : targets) {
      if (unclosed.contains(name))
        throw Refusal("a future is handed on from round to round in a way that has no closed form");
      if (name == kUnfilled) result.unfilled = result.unfilled.unite(map.domain().to_union_set());
      else result.found = result.found.unite(map.to_union_map());
    }
  }
  return result;
}

}  // namespace dflow::compiler::flow
