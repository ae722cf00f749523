#include "compiler/flow/print.h"

#include <isl/aff.h>
#include <isl/constraint.h>
#include <isl/set.h>

#include <algorithm>
#include <map>
#include <optional>

#include "compiler/flow/isl_text.h"

namespace dflow::compiler::flow {
namespace {

/// A sum as two texts, so that nothing needs a minus in front: "i - k - 1 >= 0" is "k + 1" and "i".
struct Sum {
  std::vector<std::pair<std::string, long>> terms;
  long constant = 0;
};

std::string with_factor(const std::string& name, long factor) {
  return factor == 1 ? name : std::to_string(factor) + name;
}

void append(std::string& text, const std::string& part) {
  text += (text.empty() ? "" : " + ") + part;
}

std::string name_of(isl_space* space, isl_dim_type type, int index) {
  const char* name = isl_space_get_dim_name(space, type, static_cast<unsigned>(index));
  return name == nullptr ? "x" + std::to_string(index) : name;
}

std::vector<std::string> names_of(isl_space* space, isl_dim_type type) {
  std::vector<std::string> names;
  for (int i = 0; i < isl_space_dim(space, type); ++i) names.push_back(name_of(space, type, i));
  return names;
}

std::optional<long> small(isl_val* value) {
  const auto managed = isl::manage(value);
  if (isl_val_is_int(managed.get()) != isl_bool_true) return std::nullopt;
  return isl_val_get_num_si(managed.get());
}

/// None if it has an integer division: those are left to isl's own spelling.
std::optional<Sum> sum_of(isl_constraint* constraint) {
  Sum sum;
  const auto space = isl::manage(isl_constraint_get_space(constraint));
  if (isl_constraint_dim(constraint, isl_dim_div) > 0) {
    for (int i = 0; i < isl_constraint_dim(constraint, isl_dim_div); ++i) {
      const auto factor = small(isl_constraint_get_coefficient_val(constraint, isl_dim_div, i));
      if (!factor || *factor != 0) return std::nullopt;
    }
  }
  for (const isl_dim_type type : {isl_dim_set, isl_dim_param}) {
    const auto names = names_of(space.get(), type);
    for (int i = 0; i < static_cast<int>(names.size()); ++i) {
      const auto factor = small(isl_constraint_get_coefficient_val(constraint, type, i));
      if (!factor) return std::nullopt;
      if (*factor != 0) sum.terms.emplace_back(names[static_cast<std::size_t>(i)], *factor);
    }
  }
  const auto constant = small(isl_constraint_get_constant_val(constraint));
  if (!constant) return std::nullopt;
  sum.constant = *constant;
  return sum;
}

/// left REL right
struct Comparison {
  std::string left, relation, right;
};

Comparison comparison_of(const Sum& sum, bool equality) {
  std::string left, right;
  for (const auto& [name, factor] : sum.terms)
    append(factor < 0 ? left : right, with_factor(name, factor < 0 ? -factor : factor));
  long constant = sum.constant;
  const bool strict = !equality && constant < 0 && !(right.empty() && !left.empty()) && !left.empty();
  if (strict) ++constant;
  if (!strict && !equality && left.empty()) {  // a < b where a is a number: prefer 0 < k to 1 <= k
    return constant == -1 ? Comparison{"0", "<", right} : Comparison{std::to_string(-constant), "<=", right};
  }
  if (constant < 0) append(left, std::to_string(-constant));
  if (constant > 0) append(right, std::to_string(constant));
  if (left.empty()) left = "0";
  if (right.empty()) right = "0";
  if (equality) {  // "k = 1", and the longer side behind
    const bool number = left.find_first_not_of("0123456789") == std::string::npos;
    return left.size() <= right.size() && !number ? Comparison{left, "=", right} : Comparison{right, "=", left};
  }
  return {left, strict ? "<" : "<=", right};
}

/// 0 < k, k < i, i < n  ->  0 < k < i < n
std::string chained(std::vector<Comparison> all) {
  std::string text;
  const auto starts = [&](const Comparison& one) {
    return one.relation == "=" || std::ranges::none_of(all, [&](const Comparison& other) {
             return other.relation != "=" && other.right == one.left;
           });
  };
  while (!all.empty()) {
    auto found = std::ranges::find_if(all, starts);
    if (found == all.end()) found = all.begin();
    Comparison current = *found;
    all.erase(found);
    text += (text.empty() ? "" : ", ") + current.left + " " + current.relation + " " + current.right;
    while (current.relation != "=") {
      const auto next = std::ranges::find_if(
          all, [&](const Comparison& c) { return c.relation != "=" && c.left == current.right; });
      if (next == all.end()) break;
      current = *next;
      all.erase(next);
      text += " " + current.relation + " " + current.right;
    }
  }
  return text;
}

struct Collected {
  std::vector<Comparison> comparisons;
  bool odd = false;  ///< Has something that only isl can spell.
};

isl_stat collect(isl_constraint* constraint, void* user) {
  auto& collected = *static_cast<Collected*>(user);
  const auto sum = sum_of(constraint);
  if (sum) {
    collected.comparisons.push_back(
        comparison_of(*sum, isl_constraint_is_equality(constraint) == isl_bool_true));
  } else {
    collected.odd = true;
  }
  isl_constraint_free(constraint);
  return isl_stat_ok;
}

/// What stands behind the colon of isl's own text.
std::string isl_condition(const isl::basic_set& piece) {
  const std::string text = taken(isl_basic_set_to_str(piece.get()));
  const auto colon = text.find(" : ");
  if (colon == std::string::npos) return "";
  const auto end = text.rfind(" }");
  return text.substr(colon + 3, end - colon - 3);
}

std::string condition_of(const isl::basic_set& piece) {
  Collected collected;
  const auto clean = isl::manage(isl_basic_set_remove_redundancies(piece.copy()));
  isl_basic_set_foreach_constraint(clean.get(), collect, &collected);
  return collected.odd ? isl_condition(clean) : chained(std::move(collected.comparisons));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

/// "k-1"
std::optional<std::string> affine_text(isl_aff* raw) {
  const auto aff = isl::manage(raw);
  for (int i = 0; i < isl_aff_dim(aff.get(), isl_dim_div); ++i) {
    const auto factor = small(isl_aff_get_coefficient_val(aff.get(), isl_dim_div, i));
    if (!factor || *factor != 0) return std::nullopt;
  }
  const auto space = isl::manage(isl_aff_get_domain_space(aff.get()));
  std::string text;
  const auto add = [&](const std::string& name, long factor) {
    if (factor == 0) return;
    const long size = factor < 0 ? -factor : factor;
    text += factor < 0 ? "-" : (text.empty() ? "" : "+");
    text += name.empty() ? std::to_string(size) : with_factor(name, size);
  };
  for (const auto& [type, dim] : {std::pair{isl_dim_set, isl_dim_in}, {isl_dim_param, isl_dim_param}}) {
    const auto names = names_of(space.get(), type);
    for (int i = 0; i < static_cast<int>(names.size()); ++i) {
      const auto factor = small(isl_aff_get_coefficient_val(aff.get(), dim, i));
      if (!factor) return std::nullopt;
      add(names[static_cast<std::size_t>(i)], *factor);
    }
  }
  const auto constant = small(isl_aff_get_constant_val(aff.get()));
  if (!constant) return std::nullopt;
  add("", *constant);
  return text.empty() ? "0" : text;
}

/// What stands in brackets behind the arrow or in front of the colon in isl's own text of `aff`.
std::string isl_value(isl_aff* raw) {
  const auto aff = isl::manage(raw);
  const std::string text = taken(isl_aff_to_str(aff.get()));
  const auto arrow = text.rfind("-> [(");
  const auto end = text.rfind(")] }");
  if (arrow == std::string::npos || end == std::string::npos) return "?";
  return "(" + text.substr(arrow + 5, end - arrow - 5) + ")";
}

std::string producer_of(const isl::multi_aff& indices) {
  std::vector<std::string> parts;
  const int count = isl_multi_aff_dim(indices.get(), isl_dim_out);
  for (int i = 0; i < count; ++i) {
    const auto text = affine_text(isl_multi_aff_get_aff(indices.get(), i));
    parts.push_back(text ? *text : isl_value(isl_multi_aff_get_aff(indices.get(), i)));
  }
  return joined(parts);
}

}  // namespace

std::vector<std::string> conditions_of(const isl::set& set) {
  std::vector<std::string> texts;
  set.coalesce().foreach_basic_set(
      [&](const isl::basic_set& piece) { texts.push_back(condition_of(piece)); });
  std::ranges::sort(texts);
  return texts;
}

std::vector<std::string> variables_of(const isl::set& set) {
  const auto space = isl::manage(isl_set_get_space(set.get()));
  return names_of(space.get(), isl_dim_set);
}

std::vector<Line> lines_of(const isl::map& relation) {
  std::vector<Line> lines;
  const std::string consumer = joined(variables_of(relation.domain()));
  const auto cases = isl::manage(isl_pw_multi_aff_from_map(relation.copy())).coalesce();
  cases.foreach_piece([&](const isl::set& where, const isl::multi_aff& indices) {
    for (const std::string& condition : conditions_of(where))
      lines.push_back({consumer, producer_of(indices), condition});
  });
  std::ranges::sort(lines, {}, [](const Line& line) { return std::tie(line.producer, line.condition); });
  return lines;
}

}  // namespace dflow::compiler::flow
