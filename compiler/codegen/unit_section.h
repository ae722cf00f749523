// How an object was made, as C++ source: a section that linkers leave out of programs.
#pragma once

#include <string>
#include <string_view>

namespace dflow::compiler {

/// A declaration at namespace scope that puts `frame` (formats/unit.h) into the object. It is assembler's text: no
/// attribute of either compiler gives a section the flag by which linkers leave it out (SHF_EXCLUDE).
std::string unit_section_text(std::string_view frame);

}  // namespace dflow::compiler
