#include <cstdint>
#include <string_view>

#include "tests/chaos/parts.h"

namespace dflow::chaos {
namespace {

/// Half of them can be packed, the others cannot.
Numbers made(long seed, std::size_t size) {
  Numbers result(size, seed);
  auto x = static_cast<std::uint64_t>(seed) * 2 + 1;
  for (std::size_t i = 0; i < size; i += 2) {
    x = x * 6364136223846793005U + 1442695040888963407U;
    result[i] = static_cast<long>(x >> 40U);
  }
  return result;
}
Numbers weave(const Numbers& a, const Numbers& b, long seed) {
  Numbers result = a;
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = mix(result[i], b[(i + 1) % b.size()] + seed);
  return result;
}
long first_of(const std::vector<Numbers>& all, std::size_t index) {
  long result = 0;
  for (const Numbers& each : all) result = mix(result, each.at(index % each.size()));
  return result;
}
long sum_slowly(const Numbers& of) {
  return take(2), sum(of);
}

constexpr std::size_t kMegabyte = 1'000'000 / sizeof(long);

/// Nobody here can send it again: an error has to name what is lost, and with whom.
void expect_right_or_lost(const Future<long>& got, const Numbers& placed) {
  try {
    expect_same(got.get(), sum(placed), "a sum of what was placed");
  } catch (const Error& error) {
    const std::string_view said = error.what();
    for (const std::string_view part :
         {"it needs what scatter() has placed, std::vector<long", " bytes): it was lost with ",
          "the program has no future of it any more"}) {
      if (said.find(part) == std::string_view::npos) throw;
    }
  }
}

}  // namespace

void run_placed(Executor& ex, Random& random) {
  const auto seed = static_cast<long>(random() % 1000);
  const Numbers value = made(seed, random() % 2 == 0 ? 2 * kMegabyte : 50), other = made(seed + 1, 20'000);
  const auto kept = ex.scatter(value, 2);
  std::vector<Future<long>> sums, of_other;
  for (int i = 0; i < 8; ++i) sums.push_back(ex.submit(sum_slowly, kept));
  {
    const auto dropped = ex.scatter(other, 2);
    for (int i = 0; i < 8; ++i) of_other.push_back(ex.submit(sum_slowly, dropped));
  }
  const auto computed = ex.submit(weave, kept, kept, seed);
  ex.replicate(std::vector{computed}, 2);
  const auto after = ex.submit(weave, computed, kept, seed);
  for (const auto& each : sums) expect_same(each.get(), sum(value), "a sum of what was placed and kept");
  for (const auto& each : of_other) expect_right_or_lost(each, other);
  expect_same(after.get(), weave(weave(value, value, seed), value, seed),
              "what was computed from what was placed");
  expect_same(kept.get(), value, "what was placed");
}

void run_large(Executor& ex, Random& random) {
  constexpr std::size_t kWidth = 4, kSteps = 3;
  const std::size_t size = (1 + random() % 3) * kMegabyte;
  std::vector<Future<Numbers>> row;
  std::vector<Numbers> expected;
  for (std::size_t i = 0; i < kWidth; ++i) {
    const auto seed = static_cast<long>(random() % 1000);
    row.push_back(ex.submit(made, seed, size));
    expected.push_back(made(seed, size));
  }
  for (std::size_t step = 0; step < kSteps; ++step) {
    std::vector<Future<Numbers>> next;
    std::vector<Numbers> next_expected;
    for (std::size_t i = 0; i < kWidth; ++i) {
      next.push_back(ex.submit(weave, row[i], row[(i + step + 1) % kWidth], 1L));
      next_expected.push_back(weave(expected[i], expected[(i + step + 1) % kWidth], 1L));
    }
    row = std::move(next);
    expected = std::move(next_expected);
  }
  const auto woven = ex.submit(first_of, row, std::size_t{7});
  expect_same(row[0].get(), expected[0], "a large value");
  expect_same(woven.get(), first_of(expected, 7), "what was read of all large values");
}

void run_spilled(Executor& ex, Random& random) {
  constexpr std::size_t kCount = 50, kSize = 4 * kMegabyte;
  const auto seed = static_cast<long>(random() % 1000);
  std::vector<Future<Numbers>> all;
  std::vector<long> expected;
  for (std::size_t i = 0; i < kCount; ++i) {
    all.push_back(ex.submit(made, seed + static_cast<long>(i), kSize));
    expected.push_back(sum(made(seed + static_cast<long>(i), kSize)));
  }
  wait(all);
  const auto sums = ex.map(sum, all);
  for (std::size_t i = 0; i < kCount; ++i)
    expect_same(sums[i].get(), expected[i], "the sum of what did not fit into the memory");
}

}  // namespace dflow::chaos
