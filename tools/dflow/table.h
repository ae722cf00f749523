#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tools/dflow/text.h"

namespace dflow::tools {

/// Rows of as many cells each, in columns.
inline std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string whole;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += padded(row[i], widths[i] + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    whole += line + '\n';
  }
  return whole;
}

}  // namespace dflow::tools
