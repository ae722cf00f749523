// A program for processes_test.py: prints from tasks, and waits to be killed if it is told to.
#include <unistd.h>

#include <cstring>
#include <iostream>

#include <dflow/dflow.h>

long work(long x) {
  std::cout << "task " << x << '\n';
  return x * x;
}
int process() { return ::getpid(); }
void sleep_long() { ::sleep(600); }

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const bool waits = argc > 1 && std::strcmp(argv[1], "wait") == 0;
  if (!waits) {
    long sum = 0;
    for (const auto& part : ex.map(work, std::vector<long>{1, 2, 3})) sum += part.get();
    std::cout << "sum " << sum << std::endl;
    return 0;
  }
  std::cout << "worker " << ex.submit(process).get() << std::endl;
  ex.submit(sleep_long).wait();
}
