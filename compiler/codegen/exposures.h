// What the runtime has to know of the types that a translation unit sends: how classes are taken apart, and
// which exceptions can be thrown again in another process.
#pragma once

#include <string>
#include <vector>

namespace dflow::compiler {

/// A class and its parts in order, each as it is written: "::dflow::detail::Member<&::Account::balance_>".
struct Exposure {
  std::string type;
  std::vector<std::string> parts;
};

/// Explicit instantiations at global scope.
std::string exposures_text(const std::vector<Exposure>& exposures);

/// The member function of a class local to a function, on one line.
std::string local_exposure_text(const std::vector<std::string>& parts);

/// Constants at namespace scope that register exceptions, in a namespace without a name.
std::string exceptions_text(const std::vector<std::string>& types);

}  // namespace dflow::compiler
