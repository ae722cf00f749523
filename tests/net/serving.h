// Tests of connections, whoever serves their two ends.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "runtime/net/io_threads.h"

namespace dflow::net {

/// Which ends share threads; the others have their own.
enum class Shared { none, near, both };

class Served : public ::testing::TestWithParam<Shared> {
 protected:
  IoThreads* near_io() { return GetParam() == Shared::none ? nullptr : &io_; }
  IoThreads* far_io() { return GetParam() == Shared::both ? &io_ : nullptr; }

 private:
  IoThreads io_{{}};
};

inline std::string served_by(const ::testing::TestParamInfo<Shared>& info) {
  switch (info.param) {
    case Shared::none: return "own_threads";
    case Shared::near: return "one_end_shares_threads";
    default: return "both_ends_share_threads";
  }
}

}  // namespace dflow::net
