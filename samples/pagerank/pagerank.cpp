// PageRank (Brin and Page 1998) of the packages installed on a Debian machine: a package matters if others that matter
// depend on it.
//
//     pagerank STATUS BLOCKS ITERATIONS     reads dpkg's STATUS file (/var/lib/dpkg/status), ranks in BLOCKS blocks of
//                                           packages, and prints the twenty that matter most

#include <dflow/dflow.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using Ranks = std::vector<double>;

/// For each package of a block: who depends on it, and on how many others that one does.
struct Link {
  int block = 0, place = 0, out = 0;
};
struct Block {
  std::vector<std::vector<Link>> links;
  std::vector<bool> dangling;   // depends on nothing: its rank goes to all
};

constexpr double kDamping = 0.85;

[[dflow::task]] Ranks start(const Block& block, int packages) { return Ranks(block.links.size(), 1.0 / packages); }

/// The rank that a block's packages have which depend on nothing.
[[dflow::task]] double lost(const Block& block, const Ranks& ranks) {
  double sum = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) sum += block.dangling[i] ? ranks[i] : 0.0;
  return sum;
}

[[dflow::task]] Ranks rank(const Block& block, const dflow::Refs<Ranks>& all, double shared, int packages) {
  Ranks ranks;
  for (const auto& links : block.links) {
    double sum = 0;
    for (const Link& link : links) sum += all[link.block][link.place] / link.out;
    ranks.push_back((1 - kDamping) / packages + kDamping * (sum + shared / packages));
  }
  return ranks;
}

[[dflow::graph]] std::vector<dflow::Future<Ranks>> page_rank(dflow::Executor& ex, const std::vector<Block>& blocks, int packages,
                                                             int iterations) {
  std::vector<dflow::Future<Block>> data;
  for (const Block& block : blocks) data.push_back(ex.scatter(block, 3));
  std::vector<dflow::Future<Ranks>> ranks;
  for (const auto& block : data) ranks.push_back(ex.submit(start, block, packages));
  for (int i = 0; i < iterations; ++i) {
    auto shared = ex.reduce(std::plus<double>(), ex.map(lost, data, ranks), 0.0);
    std::vector<dflow::Future<Ranks>> next;
    for (const auto& block : data) next.push_back(ex.submit(rank, block, ranks, shared, packages));
    ranks = std::move(next);
  }
  return ranks;
}

/// Installed packages with the names of those that they need: of alternatives the first.
std::map<std::string, std::set<std::string>> read_status(const std::string& name) {
  std::ifstream file(name);
  std::map<std::string, std::set<std::string>> packages;
  std::string current;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Package: ")) packages[current = line.substr(9)];
    if (!line.starts_with("Depends: ") && !line.starts_with("Pre-Depends: ")) continue;
    std::istringstream all(line.substr(line.find(' ') + 1));
    for (std::string one; std::getline(all, one, ',');) {
      one.erase(0, one.find_first_not_of(' '));
      packages[current].insert(one.substr(0, one.find_first_of(" :|(")));
    }
  }
  if (packages.empty()) throw std::runtime_error("no packages in " + name);
  return packages;
}

struct Network {
  std::vector<std::string> names;
  std::vector<Block> blocks;
};

Network cut(const std::map<std::string, std::set<std::string>>& packages, int count) {
  Network network;
  std::map<std::string, int> numbers;
  for (const auto& [name, needed] : packages) {
    numbers.emplace(name, network.names.size());
    network.names.push_back(name);
  }
  const int size = (static_cast<int>(packages.size()) + count - 1) / count;
  network.blocks.resize((packages.size() + size - 1) / size);
  for (const auto& name : network.names) {
    Block& block = network.blocks[numbers[name] / size];
    block.links.emplace_back();
    block.dangling.push_back(true);
  }
  for (const auto& [name, needed] : packages) {
    const int from = numbers[name];
    const auto known = [&](const std::string& other) { return packages.contains(other); };
    const int out = static_cast<int>(std::count_if(needed.begin(), needed.end(), known));
    network.blocks[from / size].dangling[from % size] = out == 0;
    for (const auto& other : needed) {
      if (!known(other)) continue;
      const int to = numbers[other];
      network.blocks[to / size].links[to % size].push_back({from / size, from % size, out});
    }
  }
  return network;
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  const int blocks = argc == 4 ? std::atoi(argv[2]) : 0, iterations = argc == 4 ? std::atoi(argv[3]) : -1;
  if (blocks < 1 || iterations < 0) {
    std::fprintf(stderr, "usage: pagerank STATUS BLOCKS ITERATIONS\n");
    return 2;
  }
  const Network network = cut(read_status(argv[1]), blocks);
  const int packages = static_cast<int>(network.names.size());
  Ranks ranks;
  for (const auto& part : page_rank(ex, network.blocks, packages, iterations)) {
    ranks.insert(ranks.end(), part.get().begin(), part.get().end());
  }
  // Equal but for rounding is equal.
  const auto key = [&](int i) { return std::pair(-std::lround(ranks[i] * 1e9), i); };
  std::vector<int> order(packages);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int a, int b) { return key(a) < key(b); });
  order.resize(std::min(packages, 20));
  for (const int i : order) std::printf("%.6f %s\n", ranks[i], network.names[i].c_str());
} catch (const std::exception& error) {
  std::fprintf(stderr, "pagerank: %s\n", error.what());
  return 1;
}
