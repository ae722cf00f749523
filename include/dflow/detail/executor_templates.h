// The longer member templates of Submitter and Future.
#pragma once

#include <dflow/detail/pacing.h>
#include <dflow/executor.h>

namespace dflow::inline v0 {

inline BoundExecutor Submitter::with(TaskOptions options) const {
  return BoundExecutor(scope_, std::make_shared<const TaskOptions>(std::move(options)));
}

template <class T>
Future<std::decay_t<T>> Submitter::scatter(T&& value) const {
  using V = std::decay_t<T>;
  detail::HeldNode<V>* node = detail::HeldNode<V>::make();
  detail::NewTask<V> held(node);
  node->set(std::forward<T>(value));
  if (options_ && !options_->workers.empty()) detail::attach_options(*node, options_);
  detail::hold_value(*scope_, *node);
  return held.release();
}

template <class T>
Future<std::decay_t<T>> Submitter::scatter(T&& value, std::size_t replicas) const {
  if (replicas == 0) throw std::invalid_argument("dflow: scatter(value, 0): a value lies on at least one worker");
  Future<std::decay_t<T>> future = scatter(std::forward<T>(value));
  detail::replicate(*scope_, {detail::node_of(future)}, replicas);
  return future;
}

namespace detail {

/// Nodes that are ready to run, gathered into chunks of `size`; 0: the runtime's choice.
class Chunks {
 public:
  Chunks(Scope& scope, const Site* site, std::size_t size) : scope_(scope), site_(site), wanted_(size) {}
  ~Chunks() { flush(); }

  void add(Node& node) {
    if (node.edge_count != 0) return submit_node(scope_, node, site_);
    if (!first_) size_ = wanted_ != 0 ? wanted_ : pacing_.begin_chunk(scope_, node);
    if (size_ == 1) return submit_node(scope_, node, site_);
    (last_ ? last_->next : first_) = &node;
    last_ = &node;
    if (++count_ == size_) flush();
  }

 private:
  void flush() {
    if (first_) submit_chunk(scope_, *first_, site_);
    first_ = last_ = nullptr;
    count_ = 0;
  }

  Scope& scope_;
  const Site* site_;
  std::size_t wanted_, size_ = 1, count_ = 0;
  Pacing pacing_;
  Node* first_ = nullptr;
  Node* last_ = nullptr;
};

template <class Range>
decltype(auto) element(auto& iterator) {
  using Reference = decltype(*iterator);
  // An rvalue container gives its elements away; a view or a span does not own them.
  if constexpr (!std::is_lvalue_reference_v<Range> && std::is_lvalue_reference_v<Reference> &&
                requires { typename std::remove_cvref_t<Range>::allocator_type; }) {
    return std::move(*iterator);
  } else {
    return *iterator;
  }
}

}  // namespace detail

template <class F, class Range, class... More>
auto Submitter::map_at(const detail::Site* site, MapOptions options, F&& f, Range&& range, More&&... more) const {
  auto&& evaluated_range = detail::evaluated(std::forward<Range>(range));
  auto ranges = std::forward_as_tuple(std::forward<decltype(evaluated_range)>(evaluated_range),
                                      std::forward<More>(more)...);
  auto each = [&]<class... R>(R&&... r) {
    auto position = std::make_tuple(std::begin(r)...);
    const auto end = std::make_tuple(std::end(r)...);
    auto make = [&](auto&... p) { return detail::make_task(*scope_, options_, f, detail::element<R>(p)...); };
    using Task = decltype(std::apply(make, position));
    std::vector<decltype(std::declval<Task&>().release())> futures;
    detail::Chunks chunks(*scope_, site, options.chunk);
    auto at_end = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return ((std::get<I>(position) == std::get<I>(end)) || ...);
    };
    while (!at_end(std::index_sequence_for<R...>())) {
      Task task = std::apply(make, position);
      if (futures.size() == futures.capacity()) futures.reserve(2 * futures.size() + 8);  // so push_back cannot throw
      chunks.add(*task.node);
      futures.push_back(task.release());
      std::apply([](auto&... p) { (++p, ...); }, position);
    }
    return futures;
  };
  return std::apply([&](auto&&... r) { return each(std::forward<decltype(r)>(r)...); }, std::move(ranges));
}

template <class Op, class T>
Future<T> Submitter::reduce_at(const detail::Site* site, Op& op, std::vector<Future<T>> futures) const {
  if (futures.empty()) throw std::invalid_argument("dflow: reduce of nothing without an initial value");
  while (futures.size() > 1) {
    const std::size_t pairs = futures.size() / 2;
    for (std::size_t j = 0; j < pairs; ++j) {
      futures[j] = submit_at(site, op, std::move(futures[2 * j]), std::move(futures[2 * j + 1]));
    }
    if (futures.size() % 2 != 0) futures[pairs] = std::move(futures.back());
    futures.resize((futures.size() + 1) / 2);
  }
  return std::move(futures.front());
}

template <class Op, class T, class Init>
Future<T> Submitter::reduce_from(const detail::Site* site, Op& op, std::vector<Future<T>> futures, Init init) const {
  if (futures.empty()) {
    if constexpr (detail::is_future_v<Init>) return init;
    else return scatter(static_cast<T>(std::move(init)));
  } else {
    return submit_at(site, op, std::move(init), reduce_at<Op, T>(site, op, std::move(futures)));
  }
}

template <class T>
template <class F>
auto Future<T>::then(F&& f) const {
  return then_at(nullptr, std::forward<F>(f));
}
template <class T>
template <class F>
auto Future<T>::then(const detail::Site& site, F&& f) const {
  return then_at(&site, std::forward<F>(f));
}
template <class T>
template <class F>
auto Future<T>::then_at(const detail::Site* site, F&& f) const {
  if (!node_) detail::throw_empty_future("then()");
  detail::Scope& scope = detail::scope_for(*node_.get());
  const auto launch = [&](const auto& options, auto&&... arguments) {
    auto task = detail::make_task(scope, options, std::forward<F>(f), arguments...);
    detail::submit_node(scope, *task.node, site);
    return task.release();
  };
  if constexpr (std::is_void_v<T>) {
    return launch(std::make_shared<const TaskOptions>(TaskOptions{.after = {*this}}));
  } else {
    return launch(std::shared_ptr<const TaskOptions>(), *this);
  }
}

}  // namespace dflow::inline v0
