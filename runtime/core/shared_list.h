#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

namespace dflow::core {

/// A list that does not change. Long ones are shared by those who have a copy, and by neighbours in a message (codec.h): where all
/// results of some tasks go to all of others, each of these needs the same. Short ones are copied, which costs less than to share them.
template <class T>
class SharedList {
 public:
  using value_type = T;
  using iterator = const T*;
  using const_iterator = const T*;
  static constexpr std::size_t kLong = 8;

  SharedList() = default;
  SharedList(std::initializer_list<T> items) : SharedList(std::vector<T>(items)) {}
  SharedList(std::vector<T> items) {  // NOLINT: as good as one
    if (items.size() < kLong) few_ = std::move(items);
    else many_ = std::make_shared<const std::vector<T>>(std::move(items));
  }
  /// Shares what another list has shared.
  explicit SharedList(std::shared_ptr<const std::vector<T>> many) : many_(std::move(many)) {}

  const std::vector<T>& items() const { return many_ ? *many_ : few_; }
  const_iterator begin() const { return items().data(); }
  const_iterator end() const { return begin() + size(); }
  std::size_t size() const { return items().size(); }
  bool empty() const { return items().empty(); }
  const T& operator[](std::size_t i) const { return items()[i]; }
  const T& front() const { return items().front(); }

  /// Null of a short one.
  const std::shared_ptr<const std::vector<T>>& shared() const { return many_; }
  /// Both are one list: equal without a look at what they hold.
  bool is(const SharedList& other) const { return many_ && many_ == other.many_; }
  bool operator==(const SharedList& other) const { return is(other) || items() == other.items(); }

 private:
  std::vector<T> few_ = {};
  std::shared_ptr<const std::vector<T>> many_ = {};
};

}  // namespace dflow::core
