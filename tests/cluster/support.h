// What the tests of clusters share.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <dflow/dflow.h>

namespace dflow::testing {

using namespace std::chrono_literals;

/// Executors made in the test run on so many worker processes, of one thread each.
class Cluster : public ::testing::Test {
 protected:
  Cluster() { use_workers(2); }
  ~Cluster() override {
    ::unsetenv("DFLOW_WORKERS");
    ::unsetenv("DFLOW_THREADS");
  }
  static void use_workers(int n) {
    ::setenv("DFLOW_WORKERS", std::to_string(n).c_str(), 1);
    ::setenv("DFLOW_THREADS", "1", 1);
  }
};

template <class F>
std::string thrown_by(F&& f) {
  try {
    f();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace dflow::testing
