// What the runtime's tests share. Nothing here sleeps: threads meet at gates.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dflow/dflow.h>

#include "runtime/local/sanitizers.h"

namespace dflow::testing {

using namespace std::chrono_literals;

inline constexpr auto kForever = 1h;  ///< A timeout that a test never reaches.

using local::kSanitized;

inline ExecutorOptions threads(std::size_t n) { return {.threads = n}; }

/// A door that opens once. `pass` blocks the thread, unlike dflow's own waits.
class Gate {
 public:
  void open() { latch_.count_down(); }
  void pass() const { latch_.wait(); }

 private:
  std::latch latch_{1};
};

/// Occupies one of the executor's threads from construction until `release`.
class Blocker {
 public:
  explicit Blocker(const Executor& ex)
      : future_(ex.submit([gates = gates_] {
          gates->entered.open();
          gates->leave.pass();
        })) {
    gates_->entered.pass();
  }
  ~Blocker() { release(); }
  void release() {
    if (!std::exchange(released_, true)) gates_->leave.open();
  }
  const Future<void>& future() const { return future_; }

 private:
  struct Gates {
    Gate entered, leave;
  };
  std::shared_ptr<Gates> gates_ = std::make_shared<Gates>();
  bool released_ = false;
  Future<void> future_;
};

/// Counts its living instances, copies and moves.
struct Counted {
  static inline std::atomic<int> alive{0}, copies{0}, moves{0};
  static void reset() { copies = moves = 0; }

  explicit Counted(int v = 0) : value(v) { ++alive; }
  Counted(const Counted& other) : value(other.value) { ++alive, ++copies; }
  Counted(Counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++alive, ++moves; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() { --alive; }

  int value;
};

/// Sets a variable of the environment for one scope.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (before_) ::setenv(name_, before_->c_str(), 1);
    else ::unsetenv(name_);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// Spins until `condition` holds: for facts that no gate announces. The test's own time limit ends it.
template <class Condition>
void eventually(Condition condition) {
  while (!condition()) std::this_thread::yield();
}

/// What a callable threw, by its message; empty if it returned.
template <class F>
std::string thrown_by(F&& f) {
  try {
    std::forward<F>(f)();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

inline int divide(int a, int b) {
  if (b == 0) throw std::domain_error("division by zero");
  return a / b;
}
inline int square(int x) { return x * x; }
inline int add(int a, int b) { return a + b; }

}  // namespace dflow::testing
