// Checks a submission against dflow's rules, and makes its node.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <dflow/detail/task_node.h>

namespace dflow::inline v0::detail {

/// A node that is made but not yet handed to the session.
template <class T>
struct NewTask {
  Value<T>* node;

  explicit NewTask(Value<T>* made) noexcept : node(made) {}
  NewTask(NewTask&& other) noexcept : node(std::exchange(other.node, nullptr)) {}
  NewTask& operator=(NewTask&&) = delete;
  /// Not submitted after all: both the handle's reference and the runtime's go.
  ~NewTask() {
    if (!node) return;
    node->release_from_runtime();
    node->release();
  }
  /// Submitted: the runtime's reference is the session's, the handle's goes to the future.
  Future<T> release() noexcept { return Future<T>(NodeRef(std::exchange(node, nullptr))); }
};

/// Whether a submission keeps the rules. Asked apart from the rules themselves: clang++ takes what a class says whose
/// assertion failed for unknown, and would instantiate what follows from a broken rule, too.
template <class F, class... A>
inline constexpr bool keeps_rules = (std::is_copy_constructible_v<F> || std::is_move_constructible_v<F>) &&
                                    Call<F, A...>::no_mutable_reference && Call<F, A...>::fits &&
                                    Call<F, A...>::no_void_future && Call<F, A...>::accepts;

/// The rules, each in its own words.
template <class F, class... A>
struct Rules {
  using C = Call<F, A...>;
  static_assert(std::is_copy_constructible_v<F> || std::is_move_constructible_v<F>,
                "dflow: a task's callable must be movable");
  static_assert(C::no_mutable_reference,
                "dflow: a task may not take a non-const reference: nobody would see the change. "
                "Take it by value or by const&, and return what changed");
  static_assert(!C::S::known || C::fits, "dflow: this task takes another number of arguments");
  static_assert(C::no_void_future, "dflow: Future<void> is no argument: name it in TaskOptions::after");
  static_assert(!C::fits || C::accepts,
                "dflow: an argument (or the value of a future given as one) does not convert to the task's parameter");
};

template <class F, class... A>
struct TaskTypes {
  using C = Call<F, A...>;
  using Slots = typename SlotsOf<C, F, A...>::type::type;
  using Leading = typename decltype(leading_types<C, F, Slots>())::type;
  static constexpr bool possible = Invocation<F, Slots, Leading>::possible;
};

/// The last rule, where all others are kept.
template <bool Possible>
struct CallRule {
  static_assert(Possible, "dflow: the task cannot be called with these arguments");
};

template <class F, class Slots, class Leading>
struct ResultOf;
template <class F, class... Slots, class... Leading>
struct ResultOf<F, std::tuple<Slots...>, std::tuple<Leading...>> {
  using returned = std::invoke_result_t<typename Invocation<F, std::tuple<Slots...>, std::tuple<Leading...>>::Callee,
                                        Leading..., decltype(std::declval<Slots&>().pass(true))...>;
  static constexpr bool owns = !is_borrowing_v<returned>;
  using type = std::conditional_t<std::is_void_v<returned>, void, std::decay_t<returned>>;
};

/// Leaves an argument as a task that takes it leaves it: a dry run makes no task, but the program may look at what it
/// has moved from, or fill it anew.
template <class A>
void take_from([[maybe_unused]] std::remove_reference_t<A>& argument) {
  if constexpr (!std::is_reference_v<A> && !std::is_const_v<A> && std::is_class_v<A> && !is_lazy_v<A> &&
                std::is_move_constructible_v<A>) {
    [[maybe_unused]] const A taken(std::move(argument));
  }
}

/// Makes the node of `f(arguments...)`; nothing is submitted yet.
template <class F, class... A>
auto make_task(Scope& scope, const std::shared_ptr<const TaskOptions>& options, F&& f, A&&... arguments) {
  using D = std::decay_t<F>;
  if constexpr (!keeps_rules<D, Evaluated<A>...>) {
    [[maybe_unused]] const Rules<D, Evaluated<A>...> broken;
    return NewTask<int>(nullptr);
  } else if constexpr (!TaskTypes<D, Evaluated<A>...>::possible) {
    [[maybe_unused]] const CallRule<TaskTypes<D, Evaluated<A>...>::possible> broken;
    return NewTask<int>(nullptr);
  } else {
    using Types = TaskTypes<D, Evaluated<A>...>;
    using Result = ResultOf<D, typename Types::Slots, typename Types::Leading>;
    static_assert(Result::owns,
                  "dflow: a task may not return a view of something else (string_view, span, reference_wrapper): "
                  "what it refers to may be gone. Return an owning type");
    using R = typename Result::type;
    using Task = TaskNode<D, R, typename Types::Slots, typename Types::Leading>;
    using T = typename Task::T;
    if (scope.dry) [[unlikely]] {
      auto* node = DryNode<T>::make();
      NewTask<T> task(node);
      node->type = &typeid(D);
      if constexpr (std::is_pointer_v<D>) node->address = reinterpret_cast<const void*>(f);
      if (options) attach_options(*node, options);
      connect(*node, nullptr, 0, false, options.get(), [&](auto&& visitor) {
        (Arrival<std::decay_t<A>>::visit(arguments, visitor), ...);
      });
      take_from<F>(f);
      (take_from<A>(arguments), ...);
      return task;
    }
    Task* node = Task::make(std::forward<F>(f), evaluated(std::forward<A>(arguments))...);
    NewTask<T> task(node);
    node->claim();
    if (scope.always_copy) node->traits |= kNeverMove;
    if (options || node->has(kTakesStopToken)) attach_options(*node, options);
    connect(*node, node->inline_edge_array(), Task::inline_edges, Task::counted, options.get(),
            [&](auto&& visitor) { node->visit_futures(visitor); });
    return task;
  }
}

}  // namespace dflow::inline v0::detail
