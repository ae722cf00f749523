// What a task is told beside callable and arguments. It is checked here, in whatever mode the task is to run then.

#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>

#include <dflow/detail/task_node.h>

#include "runtime/local/resources.h"

namespace dflow::inline v0::detail {

namespace {

constexpr unsigned kMostFailures = 255;

[[noreturn]] void refuse(const TaskOptions& options, const std::string& option, const std::string& what) {
  const std::string task = options.name.empty() ? "" : " of '" + options.name + "'";
  throw std::invalid_argument("dflow: TaskOptions::" + option + task + ": " + what);
}

void check_resources(const TaskOptions& options) {
  for (const auto& [name, amount] : options.resources) {
    if (std::isfinite(amount) && amount >= 0) continue;
    refuse(options, "resources", "no task can need " + local::print_amount(amount) + " " + name + ": say a number that is 0 or more");
  }
}

/// Throws std::invalid_argument for what no task can have.
void check(const TaskOptions& options) {
  if (options.once && (options.retries > 0 || options.pure)) {
    refuse(options, "once", std::string("the task is to run once at most, and has `") + (options.pure ? "pure" : "retries") +
                                "`, which lets it run again: leave one of them out");
  }
  if (options.allowed_failures > kMostFailures) {
    refuse(options, "allowed_failures", std::to_string(options.allowed_failures) + " workers are more than may die under a task: say at most " +
                                            std::to_string(kMostFailures));
  }
  if (options.timeout && options.timeout->count() <= 0) {
    refuse(options, "timeout", "no task ends within " + std::to_string(options.timeout->count()) +
                                   " ns: say a time above 0, or none, if it may take as long as it likes");
  }
  check_resources(options);
}

/// The options a node keeps: without `after`, whose futures it holds only until it has ended.
std::shared_ptr<const TaskOptions> kept(const std::shared_ptr<const TaskOptions>& options) {
  if (!options || options->after.empty()) return options;
  auto copy = std::make_shared<TaskOptions>(*options);
  copy->after.clear();
  return copy;
}

}  // namespace

void attach_options(Node& node, const std::shared_ptr<const TaskOptions>& options) {
  if (options) check(*options);
  Extras& extras = node.make_extras();
  extras.options = kept(options);
  if (options) extras.after = options->after;
  const bool limited = options && options->timeout;
  if (node.has(kTakesStopToken) || limited) extras.stop = std::stop_source();
  if (options && options->retries > 0) node.traits |= kNeverMove;
}

}  // namespace dflow::inline v0::detail
