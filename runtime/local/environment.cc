#include "runtime/local/environment.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "formats/nearest.h"
#include "runtime/local/cluster_library.h"
#include "runtime/local/resources.h"

namespace dflow::local {

namespace {

constexpr std::uint64_t kMostThreads = 1024;
constexpr std::uint64_t kMostWorkers = 256;

struct Setting {
  const char* variable;
  const char* option;
  const char* meaning;
  const char* takes;
  std::uint64_t most;  ///< 0: text
  void (*set)(Settings&, std::uint64_t number, const std::string& text);
};

constexpr std::array kSettings = std::to_array<Setting>({
    {"DFLOW_THREADS", "--dflow-threads", "threads that run tasks", "a number from 1 to 1024", kMostThreads,
     [](Settings& s, std::uint64_t n, const std::string&) { s.executor.threads = n; }},
    {"DFLOW_MAX_PENDING", "--dflow-max-pending", "unfinished tasks an executor holds before submit waits",
     "a number from 1", UINT64_MAX / 2, [](Settings& s, std::uint64_t n, const std::string&) { s.executor.max_pending = n; }},
    {"DFLOW_SERIAL", "--dflow-serial", "run each task at its submission, on the caller's thread", "0 or 1", 1,
     [](Settings& s, std::uint64_t n, const std::string&) { s.serial = n != 0; }},
    {"DFLOW_STATIC", "--dflow-static", "launch graph functions from their plans; 0: submit each task", "0 or 1", 1,
     [](Settings& s, std::uint64_t n, const std::string&) { s.launch = n != 0; }},
    {"DFLOW_WINDOW", "--dflow-window", "bytes of a call's results from which a launch gives back what has been read; 0: never",
     "a number from 0", UINT64_MAX, [](Settings& s, std::uint64_t n, const std::string&) { s.window = n; }},
    {"DFLOW_CHUNKS", "--dflow-chunks", "hand out short tasks of a map several at once; 0: one by one", "0 or 1", 1,
     [](Settings& s, std::uint64_t n, const std::string&) { s.chunks = n != 0; }},
    {"DFLOW_MEMORY", "--dflow-memory",
     "bytes of this process beyond which a launch's tasks without inputs wait until others have used up theirs; 0: they never do",
     "a number from 0", UINT64_MAX, [](Settings& s, std::uint64_t n, const std::string&) { s.memory = n; }},
    {"DFLOW_PRIORITIES", "--dflow-priorities",
     "run those of a launch's ready tasks first from which the way to the end is longest; 0: as they come, 1: where it pays, "
     "2: always",
     "0, 1 or 2", 2, [](Settings& s, std::uint64_t n, const std::string&) { s.priorities = n; }},
    {"DFLOW_SHUFFLE", "--dflow-shuffle", "run ready tasks in an order drawn from this seed, and copy instead of moving",
     "a seed, a number from 0", UINT64_MAX, [](Settings& s, std::uint64_t n, const std::string&) { s.shuffle = n; }},
    {"DFLOW_SERIALIZE", "--dflow-serialize",
     "turn values that cross tasks into bytes and back; 1: where they can be sent, 2: or let their tasks fail", "0, 1 or 2", 2,
     [](Settings& s, std::uint64_t n, const std::string&) { s.serialize = n; }},
    {"DFLOW_WORKERS", "--dflow-workers", "run the tasks in so many processes of this program's own", "a number from 1 to 256",
     kMostWorkers, [](Settings& s, std::uint64_t n, const std::string&) { s.workers = n; }},
    {"DFLOW_SCHEDULER", "--dflow-scheduler", "run the tasks on the cluster of the scheduler that listens there (`dflow up`)",
     "HOST:PORT", 0, [](Settings& s, std::uint64_t, const std::string& text) { s.scheduler = text; }},
    {"DFLOW_WORKER_RESOURCES", "--dflow-worker-resources",
     "what each worker has of the resources that tasks ask for; [WORKER:] says it of one", "[WORKER:]NAME=AMOUNT, ...", 0,
     [](Settings& s, std::uint64_t, const std::string& text) { s.resources = parse_resources(text); }},
    {"DFLOW_WORKER_MEMORY", "--dflow-worker-memory",
     "bytes that a worker process may have in memory (a share of the machine's): from 60 % on it writes results to a disk; 0: "
     "as many as it likes",
     "a number of bytes, from 0", UINT64_MAX, [](Settings& s, std::uint64_t n, const std::string&) { s.worker_memory = n; }},
    {"DFLOW_WORKER_SPILL", "--dflow-worker-spill",
     "where worker processes write results that their memory has no room for; none: nowhere", "a folder, or none", 0,
     [](Settings& s, std::uint64_t, const std::string& text) { s.worker_spill = text; }},
    {"DFLOW_WORKER_SILENCE", "--dflow-worker-silence",
     "seconds after which a worker process that is not heard of is given up and replaced", "a number from 1 to 3600", 3600,
     [](Settings& s, std::uint64_t n, const std::string&) { s.worker_silence = n; }},
    {"DFLOW_WORKER_START_LIMIT", "--dflow-worker-start-limit",
     "seconds that a worker process may take until it is ready, before it is started again", "a number from 1 to 86400", 86'400,
     [](Settings& s, std::uint64_t n, const std::string&) { s.worker_start_limit = n; }},
    {"DFLOW_ALLOWED_FAILURES", "--dflow-allowed-failures",
     "worker processes that may die under one task before it fails", "a number from 1 to 255", 255,
     [](Settings& s, std::uint64_t n, const std::string&) { s.allowed_failures = n; }},
    {"DFLOW_TRACE", "--dflow-trace", "record what runs to this file (Perfetto and `dflow graph` read it)", "a file name",
     0, [](Settings& s, std::uint64_t, const std::string& text) { s.trace = text; }},
});

[[noreturn]] void refuse(const std::string& what, const std::string& value, const Setting& setting) {
  throw std::invalid_argument("dflow: " + what + "=" + value + " is not valid: it takes " + setting.takes);
}

void apply(Settings& settings, const Setting& setting, const std::string& shown, const std::string& value) {
  if (setting.most == 0) {
    if (value.empty()) refuse(shown, value, setting);
    return setting.set(settings, 0, value);
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool least_one = std::string_view(setting.takes).find("from 1") != std::string_view::npos;
  if (error != std::errc() || end != value.data() + value.size() || number > setting.most || (least_one && number == 0)) {
    refuse(shown, value, setting);
  }
  setting.set(settings, number, value);
}

[[noreturn]] void print_help() {
  std::cout << "dflow options (each may also be set in the environment):\n";
  for (const Setting& s : kSettings) {
    std::cout << "  " << s.option << "=...  " << s.meaning << " (" << s.variable << ", " << s.takes << ")\n";
  }
  std::exit(0);
}

// Read elsewhere, or handed to worker processes by those that start them.
constexpr std::array kOtherVariables = std::to_array<std::string_view>(
    {"DFLOW_COMPRESSION", "DFLOW_EXPAND", "DFLOW_GRACE", "DFLOW_HEARTBEAT", "DFLOW_HOME", "DFLOW_RECONNECT", "DFLOW_SHARED_MEMORY",
     "DFLOW_SILENCE", "DFLOW_UNIX_SOCKETS", "DFLOW_WORKER", "DFLOW_WORKER_MEMORY_SHARE"});

/// The setting whose variable or option is near to `name`, or "".
std::string nearest_setting(std::string_view name, std::string_view prefix, const char* Setting::* spelling) {
  std::vector<std::string> known;  // without what all of them begin with, which would make all of them near
  for (const Setting& s : kSettings) known.emplace_back(s.*spelling + prefix.size());
  const std::string near = formats::nearest(name.substr(prefix.size()), known);
  return near.empty() ? "" : std::string(prefix) + near;
}

bool means_something(std::string_view variable) {
  return std::ranges::find(kOtherVariables, variable) != kOtherVariables.end() ||
         std::ranges::any_of(kSettings, [&](const Setting& s) { return variable == s.variable; });
}

void warn_of_misspelt_variables() {
  constexpr std::string_view kPrefix = "DFLOW_";
  static std::mutex mutex;
  static std::set<std::string, std::less<>> named;  // each is named once, however many executors there are
  const std::lock_guard lock(mutex);
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    if (!name.starts_with(kPrefix) || means_something(name)) continue;
    const std::string meant = nearest_setting(name, kPrefix, &Setting::variable);
    if (meant.empty() || !named.emplace(name).second) continue;
    std::cerr << "dflow: warning: the environment has " << name << ", which sets nothing (did you mean " << meant
              << "?); --dflow-help lists what there is\n";
  }
}

}  // namespace

Settings Settings::from_environment() {
  if (!inside_worker()) warn_of_misspelt_variables();  // workers are handed variables of their own
  Settings settings;
  for (const Setting& s : kSettings) {
    const char* value = std::getenv(s.variable);
    if (value && *value != '\0') apply(settings, s, s.variable, value);
  }
  settings.check();
  return settings;
}

bool Settings::clustered() const noexcept { return workers > 0 || !scheduler.empty() || inside_worker(); }

void Settings::check() const {
  const std::string cluster = workers > 0 ? "DFLOW_WORKERS" : scheduler.empty() ? "" : "DFLOW_SCHEDULER";
  if (!cluster.empty() && (serial || shuffle)) {
    throw std::invalid_argument(std::string("dflow: ") + (serial ? "DFLOW_SERIAL" : "DFLOW_SHUFFLE") +
                                " orders the tasks of one process: unset it, or " + cluster);
  }
  if (workers > 0 && !scheduler.empty()) {
    throw std::invalid_argument("dflow: DFLOW_WORKERS starts a cluster for this run, DFLOW_SCHEDULER names one that runs: "
                                "unset one of them");
  }
}

void Settings::take_arguments(int& argc, char** argv) {
  int kept = argc > 0 ? 1 : 0;
  bool over = false;  // behind "--" everything is the program's own
  for (int i = kept; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--") over = true;
    if (over || argument.rfind("--dflow-", 0) != 0) {
      argv[kept++] = argv[i];
      continue;
    }
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    if (name == "--dflow-help") print_help();
    const Setting* found = nullptr;
    for (const Setting& s : kSettings) {
      if (name == s.option) found = &s;
    }
    if (!found) {
      const std::string meant = nearest_setting(name, "--dflow-", &Setting::option);
      throw std::invalid_argument("dflow: unknown option " + name + (meant.empty() ? "" : " (did you mean " + meant + "?)") +
                                  "; --dflow-help lists those there are");
    }
    const bool flag = equals == std::string::npos;
    if (flag && name != "--dflow-serial") refuse(name, "", *found);
    apply(*this, *found, name, flag ? "1" : argument.substr(equals + 1));
  }
  argc = kept;
  argv[argc] = nullptr;
  check();
}

std::size_t resolved_threads(std::size_t threads) {
  if (threads > kMostThreads) {
    throw std::invalid_argument("dflow: ExecutorOptions::threads is " + std::to_string(threads) + "; at most " +
                                std::to_string(kMostThreads) + " make sense");
  }
  if (threads != 0) return threads;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<std::size_t>(std::max(1, CPU_COUNT(&set)));
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace dflow::local
