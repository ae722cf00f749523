#include "tools/dflow/dot.h"

#include "formats/json_text.h"

namespace dflow::tools {

// The two languages quote alike, and this takes out what is no UTF-8, at which Graphviz stops.
std::string dot_string(std::string_view text) {
  std::string quoted;
  formats::append_json_string(quoted, text);
  return quoted;
}

}  // namespace dflow::tools
