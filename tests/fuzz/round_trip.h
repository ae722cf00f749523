// What is taken is written and read again without loss.
#pragma once

#include <string_view>

#include "runtime/core/codec.h"
#include "tests/fuzz/require.h"

template <class T>
void read_as(std::string_view bytes) {
  const auto value = dflow::core::decode<T>(bytes);
  if (!value) return;
  const auto written = dflow::core::encode(value.value());
  const auto again = dflow::core::decode<T>(written);
  REQUIRE(again && dflow::core::encode(again.value()) == written);
}
