// Running a graph function's skeleton: the function itself, with an Executor that records and runs nothing.
//
// `dflow graph expand` starts the program with DFLOW_EXPAND set. This library stands before the C library in the search
// for __libc_start_main, and puts the dry run in place of `main`: after static initialisers, before any of the user's
// own code. In a process that is started as a worker, its service stands there.

#include <dlfcn.h>

#include <charconv>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include <dflow/detail/boundary.h>
#include <dflow/detail/graph_scope.h>
#include <dflow/executor.h>

#include "runtime/local/cluster_library.h"
#include "runtime/local/local_session.h"

namespace dflow::inline v0::detail {

namespace {
const GraphEntry* first_entry = nullptr;
}

GraphEntry::GraphEntry(const char* entry_name, Run entry_run)
    : name(entry_name), run(entry_run), next(std::exchange(first_entry, this)) {}

}  // namespace dflow::inline v0::detail

namespace dflow::local {

namespace {

/// Takes every node and never runs one. A wait for one ends the run.
class DrySession final : public detail::Session {
 public:
  void submit(Node& node) override { node.release_from_runtime(); }
  void submit_chunk(Node& first) override {
    for (Node* node = &first; node;) std::exchange(node, node->next_in_chunk())->release_from_runtime();
  }
  bool wait(Node&, Deadline) override { end_dry_run_at_wait(); }
  bool cancel(Node&) override { return false; }
  void end_external(Node& node, State state) override {
    node.state_.store(state);
    node.dependents.exchange(detail::closed());
    if (node.has(detail::kExternal)) node.release_from_runtime();  // a task's was released when it was submitted
  }
  void drain(detail::Scope&, std::int64_t) override {}
};

struct Request {
  std::string graph, out;
  std::uint64_t limit = 0;
  std::map<std::string, std::string> parameters;
};

Request parse_request(const std::string& text) {
  Request request;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string key = line.substr(0, equals), value = line.substr(equals + 1);
    if (key == "graph") request.graph = value;
    if (key == "out") request.out = value;
    if (key == "limit") std::from_chars(value.data(), value.data() + value.size(), request.limit);
    if (key == "param") {
      const std::size_t second = value.find('=');
      if (second != std::string::npos) request.parameters[value.substr(0, second)] = value.substr(second + 1);
    }
  }
  return request;
}

const detail::GraphEntry* find_entry(const std::string& name) {
  for (const auto* entry = detail::first_entry; entry; entry = entry->next) {
    if (name == entry->name) return entry;
  }
  return nullptr;
}

std::string known_graphs() {
  std::string names;
  for (const auto* entry = detail::first_entry; entry; entry = entry->next) {
    names = std::string(entry->name) + (names.empty() ? "" : ", " + names);
  }
  return names.empty() ? "none: the program was not compiled by dflowc, or has no [[dflow::graph]] function" : names;
}

int fail(const std::string& message) {
  std::cerr << message << '\n';
  return 2;
}

/// The user's own exit handlers have nothing to do with a dry run.
[[noreturn]] void leave(int code) {
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

constexpr const char* kOutOfMemory = "out of memory while expanding; take smaller parameters";

/// Before std::bad_alloc is thrown: the program might catch it and go on with another graph.
void no_memory() {
  leave(fail(kOutOfMemory));
}

void too_many(std::uint64_t limit) {
  leave(fail("the graph has more than " + std::to_string(limit) + " tasks; give --limit to expand more"));
}

/// The process's one dry run.
struct DryRun {
  explicit DryRun(const Request& asked) : request(asked), recorder(true, asked.limit, too_many) {}

  int write() {
    const formats::Result<void> written = formats::write_recording(request.out, recorder.finish());
    return written ? 0 : fail(written.message());
  }

  const Request& request;
  Recorder recorder;
  DrySession session;
};
DryRun* running = nullptr;

int dry_run(const Request& request) {
  const detail::GraphEntry* entry = find_entry(request.graph);
  if (!entry) return fail("no graph function '" + request.graph + "' can be expanded here; there are: " + known_graphs());
  DryRun run(request);
  running = &run;
  activate_dry(run.session, run.recorder);
  std::set_new_handler(no_memory);
  try {
    Executor executor;
    detail::Parameters parameters(request.parameters);
    entry->run(executor, parameters);
  } catch (const std::bad_alloc&) {
    return fail(kOutOfMemory);
  } catch (const std::length_error&) {
    return fail("a container of this size cannot be made; take smaller parameters");
  } catch (const std::exception& error) {
    return fail(error.what());
  } catch (...) {
    return fail("the graph function threw something that is no std::exception");
  }
  return run.write();
}

int main_of_dry_run(int, char**, char**) {
  leave(dry_run(parse_request(std::getenv("DFLOW_EXPAND"))));
}

int main_of_worker(int, char**, char**) {
  try {
    return cluster_library().run_worker();
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace

void end_dry_run_at_wait() {
  detail::end_dry_run("", 0, "a task's result is needed");
}

}  // namespace dflow::local

namespace dflow::inline v0::detail {

void end_dry_run(const char* file, int line, const char* reason) {
  local::running->recorder.boundary(nullptr, file, line, reason);
  local::leave(local::running->write());
}

}  // namespace dflow::inline v0::detail

using Main = int (*)(int, char**, char**);
using StartMain = int (*)(Main, int, char**, void (*)(), void (*)(), void (*)(), void*);

extern "C" DFLOW_EXPORT int __libc_start_main(Main main, int argc, char** argv, void (*init)(), void (*fini)(),
                                              void (*rtld_fini)(), void* stack_end) {
  const auto next = reinterpret_cast<StartMain>(::dlsym(RTLD_NEXT, "__libc_start_main"));
  const char* request = std::getenv("DFLOW_EXPAND");
  if (request && *request) main = dflow::local::main_of_dry_run;
  else if (dflow::local::inside_worker()) main = dflow::local::main_of_worker;
  return next(main, argc, argv, init, fini, rtld_fini, stack_end);
}
