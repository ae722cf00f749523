#include "runtime/local/resources.h"

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string_view>

namespace dflow::local {

namespace {

[[noreturn]] void refuse(std::string_view entry) {
  throw std::invalid_argument("dflow: DFLOW_WORKER_RESOURCES: '" + std::string(entry) +
                              "' is not valid: it takes [WORKER:]NAME=AMOUNT, separated by commas, as in "
                              "gpu=1,worker-2:disk=20");
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t"), end = text.find_last_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

}  // namespace

std::map<std::string, Resources> parse_resources(const std::string& text) {
  std::map<std::string, Resources> all;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view entry = trimmed(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const std::size_t equals = entry.rfind('='), colon = entry.find(':');
    if (equals == std::string_view::npos || (colon != std::string_view::npos && colon > equals)) refuse(entry);
    const std::string_view worker = colon == std::string_view::npos ? std::string_view() : trimmed(entry.substr(0, colon));
    const std::size_t begin = colon == std::string_view::npos ? 0 : colon + 1;
    const std::string_view name = trimmed(entry.substr(begin, equals - begin)), amount = trimmed(entry.substr(equals + 1));
    double value = 0;
    const auto [end, error] = std::from_chars(amount.data(), amount.data() + amount.size(), value);
    const bool whole = error == std::errc() && end == amount.data() + amount.size();
    if (name.empty() || !whole || !std::isfinite(value) || value < 0 || (colon != std::string_view::npos && worker.empty())) {
      refuse(entry);
    }
    all[std::string(worker)][std::string(name)] = value;
  }
  return all;
}

Resources resources_of(const std::map<std::string, Resources>& all, const std::string& worker) {
  Resources resources;
  if (const auto own = all.find(worker); own != all.end()) resources = own->second;
  if (const auto common = all.find(""); common != all.end()) resources.insert(common->second.begin(), common->second.end());
  return resources;
}

std::string print_amount(double amount) {
  std::string text = std::to_string(amount);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string print_resources(const Resources& resources) {
  std::string text;
  for (const auto& [name, amount] : resources) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, amount).ptr;
    text += (text.empty() ? "" : ",") + name + "=" + std::string(digits, end);
  }
  return text;
}

}  // namespace dflow::local
