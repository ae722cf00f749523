#include <isl/cpp.h>
#include <isl/options.h>

#include <algorithm>
#include <memory>

#include "compiler/flow/analyse.h"
#include "compiler/flow/print.h"

namespace dflow::compiler::flow {
namespace {

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

Dependences together(const std::vector<Analysed>& segments) {
  const std::unique_ptr<isl_ctx, void (*)(isl_ctx*)> context(isl_ctx_alloc(), isl_ctx_free);
  isl_options_set_on_error(context.get(), ISL_ON_ERROR_CONTINUE);
  isl::set assumptions(isl::ctx(context.get()), "{ : }");
  Dependences all;
  for (const Analysed& each : segments) {
    append(all.families, each.families);
    append(all.edges, each.edges);
    append(all.ranges, each.ranges);
    for (const formats::Symbol& symbol : each.symbols)
      if (std::ranges::find(all.symbols, symbol) == all.symbols.end()) all.symbols.push_back(symbol);
    assumptions = assumptions.intersect(isl::set(isl::ctx(context.get()), each.assumptions));
  }
  char* text = isl_set_to_str(assumptions.get());
  all.assumptions = text == nullptr ? "{ : }" : text;
  std::free(text);
  all.assumed = conditions_of(assumptions);
  if (std::ranges::find(all.assumed, "") != all.assumed.end()) all.assumed.clear();
  return all;
}

}  // namespace dflow::compiler::flow
