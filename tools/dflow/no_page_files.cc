#include "tools/dflow/page_files.h"

namespace dflow::tools {

std::optional<PageFiles> page_files() {
  return std::nullopt;
}

}  // namespace dflow::tools
