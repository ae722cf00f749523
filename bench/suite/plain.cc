// A file that knows nothing of dflow: what passing through costs is measured on it.
#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::map<std::string, int> count_words(std::istream& in) {
  std::map<std::string, int> counts;
  for (std::string word; in >> word;) ++counts[word];
  return counts;
}

}  // namespace

int main() {
  const auto counts = count_words(std::cin);
  std::vector<std::pair<int, std::string>> order;
  for (const auto& [word, count] : counts) order.emplace_back(count, word);
  std::sort(order.rbegin(), order.rend());
  for (const auto& [count, word] : order) std::cout << count << ' ' << word << '\n';
}
