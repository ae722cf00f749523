// What launchers of static plans are made of. dflowc generates one for each graph function whose dependences it has in
// closed form: a class whose tasks have numbers instead of nodes, whose results lie in flat arrays, and whose consumers
// are computed instead of stored.
#pragma once

#include <cstdint>
#include <new>
#include <type_traits>

#include <dflow/detail/launch_family.h>
#include <dflow/detail/launch_given.h>
#include <dflow/detail/launch_kept.h>
#include <dflow/detail/launch_limits.h>
#include <dflow/detail/launch_output.h>
#include <dflow/detail/launch_reduce.h>
#include <dflow/detail/launch_work.h>
#include <dflow/detail/site.h>
#include <dflow/detail/throw_watch.h>

namespace dflow::inline v0::detail {

/// A parameter's value as the plan's conditions take it; throws std::bad_alloc for values beyond what they can count.
template <class T>
Index index_of(T value) {
  constexpr Index kMost = Index{1} << 31;
  if constexpr (std::is_unsigned_v<T>) {
    if (value > static_cast<std::uint64_t>(kMost)) throw std::bad_alloc();
  } else if constexpr (!std::is_enum_v<T>) {
    if (value > kMost || value < -kMost) throw std::bad_alloc();
  }
  return static_cast<Index>(value);
}

/// What is computed from parameters' values. Throws std::bad_alloc where the program's own arithmetic would mean nothing, or
/// something else.
class Number {
 public:
  Number(Index value) : value_(value) {}  // NOLINT: constants are numbers
  Index value() const { return value_; }

  friend Number operator+(Number a, Number b) { return checked(__builtin_add_overflow(a.value_, b.value_, &a.value_), a); }
  friend Number operator-(Number a, Number b) { return checked(__builtin_sub_overflow(a.value_, b.value_, &a.value_), a); }
  friend Number operator*(Number a, Number b) { return checked(__builtin_mul_overflow(a.value_, b.value_, &a.value_), a); }
  friend Number operator/(Number a, Number b) { return checked(b.value_ == 0 || b.value_ == -1, a).value_ / b.value_; }
  friend Number operator%(Number a, Number b) { return checked(b.value_ == 0 || b.value_ == -1, a).value_ % b.value_; }

 private:
  static Number checked(bool wrong, Number result) {
    if (wrong) throw std::bad_alloc();
    return result;
  }
  Index value_;
};

/// The loops that all launchers share. `Derived` has `dflow_run(id, work)`.
template <class Derived>
class LaunchOf : public Launch {
 public:
  void run_task(TaskId id, Work& work) final { static_cast<Derived&>(*this).dflow_run(id, work); }
  void run_roots(Work& work) final {
    while (work.root < work.root_end) static_cast<Derived&>(*this).dflow_run(work.root++, work);
    work.flush();
  }

 protected:
  using Launch::Launch;
};

/// Where a graph function finds its launcher: set before `main`, null without one. Each translation unit has its own, since
/// another may have a function of its own at the same place of a file of the same name.
template <FixedString Name, FixedString File, int Line, class Start, class... Instance>
static constinit Start* launcher = nullptr;

/// A number among the arguments of a template, by which instantiations of a graph function are told apart.
template <auto Value>
struct Constant {};

/// Puts a launcher into its place.
struct LauncherEntry {
  template <class Start>
  LauncherEntry(Start*& place, Start* start) {
    place = start;
  }
};

/// A lambda without captures has no name that a launcher could call it by: where it stands, it leaves a pointer to itself, before
/// `main`.
template <FixedString File, int Line, int Column, class Pointer>
static constinit Pointer callable_at = nullptr;

template <FixedString File, int Line, int Column, class Pointer, class F>
struct NotedCallable {
  static inline const bool done = (callable_at<File, Line, Column, Pointer> = F(), true);
};

/// The lambda itself.
template <FixedString File, int Line, int Column, class Pointer, class F>
constexpr F noted(F callable) {
  [[maybe_unused]] const bool& done = NotedCallable<File, Line, Column, Pointer, F>::done;
  return callable;
}

/// One that holds copies, and which dflowc has written as a class of them: it is made anew from such copies, which stand
/// behind its arguments.
template <class F, class Signature, class... Captures>
struct CalledAnew;
template <class F, class R, class... A, class... Captures>
struct CalledAnew<F, R(A...), Captures...> {
  static R call(A... arguments, const Captures&... captures) { return F{captures...}(static_cast<A&&>(arguments)...); }
};

template <FixedString File, int Line, int Column, class Pointer, class Call>
struct NotedHolder {
  static inline const bool done = (callable_at<File, Line, Column, Pointer> = &Call::call, true);
};

template <FixedString File, int Line, int Column, class Pointer, class Signature, class... Captures, class F>
constexpr F noted_holder(F callable) {
  [[maybe_unused]] const bool& done =
      NotedHolder<File, Line, Column, Pointer, CalledAnew<F, Signature, Captures...>>::done;
  return callable;
}

}  // namespace dflow::inline v0::detail
