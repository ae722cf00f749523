// Two streams that are connected, for tests.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>

#include "runtime/net/listener.h"

namespace dflow::net {

struct Ends {
  std::unique_ptr<Stream> near, far;
};

inline Ends connected() {
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0});
  EXPECT_TRUE(listener) << listener.message();
  auto near = Stream::connect(listener.value()->address(), std::chrono::seconds(5));
  EXPECT_TRUE(near) << near.message();
  auto far = listener.value()->accept();
  EXPECT_TRUE(far) << far.message();
  return {std::move(near).value(), std::move(far).value()};
}

}  // namespace dflow::net
