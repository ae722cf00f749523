#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/frontend/frontend.h"

namespace dflow::compiler {

/// The lines of a text, without their ends.
std::vector<std::string_view> lines_of(std::string_view text);

/// A rewritten file line by line beside the original it stands for.
struct TextPair {
  std::string name;  ///< as the compiler names it, once it did; else its path
  std::string original_text, changed_text;
  std::vector<std::string_view> original, changed;

  /// Whether both have a line of this number (from 1).
  bool has_line(std::size_t number) const {
    return number >= 1 && number <= original.size() && number <= changed.size();
  }
};

/// Finds rewritten files by the names that compilers give them. Names are looked up once: the same few come
/// back all the time. The pairs stay where they are.
class TextPairs {
 public:
  explicit TextPairs(const std::vector<RewrittenFile>& files);
  TextPairs(const TextPairs&) = delete;
  TextPairs& operator=(const TextPairs&) = delete;

  /// The pair of a file, or null if it was not rewritten.
  const TextPair* find(const std::string& name);

  const std::vector<TextPair>& all() const { return pairs_; }

 private:
  std::vector<TextPair> pairs_;
  std::map<std::string, TextPair*> by_path_, by_name_;
};

}  // namespace dflow::compiler
