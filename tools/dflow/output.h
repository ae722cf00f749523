#pragma once

#include <functional>
#include <optional>
#include <string>

#include "formats/file.h"
#include "formats/labels.h"
#include "formats/plan.h"
#include "formats/recording.h"

namespace dflow::tools {

enum class Format { text, json, dot, svg, html };

/// Where and how graphs are printed.
struct Output {
  Format format = Format::text;
  std::optional<std::string> file;  ///< standard output if there is none
};

/// Has `write` fill the file, which is replaced whole or not at all; standard output if there is none.
formats::Result<void> write_to(const std::optional<std::string>& file,
                               const std::function<void(formats::ByteSink&)>& write);

/// The same with text for people, line by line: what others have named gives a terminal no orders.
formats::Result<void> write_lines_to(const std::optional<std::string>& file,
                                     const std::function<void(formats::ByteSink&)>& write);

formats::Result<void> print(const formats::Plan& plan, const Output& output);

/// `recording` is where the graphs come from, if they come from one: a page shows its times, bytes and lines.
formats::Result<void> print(const formats::LabelledGraphs& graphs, const formats::Recording* recording,
                            const Output& output);

}  // namespace dflow::tools
