#include "compiler/flow/copies.h"

#include <isl/union_map.h>

#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {

void Copies::add(const isl::map& map, bool of_copy) {
  all_ = all_.unite(map.to_union_map());
  if (of_copy) among_ = among_.unite(map.to_union_map());
  ++statements_;
}

Copies::Origins Copies::origins(const isl::union_map& readers) const {
  // Without a cycle among copies, as many steps as there are copies reach the end.
  const isl::union_set copies = all_.domain().unite(unfilled_);
  Origins result{empty_, empty_};
  isl::union_map open = readers;
  for (int step = 0; step <= statements_ + 1 && !open.is_empty(); ++step) {
    result.found = result.found.unite(open.subtract_range(copies));
    const isl::union_map at_copies = open.intersect_range(copies);
    result.unfilled = result.unfilled.unite(at_copies.intersect_range(unfilled_));
    open = at_copies.apply_range(all_).coalesce();
  }
  if (open.is_empty()) return result;
  isl_bool exact = isl_bool_error;
  const isl::union_map closure = isl::manage(isl_union_map_transitive_closure(among_.copy(), &exact));
  if (exact != isl_bool_true)
    throw Refusal("a future is handed on from round to round in a way that has no closed form");
  const isl::union_map reached = readers.unite(readers.apply_range(closure)).coalesce();
  result.unfilled = reached.intersect_range(unfilled_);
  result.found = reached.unite(reached.apply_range(all_)).subtract_range(copies);
  return result;
}

}  // namespace dflow::compiler::flow
