// Data placed once and read by many tasks; scattered data and plain values are no tasks.
// BOUNDARIES: 0
// REPLICABLE: yes
// PARAMS: graph=search 3 -- words.size=3
// GRAPH: 6 tasks, 5 edges
// PARAMS: graph=search 0 -- words.size=0

#include <dflow/dflow.h>

#include <map>
#include <string>

#include "corpus.h"

using Table = std::map<std::string, long>;

[[dflow::task]] long look_up(const Table& table, const std::string& word) { return table.at(word); }
[[dflow::task]] long total(const std::vector<long>& found, const Table& table) {
  long sum = static_cast<long>(table.size());
  for (const long each : found) sum = corpus::mix(sum, each);
  return sum;
}
[[dflow::task]] long join(long a, long b) { return a - b; }

[[dflow::graph]] dflow::Future<long> search(dflow::Executor& ex, const std::vector<std::string>& words) {
  auto table = ex.scatter(Table{{"a", 1}, {"b", 20}, {"c", 300}});
  std::vector<dflow::Future<long>> found;
  for (const auto& word : words) found.push_back(ex.submit(look_up, table, word));
  auto sum = ex.submit(total, found, table);
  auto other = ex.submit(total, std::vector<long>{1, 2}, table);
  return ex.submit(join, sum, other);
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const Table table{{"a", 1}, {"b", 20}, {"c", 300}};
  std::vector<std::string> words;
  for (int i = 0; i < corpus::argument(argc, argv, 1, 3); ++i) words.push_back(std::string(1, static_cast<char>('a' + i)));
  std::vector<long> found;
  for (const auto& word : words) found.push_back(look_up(table, word));
  corpus::same("search", search(ex, words).get(), total(found, table) - total({1, 2}, table));
  return corpus::result();
}
