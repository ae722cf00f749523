// Changes to source texts as plain values: recorded while the AST is walked, applied once at the end.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dflow::compiler {

/// A half-open range of bytes in one file.
struct TextRange {
  std::string file;
  unsigned begin = 0;
  unsigned end = 0;

  auto operator<=>(const TextRange&) const = default;
};

/// Text put before and after a range; an empty range is a point, which takes `before` alone. Ranges of one file nest.
struct Edit {
  unsigned begin = 0;
  unsigned end = 0;
  std::string before;
  std::string after;

  bool operator==(const Edit&) const = default;
};

/// What all instantiations of a piece of source say about changing it. The text is changed once, so it may change
/// only if each of them wants the same.
class Proposals {
 public:
  /// `edits` belong together: all of them are made or none. Order of proposal is order of nesting, outer first.
  void propose(const TextRange& key, std::string_view kind, std::vector<Edit> edits);

  /// As `propose`, for the id of a call site: instantiations that disagree on the task's name leave it empty.
  void propose_site(const TextRange& key, std::string task, std::string file, int line, int column);

  /// Says that some instantiation needs the text at `key` as it is.
  void refuse(const TextRange& key, std::string_view kind);

  /// The edits of each file that all agreed on.
  std::map<std::string, std::vector<Edit>> agreed() const;

 private:
  struct Key {
    TextRange range;
    std::string kind;
    auto operator<=>(const Key&) const = default;
  };
  struct Vote {
    std::vector<Edit> edits;
    bool refused = false;
    std::size_t order = 0;
  };
  struct Name {
    std::string task;
    std::string rest;
  };
  std::map<Key, Vote> votes_;
  std::map<TextRange, Name> sites_;
};

/// `text` as a C++ string literal with its quotes.
std::string cpp_literal(std::string_view text);

/// Applies edits that nest; those of a point in the order given.
std::string apply_edits(std::string_view text, const std::vector<Edit>& edits);

}  // namespace dflow::compiler
