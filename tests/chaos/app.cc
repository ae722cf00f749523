// Runs graphs, one after the other, until its input ends; chaos.py kills its workers meanwhile.
//
//     chaos_app SEED [bombs]
//     chaos_app only NAME SEED    one graph, and no more
//
// Prints a line for each graph, and how many files and threads the process has, before the first and after
// the last.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/chaos/graphs.h"

namespace {

using namespace dflow;

std::size_t entries(const char* folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

void show_resources() {
  std::cout << "resources " << entries("/proc/self/fd") << ' ' << entries("/proc/self/task") << std::endl;
}

bool told_to_stop() {
  pollfd input{.fd = 0, .events = POLLIN, .revents = 0};
  return ::poll(&input, 1, 0) == 1;
}

void run(Executor& ex, const chaos::Graph& graph, chaos::Random& random) {
  graph.run(ex, random);
  std::cout << graph.name << std::endl;
}

int run_only(Executor& ex, std::string_view name, chaos::Random random) {
  const auto found = std::ranges::find(chaos::graphs(), name, &chaos::Graph::name);
  if (found == chaos::graphs().end()) throw std::invalid_argument("there is no graph " + std::string(name));
  run(ex, *found, random);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  Executor ex(argc, argv);
  if (argc > 3 && std::string_view(argv[1]) == "only") {
    return run_only(ex, argv[2], chaos::Random(std::strtoull(argv[3], nullptr, 10)));
  }
  chaos::Random random(argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0);
  const bool bombs = argc > 2 && std::string_view(argv[2]) == "bombs";
  for (const chaos::Graph& graph : chaos::graphs()) run(ex, graph, random);
  show_resources();
  std::cout << "ready" << std::endl;
  while (!told_to_stop()) {
    run(ex, chaos::graphs()[random() % chaos::graphs().size()], random);
    if (bombs && random() % 10 == 0) {
      chaos::run_bombs(ex);
      std::cout << "bombs" << std::endl;
    }
  }
  std::cout << "quiet" << std::endl;
  for (const chaos::Graph& graph : chaos::graphs()) run(ex, graph, random);
  show_resources();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "chaos_app: " << error.what() << '\n';
  return 1;
}
