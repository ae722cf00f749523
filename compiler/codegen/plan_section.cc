#include "compiler/codegen/plan_section.h"

namespace dflow::compiler {
namespace {

constexpr std::size_t kBytesPerLine = 24;

}  // namespace

std::string plan_section_text(std::string_view frame) { return section_text(frame, ".dflow", "dflow_plan_"); }

std::string section_text(std::string_view frame, std::string_view section, const std::string& name) {
  // g++ and ld keep a section for `retain` only where both know it; the others have `used`, and no --gc-sections.
  std::string text =
      "#if __has_attribute(retain)\n"
      "#define DFLOW_PLAN_RETAIN_ , retain\n"
      "#else\n"
      "#define DFLOW_PLAN_RETAIN_\n"
      "#endif\n"
      "alignas(16) const unsigned char " +
      name + "[] __attribute__((section(\"" + std::string(section) + "\"), used DFLOW_PLAN_RETAIN_)) = {";
  for (std::size_t i = 0; i < frame.size(); ++i) {
    text += i % kBytesPerLine == 0 ? "\n    " : " ";
    text += std::to_string(static_cast<unsigned char>(frame[i])) + ",";
  }
  return text + "};\n#undef DFLOW_PLAN_RETAIN_\n";
}

}  // namespace dflow::compiler
