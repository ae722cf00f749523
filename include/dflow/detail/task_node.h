// From a callable and its arguments to a node that can run.
#pragma once

#include <array>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <dflow/detail/arguments.h>
#include <dflow/detail/call.h>
#include <dflow/detail/call_types.h>
#include <dflow/detail/session.h>
#include <dflow/detail/value.h>

namespace dflow::inline v0::detail {

/// What a body returned that returns a future.
struct Inner {
  NodeRef node;
  NodeRef readers;
  Edge edge;
};

/// F: decayed callable; R: what the call returns; Slots: Arguments; Leading: filled-in parameters.
template <class F, class R, class Slots, class Leading>
class TaskNode;

template <class F, class R, class... Slots, class... Leading>
class TaskNode<F, R, std::tuple<Slots...>, std::tuple<Leading...>> final
    : public Value<typename FlattenedType<R>::type> {
 public:
  using T = typename FlattenedType<R>::type;
  static constexpr bool forwards = is_future_v<R>;
  /// A pointer is kept apart from what ends with the body: messages about the task name its function later, too.
  static constexpr bool stays = std::is_pointer_v<F>;
  static constexpr bool counted = ((Slots::edges >= 0) && ... && true);
  static constexpr std::size_t inline_edges = counted ? (std::size_t(Slots::edges) + ... + 0) : 0;

  template <class G, class... A>
  static TaskNode* make(G&& callable, A&&... arguments) {
    void* memory = allocate(sizeof(TaskNode));
    try {
      return ::new (memory) TaskNode(std::forward<G>(callable), std::forward<A>(arguments)...);
    } catch (...) {
      deallocate(memory, sizeof(TaskNode));
      throw;
    }
  }

  /// Claims the move-only results among the arguments; throws if one of them is taken.
  void claim() {
    std::apply([](Slots&... slots) { (slots.claim(), ...); }, body_.slots);
  }

  void run() override {
    const bool move = !this->has(kNeverMove);
    using Callee = typename Invocation<F, std::tuple<Slots...>, std::tuple<Leading...>>::Callee;
    auto body = [&](Slots&... slots) -> R {
      return detail::call(static_cast<Callee&&>(callable()), fill_in<Leading>(*this)..., slots.pass(move)...);
    };
    if constexpr (forwards) {
      inner_.node = NodeRef();
      R future = std::apply(body, body_.slots);
      if (!future.valid()) throw_empty_future("the task's result");
      inner_.node = AnyFuture(future).take_node();
      inner_.edge = {.next = nullptr, .consumer = this, .producer = inner_.node.get()};
    } else if constexpr (std::is_void_v<R>) {
      std::apply(body, body_.slots);
      std::construct_at(std::addressof(this->value_));
    } else {
      ::new (static_cast<void*>(std::addressof(this->value_))) T(std::apply(body, body_.slots));
    }
  }

  void pass_through_bytes(Crossing what, bool must) override {
    if (what == Crossing::value) return Value<T>::pass_through_bytes(what, must);
    const auto pass = [must]<class Slot>(Slot& slot) {
      if constexpr (requires { slot.object(); }) detail::pass_through_bytes(slot.object(), must);
    };
    std::apply([&](Slots&... slots) { (pass(slots), ...); }, body_.slots);
  }

  void release_arguments() noexcept override {
    this->released = true;
    std::destroy_at(std::addressof(body_));
  }

  Edge* inner() noexcept override {
    if constexpr (forwards) return &inner_.edge;
    return nullptr;
  }

  bool claim_inner_value() override {
    if constexpr (forwards && !is_copyable_v<Stored<T>>) {
      if (inner_.edge.producer != inner_.node.get()) return false;  // claimed, and waited for
      auto& source = static_cast<Value<T>&>(*inner_.node.get());
      inner_.readers = begin_taking(source, source.readers);
      if (!inner_.readers) return false;
      inner_.edge.producer = inner_.readers.get();
      return true;
    }
    return false;
  }

  void adopt_inner() override {
    if constexpr (forwards) {
      NodeRef source = std::move(inner_.node);
      if (source.get()->marked(kElsewhere)) fetch_value(*source.get(), std::nullopt);
      ::new (static_cast<void*>(std::addressof(this->value_)))
          Stored<T>(static_cast<Value<T>&>(*source.get()).take(!this->has(kNeverMove)));
    }
  }

  const std::type_info& callable_type() const noexcept override { return typeid(F); }

  const CallForm* call_form() const noexcept override {
    static constexpr bool sendable = first_obstacle<F, typename Slots::Kept...>() == nullptr;
    if constexpr (sendable) {
      static constexpr CallForm form{CallForm::kMagic, nullptr, write_call, read_call};
      return &form;
    } else {
      static constexpr CallForm form{CallForm::kMagic, first_obstacle<F, typename Slots::Kept...>(), nullptr, nullptr};
      return &form;
    }
  }

  const void* callable_address() const noexcept override {
    if constexpr (stays) return reinterpret_cast<const void*>(pointer_);
    return nullptr;
  }

  void destroy() noexcept override {
    this->~TaskNode();
    deallocate(this, sizeof(TaskNode));
  }

  /// Calls `visitor` with each future among the arguments, in order.
  template <class Visitor>
  void visit_futures(Visitor&& visitor) {
    std::apply([&](Slots&... slots) { (slots.visit(visitor), ...); }, body_.slots);
  }

  Edge* inline_edge_array() noexcept { return edges_.data(); }

 private:
  template <class G, class... A>
    requires(!stays)
  explicit TaskNode(G&& called, A&&... arguments)
      : body_{std::forward<G>(called), std::tuple<Slots...>(std::forward<A>(arguments)...)} {
    add_traits();
  }
  template <class... A>
    requires(stays)
  explicit TaskNode(F called, A&&... arguments) : pointer_(called), body_{std::tuple<Slots...>(std::forward<A>(arguments)...)} {
    add_traits();
  }

  void add_traits() noexcept {
    if (forwards) this->traits |= kForwards;
    if (takes_stop_token(std::type_identity<std::tuple<Leading...>>())) this->traits |= kTakesStopToken;
  }

  ~TaskNode() override {
    if (this->released) return;
    std::apply([](Slots&... slots) { (slots.abandon(), ...); }, body_.slots);  // it was never submitted
    std::destroy_at(std::addressof(body_));
  }

  struct WithCallable {
    F callable;
    std::tuple<Slots...> slots;
  };
  struct WithoutCallable {
    std::tuple<Slots...> slots;
  };
  using Body = std::conditional_t<stays, WithoutCallable, WithCallable>;

  auto& callable() noexcept {
    if constexpr (stays) return pointer_;
    else return body_.callable;
  }

  static void write_call(Node& node, TaskWriter& out) {
    TaskNode& task = static_cast<TaskNode&>(node);
    const Body& body = task.body_;
    Part<F>::write(out, task.callable());
    std::apply([&](const Slots&... slots) { (Part<typename Slots::Kept>::write(out, slots.kept()), ...); }, body.slots);
  }
  template <class Slot>
  static auto receive(TaskReader& in) {
    if constexpr (requires { Slot::receive(in); }) return Slot::receive(in);
    else return Part<typename Slot::Kept>::read(in);
  }
  static Node* read_call([[maybe_unused]] TaskReader& in) {
    F callable = Part<F>::read(in);
    std::tuple<decltype(receive<Slots>(in))...> received{receive<Slots>(in)...};
    return std::apply([&](auto&... parts) { return make(std::move(callable), std::move(parts)...); }, received);
  }

  [[no_unique_address]] std::array<Edge, inline_edges> edges_;
  [[no_unique_address]] std::conditional_t<forwards, Inner, Unit> inner_;
  [[no_unique_address]] std::conditional_t<stays, F, Unit> pointer_;
  union {
    Body body_;
  };
};

/// A task of a skeleton: has producers and a type, and never runs.
template <class T>
class DryNode final : public Value<T> {
 public:
  static DryNode* make() { return ::new (allocate(sizeof(DryNode))) DryNode(); }
  void run() override {}
  void release_arguments() noexcept override {}
  void adopt_inner() override {}
  const std::type_info& callable_type() const noexcept override { return *type; }
  const void* callable_address() const noexcept override { return address; }
  void destroy() noexcept override {
    this->~DryNode();
    deallocate(this, sizeof(DryNode));
  }

