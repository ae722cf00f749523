// Parameters and arguments that refer instead of holding.
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace dflow::inline v0 {

/// A task's parameter that takes a container of futures without copying their values: a range of `const T&`, valid
/// while the task runs.
///
///     Total sum(dflow::Refs<Counts> parts);      ex.submit(sum, futures_of_counts);
template <class T>
class Refs {
 public:
  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    Iterator() = default;
    explicit Iterator(const T* const* position) : position_(position) {}

    reference operator*() const { return **position_; }
    pointer operator->() const { return *position_; }
    reference operator[](difference_type n) const { return *position_[n]; }
    Iterator& operator++() { return ++position_, *this; }
    Iterator operator++(int) { return Iterator(position_++); }
    Iterator& operator--() { return --position_, *this; }
    Iterator operator--(int) { return Iterator(position_--); }
    Iterator& operator+=(difference_type n) { return position_ += n, *this; }
    Iterator& operator-=(difference_type n) { return position_ -= n, *this; }
    friend Iterator operator+(Iterator a, difference_type n) { return a += n; }
    friend Iterator operator+(difference_type n, Iterator a) { return a += n; }
    friend Iterator operator-(Iterator a, difference_type n) { return a -= n; }
    friend difference_type operator-(Iterator a, Iterator b) { return a.position_ - b.position_; }
    friend bool operator==(Iterator a, Iterator b) = default;
    friend auto operator<=>(Iterator a, Iterator b) { return a.position_ <=> b.position_; }

   private:
    const T* const* position_ = nullptr;
  };
  using iterator = Iterator;
  using const_iterator = Iterator;
  using value_type = T;

  explicit Refs(std::vector<const T*> pointers) : pointers_(std::move(pointers)) {}

  std::size_t size() const noexcept { return pointers_.size(); }
  bool empty() const noexcept { return pointers_.empty(); }
  const T& operator[](std::size_t i) const { return *pointers_[i]; }
  const T& front() const { return *pointers_.front(); }
  const T& back() const { return *pointers_.back(); }
  Iterator begin() const { return Iterator(pointers_.data()); }
  Iterator end() const { return Iterator(pointers_.data() + pointers_.size()); }

 private:
  std::vector<const T*> pointers_;
};

/// What `borrow` makes.
template <class T>
class Borrowed {
 public:
  explicit Borrowed(const T& object) noexcept : object_(&object) {}
  const T& get() const noexcept { return *object_; }

 private:
  const T* object_;
};

/// Passes an object by reference instead of by copy. It must outlive the task; only within one process.
template <class T>
Borrowed<T> borrow(const T& object) noexcept {
  return Borrowed<T>(object);
}
template <class T>
void borrow(const T&&) = delete;  // a temporary would be gone before the task runs

}  // namespace dflow::inline v0
