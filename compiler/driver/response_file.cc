#include "compiler/driver/response_file.h"

#include <cctype>
#include <utility>

#include "formats/file.h"

namespace dflow::compiler {
namespace {

// Files that include each other stop here, where GCC and Clang stop with an error of their own.
constexpr int kMaxDepth = 32;

bool is_blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

void expand_into(std::vector<std::string>& out, const std::vector<std::string>& words, int depth) {
  for (const std::string& word : words) {
    const bool names_file = word.size() > 1 && word[0] == '@' && depth < kMaxDepth;
    auto text =
        names_file ? formats::read_file(word.substr(1)) : formats::Result<std::string>(formats::Error{});
    if (!text) {
      out.push_back(word);
    } else {
      expand_into(out, split_response(text.value()), depth + 1);
    }
  }
}

}  // namespace

std::vector<std::string> split_response(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;  // a word has begun, perhaps an empty quoted one
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (!is_blank(c)) {
      word += c;
      open = true;
    } else if (open) {
      words.push_back(std::exchange(word, {}));
      open = false;
    }
  }
  if (open) words.push_back(word);
  return words;
}

std::vector<std::string> expand_response_files(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  out.reserve(words.size());
  expand_into(out, words, 0);
  return out;
}

std::string join_response(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += '"';
    for (const char c : word) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += "\"\n";
  }
  return text;
}

}  // namespace dflow::compiler
