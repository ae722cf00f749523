#include "tools/dflow/page_files.h"

// The assembler puts the files' bytes between two symbols: no generator, and no literal that compilers find
// too long.
#define DFLOW_EMBED(symbol, file)                                                                       \
  __asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"" file "\"\n" #symbol "_end:\n.popsection\n"); \
  extern "C" const char symbol[], symbol##_end[]

DFLOW_EMBED(dflow_page_style, DFLOW_PAGE_STYLE);
DFLOW_EMBED(dflow_page_library, DFLOW_PAGE_LIBRARY);
DFLOW_EMBED(dflow_page_script, DFLOW_PAGE_SCRIPT);

namespace dflow::tools {

std::optional<PageFiles> page_files() {
  return PageFiles{.style = {dflow_page_style, dflow_page_style_end},
                   .library = {dflow_page_library, dflow_page_library_end},
                   .script = {dflow_page_script, dflow_page_script_end}};
}

}  // namespace dflow::tools
