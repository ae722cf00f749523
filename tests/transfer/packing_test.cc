// Packed values: what is packed comes back, and nothing else is taken for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "runtime/transfer/packing.h"

namespace dflow::transfer {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<std::byte>;

Bytes random_bytes(std::size_t size, unsigned kinds = 256) {
  std::mt19937 random(static_cast<unsigned>(size));
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % kinds);
  return bytes;
}

Bytes packed(Pieces pieces) {
  Bytes all;
  EXPECT_TRUE(pack(pieces, [&](std::span<const std::byte> bytes) {
    all.insert(all.end(), bytes.begin(), bytes.end());
    return formats::Result<void>();
  }));
  return all;
}
Bytes packed(const Bytes& bytes) {
  const std::span<const std::byte> piece(bytes);
  return packed(Pieces(&piece, 1));
}

/// From bytes that end where they end.
UnpackingSource::Read from(const Bytes& bytes) {
  return
      [rest = std::span<const std::byte>(bytes)](std::span<std::byte> into) mutable -> formats::Result<void> {
        if (into.size() > rest.size()) return formats::Error{"the bytes end"};
        std::copy_n(rest.begin(), into.size(), into.begin());
        rest = rest.subspan(into.size());
        return {};
      };
}

Bytes unpacked(const Bytes& bytes, std::size_t size, std::size_t step) {
  UnpackingSource source(from(bytes), size);
  Bytes all(size);
  for (std::size_t done = 0; done < size; done += step) {
    source.read(std::span(all).subspan(done, std::min(step, size - done)));
  }
  return all;
}

TEST(Packing, IsForOtherHostsUnlessTheSettingSaysOtherwise) {
  const std::string here = "boot-1/4026531836/0", neighbour = "boot-1/4026531999/0", far = "boot-2/4026531836/0";
  EXPECT_FALSE(packs_for(Compression::between_hosts, here, here));
  EXPECT_FALSE(packs_for(Compression::between_hosts, here, neighbour));  // another container or user of the host
  EXPECT_TRUE(packs_for(Compression::between_hosts, here, far));
  EXPECT_TRUE(packs_for(Compression::between_hosts, here, ""));  // nobody knows where
  EXPECT_FALSE(packs_for(Compression::never, here, far));
  EXPECT_TRUE(packs_for(Compression::always, here, here));
}

TEST(Packing, GivesBackWhatWasPacked) {
  for (const std::size_t size : {1ul, 100ul, 70'000ul, (1ul << 20), (1ul << 20) + 1, 5'000'000ul}) {
    for (const unsigned kinds : {1u, 4u, 256u}) {
      const Bytes bytes = random_bytes(size, kinds);
      for (const std::size_t step : {size, size / 3 + 1, std::size_t{100'000}}) {
        EXPECT_EQ(unpacked(packed(bytes), size, step), bytes) << size << ' ' << kinds << ' ' << step;
      }
    }
  }
}

TEST(Packing, TakesManyPiecesForOneValue) {
  const Bytes bytes = random_bytes(3'000'000, 4);
  std::vector<std::span<const std::byte>> pieces;
  std::span<const std::byte> rest(bytes);
  for (std::size_t size = 1; !rest.empty(); size = size * 3 + 1) {
    pieces.push_back(rest.first(std::min(size, rest.size())));
    rest = rest.subspan(pieces.back().size());
  }
  EXPECT_EQ(unpacked(packed(pieces), bytes.size(), bytes.size()), bytes);
}

TEST(Packing, MakesFewBytesOfFewKinds) {
  EXPECT_LT(packed(Bytes(1 << 20)).size(), 10'000u);
  EXPECT_LT(packed(random_bytes(1 << 20)).size(), (1u << 20) + 100);
}

TEST(Packing, IsWorthItForWhatShrinks) {
  const auto worth = [](const Bytes& bytes) {
    const std::span<const std::byte> piece(bytes);
    return worth_packing({&piece, 1});
  };
  EXPECT_TRUE(worth(Bytes(1 << 20)));
  EXPECT_FALSE(worth(random_bytes(1 << 20)));
  EXPECT_FALSE(worth(Bytes(1000))) << "it is small";
}

TEST(Packing, BytesThatEndAreAnError) {
  const Bytes bytes = packed(random_bytes(200'000, 4));
  for (std::size_t size = 0; size < bytes.size(); size += 997) {
    EXPECT_THROW(
        unpacked(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)), 200'000, 200'000),
        Source::Broken);
  }
}

/// A chunk that says it becomes more than was announced, or more than a chunk may.
TEST(Packing, ABombIsRefused) {
  const Bytes bytes = packed(Bytes(1 << 20));
  EXPECT_THROW(unpacked(bytes, (1 << 20) - 1, 1 << 20), Source::Broken);
  Bytes larger = bytes;
  larger[3] = std::byte{1};  // 16 MiB more
  UnpackingSource source(from(larger), std::uint64_t{1} << 40);
  std::vector<std::byte> into(100);
  EXPECT_THROW(source.read(into), Source::Broken);
  EXPECT_THAT(source.broken(), HasSubstr("chunk"));
}

TEST(Packing, DamagedBytesAreErrorsOrOtherBytesAndNeverMore) {
  std::mt19937 random(3);
  const Bytes whole = packed(random_bytes(100'000, 4));
  for (int i = 0; i < 2000; ++i) {
    Bytes damaged = whole;
    for (std::size_t n = random() % 4 + 1; n > 0; --n)
      damaged[random() % 200] = static_cast<std::byte>(random());
    try {
      (void)unpacked(damaged, 100'000, 30'000);
    } catch (const Source::Broken&) {
    }
  }
}

}  // namespace
}  // namespace dflow::transfer
