// The tasks of one call in the source, in a launch: how they are numbered, and where their results and counters lie.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <dflow/detail/launch_work.h>
#include <dflow/detail/value.h>
#include <dflow/detail/window.h>

namespace dflow::inline v0::detail {

/// The product of extents, 0 if one is not positive.
DFLOW_EXPORT TaskId size_of_box(const Index* extents, std::size_t dimensions);

/// A family's instances as numbers: the box of their indices, row by row.
template <std::size_t D>
struct Box {
  std::array<Index, D> least{}, extent{};

  /// Throws std::bad_alloc if there are more than can be numbered.
  TaskId size() const { return size_of_box(extent.data(), D); }
  template <class... I>
  TaskId rank(I... indices) const {
    Index result = 0;
    std::size_t d = 0;
    ((result = result * extent[d] + (indices - least[d]), ++d), ...);
    return static_cast<TaskId>(result);
  }
  std::array<Index, D> indices(TaskId rank) const {
    std::array<Index, D> result{};
    for (std::size_t d = D; d-- > 1; rank /= static_cast<TaskId>(extent[d]))
      result[d] = least[d] + static_cast<Index>(rank % static_cast<TaskId>(extent[d]));
    if constexpr (D > 0) result[0] = least[0] + static_cast<Index>(rank);
    return result;
  }
};

/// Results need no count of their readers if leaving them behind costs nothing.
template <class T>
inline constexpr bool counts_readers_v = !std::is_trivially_destructible_v<Stored<T>>;

/// A result as one of its readers sees it.
template <class T>
struct Input {
  Stored<T>* value;
  std::atomic<std::uint32_t>* readers;  ///< Null: nobody counts; it is not for a reader to take or to destroy.
  TaskId id;
  Window* window = nullptr;  ///< That hears of its end.
  bool is_last = false;      ///< Nobody reads it after this one.

  /// As one that is known to be the last reader sees it, and one that is known not to be.
  Input last() const { return {value, nullptr, id, window, true}; }
  Input never() const { return {value, nullptr, id, nullptr, false}; }

  const Stored<T>& by_reference() const { return *value; }
  /// For a body that may run again.
  Stored<T> copied() const { return *value; }
  /// Moved by the last reader, else copied.
  Stored<T> by_value() const {
    if constexpr (!is_copyable_v<Stored<T>>) {
      return std::move(*value);
    } else if constexpr (std::is_trivially_copyable_v<Stored<T>>) {
      return *value;
    } else {
      return taken(*value, is_last || (readers && readers->load(std::memory_order_acquire) == 1));
    }
  }
  /// This reader is done.
  void release(Work& work) const {
    if (!counts_readers_v<T> && !window) return;
    if (!is_last && (!readers || readers->fetch_sub(1, std::memory_order_acq_rel) != 1)) return;
    if constexpr (counts_readers_v<T>) {
      if (!work.launch.troubled() || !work.launch.has_failed(id)) destroyed(*value);
    }
    if (window) work.ledgers.dead(*window, id);
  }

 private:
  // Code for each call of the user's is much of what compiling a launcher costs: these are calls.
  [[gnu::noinline]] static Stored<T> taken(Stored<T>& value, bool is_last) {
    if (is_last) return std::move(value);
    return value;
  }
  [[gnu::noinline]] static void destroyed(Stored<T>& value) { std::destroy_at(&value); }
};

/// What a call gives to the next one in the same task.
template <class T>
class Between {
 public:
  Between() = default;
  Between(const Between&) = delete;
  Between& operator=(const Between&) = delete;
  ~Between() {
    if (is_made) std::destroy_at(place());
  }
  Stored<T>* place() { return std::launder(reinterpret_cast<Stored<T>*>(memory_)); }
  const Stored<T>& by_reference() { return *place(); }
  Stored<T> copied() { return *place(); }
  Stored<T> by_value() { return std::move(*place()); }
  bool is_made = false;

 private:
  alignas(Stored<T>) std::byte memory_[sizeof(Stored<T>)];
};

/// What of a family does not depend on its results' type: where they lie. Memory is zeroed, and costs nothing until it is
/// touched.
class DFLOW_EXPORT FamilyStore {
 public:
  FamilyStore(const FamilyStore&) = delete;
  FamilyStore& operator=(const FamilyStore&) = delete;

  Launch::Range all() const { return {base, end}; }

