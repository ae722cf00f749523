// Follows copies of futures back to what was copied.
#pragma once

#include <isl/cpp.h>

#include <map>
#include <set>
#include <string>

namespace dflow::compiler::flow {

class Copies {
 public:
  struct Origins {
    isl::union_map found;     ///< From each reader to what it sees in the end: no copies.
    isl::union_set unfilled;  ///< The readers that see copies of what nobody had filled.
  };

  explicit Copies(const isl::union_map& empty) : empty_(empty) {}

  /// From a copy's instances to what they copy.
  void add(const isl::map& map);
  void add_unfilled(const isl::set& instances);

  /// Throws Refusal where copies are handed on without end and no closed form is known.
  Origins origins(const isl::union_map& readers) const;

 private:
  isl::union_map empty_;
  std::map<std::string, std::map<std::string, isl::map>> seen_;  ///< By the copy, and by what it sees.
};

}  // namespace dflow::compiler::flow
