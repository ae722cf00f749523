// Small things that all generated text is made of.
#pragma once

#include <string>
#include <vector>

namespace dflow::compiler {

/// In the generated text; an alias keeps it readable.
inline const std::string kDetail = "dflow_rt::";

std::string joined(const std::vector<std::string>& parts, const std::string& between = ", ");
/// `first` and the list behind it, if that is not empty.
std::string behind(const std::string& first, const std::string& list);
/// Parameters that a body need not mention.
std::string unused(const std::string& declared);
std::string indented(const std::string& text, std::size_t depth);

}  // namespace dflow::compiler
