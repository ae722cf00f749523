#include "tools/dflow/render_status.h"

#include <concepts>
#include <vector>

#include "formats/json_text.h"
#include "formats/printable.h"
#include "runtime/cluster/memory_limit.h"
#include "tools/dflow/table.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

using formats::printable;
using Row = std::vector<std::string>;

std::string megabytes(std::uint64_t bytes) {
  return bytes == 0 ? "-" : cluster::in_megabytes(bytes);
}

/// Build ids are long, and their beginnings tell them apart.
std::string name_of(const cluster::ProgramStatus& program) {
  const std::string build = program.program.substr(0, 8);
  return printable(program.executable.empty() ? build : text({program.executable, " (", build, ")"}));
}

/// An object, member by member.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  Object& put(std::string_view key, const std::string& value) {
    begin(key);
    formats::append_json_string(out_, value);
    return *this;
  }
  Object& put(std::string_view key, std::integral auto value) {
    begin(key);
    out_ += std::to_string(value);
    return *this;
  }
  Object& put(std::string_view key, bool value) {
    begin(key);
    out_ += value ? "true" : "false";
    return *this;
  }
  template <class T>
  Object& put(std::string_view key, const std::vector<T>& values, void (*write)(std::string&, const T&)) {
    begin(key);
    out_ += '[';
    for (const T& value : values) {
      if (&value != &values.front()) out_ += ", ";
      write(out_, value);
    }
    out_ += ']';
    return *this;
  }
  void end() { out_ += '}'; }

 private:
  void begin(std::string_view key) {
    if (!first_) out_ += ", ";
    first_ = false;
    formats::append_json_string(out_, key);
    out_ += ": ";
  }
  std::string& out_;
  bool first_ = true;
};

void write(std::string& out, const cluster::AgentStatus& a) {
  Object(out)
      .put("name", a.name)
      .put("host", a.host)
      .put("pid", a.pid)
      .put("workers", a.workers)
      .put("threads", a.threads)
      .put("memory", a.memory)
      .end();
}

void write(std::string& out, const cluster::ClientStatus& c) {
  Object(out).put("name", c.name).put("host", c.host).put("pid", c.pid).end();
}

void write(std::string& out, const cluster::WorkerStatus& w) {
  Object(out)
      .put("name", w.name)
      .put("host", w.host)
      .put("pid", w.pid)
      .put("threads", w.threads)
      .put("memory", w.memory)
      .put("tasks", w.tasks)
      .put("values", w.values)
      .put("value_bytes", w.bytes)
      .put("spilled_bytes", w.spilled)
      .put("memory_limit", w.limit)
      .put("paused", w.paused)
      .end();
}

void write(std::string& out, const cluster::ProgramStatus& p) {
  Object(out)
      .put("program", p.program)
      .put("executable", p.executable)
      .put("waiting", p.waiting)
      .put("running", p.running)
      .put("stored", p.stored)
      .put<cluster::ClientStatus>("clients", p.clients, write)
      .put<cluster::WorkerStatus>("workers", p.workers, write)
      .end();
}

}  // namespace

std::string status_as_json(const cluster::ClusterStatus& status) {
  std::string out = R"({"scheduler": )";
  Object(out)
      .put("address", status.address)
      .put("version", status.version)
      .put("host", status.host)
      .put("pid", status.pid)
      .put("memory", status.memory)
      .end();
  std::string lists;
  Object(lists)
      .put<cluster::AgentStatus>("agents", status.agents, write)
      .put<cluster::ProgramStatus>("programs", status.programs, write)
      .end();
  return out + ", " + lists.substr(1) + '\n';
}

std::string status_as_text(const cluster::ClusterStatus& status) {
  std::string out = text({"scheduler ", printable(status.address), " on ", printable(status.host), ", process ", std::to_string(status.pid),
                          ", ", megabytes(status.memory), ", dflow ", printable(status.version), "\n\n"});
  std::vector<Row> agents{{"AGENT", "HOST", "PID", "WORKERS", "THREADS", "MEMORY"}};
  for (const auto& a : status.agents) {
    agents.push_back({printable(a.name), printable(a.host), std::to_string(a.pid), std::to_string(a.workers), std::to_string(a.threads),
                      megabytes(a.memory)});
  }
  std::vector<Row> programs{{"PROGRAM", "CLIENTS", "WORKERS", "WAITING", "RUNNING", "STORED"}};
  std::vector<Row> workers{{"WORKER", "PROGRAM", "HOST", "PID", "THREADS", "MEMORY", "LIMIT", "TASKS",
                            "VALUES", "BYTES", "SPILLED", "STATE"}};
  for (const auto& p : status.programs) {
    programs.push_back({name_of(p), std::to_string(p.clients.size()), std::to_string(p.workers.size()),
                        std::to_string(p.waiting), std::to_string(p.running), std::to_string(p.stored)});
    for (const auto& w : p.workers) {
      workers.push_back({printable(w.name), name_of(p), printable(w.host), std::to_string(w.pid), std::to_string(w.threads),
                         megabytes(w.memory), megabytes(w.limit), std::to_string(w.tasks),
                         std::to_string(w.values), std::to_string(w.bytes), std::to_string(w.spilled),
                         w.paused ? "paused" : "ready"});
    }
  }
  out += status.agents.empty() ? "no agents: `dflow agent` starts one\n" : table(agents);
  out += status.programs.empty() ? "\nno programs\n" : '\n' + table(programs);
  if (workers.size() > 1) out += '\n' + table(workers);
  return out;
}

}  // namespace dflow::tools
