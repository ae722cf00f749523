// The parameters of a dry run, as given on the command line.

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

#include <dflow/detail/graph_scope.h>

namespace dflow::inline v0::detail {

namespace {

/// Containers larger than this are not made: an expansion has at most as many tasks.
constexpr std::uint64_t kMostElements = 1'000'000'000;

[[noreturn]] void refuse(const std::string& name, const std::string& value, const std::string& expected) {
  throw std::invalid_argument("parameter " + name + "=" + value + " is not valid: " + expected);
}

[[noreturn]] void missing(const std::string& name, const std::string& example) {
  throw std::invalid_argument("the graph's shape depends on parameter '" + name + "': give it as --param " + name +
                              example);
}

const std::string* find(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? nullptr : &found->second;
}

/// Of a list's element that begins there: the next comma; where the element is a list, the next behind that.
std::size_t end_of_element(const std::string& list, std::size_t begin) {
  const std::size_t first = list.find_first_not_of(' ', begin);
  if (first == std::string::npos || list[first] != '[') return std::min(list.find(',', begin), list.size());
  int depth = 0;
  for (std::size_t i = begin; i < list.size(); ++i) {
    if (list[i] == ',' && depth == 0) return i;
    depth += list[i] == '[' ? 1 : list[i] == ']' ? -1 : 0;
  }
  return list.size();
}

}  // namespace

Parameters::Parameters(std::map<std::string, std::string> values) : values_(std::move(values)) {}
Parameters::~Parameters() = default;

Parameters Parameters::only(const std::string& name, const std::string& value) {
  return Parameters(std::map<std::string, std::string>{{name, value}});
}

std::string Parameters::element_of(const std::string& name, std::size_t index) {
  return name + "[" + std::to_string(index) + "]";
}

long long Parameters::number(const std::string& name, Need need, long long least, unsigned long long most) const {
  const std::string* text = find(values_, name);
  if (!text) {
    if (need != Need::none) missing(name, "=N");
    return 0;
  }
  const std::string range = "it takes a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  const bool negative = !text->empty() && text->front() == '-';
  const char* begin = text->data() + (negative ? 1 : 0);
  const char* end = text->data() + text->size();
  unsigned long long magnitude = 0;
  const auto [stop, error] = std::from_chars(begin, end, magnitude);
  if (error != std::errc() || stop != end || begin == end) refuse(name, *text, range);
  if (negative) {
    const unsigned long long deepest = 0ULL - static_cast<unsigned long long>(least);
    if (magnitude > deepest) refuse(name, *text, range);
    return static_cast<long long>(0ULL - magnitude);
  }
  if (magnitude > most) refuse(name, *text, range);
  return static_cast<long long>(magnitude);
}

double Parameters::real(const std::string& name, Need need) const {
  const std::string* text = find(values_, name);
  if (!text) {
    if (need != Need::none) missing(name, "=X");
    return 0;
  }
  double value = 0;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || stop != text->data() + text->size()) refuse(name, *text, "it takes a number");
  return value;
}

std::string Parameters::text(const std::string& name, Need need) const {
  if (const std::string* text = find(values_, name)) return *text;
  if (find(values_, name + ".size")) return std::string(size(name, need), ' ');
  if (need == Need::value) missing(name, "=TEXT");
  if (need == Need::size) missing(name, ".size=N");
  return "";
}

std::size_t Parameters::size(const std::string& name, Need need) const {
  const std::string* text = find(values_, name + ".size");
  if (!text) {
    if (need == Need::value) missing(name, "=[...]");
    if (need == Need::size) missing(name, ".size=N");
    return 0;
  }
  const auto elements = static_cast<std::size_t>(number(name + ".size", need, 0, kMostElements));
  if (need == Need::value && elements > 0) missing(name, "=[...] (its elements, not only its size)");
  return elements;
}

std::optional<std::vector<std::string>> Parameters::list(const std::string& name) const {
  const std::string* text = find(values_, name);
  if (!text) return std::nullopt;
  if (text->size() < 2 || text->front() != '[' || text->back() != ']') {
    refuse(name, *text, "a container is given as --param " + name + ".size=N or --param " + name + "=[1,2,3]");
  }
  std::vector<std::string> elements;
  const std::string inside = text->substr(1, text->size() - 2);
  if (inside.find_first_not_of(" ") == std::string::npos) return elements;
  for (std::size_t start = 0; start <= inside.size();) {
    const std::size_t comma = end_of_element(inside, start);
    std::string element = inside.substr(start, comma - start);
    element.erase(0, element.find_first_not_of(' '));
    element.erase(element.find_last_not_of(' ') + 1);
    elements.push_back(std::move(element));
    start = comma + 1;
  }
  return elements;
}

void Parameters::refuse_if_needed(const std::string& name, Need need) const {
  if (need == Need::none) return;
  throw std::invalid_argument("the graph's shape depends on parameter '" + name +
                              "', whose type cannot be given on the command line");
}

}  // namespace dflow::inline v0::detail
