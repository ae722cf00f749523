#include "compiler/frontend/shared_region.h"

#include <algorithm>
#include <array>
#include <string>

#include "clang/Basic/LangOptions.h"
#include "clang/Lex/Lexer.h"

namespace dflow::compiler {
namespace {

/// The tokens of a text as written: no macro is expanded and no directive obeyed.
class Tokens {
 public:
  Tokens(const std::string& text, std::size_t from)
      : lexer_(clang::SourceLocation(), languages(), text.data(), text.data() + from,
               text.data() + text.size()) {}

  bool next() {
    before_ = current_;
    current_ = {token_.getKind(), word()};
    lexer_.LexFromRawLexer(token_);
    begin_ = lexer_.getCurrentBufferOffset() - token_.getLength();
    return token_.isNot(clang::tok::eof);
  }

  std::size_t begin() const { return begin_; }

  /// Executors are named where a function takes or makes one, graphs are marked before, calls follow a dot.
  bool speaks_of_dflow() const {
    constexpr std::array kCalls = {"submit", "map", "reduce", "scatter", "gather", "with"};
    if (token_.isNot(clang::tok::raw_identifier)) return false;
    const llvm::StringRef name = word();
    if (name == "Executor") return true;
    if (name == "graph") return current_.kind == clang::tok::coloncolon && before_.word == "dflow";
    const bool member = current_.kind == clang::tok::period || current_.kind == clang::tok::arrow;
    return member && std::ranges::find(kCalls, name) != kCalls.end();
  }

 private:
  struct Seen {
    clang::tok::TokenKind kind = clang::tok::unknown;
    llvm::StringRef word;
  };

  static clang::LangOptions languages() {
    clang::LangOptions options;
    options.CPlusPlus = options.CPlusPlus11 = options.CPlusPlus14 = options.CPlusPlus17 =
        options.CPlusPlus20 = true;
    options.LineComment = options.Digraphs = true;
    return options;
  }

  static clang::Token start() {
    clang::Token token;
    token.startToken();
    return token;
  }

  llvm::StringRef word() const {
    return token_.is(clang::tok::raw_identifier) ? token_.getRawIdentifier() : llvm::StringRef();
  }

  clang::Lexer lexer_;
  clang::Token token_ = start();
  std::size_t begin_ = 0;
  Seen current_, before_;  // the two tokens before this one
};

}  // namespace

std::size_t last_shared_token(std::string_view text, std::size_t from) {
  const std::string terminated(text);  // the lexer wants a zero behind the end
  std::size_t last = from;
  for (Tokens tokens(terminated, from); tokens.next() && !tokens.speaks_of_dflow();) last = tokens.begin();
  return last;
}

}  // namespace dflow::compiler
