// What a launcher takes before it starts: futures among the parameters of its graph function, values that the function
// scatters, and arguments that only the function's caller may evaluate.
#pragma once

#include <string>
#include <vector>

#include "compiler/codegen/launcher_family.h"

namespace dflow::compiler {

bool takes_anything(const Launcher& launcher);
/// In front of the class: the user's expressions.
std::string taken_values(const Launcher& launcher, int number);
/// Parts of the class: takes all of it, and has the launch wait for futures.
std::string take_functions(const Launcher& launcher, const std::vector<FamilyText>& families);

}  // namespace dflow::compiler
