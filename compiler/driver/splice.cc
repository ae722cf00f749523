#include "compiler/driver/splice.h"

#include <charconv>
#include <optional>

#include "compiler/driver/text_pairs.h"

namespace dflow::compiler {
namespace {

struct Marker {
  std::size_t line;
  std::string file;
};

/// Undoes the escapes of a file name in a marker.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

/// Reads `# LINE "FILE" FLAGS`.
std::optional<Marker> read_marker(std::string_view line) {
  if (!line.starts_with("# ")) return std::nullopt;
  Marker marker{};
  const char* end = line.data() + line.size();
  const auto number = std::from_chars(line.data() + 2, end, marker.line);
  const auto open = line.find(" \"");
  const auto close = line.rfind('"');
  if (number.ec != std::errc{} || open == std::string_view::npos || close <= open + 1) return std::nullopt;
  marker.file = unescaped(line.substr(open + 2, close - open - 2));
  return marker;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

void append_tail(std::string& out, const TextPair& pair) {
  const std::size_t shared = pair.original.size();
  if (pair.changed.size() <= shared) return;
  out += "# " + std::to_string(shared + 1) + " \"" + escaped(pair.name) + "\" 3\n";
  for (std::size_t i = shared; i < pair.changed.size(); ++i) out.append(pair.changed[i]).append("\n");
}

}  // namespace

std::string splice(std::string_view preprocessed, const std::vector<RewrittenFile>& files) {
  TextPairs pairs(files);
  std::string out;
  out.reserve(preprocessed.size() + 4096);
  const TextPair* pair = nullptr;
  std::size_t number = 0;
  for (const std::string_view line : lines_of(preprocessed)) {
    if (const auto marker = read_marker(line)) {
      pair = pairs.find(marker->file);
      number = marker->line;
      out.append(line).append("\n");
      continue;
    }
    const bool ours = pair != nullptr && pair->has_line(number) && pair->original[number - 1] == line;
    out.append(ours ? pair->changed[number - 1] : line).append("\n");
    ++number;
  }
  for (const TextPair& each : pairs.all()) append_tail(out, each);
  return out;
}

}  // namespace dflow::compiler
