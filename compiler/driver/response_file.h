#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dflow::compiler {

/// Splits the text of a response file as GCC and Clang do: blanks separate, quotes of both kinds group, a
/// backslash takes the next character as it is.
std::vector<std::string> split_response(std::string_view text);

/// Replaces each @FILE by the words that FILE holds, nested ones too. One that cannot be read stays as it is,
/// for the host compiler to complain about.
std::vector<std::string> expand_response_files(const std::vector<std::string>& words);

/// The text of a response file that holds these words.
std::string join_response(const std::vector<std::string>& words);

}  // namespace dflow::compiler