  const std::type_info* type = &typeid(void);
  const void* address = nullptr;

 private:
  DryNode() = default;
};

/// A node whose value is there, or is given from outside.
template <class T>
class HeldNode final : public Value<T> {
 public:
  static HeldNode* make() { return ::new (allocate(sizeof(HeldNode))) HeldNode(); }
  template <class... A>
  void set(A&&... arguments) {
    std::construct_at(std::addressof(this->value_), std::forward<A>(arguments)...);
  }
  void run() override {}
  void release_arguments() noexcept override {}
  void adopt_inner() override {}
  const std::type_info& callable_type() const noexcept override { return typeid(HeldNode); }
  void destroy() noexcept override {
    this->~HeldNode();
    deallocate(this, sizeof(HeldNode));
  }

 private:
  HeldNode() { this->traits |= kExternal; }
};

/// Gives the node an array of edges that does not fit inside it, with room for the futures of `after`.
DFLOW_EXPORT Edge* attach_edges(Node& node, std::size_t count);
/// Gives the node its options; makes Extras where they are needed.
DFLOW_EXPORT void attach_options(Node& node, const std::shared_ptr<const TaskOptions>& options);

/// Fills a node's edges from the futures that `visit` shows, `inline_count` at most if `counted`, and from the options'
/// `after`.
template <class Visit>
void connect(Node& node, Edge* inline_edges, std::size_t inline_count, bool counted, const TaskOptions* options,
             Visit&& visit) {
  const std::size_t extra = options ? options->after.size() : 0;
  std::size_t count = inline_count;
  if (!counted) {
    count = 0;
    visit([&](const auto&) { ++count; });
  }
  count += extra;
  if (count == 0) return;
  node.edges = (counted && extra == 0) ? inline_edges : attach_edges(node, count);
  Edge* edge = node.edges;
  const auto add = [&](Node* producer, const char* what) {
    if (!producer) throw_empty_future(what);
    edge->consumer = &node;
    (edge++)->producer = producer;
  };
  visit([&](const auto& future) { add(node_of(future), "an argument"); });
  if (options) {
    for (const AnyFuture& future : options->after) add(future.node(), "TaskOptions::after");
  }
  node.edge_count = static_cast<std::uint32_t>(edge - node.edges);
}

}  // namespace dflow::inline v0::detail
