#include "compiler/codegen/unit_section.h"

#include "formats/unit.h"

namespace dflow::compiler {
namespace {

constexpr std::size_t kBytesPerLine = 24;

}  // namespace

std::string unit_section_text(std::string_view frame) {
  std::string text = "asm(\".pushsection ";
  text.append(formats::kUnitSection).append(",\\\"e\\\",@progbits\\n.balign 16\\n\"");
  for (std::size_t i = 0; i < frame.size(); ++i) {
    if (i % kBytesPerLine == 0) text += i == 0 ? "\n    \".byte " : "\\n\"\n    \".byte ";
    else text += ",";
    text += std::to_string(static_cast<unsigned char>(frame[i]));
  }
  return text + "\\n.popsection\");\n";
}

}  // namespace dflow::compiler
