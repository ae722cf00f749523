// One index of the program's that is two of the plan's (delinearise.h), as the generated code computes either from the other:
// `for (k < n * n) v.push_back(...)`, where others read v[i * n + j].
//
//     k = k1 * n + k2        k1 = k / n, k2 = k % n
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "compiler/flow/delinearise.h"
#include "formats/plan.h"

namespace dflow::compiler::flow {

/// The elements of a container, which has one subscript in the program.
struct FlatRows {
  std::string length;                                      ///< How many there are.
  std::vector<std::pair<std::string, std::string>> parts;  ///< In order: what stands for the subscript `dflow_e`, or is on the way.
  std::vector<std::string> indices;                        ///< Those of the parts that the plan has.
  std::string number;                                      ///< The subscript, from these.

  /// With other names, or whole expressions, in the place of the plan's indices.
  std::string number_of(const std::vector<std::string>& places) const;
  /// In statements that call `visit(..., indices)`: with the subscript instead.
  std::string visited(const std::string& statements, const std::string& visit) const;
  bool operator==(const FlatRows&) const = default;
};

struct Flattened {
  using Argument = std::pair<std::uint32_t, std::uint32_t>;  ///< Of which call, and the place there.
  /// Of calls some of whose loops were split: what each of the program's loops counts, in its indices (`own_name`) and
  /// parameters of the graph function.
  std::map<std::uint32_t, std::vector<std::string>> loops;
  std::set<std::string> parameters;  ///< Which these are.
  std::map<Argument, FlatRows> arguments;
  std::map<std::size_t, FlatRows> returned;  ///< By leaf.
  std::vector<formats::Symbol> symbols;      ///< That the other texts mention, as `own_name`.
};

/// None where some index has no such form. `families`: of the calls, as the plan counts them.
std::optional<Flattened> flattened(const Records& written, const Delinearised& rows, const std::vector<formats::Family>& families);

}  // namespace dflow::compiler::flow
