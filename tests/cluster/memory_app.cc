// A program for the tests of workers' memory. `sums COUNT MB`: makes so many results, keeps all, and adds up
// each. `damage COUNT MB`: the same, and meanwhile what the workers have written to the disk is damaged.
// `many COUNT BYTES`: the same of small ones. `full COUNT MB`: half of them while the disk takes 4 MB, the rest when it takes more. `grow`: a task that
// takes ever more memory. `result MB`, `input MB`: a large one. `keep COUNT MB`: makes them and waits.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <dflow/dflow.h>

using Numbers = std::vector<std::uint64_t>;

/// Half of it can be packed.
Numbers made(std::uint64_t seed, std::size_t megabytes) {
  Numbers numbers(megabytes * 125'000, seed);
  std::uint64_t x = seed * 2 + 1;
  for (std::size_t i = 0; i < numbers.size() / 2; ++i)
    numbers[i] = x = x * 6364136223846793005 + 1442695040888963407;
  return numbers;
}
std::uint64_t sum(const Numbers& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::uint64_t{0});
}
int process() {
  return ::getpid();
}
std::uint64_t peak() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}
std::uint64_t grow() {
  std::vector<Numbers> all;
  for (;;) {
    all.push_back(made(all.size(), 5));
    // The body's work: 5 MB at a time, so slowly that its memory is looked at before the machine has none left.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

using Futures = std::vector<dflow::Future<Numbers>>;

Futures make(dflow::Executor& ex, std::uint64_t first, std::uint64_t count, std::size_t megabytes) {
  Futures results;
  for (std::uint64_t i = 0; i < count; ++i) results.push_back(ex.submit(made, first + i, megabytes));
  return results;
}

std::set<int> processes(dflow::Executor& ex) {
  std::set<int> all;
  for (const char* worker : {"worker-1", "worker-2"})
    all.insert(ex.with({.workers = {worker}}).submit(process).get());
  return all;
}

void add_up(dflow::Executor& ex, const Futures& results, std::uint64_t first, std::size_t megabytes) {
  const auto sums = ex.map(sum, results);
  for (std::uint64_t i = 0; i < sums.size(); ++i) {
    if (sums[i].get() != sum(made(first + i, megabytes))) std::cout << "wrong " << i << std::endl;
  }
}

std::string small(std::uint64_t seed, std::size_t bytes) {
  return std::string(bytes, static_cast<char>('a' + seed % 26));
}
std::uint64_t letters(const std::string& text) {
  return std::accumulate(text.begin(), text.end(), std::uint64_t{0}, [](std::uint64_t sum, char letter) { return sum + letter; });
}

/// Half of them on each worker.
Futures make_in_turn(dflow::Executor& ex, std::uint64_t first, std::uint64_t count, std::size_t megabytes) {
  Futures results;
  for (std::uint64_t i = 0; i < count; ++i) {
    results.push_back(ex.with({.workers = {i % 2 == 0 ? "worker-1" : "worker-2"}}).submit(made, first + i, megabytes));
  }
  dflow::wait(results);
  return results;
}

/// And added up there: no copies of them come to be.
Futures make_and_add_in_turn(dflow::Executor& ex, std::uint64_t first, std::uint64_t count, std::size_t megabytes) {
  const Futures results = make_in_turn(ex, first, count, megabytes);
  std::vector<dflow::Future<std::uint64_t>> sums;
  for (std::uint64_t i = 0; i < count; ++i) {
    sums.push_back(ex.with({.workers = {i % 2 == 0 ? "worker-1" : "worker-2"}}).submit(sum, results[i]));
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    if (sums[i].get() != sum(made(first + i, megabytes))) std::cout << "wrong " << i << std::endl;
  }
  return results;
}

/// The file that a worker spills to; -1: none yet.
int spill_file_of(int worker) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(worker) + "/fd")) {
    std::error_code gone;
    const std::string target = std::filesystem::read_symlink(entry, gone).string();
    if (target.starts_with(std::getenv("DFLOW_WORKER_SPILL")) && target.ends_with("(deleted)"))
      return ::open(entry.path().c_str(), O_RDWR);
  }
  return -1;
}

void damage(int worker) {
  struct stat facts{};
  int file = -1;
  while (facts.st_size < 20'000'000) {
    if (file < 0) file = spill_file_of(worker);
    if (file >= 0) ::fstat(file, &facts);
    // Another process writes the file, and nothing tells of it. The test bounds the whole run.
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  for (off_t at = 1'000'000; at < facts.st_size; at += 3'000'000) {
    if (::pwrite(file, "damage", 6, at) != 6) std::cout << "no damage done" << std::endl;
  }
  ::close(file);
}

void limit_files(int process, rlim_t bytes) {
  const rlimit limit{bytes, RLIM_INFINITY};
  if (::prlimit(process, RLIMIT_FSIZE, &limit, nullptr) != 0) std::cout << "no limit set" << std::endl;
}

int main(int argc, char** argv) {
  try {
    dflow::Executor ex(argc, argv);
    const std::string what = argv[1];
    const std::uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
    const std::size_t size = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : count;
    ex.wait_for_workers(what == "keep" ? 1 : 2);
    if (what == "sums" || what == "damage") {
      const std::set<int> before = processes(ex);
      // Where damage is to be done, each has to have written enough: on a busy machine one of them may make most.
      const Futures results = what == "damage" ? make_in_turn(ex, 0, count, size) : make(ex, 0, count, size);
      dflow::wait(results);
      if (what == "damage") {
        for (const int worker : before) damage(worker);
      }
      add_up(ex, results, 0, size);
      if (processes(ex) != before) std::cout << "a worker was replaced" << std::endl;
      for (const char* worker : {"worker-1", "worker-2"}) {
        std::cout << "peak " << ex.with({.workers = {worker}}).submit(peak).get() << std::endl;
      }
    } else if (what == "many") {
      std::vector<std::uint64_t> seeds(count);
      std::iota(seeds.begin(), seeds.end(), 0);
      const std::set<int> before = processes(ex);
      const auto results = ex.map(small, seeds, std::vector(count, size));
      dflow::wait(results);
      const auto sums = ex.map(letters, results);
      for (std::uint64_t i = 0; i < count; ++i) {
        if (sums[i].get() != letters(small(i, size))) std::cout << "wrong " << i << std::endl;
      }
      if (processes(ex) != before) std::cout << "a worker was replaced" << std::endl;
    } else if (what == "full") {
      const std::set<int> workers = processes(ex);
      for (const int worker : workers) limit_files(worker, 4'000'000);
      const Futures first = make_and_add_in_turn(ex, 0, count / 2, size);
      std::cout << "half" << std::endl;
      for (const int worker : workers) limit_files(worker, RLIM_INFINITY);
      const Futures second = make_and_add_in_turn(ex, count / 2, count / 2, size);
      if (processes(ex) != workers) std::cout << "a worker was replaced" << std::endl;
    } else if (what == "grow") {
      ex.with({.name = "growing"}).submit(grow).get();
    } else if (what == "result") {
      ex.with({.name = "large"}).submit(made, 1, size).get();
    } else if (what == "keep") {
      const Futures results = make(ex, 0, count, size);
      dflow::wait(results);
      std::cout << "made" << std::endl;
      for (;;) ::pause();
    }
    std::cout << "done" << std::endl;
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
