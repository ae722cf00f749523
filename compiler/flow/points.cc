#include "compiler/flow/points.h"

#include <isl/cpp.h>
#include <isl/map.h>
#include <isl/options.h>
#include <isl/point.h>
#include <isl/set.h>

#include <algorithm>
#include <memory>

#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

using formats::Error;
using formats::Result;

isl::set with_values(isl::set set, const Values& parameters) {
  for (const auto& [name, value] : parameters) {
    const int position = isl_set_find_dim_by_name(set.get(), isl_dim_param, name.c_str());
    if (position < 0) continue;
    auto* number = isl_val_int_from_si(set.ctx().get(), value);
    const auto at = static_cast<unsigned>(position);
    set = isl::manage(isl_set_fix_val(set.release(), isl_dim_param, at, number));
    set = isl::manage(isl_set_project_out(set.release(), isl_dim_param, at, 1));
  }
  return set;
}

/// A parameter without a value must not matter.
isl::set without_parameters(isl::set set) {
  for (int i = isl_set_dim(set.get(), isl_dim_param); i-- > 0;) {
    const auto at = static_cast<unsigned>(i);
    if (isl_set_involves_dims(set.get(), isl_dim_param, at, 1) != isl_bool_false)
      throw Refusal(std::string("parameter '") + isl_set_get_dim_name(set.get(), isl_dim_param, at) +
                    "' is missing");
    set = isl::manage(isl_set_project_out(set.release(), isl_dim_param, at, 1));
  }
  return set;
}

isl::set parse(isl::ctx context, const std::string& text) {
  if (text.find("->", text.find('{')) == std::string::npos) return isl::set(context, text);
  return isl::manage(isl_set_flatten(isl::map(context, text).wrap().release()));
}

Point point_of(const isl::point& point) {
  Point result;
  const auto space = isl::manage(isl_point_get_space(point.get()));
  for (int i = 0; i < isl_space_dim(space.get(), isl_dim_set); ++i) {
    const auto value = isl::manage(isl_point_get_coordinate_val(point.get(), isl_dim_set, i));
    result.push_back(isl_val_get_num_si(value.get()));
  }
  return result;
}

template <class T, class Work>
Result<T> with_context(const std::string& text, Work work) {
  const std::unique_ptr<isl_ctx, void (*)(isl_ctx*)> context(isl_ctx_alloc(), isl_ctx_free);
  isl_options_set_on_error(context.get(), ISL_ON_ERROR_CONTINUE);
  try {
    return work(isl::ctx(context.get()));
  } catch (const Refusal& refusal) {
    return Error{refusal.what()};
  } catch (const isl::exception&) {
    return Error{"isl cannot read or count '" + text.substr(0, 200) + "'"};
  }
}

}  // namespace

Result<std::vector<Point>> points_of(const std::string& text, const Values& parameters, std::size_t limit) {
  return with_context<std::vector<Point>>(text, [&](isl::ctx context) {
    const isl::set set = without_parameters(with_values(parse(context, text), parameters));
    if (!set.is_empty() && isl_set_is_bounded(set.get()) != isl_bool_true)
      throw Refusal("not finite: " + text);
    std::vector<Point> points;
    set.foreach_point([&](const isl::point& point) {
      if (points.size() == limit) throw Refusal("more than " + std::to_string(limit) + " points");
      points.push_back(point_of(point));
    });
    std::ranges::sort(points);
    return Result<std::vector<Point>>(std::move(points));
  });
}

Result<bool> allows(const std::string& text, const Values& parameters) {
  return with_context<bool>(text, [&](isl::ctx context) {
    const isl::set set = without_parameters(with_values(isl::set(context, text), parameters));
    return Result<bool>(!set.is_empty());
  });
}

}  // namespace dflow::compiler::flow
