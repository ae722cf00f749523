// A program whose scheduler is killed under it: `sum N`, `nested N`, `chain N`, `once N FILE`. Says `begun` when some of it is done.
// `gated FOLDER`: one task, which says there in which process it has begun, and ends when it is let. `late FOLDER`: the same, and two
// that need it, of which one throws; the first is cancelled when a line comes.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>

#include <dflow/dflow.h>

namespace {

void work() { std::this_thread::sleep_for(std::chrono::milliseconds(5)); }

long square(long x) {
  work();
  return x * x;
}
long add(long a, long b) { return a + b; }
long next(long x) {
  work();
  return 2 * x % 1'000'003;
}

/// A task that waits for others.
long sum_of_squares(long n) {
  dflow::Executor ex;
  std::vector<long> numbers(static_cast<std::size_t>(n) + 1);
  std::iota(numbers.begin(), numbers.end(), 0L);
  return ex.reduce(add, ex.map(square, numbers)).get();
}

/// Leaves a trace of each time that it begins.
long leave_trace(const std::string& file, long i) {
  const std::string line = std::to_string(i) + "\n";
  const int out = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  const bool written = ::write(out, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  ::close(out);
  work();
  return written ? i : -1;
}

/// The same, and comes to nothing.
long refuse(const std::string& file, long i) {
  throw std::runtime_error("refused " + std::to_string(leave_trace(file, i) >= 0));
}

/// Leaves `begun-PID`, and returns PID when there is `go-PID`.
long pass_gate(const std::string& folder) {
  const long process = ::getpid();
  std::ofstream(folder + "/begun-" + std::to_string(process));
  while (!std::filesystem::exists(folder + "/go-" + std::to_string(process))) work();
  return process;
}

std::vector<long> up_to(long n) {
  std::vector<long> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0L);
  return numbers;
}

void say_begun(const auto& future) {
  future.wait();
  std::cout << "begun" << std::endl;
}

void run_once(dflow::Executor& ex, long n, const std::string& file) {
  std::vector<dflow::Future<long>> traces;
  for (long i = 0; i < n; ++i) traces.push_back(ex.with({.once = true}).submit(leave_trace, file, i));
  say_begun(traces.front());
  long ran = 0, unknown = 0;
  for (long i = 0; i < n; ++i) {
    try {
      ran += traces[static_cast<std::size_t>(i)].get() == i ? 1 : 0;
    } catch (const dflow::MayHaveRun&) {
      ++unknown;
    }
  }
  std::cout << "ran " << ran << " unknown " << unknown << std::endl;
}

void say_what_came_of(const std::string& name, const dflow::Future<long>& future) {
  try {
    const long result = future.get();
    std::cout << name << ' ' << result << std::endl;
  } catch (const dflow::CancelledError&) {
    std::cout << name << " cancelled" << std::endl;
  } catch (const std::exception& error) {
    std::cout << name << ' ' << error.what() << std::endl;
  }
}

void cancel_late(dflow::Executor& ex, const std::string& folder) {
  const auto first = ex.submit(pass_gate, folder);
  const auto second = ex.submit(leave_trace, folder + "/second", first), third = ex.submit(refuse, folder + "/third", first);
  std::string line;
  std::getline(std::cin, line);
  std::cout << "cancelled " << first.cancel() << std::endl;
  say_what_came_of("second", second);
  say_what_came_of("third", third);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    dflow::Executor ex(argc, argv);
    const std::string what = argc > 1 ? argv[1] : "sum";
    const long n = argc > 2 ? std::atol(argv[2]) : 10;
    if (what == "sum") {
      const auto squares = ex.map(square, up_to(n));
      say_begun(squares[static_cast<std::size_t>(n / 4)]);
      std::cout << "sum " << ex.reduce(add, squares).get() << std::endl;
    } else if (what == "nested") {
      const auto sums = ex.map(sum_of_squares, up_to(n));
      say_begun(sums[static_cast<std::size_t>(n / 2)]);
      std::cout << "nested " << ex.reduce(add, sums).get() << std::endl;
    } else if (what == "chain") {
      auto last = ex.submit(next, 1L);
      for (long i = 1; i < n; ++i) {
        last = ex.submit(next, last);
        if (i == n / 4) say_begun(last);
      }
      std::cout << "chain " << last.get() << std::endl;
    } else if (what == "gated") {
      std::cout << "passed " << ex.submit(pass_gate, std::string(argv[2])).get() << std::endl;
    } else if (what == "late") {
      cancel_late(ex, argv[2]);
    } else if (what == "once") {
      run_once(ex, n, argv[3]);
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
