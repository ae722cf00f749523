#include "compiler/flow/launch_text.h"

#include <isl/aff.h>
#include <isl/ast.h>
#include <isl/ast_build.h>
#include <isl/map.h>
#include <isl/set.h>

#include <regex>
#include <utility>

#include "compiler/flow/isl_text.h"

namespace dflow::compiler::flow {
namespace {

/// isl prints its operators as macros.
std::string in_namespace(const std::string& text) {
  static const std::regex kOperators("\\b(min|max|floord)\\(");
  return std::regex_replace(text, kOperators, "dflow_rt::index_$1(");
}

std::string expression_text(isl_ast_expr* expression) {
  return in_namespace(taken(isl_ast_expr_to_C_str(isl::manage(expression).get())));
}

}  // namespace

isl::ast_build build_in(const isl::set& known) {
  return isl::manage(isl_ast_build_from_context(isl_set_params(known.copy())));
}

std::string value_text(const isl::ast_build& build, isl_pw_aff* value) {
  return expression_text(isl_ast_build_expr_from_pw_aff(build.get(), value));
}

std::string count_up_to(const isl::ast_build& build, isl_pw_aff* greatest) {
  return "(" + value_text(build, greatest) + ") + 1";
}

std::string condition(const isl::set& set, const isl::set& known) {
  if (known.is_subset(set)) return "";
  return expression_text(isl_ast_build_expr_from_set(build_in(known).get(), isl_set_gist(set.copy(), known.copy())));
}

void for_each_case(const isl::set& single, const isl::set& known, const EachCase& each) {
  auto cases = isl::manage(isl_pw_multi_aff_from_set(single.copy()));
  cases = isl::manage(isl_pw_multi_aff_coalesce(isl_pw_multi_aff_gist(cases.release(), known.copy())));
  cases.foreach_piece([&](const isl::set& where, const isl::multi_aff& point) {
    const isl::ast_build build = build_in(known.intersect(where));
    std::vector<std::string> coordinates;
    for (int i = 0; i < isl_multi_aff_dim(point.get(), isl_dim_set); ++i)
      coordinates.push_back(value_text(build, isl_pw_aff_from_aff(isl_multi_aff_get_aff(point.get(), i))));
    each(known.intersect(where), condition(where, known), std::move(coordinates));
  });
}

std::string loops(const isl::set& points, const std::string& visit, const isl::set& known) {
  auto* schedule = isl_union_map_from_map(isl_set_identity(isl_set_set_tuple_name(points.copy(), visit.c_str())));
  const auto node = isl::manage(isl_ast_build_node_from_schedule_map(build_in(known).get(), schedule));
  return in_namespace(taken(isl_ast_node_to_C_str(node.get())));
}

std::string call_at(const isl::set& single, const std::string& visit, const isl::set& known) {
  std::string text;
  for_each_case(single, known, [&](const isl::set&, const std::string& when, const std::vector<std::string>& coordinates) {
    std::string all;
    for (const std::string& each : coordinates) all += (all.empty() ? "" : ", ") + each;
    if (!when.empty()) text += "if (" + when + ")\n  ";
    text += visit + "(" + all + ");\n";
  });
  return text;
}

isl::set with_parameter_name(const isl::set& set, unsigned at, const std::string& name) {
  return isl::manage(isl_set_set_dim_name(set.copy(), isl_dim_param, at, name.c_str()));
}
isl::map with_parameter_name(const isl::map& map, unsigned at, const std::string& name) {
  return isl::manage(isl_map_set_dim_name(map.copy(), isl_dim_param, at, name.c_str()));
}

isl::set fixed(isl::set set, const std::vector<std::string>& names) {
  const auto first = static_cast<unsigned>(isl_set_dim(set.get(), isl_dim_param));
  const auto count = static_cast<unsigned>(names.size());
  set = isl::manage(isl_set_move_dims(set.release(), isl_dim_param, first, isl_dim_set, 0, count));
  for (unsigned i = 0; i < count; ++i) set = with_parameter_name(set, first + i, names[i]);
  return isl::manage(isl_set_params(set.release()));
}
isl::set image(isl::map map, const std::vector<std::string>& names) {
  const auto first = static_cast<unsigned>(isl_map_dim(map.get(), isl_dim_param));
  const auto count = static_cast<unsigned>(names.size());
  map = isl::manage(isl_map_move_dims(map.release(), isl_dim_param, first, isl_dim_in, 0, count));
  for (unsigned i = 0; i < count; ++i) map = with_parameter_name(map, first + i, names[i]);
  return map.range();
}

isl::set projected(const isl::set& domain, unsigned dimension) {
  const auto count = static_cast<unsigned>(isl_set_dim(domain.get(), isl_dim_set));
  auto* set = domain.copy();
  if (dimension + 1 < count) set = isl_set_eliminate(set, isl_dim_set, dimension + 1, count - dimension - 1);
  if (dimension > 0) set = isl_set_eliminate(set, isl_dim_set, 0, dimension);
  return isl::manage(isl_set_from_basic_set(isl_set_simple_hull(isl_set_remove_divs(set))));
}

isl::set same_tuple(const isl::set& set, const isl::set& like) {
  return isl::manage(isl_set_set_tuple_name(set.copy(), isl_set_get_tuple_name(like.get())));
}

isl::set inner_of(const isl::set& set, const std::vector<std::string>& names) {
  auto* inner = set.copy();
  const auto first = static_cast<unsigned>(isl_set_dim(inner, isl_dim_param));
  inner = isl_set_move_dims(inner, isl_dim_param, first, isl_dim_set, 0, static_cast<unsigned>(names.size()));
  for (unsigned i = 0; i < names.size(); ++i) inner = isl_set_set_dim_name(inner, isl_dim_param, first + i, names[i].c_str());
  return isl::manage(inner);
}

}  // namespace dflow::compiler::flow
