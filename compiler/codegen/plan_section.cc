#include "compiler/codegen/plan_section.h"

namespace dflow::compiler {
namespace {

constexpr std::size_t kBytesPerLine = 24;

/// A literal is one thing to parse where a list would be one for each byte. What the user's -fexec-charset does to
/// letters, it does not do to escapes.
std::string literal(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % kBytesPerLine == 0) text += i == 0 ? "\n    \"" : "\"\n    \"";
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += '\\';
    for (const int digit : {byte >> 6, byte >> 3 & 7, byte & 7}) text += static_cast<char>('0' + digit);
  }
  return text + "\"";
}

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
      name + "[] __attribute__((section(\"" + std::string(section) + "\"), used DFLOW_PLAN_RETAIN_)) =";
  // The literal's own end is one more zero, which is padding there.
  return text + literal(frame) + ";\n#undef DFLOW_PLAN_RETAIN_\n";
}

}  // namespace dflow::compiler
