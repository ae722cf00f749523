// The scheduler under any events, possible and impossible: `apply` never believes and never throws, and its invariants
// hold after each. Half of the events answer what it has asked for, so that it gets somewhere. With FUZZ_TRACE set, events and
// actions are printed.
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <span>
#include <variant>

#include "runtime/core/describe.h"
#include "runtime/core/scheduler.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/small_values.h"

namespace {

using namespace dflow::core;

const bool kTrace = std::getenv("FUZZ_TRACE") != nullptr;

class Cluster {
 public:
  explicit Cluster(dflow::fuzz::SmallValues values) : values_(values), scheduler_(some_settings()) {}

  void run() {
    while (!values_.at_end()) {
      apply(next());
      scheduler_.check_invariants();
    }
  }

 private:
  /// With a journal or without, and with limits that few tasks and deaths reach.
  Settings some_settings() {
    const std::uint8_t kind = values_.byte();
    Settings settings{.journal = kind % 2 == 1};
    if (kind / 2 % 2 == 1) settings.allowed_failures = 1, settings.allowed_losses = 2, settings.max_ahead = 2, settings.max_following = 1;
    return settings;
  }

  Event next() {
    if (values_.byte() % 2 == 0 || orders_.empty()) return in_order(values_.make<Event>());
    const std::size_t at = values_.byte() % orders_.size();
    return answer(orders_[at]);
  }

  /// Drivers see to some things: time goes on, and no id is used twice.
  Event in_order(Event event) {
    if (auto* tick = std::get_if<Tick>(&event)) tick->now = now_ += tick->now.time_since_epoch();
    if (auto* joined = std::get_if<ClientJoined>(&event); joined != nullptr && !clients_.insert(joined->client).second)
      return Tick{now_};
    if (auto* joined = std::get_if<WorkerJoined>(&event); joined != nullptr && !workers_.insert(joined->worker).second)
      return Tick{now_};
    return event;
  }

  Event answer(const RunTask& order) {
    switch (values_.byte() % 7) {
      case 0: return TaskStarted{order.worker, order.id, order.attempt};
      case 1: return TaskFailed{order.worker, order.id, order.attempt, std::make_shared<Failure>(), values_.make<bool>(), values_.make<bool>()};
      case 2: return TaskReturned{order.worker, order.id, order.attempt, values_.make<std::vector<MissingInput>>()};
      case 3: return TaskRevoked{order.worker, order.id, order.attempt, values_.make<bool>()};
      case 4: return TaskStopped{order.worker, order.id, order.attempt};
      default: return TaskFinished{order.worker, order.id, order.attempt, values_.byte(), values_.make<Duration>(), {}};
    }
  }

  void apply(const Event& event) {
    if (kTrace) std::cerr << describe(event) << std::endl;
    for (const Action& action : scheduler_.apply(event)) {
      if (kTrace) std::cerr << "    " << describe(action) << std::endl;
      if (const auto* order = std::get_if<RunTask>(&action)) orders_.push_back(*order);
    }
    while (orders_.size() > 8) orders_.pop_front();
  }

  dflow::fuzz::SmallValues values_;
  Scheduler scheduler_;
  Time now_{};
  std::set<ClientId> clients_;
  std::set<WorkerId> workers_;
  std::deque<RunTask> orders_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    Cluster(dflow::fuzz::SmallValues({data, size})).run();
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    REQUIRE(!"an exception from the scheduler");
  }
  return 0;
}
