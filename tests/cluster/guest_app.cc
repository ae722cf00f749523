// A program for the tests of clusters that serve several: `sum N`; `hold`, which waits for a task that ends when it is
// told to stop; `bomb`, whose task kills its worker; `print N`, whose tasks print long lines; `workers N`, which waits for so many; `restart N`, which
// waits for so many, then for a line, and restarts them; `errand DIR`, which submits what nobody waits for, and is to be
// killed; `change`, which asks for all that changes workers; `say TEXT`, 20 tasks of which print it one after another, and which then waits for a line; `set_up`, which sets workers up and waits for a line, and `changed`, which tells how many of 50 tasks see that;
// `flood M FILE`, whose task prints M MiB, then makes FILE; `submit N`, which waits for a line, then submits N tasks of a MiB each; `demand`, some of whose tasks ask for a gpu; `retire`, which retires one of two workers; `place`, which places a value on nobody; `impatient`, which waits for one and not for long; `pass M`, which has a value of M MiB go from one worker to the other, waits for a line, and gets it; `cancel DIR` and `await DIR`, whose task waits for a file: one cancels it and waits for a line, the other tells its result; `large M`, which gets a value of
// M MiB where there is no memory for it; `fail N`, which waits until N tasks have thrown a megabyte each, and holds their futures;
// `queue N FILE`, which submits N tasks of 900 bytes, all of which wait for FILE. Its workers never get ready under GUEST_HANGS, and
// a static object makes an Executor under GUEST_IS_EARLY.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <dflow/dflow.h>

#include "tests/cluster/await_file.h"
#include "tests/cluster/little_memory.h"

long square(long x) { return x * x; }
long add(long a, long b) { return a + b; }
int process() { return ::getpid(); }

std::mutex printing;  // one worker's tasks are threads of one process

