#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

/// Damage that files suffer: cut short anywhere, bits turned over.
namespace dflow::formats::testing {

/// Calls `read` with every proper prefix of `bytes`.
template <class Read>
void for_each_truncation(std::string_view bytes, Read read) {
  for (std::size_t size = 0; size < bytes.size(); ++size) read(std::string(bytes.substr(0, size)));
}

/// Calls `read` with `count` copies of `bytes` in each of which one to four bits are turned over; repeatable.
template <class Read>
void for_random_flips(std::string_view bytes, int count, Read read) {
  std::mt19937_64 random(20260101);
  for (int i = 0; i < count; ++i) {
    std::string damaged(bytes);
    for (auto flips = 1 + random() % 4; flips > 0; --flips) {
      const auto bit = random() % (damaged.size() * 8);
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    }
    read(damaged);
  }
}

}  // namespace dflow::formats::testing
