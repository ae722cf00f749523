// A program for the tests of clusters that serve several: `sum N`, or `hold`, which waits for a task that ends when it is
// told to stop.
#include <unistd.h>

#include <chrono>
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
    }
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
