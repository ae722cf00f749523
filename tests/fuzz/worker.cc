// A worker's brain under any orders and answers, and a driver that carries out what it asks for. Two kinds of inputs: in one
// everything may be said, possible and impossible, and half of the events answer open orders, so that it gets somewhere. In
// the other the driver keeps to the rules; then its store must hold what the brain takes for stored, a body must find its
// inputs there, and when all orders have been answered, no task may be left. With FUZZ_TRACE set, events and actions are printed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/core/describe.h"
#include "runtime/core/worker.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/small_values.h"

namespace {

using namespace dflow::core;

const bool kTrace = std::getenv("FUZZ_TRACE") != nullptr;

/// Few and round, so that a handful of values fills the memory.
constexpr std::uint64_t kUnit = 20;

struct Body {
  StartBody order;
  enum class At { runs, waits, could_go_on } at = At::runs;
};
/// What the brain waits to hear of.
using Order = std::variant<StartFetch, Body, SpillValue>;

class Driver {
 public:
  explicit Driver(dflow::fuzz::SmallValues values)
      : values_(values), kind_(values_.byte()), worker_(kSelf, limits(), {.smallest_spilled = kUnit}) {}

  void run() {
    while (!values_.at_end()) step(honest() ? next_honest() : next_of_any());
    if (honest()) answer_all();
  }

 private:
  static constexpr WorkerId kSelf{1};

  bool honest() const { return kind_ / 6 % 2 == 1; }
  WorkerLimits limits() {
    return {.threads = static_cast<std::uint16_t>(1 + kind_ % 3), .memory = 100u * (values_.byte() % 6u), .strict = kind_ / 3 % 2 == 1};
  }

  // ---- What happens

  WorkerEvent next_of_any() {
    if (values_.byte() % 2 == 0 || orders_.empty()) return in_order(values_.make<WorkerEvent>());
    return answer(values_.byte() % orders_.size(), values_.byte());
  }

  WorkerEvent next_honest() {
    const std::uint8_t what = values_.byte();
    if (what % 2 == 1 && !orders_.empty()) return answer(values_.byte() % orders_.size(), values_.byte());
    switch (what / 2 % 8) {
      case 0: return in_order(values_.make<Tick>());
      case 1: return in_order(values_.make<CancelTask>());
      case 2: return in_order(values_.make<RevokeTask>());
      case 3: return in_order(values_.make<FreeValue>());
      case 4: return in_order(values_.make<FetchValue>());
      case 5: return in_order(values_.make<ValuePushed>());
      case 6: return in_order(values_.make<MemoryMeasured>());
      default: return in_order(values_.make<RunTask>());
    }
  }

  /// Sizes that mean something beside the limit, and time that goes on. No task reads what it or one behind it makes: the
  /// scheduler knows of no such circles.
  WorkerEvent in_order(WorkerEvent event) {
    const auto scale = [](std::uint64_t& bytes) {
      if (bytes < 6) bytes *= kUnit;
    };
    std::visit(
        [&](auto& one) {
          if constexpr (requires { one.bytes; }) scale(one.bytes);
          if constexpr (requires { one.value.bytes; }) scale(one.value.bytes);
          if constexpr (requires { one.inputs; }) {
            std::vector<Input> inputs = one.inputs.items();
            for (Input& input : inputs) scale(input.bytes);
            if (honest()) std::erase_if(inputs, [&](const Input& input) { return input.id >= one.id; });
            one.inputs = std::move(inputs);
          }
          if constexpr (requires { one.now; }) one.now = now_ += one.now.time_since_epoch();
        },
        event);
    return event;
  }

  WorkerEvent answer(std::size_t at, std::uint8_t how) {
    return std::visit([&](const auto& order) { return answer(order, at, how); }, Order(orders_[at]));
  }

  WorkerEvent answer(const StartFetch& order, std::size_t at, std::uint8_t how) {
    close(at);
    if (how % 4 == 3) return FetchBroken{order.id, order.version, order.from, how / 4 % 2 == 1, how / 8 % 4 == 3 ? "why" : ""};
    return FetchSucceeded{order.id, order.version, order.from, order.bytes};
  }

