#include "formats/file.h"
#include "tools/dflow/commands.h"
#include "tools/dflow/compare.h"
#include "tools/dflow/output.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Result;

/// A recorded run holds all that the program submitted; a file of graphs may be an excerpt.
Result<Side> load_side(const std::string& path) {
  auto document = load(path);
  if (!document) return document.error();
  const auto* recording = std::get_if<formats::Recording>(&document.value());
  const bool whole = recording != nullptr && !recording->dry;
  auto graphs = labelled(std::move(document).value());
  if (!graphs) return Error{path + ": " + graphs.message()};
  return Side{std::move(graphs).value(), whole};
}

std::string report(const Comparison& found, const DiffOptions& options) {
  std::string text;
  for (const std::string& note : found.notes) text += "note: " + note + "\n";
  if (found.count == 0) {
    for (const std::string& graph : found.compared) text += "equal: " + graph + "\n";
    return text;
  }
  text += "A is " + options.a + ", B is " + options.b + "\n";
  for (const std::string& difference : found.differences) text += difference + "\n";
  if (found.count > found.differences.size())
    text += "and " + std::to_string(found.count - found.differences.size()) + " more differences\n";
  return text;
}

}  // namespace

Result<int> graph_diff(const DiffOptions& options) {
  auto a = load_side(options.a);
  if (!a) return a.error();
  auto b = load_side(options.b);
  if (!b) return b.error();
  const auto found = compare(std::move(a).value(), std::move(b).value(), options.selection);
  if (!found) return found.error();
  const auto written = write_lines_to({}, [&](formats::ByteSink& sink) { sink.write(report(found.value(), options)); });
  if (!written) return written.error();
  return found.value().count == 0 ? 0 : 1;
}

}  // namespace dflow::tools
