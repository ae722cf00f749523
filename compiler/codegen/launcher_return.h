// What a launcher hands to the caller of its graph function: the result, with its containers and futures.
#pragma once

#include <string>

#include "compiler/codegen/launcher.h"

namespace dflow::compiler {

// Parts of the class.
std::string output_members(const Launcher& launcher);
std::string place_outputs(const Launcher& launcher);  ///< In the constructor.
std::string return_text(const Launcher& launcher);

/// The number of the output that has these subscripts.
std::string output_number(std::size_t leaf, const std::string& subscripts);

}  // namespace dflow::compiler
