#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "formats/result.h"
#include "tools/dflow/text.h"

/// What the files that turn options into commands share. The only header that knows CLI11.
namespace dflow::tools {

using Run = std::function<formats::Result<int>()>;

/// What a user wrote that no command takes. CLI11's own messages speak of its inner workings.
struct WrongUse {
  std::string message;
};

/// `set` gets the number, which is at most `most` and counts from `least`.
template <class Set>
CLI::Option* add_count(CLI::App& command, const std::string& option, Set set, const std::string& meaning,
                       std::uint64_t most = UINT64_MAX, std::uint64_t least = 0) {
  const auto read = [=](const std::string& word) {
    std::uint64_t value = 0;
    const char* const end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || value > most || value < least)
      throw WrongUse{text({option, "=", word, ": expected a number from ", std::to_string(least), " to ",
                           std::to_string(most)})};
    set(value);
  };
  return command.add_option_function<std::string>(option, read, meaning)->type_name("N");
}

/// `set` gets milliseconds, of seconds that may be written with a point; also from the environment's `variable`.
template <class Set>
CLI::Option* add_seconds(CLI::App& command, const std::string& option, const std::string& variable, Set set,
                         const std::string& meaning, double most, double least) {
  const auto read = [=](const std::string& word) {
    double value = 0;
    const char* const end = word.data() + word.size();
    const auto parsed = std::from_chars(word.data(), end, value);
    if (parsed.ec != std::errc() || parsed.ptr != end || !(value >= least && value <= most))
      throw WrongUse{text({option, " (", variable, ") = ", word, ": expected seconds, from ", CLI::detail::to_string(least), " to ",
                           CLI::detail::to_string(most)})};
    set(std::chrono::milliseconds(static_cast<std::int64_t>(value * 1000)));
  };
  return command.add_option_function<std::string>(option, read, meaning)->type_name("SECONDS")->envname(variable);
}

/// `scheduler`, `agent`, `up` and so on.
void add_cluster_commands(CLI::App& app, Run& run);

/// `security`, and what belongs to it.
void add_security_commands(CLI::App& app, Run& run);

}  // namespace dflow::tools