  TaskId base = 0, end = 0;
  std::size_t stride = 1;

 protected:
  struct Layout {
    std::size_t value_size;  ///< 0: nothing to keep.
    std::size_t alignment;
    std::size_t count_size;  ///< 0: nothing to count.
    bool counts_readers;
  };

  FamilyStore() = default;
  ~FamilyStore();
  /// Takes `width` numbers from `next` on for each instance. Throws std::bad_alloc.
  void reserve(TaskId instances, std::size_t width, TaskId& next, const Layout& layout);

  void* values_ = nullptr;
  void* counts_ = nullptr;
  std::atomic<std::uint32_t>* readers_ = nullptr;
  Window* window_ = nullptr;
};

/// Tasks of one call in the source: their numbers, results and counters. `Wanted`: inputs of each; 0 if it varies. `Counted`:
/// some readers of the results have to find out whether they are the last.
template <std::size_t D, class T, std::uint32_t Wanted, bool Counted = true>
class TaskFamily : public FamilyStore {
 public:
  using Count = std::conditional_t<(Wanted == 0 || Wanted > 255), std::uint32_t, std::uint8_t>;

  void reserve(const Box<D>& indices, TaskId& next, std::size_t width = 1) {
    constexpr bool kept = !std::is_empty_v<Stored<T>>;
    constexpr Layout layout{kept ? sizeof(Stored<T>) : 0, alignof(Stored<T>), Wanted != 1 ? sizeof(Count) : 0,
                            Counted && counts_readers_v<T>};
    box = indices;
    FamilyStore::reserve(box.size(), width, next, layout);
  }

  template <class... I>
  TaskId id(I... indices) const {
    return base + box.rank(indices...) * stride;
  }
  std::array<Index, D> indices(TaskId id) const { return box.indices((id - base) / stride); }
  Stored<T>* place(TaskId id) const {
    if constexpr (std::is_empty_v<Stored<T>>) return &nothing();
    if (window_) [[unlikely]] return static_cast<Stored<T>*>(window_->value(id));
    return static_cast<Stored<T>*>(values_) + (id - base);
  }
  std::atomic<std::uint32_t>* readers(TaskId id) const {
    if constexpr (!Counted) return nullptr;
    if (window_) [[unlikely]] return window_->readers(id);
    return counts_readers_v<T> ? readers_ + (id - base) : nullptr;
  }
  Input<T> input(TaskId id) const { return {place(id), readers(id), id, window_}; }

  /// Before the task runs: so many will read its result, which is kept here.
  void expect(TaskId id, [[maybe_unused]] std::uint32_t readers, Work& work) const {
    if (window_) [[unlikely]] {
      // Also of one that nobody reads: there has to be a place for it while the task runs.
      work.ledgers.born(*window_, id);
      if constexpr (Counted) window_->readers(id)->store(readers, std::memory_order_relaxed);
    } else if constexpr (Counted && counts_readers_v<T>) {
      readers_[id - base].store(readers, std::memory_order_relaxed);
    }
  }
  /// The result of a task that has ended, and that nobody reads.
  void drop(TaskId id, bool is_there, Work& work) const {
    if constexpr (counts_readers_v<T>) {
      if (is_there) std::destroy_at(place(id));
    }
    if (window_) [[unlikely]] work.ledgers.dead(*window_, id);
  }

  /// One of `Wanted` inputs is there.
  void arrive(TaskId id, Work& work) const {
    if constexpr (Wanted == 1) {
      work.arrived(id);
    } else {
      if (work.told) [[unlikely]] return work.note(id);
      std::atomic<Count>& count = count_of(id);
      // The last one needs no locked instruction: nobody else counts any more.
      if (count.load(std::memory_order_acquire) == Wanted - 1 ||
          count.fetch_add(1, std::memory_order_acq_rel) == Wanted - 1) {
        work.ready(id);
      }
    }
  }
  void arrive_of(TaskId id, std::uint32_t wanted, Work& work) const
    requires(Wanted == 0)
  {
    work.arrived(count_of(id), wanted, id);
  }

  Box<D> box;

 private:
  std::atomic<Count>& count_of(TaskId id) const { return static_cast<std::atomic<Count>*>(counts_)[id - base]; }
  static Stored<T>& nothing() {
    static Stored<T> unit{};
    return unit;
  }
};

}  // namespace dflow::inline v0::detail