  WorkerEvent answer(const Body& body, std::size_t at, std::uint8_t how) {
    const StartBody& order = body.order;
    Body& kept = std::get<Body>(orders_[at]);
    if (body.at == Body::At::waits) return (kept.at = Body::At::could_go_on, BodyUnblocked{order.id, order.attempt});
    if (body.at == Body::At::could_go_on) return Tick{now_};  // it was not told to yet
    switch (how % 8) {
      case 0: return (kept.at = Body::At::waits, BodyBlocked{order.id, order.attempt});
      case 1: return (close(at), BodyThrew{order.id, order.attempt, std::make_shared<Failure>(), how / 8 % 2 == 1});
      case 2:
        if (order.inputs.empty()) break;
        // Damaged on the disk, which is told first.
        step(ValueSpoilt{order.inputs.front().id, order.inputs.front().version});
        close(at);
        return BodyUnstarted{order.id, order.attempt, order.inputs.front().id, order.inputs.front().version};
      case 3: return BodyTimedOut{order.id, order.attempt, std::make_shared<Failure>()};
      default: break;
    }
    close(at);
    return BodyReturned{order.id, order.attempt, how / 8 % 8 * kUnit, std::chrono::milliseconds(how % 8), {}};
  }

  WorkerEvent answer(const SpillValue& order, std::size_t at, std::uint8_t how) {
    close(at);
    using How = SpillEnded::How;
    return SpillEnded{order.id, order.version, how % 8 == 6 ? How::unwritable : how % 8 == 7 ? How::no_room : How::written};
  }

  void close(std::size_t at) { orders_.erase(orders_.begin() + static_cast<std::ptrdiff_t>(at)); }

  /// Each order is answered well, again and again as long as there is any; then time goes on for those who try again later.
  void answer_all() {
    constexpr std::uint8_t kWell = 4;
    for (int rounds = 0; rounds < 16; ++rounds) {
      for (std::size_t left = orders_.size() + 1, at = 0; left > 0 && !orders_.empty(); --left) {
        at = at < orders_.size() ? at : 0;
        const std::size_t before = orders_.size();
        step(answer(at, kWell));
        if (orders_.size() >= before) ++at;
        rounds = 0;
        if (idle()) break;
      }
      step(MemoryMeasured{0});
      step(Tick{now_ += std::chrono::seconds(2)});
    }
    if (worker_.tasks() > 0 && kTrace) std::cerr << worker_.tasks() << " tasks are left" << std::endl;
    REQUIRE(worker_.tasks() == 0);
  }
  bool idle() const { return worker_.tasks() == 0; }

  // ---- What comes of it

  void step(const WorkerEvent& event) {
    if (kTrace) std::cerr << describe(event) << std::endl;
    arrive(event);
    for (const WorkerAction& action : worker_.apply(event)) {
      if (kTrace) std::cerr << "    " << describe(action) << std::endl;
      std::visit([this](const auto& one) { carry_out(one); }, action);
    }
    worker_.check_invariants();
    if (!honest()) return;
    std::size_t stored = 0;
    for (const auto& [id, version] : store_) stored += worker_.stored(id, version);
    REQUIRE(stored == store_.size());
  }

  /// A value is in the store before the brain hears of it.
  void arrive(const WorkerEvent& event) {
    if (const auto* one = std::get_if<FetchSucceeded>(&event)) store_.insert({one->id, one->version});
    if (const auto* one = std::get_if<ValuePushed>(&event)) store_.insert({one->id, one->version});
    if (const auto* one = std::get_if<BodyReturned>(&event)) store_.insert({one->id, one->attempt});
  }

  void carry_out(const StartFetch& order) { orders_.emplace_back(order); }
  void carry_out(const StartBody& order) {
    for (const Input& input : order.inputs) REQUIRE(!honest() || store_.contains({input.id, input.version}));
    orders_.emplace_back(Body{order});
  }
  void carry_out(const SpillValue& order) {
    REQUIRE(!honest() || store_.contains({order.id, order.version}));
    orders_.emplace_back(order);
  }
  void carry_out(const ResumeBody& order) {
    for (Order& one : orders_) {
      auto* body = std::get_if<Body>(&one);
      if (body && body->order.id == order.id && body->order.attempt == order.attempt) body->at = Body::At::runs;
    }
  }
  void carry_out(const DropValue& order) { store_.erase({order.id, order.version}); }
  void carry_out(const auto&) {}

  dflow::fuzz::SmallValues values_;
  const std::uint8_t kind_;
  Worker worker_;
  Time now_{};
  std::vector<Order> orders_;
  std::set<std::pair<TaskId, Attempt>> store_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    Driver(dflow::fuzz::SmallValues({data, size})).run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    REQUIRE(!"an exception from the worker");
  }
  return 0;
}
