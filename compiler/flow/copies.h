// Follows copies of futures back to what was copied.
#pragma once

#include <isl/cpp.h>

namespace dflow::compiler::flow {

class Copies {
 public:
  struct Origins {
    isl::union_map found;     ///< From each reader to what it sees in the end: no copies.
    isl::union_map unfilled;  ///< From readers to copies of what nobody had filled.
  };

  explicit Copies(const isl::union_map& empty)
      : empty_(empty), all_(empty), among_(empty), unfilled_(empty.domain()) {}

  /// From a copy's instances to what they copy.
  void add(const isl::map& map, bool of_copy);
  void add_unfilled(const isl::set& instances) { unfilled_ = unfilled_.unite(instances.to_union_set()); }

  /// Throws Refusal where copies are handed on without end and no closed form is known.
  Origins origins(const isl::union_map& readers) const;

 private:
  isl::union_map empty_;
  isl::union_map all_;
  isl::union_map among_;  ///< Those that copy copies.
  isl::union_set unfilled_;
  int statements_ = 0;
};

}  // namespace dflow::compiler::flow
