// One cluster for all tests of a program, since to start one takes longer than most of them.
#pragma once

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dflow/dflow.h>

#include "tests/cluster/support.h"

namespace dflow::testing {

/// Tries until it holds; the time is no part of what is tested.
inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 30'000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

/// Three workers of one thread; worker-1 has a gpu, worker-2 has two, each has three slots.
class SharedCluster : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ::setenv("DFLOW_WORKERS", "3", 1);
    ::setenv("DFLOW_THREADS", "1", 1);
    ::setenv("DFLOW_WORKER_RESOURCES", "slots=3,worker-1:gpu=1,worker-2:gpu=2", 1);
    executor() = std::make_unique<Executor>();
    executor()->wait_for_workers(3);
  }
  static void TearDownTestSuite() { executor().reset(); }

  Executor& ex = *executor();

 private:
  static std::unique_ptr<Executor>& executor() {
    static std::unique_ptr<Executor> executor;
    return executor;
  }
};

/// A cluster for each test: these change it.
class OwnCluster : public Cluster {
 protected:
  OwnCluster() { use(3); }
  static void use(int workers) {
    use_workers(workers);
    ::unsetenv("DFLOW_WORKER_RESOURCES");
  }
  static std::vector<std::string> names(const Executor& ex) {
    std::vector<std::string> names;
    for (const WorkerInfo& worker : ex.workers()) names.push_back(worker.name);
    return names;
  }
  static std::set<std::int64_t> pids(const Executor& ex) {
    std::set<std::int64_t> pids;
    for (const WorkerInfo& worker : ex.workers()) pids.insert(worker.pid);
    return pids;
  }
  static void kill(const Executor& ex, const std::string& name) {
    for (const WorkerInfo& worker : ex.workers()) {
      if (worker.name == name) ::kill(static_cast<pid_t>(worker.pid), SIGKILL);
    }
  }
  /// Returns when none of its threads runs any more: the signal has not reached all of them when it was sent.
  static void stop(std::int64_t worker) {
    const auto pid = static_cast<pid_t>(worker);
    siginfo_t stopped{};
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &stopped, WSTOPPED | WNOWAIT), 0);
  }
  /// Returns when others have taken their places.
  static void kill_all(const Executor& ex) {
    const std::set<std::int64_t> before = pids(ex);
    for (const std::int64_t pid : before) ::kill(static_cast<pid_t>(pid), SIGKILL);
    ASSERT_TRUE(eventually([&] {
      const std::set<std::int64_t> now = pids(ex);
      return now.size() == before.size() && std::ranges::none_of(now, [&](auto pid) { return before.contains(pid); });
    }));
  }
};

/// A file by which processes tell each other something. It is given at the latest when this ends, since cancelled bodies
/// may still wait for it, and lies there until the program ends.
class Signal {
 public:
  Signal() : path_(folder() + "/" + std::to_string(++count())) {}
  ~Signal() { give(); }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  const std::string& path() const { return path_; }
  void give() const { give(path_); }
  bool given() const { return given(path_); }
  /// False if it did not come within a minute.
  bool await() const { return await(path_); }

  static void give(const std::string& path) { std::ofstream(path, std::ios::app) << "x"; }
  /// And counted: who gives it may be killed as soon as somebody knows.
  static bool given(const std::string& path) {
    struct stat file{};
    return ::stat(path.c_str(), &file) == 0 && file.st_size > 0;
  }
  static bool await(const std::string& path) {
    for (int i = 0; i < 60'000 && !given(path); ++i) ::usleep(1000);
    return given(path);
  }
  /// How often it was given.
  std::size_t count_of() const {
    std::ifstream file(path_);
    return std::string(std::istreambuf_iterator<char>(file), {}).size();
  }

 private:
  static const std::string& folder() {
    struct Folder {
      Folder() {
        if (!::mkdtemp(path.data())) std::abort();
      }
      ~Folder() { std::filesystem::remove_all(path); }
      std::string path = ::testing::TempDir() + "/signals-XXXXXX";
    };
    static const Folder folder;
    return folder.path;
  }
  static int& count() {
    static int count = 0;
    return count;
  }
  std::string path_;
};

inline int process() { return ::getpid(); }
inline int process_of(int) { return ::getpid(); }
inline int inc(int x) { return x + 1; }
inline int dec(int x) { return x - 1; }
inline int add(int a, int b) { return a + b; }
inline int throws(int) { throw std::runtime_error("hello!"); }
inline std::vector<int> block(int x) { return std::vector<int>(10'000, x); }
inline int first_of(const std::vector<int>& xs) { return xs.empty() ? -1 : xs[0]; }
inline double divided(int a, int b) {
  if (b == 0) throw std::domain_error("division by zero");
  return double(a) / b;
}
inline int slow_inc(int x, int ms) {
  ::usleep(static_cast<useconds_t>(ms) * 1000);
  return x + 1;
}
/// Says that it has begun, and ends when it is told to.
inline int gated(int x, const std::string& begun, const std::string& open) {
  Signal::give(begun);
  Signal::await(open);
  return x;
}
/// Throws so often, then counts how often it was called.
inline int flaky(int times, const std::string& calls) {
  Signal::give(calls);
  std::ifstream file(calls);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (static_cast<int>(text.size()) <= times) throw std::runtime_error("call " + std::to_string(text.size()));
  return static_cast<int>(text.size());
}
/// The same, without saying anything.
inline int after_signal(int x, const std::string& open) {
  Signal::await(open);
  return x;
}

}  // namespace dflow::testing
