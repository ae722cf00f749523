#include "tools/dflow/output.h"

#include <unistd.h>

#include <cstdio>

#include "formats/graph_json.h"
#include "formats/printable.h"
#include "tools/dflow/page.h"
#include "tools/dflow/render.h"
#include "tools/dflow/subprocess.h"

namespace dflow::tools {
namespace {

using formats::AtomicFile;
using formats::ByteSink;
using formats::DescriptorSink;
using formats::Error;
using formats::Result;

using Writer = std::function<void(ByteSink&)>;

/// What is written at once ends between two characters.
class PrintableSink final : public ByteSink {
 public:
  explicit PrintableSink(ByteSink& sink) : sink_(sink) {}
  void write(std::string_view bytes) override { sink_.write(formats::printable_lines(bytes)); }

 private:
  ByteSink& sink_;
};

// Where Graphviz begins to take minutes.
constexpr std::size_t kManyNodes = 2000;
// Where pages begin to take seconds in a browser, and where it gives up.
constexpr std::size_t kSlowOnPage = 20'000;
constexpr std::size_t kMostOnPage = 200'000;

Result<std::string> svg_of(const Writer& write_dot, std::size_t nodes) {
  if (nodes > kManyNodes)
    std::fprintf(stderr, "dflow: Graphviz may take long over %zu nodes; --format=dot prints them at once\n",
                 nodes);
  formats::StringSink dot;
  write_dot(dot);
  auto drawn = run({.arguments = {"dot", "-Tsvg"}, .input = std::move(dot).text(), .environment = {}});
  if (!drawn)
    return Error{"SVG is drawn by Graphviz, and there is no `dot` to run (" + drawn.message() +
                 "): install graphviz, or use --format=dot"};
  if (drawn.value().signal != 0)
    return Error{"Graphviz's dot died of " + describe_signal(drawn.value().signal) + "; try --format=dot"};
  if (!drawn.value().succeeded()) return Error{"Graphviz's dot failed: " + drawn.value().errors};
  return std::move(drawn.value().output);
}

/// `pictures` draws the graphs; there is no need to before it is known that they can be shown.
template <class Pictures>
Result<void> print_page(std::size_t nodes, Pictures pictures, const Output& output) {
  const auto files = page_files();
  if (!files)
    return Error{
        "this dflow was built without cytoscape.js, so it draws no pages: run scripts/setup.sh and build it "
        "again, or use --format=svg or --format=dot"};
  if (nodes > kMostOnPage)
    return Error{"no browser shows " + std::to_string(nodes) + " tasks (the most is " +
                 std::to_string(kMostOnPage) +
                 "): choose one graph by --graph and --instance, expand it for smaller parameters, or use "
                 "--format=json"};
  if (nodes > kSlowOnPage)
    std::fprintf(stderr, "dflow: a page of %zu tasks takes a browser long to open\n", nodes);
  return write_to(output.file, [&](ByteSink& sink) { write_page(sink, *files, pictures()); });
}

template <class Graphs>
Result<void> print_any(const Graphs& graphs, const Output& output) {
  const Writer dot = [&](ByteSink& sink) { write_dot(sink, graphs); };
  switch (output.format) {
    case Format::text:
      return write_lines_to(output.file, [&](ByteSink& sink) { write_text(sink, graphs); });
    case Format::json:
      return write_to(output.file, [&](ByteSink& sink) { write_json(sink, graphs); });
    case Format::dot:
      return write_to(output.file, dot);
    case Format::svg:
    case Format::html:
      break;
  }
  const auto svg = svg_of(dot, node_count(graphs));
  if (!svg) return svg.error();
  return write_to(output.file, [&](ByteSink& sink) { sink.write(svg.value()); });
}

}  // namespace

Result<void> write_to(const std::optional<std::string>& path, const std::function<void(ByteSink&)>& write) {
  if (!path) {
    DescriptorSink sink(STDOUT_FILENO, "standard output");
    write(sink);
    return sink.flush();
  }
  auto file = AtomicFile::create(*path);
  if (!file) return file.error();
  write(file.value());
  return file.value().commit();
}

Result<void> write_lines_to(const std::optional<std::string>& path, const std::function<void(ByteSink&)>& write) {
  return write_to(path, [&](ByteSink& sink) {
    PrintableSink lines(sink);
    write(lines);
  });
}

Result<void> print(const formats::Plan& plan, const Output& output) {
  if (output.format == Format::html)
    return print_page(node_count(plan), [&] { return pictures_of(plan); }, output);
  return print_any(plan, output);
}

Result<void> print(const formats::LabelledGraphs& graphs, const formats::Recording* recording,
                   const Output& output) {
  if (output.format == Format::html)
    return print_page(node_count(graphs), [&] { return pictures_of(graphs, recording); }, output);
  return print_any(graphs, output);
}

}  // namespace dflow::tools
