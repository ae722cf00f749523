#include "compiler/flow/computed.h"

#include <cctype>
#include <charconv>

#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

class Reader {
 public:
  Reader(const std::string& text, const std::map<std::string, std::int64_t>& parameters)
      : text_(text), parameters_(parameters) {}

  std::int64_t run() {
    const std::int64_t value = sum();
    if (at_ != text_.size()) fail("'" + text_.substr(at_) + "' is not understood");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw Refusal("'" + text_ + "': " + what); }

  char next() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  std::int64_t sum() {
    std::int64_t value = product();
    for (char sign = next(); sign == '+' || sign == '-'; sign = next()) {
      ++at_;
      const std::int64_t right = product();
      const bool far = sign == '+' ? __builtin_add_overflow(value, right, &value) : __builtin_sub_overflow(value, right, &value);
      if (far) fail("it is too large");
    }
    return value;
  }

  std::int64_t product() {
    std::int64_t value = operand();
    for (char sign = next(); sign == '*' || sign == '/' || sign == '%'; sign = next()) {
      ++at_;
      const std::int64_t right = operand();
      if (sign == '*') {
        if (__builtin_mul_overflow(value, right, &value)) fail("it is too large");
        continue;
      }
      if (right == 0) fail("a division by 0");
      if (right == -1) fail("a division by -1");
      value = sign == '/' ? value / right : value % right;
    }
    return value;
  }

  std::int64_t operand() {
    if (next() == '(') {
      if (++depth_ > 100) fail("it is nested too deep");
      ++at_;
      const std::int64_t value = sum();
      if (next() != ')') fail("a parenthesis is missing");
      ++at_;
      --depth_;
      return value;
    }
    const std::size_t start = at_;
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    const auto belongs = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; };
    while (at_ < text_.size() && belongs(text_[at_])) ++at_;
    const std::string word = text_.substr(start, at_ - start);
    std::int64_t number = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
    if (parsed.ec == std::errc() && parsed.ptr == word.data() + word.size()) return number;
    const auto found = parameters_.find(word);
    if (found == parameters_.end()) fail("'" + word + "' is not given");
    return found->second;
  }

  const std::string& text_;
  const std::map<std::string, std::int64_t>& parameters_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

formats::Result<std::int64_t> computed(const std::string& expression,
                                       const std::map<std::string, std::int64_t>& parameters) {
  try {
    return Reader(expression, parameters).run();
  } catch (const Refusal& refusal) {
    return formats::Error{refusal.what()};
  }
}

}  // namespace dflow::compiler::flow
