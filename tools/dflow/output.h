#pragma once

#include <functional>
#include <optional>
#include <string>

#include "formats/file.h"
#include "formats/labels.h"
#include "formats/plan.h"

namespace dflow::tools {

enum class Format { text, json, dot, svg };

/// Where and how graphs are printed.
struct Output {
  Format format = Format::text;
  std::optional<std::string> file;  ///< standard output if there is none
};

formats::Result<void> print(const formats::Plan& plan, const Output& output);
formats::Result<void> print(const formats::LabelledGraphs& graphs, const Output& output);

}  // namespace dflow::tools
