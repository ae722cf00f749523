// One cluster for all tests of a program, since to start one takes longer than most of them.
#pragma once

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
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

namespace dflow::testing {

using namespace std::chrono_literals;

/// Three workers of one thread; worker-1 has a gpu, worker-2 has two, each has three slots.
class SharedCluster : public ::testing::Test {
 protected:
  static void start() {
    ::setenv("DFLOW_WORKERS", "3", 1);
    ::setenv("DFLOW_THREADS", "1", 1);
    ::setenv("DFLOW_WORKER_RESOURCES", "slots=3,worker-1:gpu=1,worker-2:gpu=2", 1);
    shared() = std::make_unique<Executor>();
    shared()->wait_for_workers(3);
  }
  static void TearDownTestSuite() { shared().reset(); }
  SharedCluster() {
    if (!shared()) start();
  }

  Executor& ex = *(shared() ? shared() : (start(), shared()));

 private:
  static std::unique_ptr<Executor>& shared() {
    static std::unique_ptr<Executor> executor;
    return executor;
  }
};

/// A file by which processes tell each other something; gone at the end.
class Signal {
 public:
  Signal() : path_(::testing::TempDir() + "/signal-" + std::to_string(::getpid()) + "-" + std::to_string(++count())) {
    std::remove(path_.c_str());
  }
  ~Signal() { std::remove(path_.c_str()); }
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  const std::string& path() const { return path_; }
  void give() const { give(path_); }
  bool given() const { return given(path_); }
  /// False if it did not come within a minute.
  bool await() const { return await(path_); }

  static void give(const std::string& path) { std::ofstream(path, std::ios::app) << "x"; }
  static bool given(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }
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
  static int& count() {
    static int count = 0;
    return count;
  }
  std::string path_;
};

/// Tries until it holds; the time is no part of what is tested.
inline bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 30'000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

template <class F>
std::string thrown_by(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

inline int process() { return ::getpid(); }
inline int process_of(int) { return ::getpid(); }
inline int inc(int x) { return x + 1; }
inline int dec(int x) { return x - 1; }
inline int add(int a, int b) { return a + b; }
inline int throws(int) { throw std::runtime_error("hello!"); }
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
/// The same, without saying anything.
inline int after_signal(int x, const std::string& open) {
  Signal::await(open);
  return x;
}

}  // namespace dflow::testing
