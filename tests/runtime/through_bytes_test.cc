// DFLOW_SERIALIZE: what crosses tasks becomes bytes and values again.
#include <gtest/gtest.h>

#include "tests/runtime/support.h"

namespace {

/// Knows whether it is the object that was made or one made from its bytes.
struct Traveller {
  int trips = 0;
};
struct Lost {
  int* address = nullptr;
};
struct Shipwreck : std::runtime_error {
  explicit Shipwreck(int n) : runtime_error("wrecked"), trips(n) {}
  int trips;
};

}  // namespace

template <>
struct dflow::Serialize<Traveller> {
  static void write(Writer& out, const Traveller& t) { out.write(t.trips + 1); }
  static Traveller read(Reader& in) { return {in.read<int>()}; }
};
template <>
struct dflow::Serialize<Shipwreck> {
  static void write(Writer& out, const Shipwreck& e) { out.write(e.trips + 1); }
  static Shipwreck read(Reader& in) { return Shipwreck(in.read<int>()); }
};

namespace {

int trips(const Traveller& t) { return t.trips; }

TEST(ThroughBytes, ArgumentsResultsAndExceptionsPassThroughBytes) {
  dflow::register_exception<Shipwreck>();
  const auto made = [] { return Traveller(); };
  const auto wreck = []() -> int { throw Shipwreck(0); };
  for (const auto& [mode, expected] : {std::pair("0", 0), std::pair("1", 1), std::pair("2", 1)}) {
    const dflow::testing::Environment serialize("DFLOW_SERIALIZE", mode);
    dflow::Executor ex;
    EXPECT_EQ(ex.submit(trips, Traveller()).get(), expected) << mode;
    EXPECT_EQ(ex.submit(trips, ex.submit(made)).get(), expected) << mode;
    try {
      ex.submit(wreck).get();
    } catch (const Shipwreck& e) {
      EXPECT_EQ(e.trips, expected) << mode;
    }
  }
}

TEST(ThroughBytes, WhatCannotPassThroughBytesStaysOrFails) {
  const auto lose = [] { return Lost(); };
  const auto find = [](Lost l) { return l.address == nullptr; };
  {
    const dflow::testing::Environment serialize("DFLOW_SERIALIZE", "1");
    dflow::Executor ex;
    EXPECT_TRUE(ex.submit(find, ex.submit(lose)).get());
  }
  const dflow::testing::Environment serialize("DFLOW_SERIALIZE", "2");
  dflow::Executor ex;
  EXPECT_THROW(ex.submit(lose).get(), dflow::SerializeError);
  EXPECT_THROW(ex.submit(find, Lost()).get(), dflow::SerializeError);
  EXPECT_TRUE(ex.submit([](int x) { return x == 1; }, 1).get());
}

}  // namespace
