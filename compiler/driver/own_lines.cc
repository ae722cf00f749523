#include "compiler/driver/own_lines.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <regex>

#include "compiler/driver/text_pairs.h"

namespace dflow::compiler {
namespace {

/// For each character of `changed` (and its end) the index in `original` of the same character or, inside an
/// insertion, of the one behind it. Of all ways to read `changed` as `original` with insertions, one with the
/// fewest insertions. Empty if there is none.
std::vector<std::size_t> align(std::string_view original, std::string_view changed) {
  const std::size_t rows = original.size() + 1, columns = changed.size() + 1;
  constexpr std::size_t kMostCells = std::size_t{1}
                                     << 24;  // a line of thousands of characters is nobody's to read
  if (rows * columns > kMostCells) return {};
  constexpr int kNever = std::numeric_limits<int>::max() / 2;
  const auto cell = [columns](std::size_t i, std::size_t j) { return i * columns + j; };
  // Insertions still needed from (i, j) on; `inside`: one is under way, so going on with it is free.
  std::vector<int> outside(rows * columns, kNever), inside(rows * columns, kNever);
  for (std::size_t i = rows; i-- > 0;) {
    for (std::size_t j = columns; j-- > 0;) {
      int& out = outside[cell(i, j)];
      int& in = inside[cell(i, j)];
      if (i + 1 == rows && j + 1 == columns) out = in = 0;
      if (i + 1 < rows && j + 1 < columns && original[i] == changed[j]) out = outside[cell(i + 1, j + 1)];
      if (j + 1 < columns) {
        in = std::min(out, inside[cell(i, j + 1)]);
        out = std::min(out, 1 + inside[cell(i, j + 1)]);
      } else {
        in = out;
      }
    }
  }
  if (outside[0] >= kNever) return {};
  std::vector<std::size_t> own;
  bool inserting = false;
  for (std::size_t i = 0, j = 0; j + 1 < columns; ++j) {
    own.push_back(i);
    const bool same = i + 1 < rows && original[i] == changed[j];
    const int taken = same ? outside[cell(i + 1, j + 1)] : kNever;
    const int inserted = inside[cell(i, j + 1)] + (inserting ? 0 : 1);
    inserting = inserted < taken;
    if (!inserting) ++i;
  }
  own.push_back(original.size());
  return own;
}

std::string without_colours(const std::string& line) {
  static const std::regex kColours("\033\\[[0-9;]*[mK]");
  return std::regex_replace(line, kColours, "");
}

/// Goes through messages line by line; knows which file and columns the quoted lines belong to.
class Rewriter {
 public:
  explicit Rewriter(const std::vector<RewrittenFile>& files) : pairs_(files) {}

  std::string rewrite(const std::string& line) {
    const std::string plain = without_colours(line);
    if (auto message = as_message(line, plain)) return *message;
    if (auto quote = as_quote(plain)) return *quote;
    if (auto marks = as_marks(line, plain)) return *marks;
    return line;
  }

 private:
  std::optional<std::string> as_message(const std::string& line, const std::string& plain) {
    static const std::regex kMessage("([^\\s:][^:]*):([0-9]+):([0-9]+): .*");
    std::smatch parts;
    if (!std::regex_match(plain, parts, kMessage)) return std::nullopt;
    pair_ = pairs_.find(parts[1]);
    own_.clear();
    const std::size_t number = std::stoul(parts[2]);
    if (pair_ == nullptr || !pair_->has_line(number)) return line;
    const std::string place = parts[1].str() + ":" + parts[2].str() + ":";
    const auto own =
        own_column(pair_->original[number - 1], pair_->changed[number - 1], std::stoul(parts[3]));
    std::string moved = line;
    const std::string old_place = place + parts[3].str();
    if (const auto at = moved.find(old_place); at != std::string::npos) {
      moved.replace(at, old_place.size(), place + std::to_string(own));
    }
    return moved;
  }

  std::optional<std::string> as_quote(const std::string& plain) {
    static const std::regex kQuote("( *[0-9]+ \\| )(.*)");
    std::smatch parts;
    if (pair_ == nullptr || !std::regex_match(plain, parts, kQuote)) return std::nullopt;
    const std::size_t number = std::stoul(parts[1]);
    own_.clear();
    if (!pair_->has_line(number) || pair_->original[number - 1] == pair_->changed[number - 1])
      return std::nullopt;
    quoted_ = pair_->original[number - 1];
    own_ = align(quoted_, pair_->changed[number - 1]);
    cut_ = parts[2].str() == quoted_;
    return parts[1].str() + std::string(quoted_);
  }

  std::optional<std::string> as_marks(const std::string& line, const std::string& plain) const {
    static const std::regex kMarks("( *\\| )(.*)");
    std::smatch parts;
    if (own_.empty() || !std::regex_match(plain, parts, kMarks)) return std::nullopt;
    const bool coloured = plain != line;
    const std::string marks = move_marks(parts[2]);
    return parts[1].str() + (coloured ? "\033[0;1;32m" + marks + "\033[0m" : marks);
  }

  /// Carets and underlines move character by character, words under them as a whole.
  std::string move_marks(const std::string& marks) const {
    const auto first = marks.find_first_not_of(' ');
    if (first == std::string::npos) return marks;
    if (marks.find_first_not_of(" ^~|") != std::string::npos) {
      return std::string(own(first), ' ') + marks.substr(first);
    }
    std::string moved;
    for (std::size_t i = first; i < marks.size(); ++i) {
      if (marks[i] == ' ') continue;
      const std::size_t column = own(i);
      if (moved.size() <= column) moved.resize(column + 1, ' ');
      if (moved[column] != '^') moved[column] = marks[i];
    }
    if (cut_ && marks.size() >= quoted_.size()) {
      underline_rest(moved);
      return moved;
    }
    return moved.append(marks.size() - marks.find_last_not_of(' ') - 1, ' ');
  }

  /// g++ reads the line it quotes from the user's file and ends what it underlines where that line ends.
  void underline_rest(std::string& marks) const {
    while (marks.size() < quoted_.size() &&
           (std::isalnum(static_cast<unsigned char>(quoted_[marks.size()])) != 0 ||
            quoted_[marks.size()] == '_')) {
      marks += '~';
    }
  }

  std::size_t own(std::size_t column) const { return own_[std::min(column, own_.size() - 1)]; }

  TextPairs pairs_;
  const TextPair* pair_ = nullptr;
  std::string_view quoted_;  // the user's line that the next marks belong to
  bool cut_ = false;         // they were made for that line, though their columns are the changed one's
  std::vector<std::size_t> own_;
};

}  // namespace

std::size_t own_column(std::string_view original, std::string_view changed, std::size_t column) {
  const std::vector<std::size_t> own = align(original, changed);
  if (own.empty() || column == 0) return column;
  return own[std::min(column - 1, own.size() - 1)] + 1;
}

std::string with_own_lines(const std::string& messages, const std::vector<RewrittenFile>& files) {
  if (messages.empty() || files.empty()) return messages;
  Rewriter rewriter(files);
  std::string out;
  for (const std::string_view line : lines_of(messages)) out += rewriter.rewrite(std::string(line)) + "\n";
  return out;
}

}  // namespace dflow::compiler
