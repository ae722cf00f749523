// The plan's bytes as C++ source: a constant in section .dflow.
#pragma once

#include <string>
#include <string_view>

namespace dflow::compiler {

/// The definition of a constant at namespace scope that holds `frame` (formats/plan.h). It stays in the program though
/// nothing refers to it.
std::string plan_section_text(std::string_view frame);

/// The same for another section than the plans', and under a name of its own.
std::string section_text(std::string_view frame, std::string_view section, const std::string& name);

}  // namespace dflow::compiler
