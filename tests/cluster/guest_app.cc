// A program for the tests of clusters that serve several: `sum N`; `hold`, which waits for a task that ends when it is
// told to stop; `bomb`, whose task kills its worker. Its workers never get ready under GUEST_HANGS.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include <dflow/dflow.h>

long square(long x) { return x * x; }
long add(long a, long b) { return a + b; }
int process() { return ::getpid(); }

void hold(std::stop_token stop) {
  while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void bomb() {
  std::cerr << "the last words" << std::endl;
  std::raise(SIGSEGV);
}

[[maybe_unused]] const bool hangs = [] {
  while (std::getenv("GUEST_HANGS") && std::getenv("DFLOW_WORKER")) ::pause();
  return false;
}();

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
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
