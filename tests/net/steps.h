// A value that is written in steps, none of which waits, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <thread>
#include <vector>

#include "runtime/net/stream.h"

namespace dflow::net {

/// All of it, waiting where it has to.
inline void write_in_steps(Stream& stream, std::span<const std::span<const std::byte>> pieces) {
  std::vector<std::span<const std::byte>> left(pieces.begin(), pieces.end());
  while (!left.empty()) {
    const Result<std::size_t> taken = stream.try_write(left);
    ASSERT_TRUE(taken) << taken.message();
    std::size_t bytes = taken.value();
    while (!left.empty() && bytes >= left.front().size()) {
      bytes -= left.front().size();
      left.erase(left.begin());
    }
    if (!left.empty()) left.front() = left.front().subspan(bytes);
    if (taken.value() == 0) std::this_thread::yield();
  }
}

/// Pieces of many sizes, one after the other.
inline void expect_to_arrive(Stream& near, Stream& far) {
  std::vector<std::byte> bytes(8 << 20);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
  std::vector<std::span<const std::byte>> pieces;
  std::span<const std::byte> rest(bytes);
  for (std::size_t size = 1; !rest.empty(); size = size * 3 % 1'000'003) {
    pieces.push_back(rest.first(std::min(size, rest.size())));
    rest = rest.subspan(pieces.back().size());
  }
  std::vector<std::byte> came(bytes.size());
  std::thread reader([&] { EXPECT_TRUE(far.read_raw(came)); });
  write_in_steps(near, pieces);
  near.shut_down();
  reader.join();
  EXPECT_TRUE(came == bytes);
}

}  // namespace dflow::net