void hold(std::stop_token stop) {
  while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void bomb() {
  std::cerr << "the last words" << std::endl;
  std::raise(SIGSEGV);
}

/// In pieces, so that a line is whole by nobody's grace.
int print_lines(int task) {
  for (int line = 0; line < 10; ++line) {
    std::string text = "task " + std::to_string(task) + " line " + std::to_string(line) + ' ';
    text.append(5000, static_cast<char>('a' + task % 26));
    const std::lock_guard lock(printing);
    for (std::size_t begin = 0; begin < text.size(); begin += 1000) std::cout << text.substr(begin, 1000) << std::flush;
    std::cout << '\n';
  }
  const std::lock_guard lock(printing);
  std::cerr << "task " << task << " complains\n";
  return 1;
}

void say(const std::string& what) { std::cout << what << std::endl, std::cerr << what << '\n'; }

/// Then says that it has, by a file.
int print_much(int megabytes, const std::string& done) {
  const std::string line(1023, 'x');
  for (int i = 0; i < megabytes * 1024; ++i) std::cout << line << '\n';
  std::cout << std::flush;
  std::ofstream(done) << "x";
  return megabytes;
}
std::size_t size_of(const std::string& text) { return text.size(); }

/// Ends when the test has made `path`.
int wait_for(const std::string& path) {
  std::ofstream(path + ".awaited") << ::getpid();
  dflow::test::await_file(path);
  return 1;
}
void write_file(int, const std::string& path) { std::ofstream(path) << ::getpid(); }

std::vector<char> filled(std::size_t bytes) { return std::vector<char>(bytes, 'x'); }
/// Nothing can pack it.
std::vector<std::uint64_t> made_up(std::size_t megabytes) {
  std::mt19937_64 random;
  std::vector<std::uint64_t> values(megabytes << 17);
  for (std::uint64_t& value : values) value = random();
  return values;
}
std::uint64_t last_of(const std::vector<std::uint64_t>& values) { return values.back(); }

/// A megabyte of its own, that no other is like and that cannot be packed.
struct Heavy : std::runtime_error {
  explicit Heavy(const std::string& bytes) : std::runtime_error("heavy"), load(bytes) {}
  std::string load;
};
template <>
struct dflow::Serialize<Heavy> {
  static void write(dflow::Writer& out, const Heavy& heavy) { out.write(heavy.load); }
  static Heavy read(dflow::Reader& in) { return Heavy(in.read<std::string>()); }
};
[[maybe_unused]] const bool known = dflow::register_exception<Heavy>();

std::string noise(std::size_t bytes, unsigned seed) {
  std::minstd_rand random(seed + 1);
  std::string noise(bytes, '\0');
  std::ranges::generate(noise, [&] { return static_cast<char>(random()); });
  return noise;
}
int fail(int number) { throw Heavy(noise(1'000'000, static_cast<unsigned>(number))); }
std::size_t sum_of(int, const std::string& text) { return std::accumulate(text.begin(), text.end(), std::size_t{0}); }

[[maybe_unused]] const bool hangs = [] {
  const bool never = std::getenv("GUEST_HANGS") && std::getenv("DFLOW_WORKER");
  if (never) std::cerr << "waiting for a licence" << std::endl;
  while (never) ::pause();
  return false;
}();

/// Where workers make it as well.
const std::unique_ptr<dflow::Executor> early = std::getenv("GUEST_IS_EARLY") ? std::make_unique<dflow::Executor>() : nullptr;

int main(int argc, char** argv) {
  try {
    dflow::Executor ex(argc, argv);
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "sum") {
      std::vector<long> numbers(static_cast<std::size_t>(argc > 2 ? std::atol(argv[2]) : 10));
      for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<long>(i);
      std::cout << "sum " << ex.reduce(add, ex.map(square, numbers)).get() << std::endl;
    } else if (what == "hold") {
      const auto held = ex.submit(hold);
      std::cout << "worker " << ex.submit(process).get() << std::endl;
      held.wait();
    } else if (what == "bomb") {
      ex.submit(bomb).get();
    } else if (what == "print") {
      std::vector<int> tasks(static_cast<std::size_t>(std::atoi(argv[2])));
      std::iota(tasks.begin(), tasks.end(), 0);
      int printed = 0;
      for (const auto& task : ex.map(print_lines, tasks)) printed += task.get();
      ex.shutdown();
      std::cout << "printed " << printed << std::endl;
    } else if (what == "workers") {
      ex.wait_for_workers(static_cast<std::size_t>(std::atol(argv[2])));
      std::cout << "workers " << ex.workers().size() << std::endl;
    } else if (what == "restart") {
      ex.wait_for_workers(static_cast<std::size_t>(std::atol(argv[2])));
      std::cout << "ready" << std::endl;
      std::cin.get();
      ex.restart();
      std::cout << "workers " << ex.workers().size() << std::endl;
    } else if (what == "errand") {
      const std::string folder = argv[2];
      const auto errand = ex.with({.fire_and_forget = true});
      const auto gate = ex.submit(wait_for, folder + "/gate");
      const auto needed = ex.submit(write_file, gate, folder + "/unmarked");
      errand.submit(write_file, gate, folder + "/marked");
      std::cout << "submitted" << std::endl;
      needed.wait();
    } else if (what == "change") {
      ex.wait_for_workers(2);
      const auto attempt = [](const char* call, const auto& f) {
        try {
          f();
          std::cout << call << " done" << std::endl;
        } catch (const dflow::Error& error) {
          std::cout << error.what() << std::endl;
        }
      };
      attempt("on_worker", [&] { ex.on_worker([] { ::setenv("CHANGED", "yes", 1); }); });
      attempt("restart", [&] { ex.restart(); });
      attempt("restart_workers", [&] { ex.restart_workers({ex.workers().front().name}); });
      attempt("run_on_workers", [&] { ex.run_on_workers(process); });
      attempt("retire", [&] { ex.retire_workers(1); });
    } else if (what == "pass") {
      ex.wait_for_workers(2);
      const auto on = [&](std::size_t worker) { return ex.with({.workers = {ex.workers()[worker].name}}); };
      const auto made = on(0).submit(made_up, static_cast<std::size_t>(std::atoi(argv[2])));
      const std::uint64_t last = on(1).submit(last_of, made).get();
      std::cout << "passed " << ex.who_has(std::vector{made})[0].size() << std::endl;
      std::cin.get();
      std::cout << "got " << (made.get().back() == last) << std::endl;
    } else if (what == "cancel" || what == "await") {
      const std::string folder = argv[2];
      const auto task = ex.submit(wait_for, folder + '/' + what);
      dflow::test::await_file(folder + '/' + what + ".awaited");
      std::cout << "begun" << std::endl;
      if (what == "cancel") std::cout << "cancelled " << task.cancel() << std::endl, std::cin.get();
      else std::cout << "result " << task.get() << std::endl;
    } else if (what == "say") {
      for (int i = 0; i < 20; ++i) ex.submit(say, std::string(argv[2])).wait();
      std::cout << "said" << std::endl;
      std::cin.get();
    } else if (what == "set_up") {
      ex.wait_for_workers(2);
      ex.on_worker([] { ::setenv("CHANGED", "yes", 1); });
      std::cout << "set up" << std::endl;
      std::cin.get();
    } else if (what == "changed") {
      ex.wait_for_workers(2);
      int changed = 0;
      for (const auto& each : ex.map([](int) { return std::getenv("CHANGED") ? 1 : 0; }, std::vector<int>(50))) changed += each.get();
      std::cout << "changed " << changed << std::endl;
    } else if (what == "flood") {
      const auto flood = ex.submit(print_much, std::atoi(argv[2]), std::string(argv[3]));
      std::cout << "printed " << flood.get() << std::endl;
    } else if (what == "submit") {
      ex.wait_for_workers(1);
      std::cout << "ready" << std::endl;
      std::cin.get();
      std::vector<dflow::Future<std::size_t>> sizes;
      for (int i = 0; i < std::atoi(argv[2]); ++i) sizes.push_back(ex.submit(size_of, std::string(std::size_t{1} << 20, 'x')));
      std::size_t sum = 0;
      for (const auto& each : sizes) sum += each.get();
      std::cout << "sum " << sum << std::endl;
    } else if (what == "fail") {
      std::vector<int> numbers(static_cast<std::size_t>(std::atoi(argv[2])));
      std::iota(numbers.begin(), numbers.end(), 0);
      const auto failed = ex.map(fail, numbers);
      std::size_t right = 0;
      for (std::size_t i = 0; i < failed.size(); ++i) {
        try {
          failed[i].get();
        } catch (const Heavy& heavy) {
          right += heavy.load == noise(1'000'000, static_cast<unsigned>(i));
        }
      }
      std::cout << "failed " << right << std::endl;
    } else if (what == "queue") {
      const auto gate = ex.submit(wait_for, std::string(argv[3]));
      std::vector<dflow::Future<std::size_t>> sums;
      for (int i = 0; i < std::atoi(argv[2]); ++i) sums.push_back(ex.submit(sum_of, gate, noise(900, static_cast<unsigned>(i))));
      std::cout << "submitted" << std::endl;
      std::size_t right = 0;
      for (std::size_t i = 0; i < sums.size(); ++i) right += sums[i].get() == sum_of(0, noise(900, static_cast<unsigned>(i)));
      std::cout << "right " << right << std::endl;
    } else if (what == "demand") {
      const auto gpu = ex.with({.resources = {{"gpu", 1}}});
      const std::vector tasks{gpu.submit(process), gpu.submit(process)};
      ex.with({.resources = {{"slots", 1}}}).submit(process).get();
      std::cout << "asked" << std::endl;
      for (const auto& task : tasks) task.wait();
      std::cout << "done" << std::endl;
    } else if (what == "retire") {
      for (bool retired = false; !retired;) {
        ex.wait_for_workers(2);
        try {
          ex.retire_workers(1);
          retired = true;
        } catch (const std::invalid_argument&) {  // one of those of the run before has just gone
        }
      }
      std::cout << "retired" << std::endl;
    } else if (what == "place") {
      ex.with({.workers = {"nobody"}}).scatter(std::vector<char>(5000), 1);
    } else if (what == "impatient") {
      ex.wait_for_workers(1, std::chrono::milliseconds(200));
    } else if (what == "large") {
      const auto value = ex.with({.name = "filled"}).submit(filled, static_cast<std::size_t>(std::atol(argv[2])) << 20);
      value.wait();
      dflow::test::allow_little_memory();
      std::cout << value.get().size() << std::endl;
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
