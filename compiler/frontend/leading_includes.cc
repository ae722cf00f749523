#include "compiler/frontend/leading_includes.h"

namespace dflow::compiler {
namespace {

constexpr std::string_view kBlanks = " \t\r\f\v";

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? "" : text.substr(first);
}

/// Goes through the lines before the first code.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  std::optional<LeadingIncludes> find() {
    while (at_ < text_.size() && take_line()) {
    }
    return found_;
  }

 private:
  /// False where code begins, or what is not understood.
  bool take_line() {
    const auto end = text_.find('\n', at_);
    if (end == std::string_view::npos) return false;  // there is nothing behind it
    const std::string_view line = without_blanks(text_.substr(at_, end - at_));
    if (line.ends_with('\\') || line.ends_with("\\\r")) return false;
    if (line.starts_with("/*")) return skip_comment();
    if (line.starts_with('#') && !take_directive(without_blanks(line.substr(1)), end + 1)) return false;
    if (!line.empty() && !line.starts_with('#') && !line.starts_with("//")) return false;
    at_ = end + 1;
    return true;
  }

  bool skip_comment() {
    const auto close = text_.find("*/", text_.find("/*", at_) + 2);
    at_ = close == std::string_view::npos ? text_.size() : close + 2;
    return true;
  }

  bool take_directive(std::string_view directive, std::size_t end) {
    if (directive.find("/*") != std::string_view::npos) return false;
    if (directive.starts_with("if")) ++depth_;
    if (directive.starts_with("endif")) --depth_;
    if (!directive.starts_with("include") || depth_ > 0) return depth_ >= 0;
    const std::string_view target = without_blanks(directive.substr(7));
    if (!target.starts_with('<') && !target.starts_with('"')) return false;
    found_ = {at_, end};
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::optional<LeadingIncludes> found_;
};

}  // namespace

std::optional<LeadingIncludes> leading_includes(std::string_view text) {
  return Lines(text).find();
}

}  // namespace dflow::compiler
