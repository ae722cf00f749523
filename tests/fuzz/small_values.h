// Bytes to events in which few names occur, so that they speak of each other.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "runtime/core/codec.h"
#include "runtime/core/holders.h"
#include "runtime/core/ids.h"

namespace dflow::fuzz {

class SmallValues {
 public:
  explicit SmallValues(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }

  /// The next byte; 0 behind the end.
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }

  template <class T>
  T make() {
    T value{};
    fill(value);
    return value;
  }

  template <class T>
  void fill(T& value) {
    if constexpr (std::is_same_v<T, core::TaskId>) {
      const auto pick = byte();
      value = core::task_id(core::ClientId{pick % 3u}, pick / 3 % 8);
    } else if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(byte() % 4);
    } else if constexpr (std::is_same_v<T, bool>) {
      value = byte() % 2 == 1;
    } else if constexpr (std::is_integral_v<T>) {
      const auto pick = byte();  // mostly small; the ends of the range as well
      value = pick == 255 ? std::numeric_limits<T>::max() : pick == 254 ? std::numeric_limits<T>::min() : static_cast<T>(pick % 6);
    } else if constexpr (std::is_same_v<T, double>) {
      constexpr double kSome[] = {0, 1, 2, 0.5, -1, 1e300, std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN()};
      value = kSome[byte() % 8];
    } else if constexpr (core::Record<T>) {
      std::apply([&](auto... field) { (fill(value.*field), ...); }, T::fields);
    } else {
      compound(value);
    }
  }

 private:
  void compound(std::string& value) { value.assign(1, "abc"[byte() % 3]); }
  void compound(core::Duration& value) { value = std::chrono::milliseconds(byte()); }
  void compound(core::Time& value) { value = core::Time(std::chrono::milliseconds(100 * byte())); }
  template <class T>
  void compound(std::vector<T>& values) {
    several(values);
  }
  void compound(core::Holders& values) { several(values); }
  template <class T>
  void compound(core::SharedList<T>& values) {
    values = make<std::vector<T>>();
  }
  void several(auto& values) {
    for (int count = byte() % 4; count > 0; --count) fill(values.emplace_back());
  }
  template <class K, class V>
  void compound(std::map<K, V>& values) {
    for (int count = byte() % 3; count > 0; --count) {
      const K key = make<K>();
      fill(values[key]);
    }
  }
  template <class T>
  void compound(std::optional<T>& value) {
    if (byte() % 4 == 0) fill(value.emplace());
  }
  template <class T>
  void compound(std::shared_ptr<T>& value) {
    if (byte() % 4 == 0) value = std::make_shared<T>(make<std::remove_const_t<T>>());
  }
  template <class... T>
  void compound(std::variant<T...>& value) {
    const std::size_t index = byte() % sizeof...(T);
    std::size_t at = 0;
    ((at++ == index ? fill(value.template emplace<T>()) : void()), ...);
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace dflow::fuzz
