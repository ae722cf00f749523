#include "tools/dflow/parameters.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "tools/dflow/inputs.h"
#include "tools/dflow/suggest.h"
#include "tools/dflow/text.h"

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Graph;
using formats::Parameter;
using formats::ParameterNeed;
using formats::Result;

// The skeleton makes a container of that length: a billion elements are more than fit.
constexpr std::uint64_t kMaxSize = 1'000'000'000;
constexpr std::string_view kSizeSuffix = ".size";

/// One `name=text` or `name.size=text`. A container's element that is a container itself,
/// `name[2].size=text`, is a setting of its own.
struct Setting {
  std::string name;
  std::string text;
  bool size = false;

  bool element() const { return name.ends_with(']'); }
  bool list() const { return text.starts_with('[') && text.ends_with(']'); }
  std::string parameter() const { return element() ? name.substr(0, name.find('[')) : name; }
};

Result<Setting> parse(const std::string& argument) {
  const auto equals = argument.find('=');
  if (equals == std::string::npos || equals == 0)
    return Error{"--param " + argument + ": expected NAME=VALUE, or NAME.size=LENGTH for a container"};
  Setting setting{argument.substr(0, equals), argument.substr(equals + 1)};
  if (setting.text.find_first_of("\n\r") != std::string::npos)
    return Error{"--param " + setting.name + ": a value is one line"};
  if (setting.name.ends_with(kSizeSuffix)) {
    setting.name.resize(setting.name.size() - kSizeSuffix.size());
    setting.size = true;
  }
  return setting;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<void> check_size(const Setting& setting) {
  const std::string what = "--param " + setting.name + ".size=" + setting.text;
  if (setting.text.starts_with('-') && all_digits(std::string_view(setting.text).substr(1)))
    return Error{what + ": a length cannot be negative"};
  if (!all_digits(setting.text))
    return Error{what + ": expected a length, such as " + setting.name + ".size=10"};
  std::uint64_t size = 0;
  const auto parsed = std::from_chars(setting.text.data(), setting.text.data() + setting.text.size(), size);
  if (parsed.ec != std::errc() || size > kMaxSize)
    return Error{what + ": too long; the most is " + std::to_string(kMaxSize)};
  return {};
}

/// The values of an integer type, from its least to its most.
struct Range {
  std::int64_t least;
  std::uint64_t most;
};

template <class T>
constexpr Range range_of() {
  return {static_cast<std::int64_t>(std::numeric_limits<T>::min()),
          static_cast<std::uint64_t>(std::numeric_limits<T>::max())};
}

/// The type without const and references, as Clang spells it.
std::string bare(std::string type) {
  for (const std::string_view part : {"const ", "&", " "})
    for (auto at = type.find(part); part != " " && at != std::string::npos; at = type.find(part))
      type.erase(at, part.size());
  while (type.ends_with(' ')) type.pop_back();
  return type;
}

std::optional<Range> integer_range(const std::string& type) {
  static const std::map<std::string, Range> ranges{{"bool", {0, 1}},
                                                   {"short", range_of<short>()},
                                                   {"unsigned short", range_of<unsigned short>()},
                                                   {"int", range_of<int>()},
                                                   {"unsigned int", range_of<unsigned>()},
                                                   {"unsigned", range_of<unsigned>()},
                                                   {"long", range_of<long>()},
                                                   {"unsigned long", range_of<unsigned long>()},
                                                   {"long long", range_of<long long>()},
                                                   {"unsigned long long", range_of<unsigned long long>()},
                                                   {"std::size_t", range_of<std::size_t>()},
                                                   {"size_t", range_of<std::size_t>()},
                                                   {"std::ptrdiff_t", range_of<std::ptrdiff_t>()},
                                                   {"std::int32_t", range_of<std::int32_t>()},
                                                   {"std::uint32_t", range_of<std::uint32_t>()},
                                                   {"std::int64_t", range_of<std::int64_t>()},
                                                   {"std::uint64_t", range_of<std::uint64_t>()}};
  const auto known = ranges.find(bare(type));
  if (known == ranges.end()) return std::nullopt;
  return known->second;
}

bool fits(const std::string& text, const Range& range) {
  const char *begin = text.data(), *end = begin + text.size();
  if (text.starts_with('-')) {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(begin, end, value);
    return parsed.ec == std::errc() && parsed.ptr == end && value >= range.least;
  }
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(begin, end, value);
  return parsed.ec == std::errc() && parsed.ptr == end && value <= range.most;
}

/// Types that the runtime reads in its own way are left to it.
Result<void> check_value(const Setting& setting, const Parameter& parameter) {
  if (parameter.need == ParameterNeed::size && !setting.list())
    return Error{"--param " + setting.name + ": " + setting.name + " is a container (" + parameter.type +
                 "); give its length: --param " + setting.name + ".size=LENGTH"};
  const auto range = integer_range(parameter.type);
  if (!range || fits(setting.text, *range)) return {};
  return Error{"--param " + setting.name + "=" + setting.text + ": expected " + with_article(bare(parameter.type)) +
               ", from " + std::to_string(range->least) + " to " + std::to_string(range->most)};
}

Result<void> check(const Setting& setting, const Parameter& parameter) {
  if (!setting.size) return check_value(setting, parameter);
  if (integer_range(parameter.type))
    return Error{"--param " + setting.name + ".size: " + setting.name + " is " + with_article(bare(parameter.type)) +
                 ", not a container; give its value: --param " + setting.name + "=VALUE"};
  return check_size(setting);
}

const Parameter* find(const Graph& graph, const std::string& name) {
  for (const Parameter& parameter : graph.parameters)
    if (parameter.name == name && !is_executor(parameter)) return &parameter;
  return nullptr;
}

/// An object is given by those of its members that the graph's shape may depend on.
std::string members_of(const Graph& graph, const std::string& name) {
  std::string text;
  for (const Parameter& parameter : graph.parameters)
    if (parameter.name.starts_with(name + ".")) text += " --param " + parameter.name + (parameter.need == ParameterNeed::size ? ".size=LENGTH" : "=VALUE");
  return text;
}

Error unknown(const Graph& graph, const std::string& name) {
  std::vector<std::string> names;
  for (const Parameter& parameter : graph.parameters)
    if (!is_executor(parameter)) names.push_back(parameter.name);
  if (const std::string members = members_of(graph, name); !members.empty())
    return {"--param " + name + ": " + name + " is an object; give its members:" + members};
  return {"graph " + graph.name + " has no parameter " + name +
          (names.empty() ? "; it has none" : suggestion(name, names))};
}

/// What is needed and was not given, as the user should write it.
std::string missing(const Graph& graph, const std::set<std::string>& given) {
  std::string text;
  for (const Parameter& parameter : graph.parameters) {
    if (parameter.need == ParameterNeed::none || given.contains(parameter.name)) continue;
    const bool size = parameter.need == ParameterNeed::size;
    text += (text.empty() ? "--param " : " --param ") + parameter.name + (size ? ".size=LENGTH" : "=VALUE");
  }
  return text;
}

}  // namespace

Result<std::vector<std::string>> check_parameters(const Graph& graph,
                                                  const std::vector<std::string>& settings) {
  std::set<std::string> given;
  for (const std::string& argument : settings) {
    const auto setting = parse(argument);
    if (!setting) return setting.error();
    const Parameter* parameter = find(graph, setting.value().parameter());
    if (parameter == nullptr) return unknown(graph, setting.value().parameter());
    if (!given.insert(setting.value().name).second)
      return Error{"--param " + setting.value().name + " is given twice"};
    if (const auto checked = check(setting.value(), *parameter); !checked) return checked.error();
  }
  if (const std::string lacking = missing(graph, given); !lacking.empty())
    return Error{"the shape of graph " + graph.name + " depends on more: add " + lacking};
  return settings;
}

}  // namespace dflow::tools
