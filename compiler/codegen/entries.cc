#include "compiler/codegen/entries.h"

#include "compiler/frontend/edits.h"

namespace dflow::compiler {
namespace {

std::string need_text(formats::ParameterNeed need) {
  return "::dflow::detail::Need::" + std::string(formats::to_string(need));
}

/// A user's name that can be no keyword, macro of ours or the lambda's own parameter.
std::string variable_name(const EntryParameter& parameter, std::size_t index) {
  return parameter.name.empty() ? "argument_" + std::to_string(index) : parameter.name + "_";
}

bool is_made(const EntryParameter& parameter) {
  return parameter.passing == Passing::lvalue || parameter.passing == Passing::moved;
}

std::string argument_text(const EntryParameter& parameter, std::size_t index) {
  switch (parameter.passing) {
    case Passing::executor: return "dflow_executor_";
    case Passing::bound_executor: return "dflow_executor_.with({})";
    case Passing::lvalue: return variable_name(parameter, index);
    case Passing::moved: return "::std::move(" + variable_name(parameter, index) + ")";
  }
  return "";
}

std::string call_text(const Entry& entry) {
  std::string text = entry.object.empty() ? entry.callee : "dflow_object_." + entry.callee;
  text += '(';
  for (std::size_t i = 0; i < entry.parameters.size(); ++i) {
    if (i != 0) text += ", ";
    text += argument_text(entry.parameters[i], i);
  }
  return text + ')';
}

}  // namespace

std::string entry_text(const Entry& entry, int number) {
  std::string text = "[[maybe_unused]] const ::dflow::detail::GraphEntry dflow_entry_" + std::to_string(number) + "{\n    " +
                     cpp_literal(entry.graph) +
                     ", []([[maybe_unused]] ::dflow::Executor& dflow_executor_, "
                     "[[maybe_unused]] ::dflow::detail::Parameters& dflow_parameters_) {\n";
  for (std::size_t i = 0; i < entry.parameters.size(); ++i) {
    const EntryParameter& parameter = entry.parameters[i];
    if (!is_made(parameter)) continue;
    text += "      auto " + variable_name(parameter, i) + " = dflow_parameters_.make<" + parameter.type + ">(" +
            cpp_literal(parameter.name) + ", " + need_text(parameter.need) + ");\n";
    for (const EntryMember& member : parameter.members)
      text += "      " + variable_name(parameter, i) + "." + member.name + " = dflow_parameters_.make<" + member.type + ">(" +
              cpp_literal(parameter.name + "." + member.name) + ", " + need_text(member.need) + ");\n";
    if (parameter.holds_future) text += "      ::dflow::detail::stand_in(dflow_executor_, " + variable_name(parameter, i) + ");\n";
  }
  if (!entry.object.empty()) text += "      " + entry.object + " dflow_object_" + entry.made + ";\n";
  return text + "      (void)" + call_text(entry) + ";\n    }};\n";
}

}  // namespace dflow::compiler
