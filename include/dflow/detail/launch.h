// What launchers of static plans are made of. dflowc generates one for each graph function whose dependences it has in
// closed form: a class whose tasks have numbers instead of nodes, whose results lie in flat arrays, and whose consumers
// are computed instead of stored.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <dflow/detail/launch_family.h>
#include <dflow/detail/launch_output.h>
#include <dflow/detail/launch_reduce.h>
#include <dflow/detail/launch_work.h>

namespace dflow::inline v0::detail {

struct LaunchDeleter {
  void operator()(Launch* launch) const noexcept { static_cast<Node*>(launch)->destroy(); }
};
/// A launch that has not started; from its start on it deletes itself.
template <class L, class... A>
std::unique_ptr<L, LaunchDeleter> make_launch(A&&... arguments) {
  return std::unique_ptr<L, LaunchDeleter>(new L(std::forward<A>(arguments)...));
}

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

  /// Runs the body and keeps what it returns in `place`; true if it did. `inputs` lists the tasks it reads from.
  template <class Value, class Inputs, class Body>
  bool dflow_perform(TaskId id, Value* place, Inputs&& inputs, Body&& body) {
    if (troubled() && fails_from(id, inputs(), nullptr)) [[unlikely]] return false;
    try {
      dflow_keep(place, body);
      return true;
    } catch (...) {
      fail(id, State::failed, std::current_exception());
      return false;
    }
  }
  /// The same for a task whose future the caller has, or had. `read_here`: other tasks of the launch read it, too.
  template <class T, class Inputs, class Body>
  void dflow_perform_output(TaskId id, NodeRef& output, bool read_here, Inputs&& inputs, Body&& body) {
    auto& node = static_cast<LaunchedNode<T>&>(*output.get());
    if (troubled() && fails_from(id, inputs(), &node)) [[unlikely]] return;
    if (!claim(node, id)) return;
    if (!read_here) output = NodeRef();  // the runtime's share keeps it; readers elsewhere may take the value
    try {
      dflow_keep(std::addressof(node.value()), body);
    } catch (...) {
      fail(id, State::failed, std::current_exception());
      node.set_error(std::current_exception());
      return end(node, State::failed);
    }
    end(node, State::done);
  }

 private:
  template <class Value, class Body>
  static void dflow_keep(Value* place, Body& body) {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      std::construct_at(place);
    } else {
      ::new (static_cast<void*>(place)) Value(body());
    }
  }
};

/// Where a graph function finds its launcher: set before `main`, null without one. Each translation unit has its own, since
/// another may have a function of its own at the same place of a file of the same name.
template <FixedString Name, FixedString File, int Line, class Start>
static constinit Start* launcher = nullptr;

/// Puts a launcher into its place.
struct LauncherEntry {
  template <class Start>
  LauncherEntry(Start*& place, Start* start) {
    place = start;
  }
};

}  // namespace dflow::inline v0::detail
