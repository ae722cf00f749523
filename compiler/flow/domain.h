// Records as isl's sets and relations.
#pragma once

#include <isl/cpp.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/flow/records.h"

namespace dflow::compiler::flow {

/// Names of parameters as isl can read them: "xs.size" -> "xs_size". One a parameter, all different.
std::vector<std::string> parameter_symbols(const std::vector<Parameter>& parameters);

/// The points of some nested loops, and what expressions are there.
class Domain {
 public:
  /// Of the loops given, outermost first; bounds may mention the loops before.
  /// `endless`: places among them of those whose exits are not looked at.
  Domain(isl::ctx context, const Records& records, const std::vector<std::size_t>& loops,
         const std::string& name, const std::set<std::size_t>& endless = {});

  /// Leaves the points where `condition` holds.
  void restrict(const Expr& condition) { points_ = points_.intersect(set_of(condition)); }
  const isl::set& points() const { return points_; }

  /// Throw Refusal for what is not affine. Exact on the domain's points.
  isl::set set_of(const Expr& condition) const;
  isl::map relation(const Access& access) const;
  /// The order of execution: blocks' positions and loops' rounds in turn, filled up with zeros to `width`.
  isl::map order(const std::vector<std::size_t>& places, std::size_t loops, std::size_t width) const;

 private:
  isl::pw_aff value(const Expr& expr, const isl::set& known) const;
  isl::pw_aff product(const Expr& expr, const isl::set& known) const;
  isl::pw_aff quotient(const Expr& expr, const isl::set& known) const;
  isl::pw_aff remainder(const isl::pw_aff& left, const isl::pw_aff& right, const isl::set& known) const;
  isl::set holds(const Expr& condition, const isl::set& known) const;
  isl::pw_aff dimension(isl_dim_type type, std::size_t index) const;
  isl::set some_round(const Expr& condition, const isl::set& known) const;
  void enter(std::size_t index, const Loop& loop);
  void leave(std::size_t index, const Loop& loop);

  const Records& records_;
  std::vector<std::size_t> loops_;
  std::set<std::size_t> endless_;
  std::size_t entered_ = 0;  ///< Of the loops.
  std::map<std::size_t, std::size_t> position_;  ///< Of a loop among the dimensions.
  isl::space space_;
  isl::set points_;
};

/// What parameters can be, by their types, or in a box where that allows it.
isl::set limits(isl::ctx context, const Records& records, std::optional<std::pair<std::int64_t, std::int64_t>> box = {});

/// A bool is 0 or 1: "if (wide)" needs no case for a negative one. Types with more values say nothing that helps readers.
isl::set limits_of_flags(isl::ctx context, const Records& records);

}  // namespace dflow::compiler::flow
