#include "tools/dflow/suggest.h"

#include "formats/nearest.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
  const std::string near = formats::nearest(name, known);
  return (near.empty() ? "" : " (did you mean " + near + "?)") +
         (known.empty() ? "" : "; it has " + list(known));
}

std::string list(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 20;
  if (names.size() <= kMost) return joined(names, ", ");
  return joined({names.begin(), names.begin() + kMost}, ", ") + " and " + std::to_string(names.size() - kMost) + " more";
}

}  // namespace dflow::tools
