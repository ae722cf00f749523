#include "compiler/driver/text_pairs.h"

#include "compiler/driver/overlay.h"
#include "formats/file.h"

namespace dflow::compiler {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

TextPairs::TextPairs(const std::vector<RewrittenFile>& files) : pairs_(files.size()) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    TextPair& pair = pairs_[i];
    auto text = formats::read_file(files[i].path);
    pair.name = files[i].path;
    pair.original_text = text ? std::move(text).value() : "";
    pair.changed_text = files[i].text;
    pair.original = lines_of(pair.original_text);
    pair.changed = lines_of(pair.changed_text);
    for (const std::string& name : names_of(files[i].path)) by_path_[name] = &pair;
  }
}

const TextPair* TextPairs::find(const std::string& name) {
  const auto [place, is_new] = by_name_.try_emplace(name, nullptr);
  if (!is_new || name.empty() || name[0] == '<') return place->second;
  for (const std::string& path : names_of(name)) {
    if (const auto found = by_path_.find(path); found != by_path_.end()) place->second = found->second;
  }
  if (place->second != nullptr) place->second->name = name;
  return place->second;
}

}  // namespace dflow::compiler
