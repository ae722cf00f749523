// A program as far as `dflow graph expand` sees it: what it does follows from the graph's name.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>

#include "formats/file.h"
#include "formats/recording.h"

namespace {

using namespace dflow::formats;

/// The request's keys; the values of `param=NAME=VALUE` under NAME.
std::map<std::string, std::string> read_request() {
  const char* text = std::getenv("DFLOW_EXPAND");
  std::map<std::string, std::string> request;
  std::istringstream lines(text == nullptr ? "" : text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("param=")) line.erase(0, 6);
    const auto equals = line.find('=');
    request[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return request;
}

/// A chain as long as the container xs.
Recording chain(const std::string& graph, std::uint64_t length) {
  Recording recording;
  recording.dry = graph != "wet";
  recording.names = {"step"};
  recording.graphs = {{"", 0, {}}, {graph, 0, {}}};
  for (std::uint64_t i = 0; i < length; ++i) {
    recording.tasks.push_back({TaskId{i}, 1, 0, -1, 0});
    if (i > 0) recording.edges.push_back({TaskId{i - 1}, TaskId{i}});
  }
  return recording;
}

int fail(const char* message) {
  std::fprintf(stderr, "%s\n", message);
  return 2;
}

}  // namespace

int main() {
  auto request = read_request();
  const std::string graph = request["graph"], out = request["out"];
  if (graph.empty()) return fail("run for real");
  std::puts("a static initialiser speaks");
  if (graph == "crashing") {
    std::fputs("about to crash\n", stderr);
    std::raise(SIGKILL);  // which no sanitizer catches
  }
  if (graph == "interrupting") {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::kill(::getppid(), SIGTERM);
    for (;;) ::pause();
  }
  if (graph == "silent") return 0;
  if (graph == "refusing") return fail("dflow: this graph is refused; add --limit");
  if (graph == "garbling") return write_file_atomically(out, "{\"traceEvents\":[") ? 0 : 1;
  if (graph == "exiting") return 7;
  const bool overload = graph == "chain:7";
  const auto length = std::strtoull(request[overload ? "ys.size" : "xs.size"].c_str(), nullptr, 10);
  const auto limit = std::strtoull(request["limit"].c_str(), nullptr, 10);
  if (length > limit) return fail("more tasks than the limit; raise it with --limit");
  const std::string name = overload ? "chain" : graph.ends_with(":twin") ? "twin" : graph;
  return write_recording(out, chain(name, length)) ? 0 : 1;
}
