#include "formats/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace dflow::formats {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // of the table of all beginnings
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = std::min(std::max<std::size_t>(2, name.size() / 3), std::max<std::size_t>(1, name.size() / 2)) + 1;
  for (const std::string& candidate : known) {
    const std::size_t found = edit_distance(name, candidate);
    if (found >= least) continue;
    least = found;
    best = candidate;
  }
  return best;
}

}  // namespace dflow::formats
