// A launcher's code for one family: the tasks of one call in the source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/codegen/launcher.h"

namespace dflow::compiler {

/// The consumers' loops, each visit counted in `dflow_readers`.
std::string counted_consumers(const std::string& consumers);

class FamilyText {
 public:
  FamilyText(const Launcher& launcher, const flow::LaunchFamily& family, int number);

  /// The argument expressions, where names mean what they mean in the graph function: outside of the class, whose bases have
  /// members.
  std::string values() const;

  // Parts of the class.
  std::string member() const;
  std::string reserve() const;  ///< In the constructor.
  std::string dispatch() const;
  std::string sinks() const;
  std::string functions() const;
  /// Takes what is given or evaluated before the launch starts; "" if there is nothing. `parameters`: the graph function's, as
  /// declared and as passed.
  std::string put_function(const std::string& declared, const std::string& passed) const;
  std::string put_all(const std::string& passed) const;

  bool is_root() const { return family_.inputs.empty(); }
  bool is_given() const { return family_.given; }
  std::uint32_t level() const { return family_.level; }
  std::string roots() const { return name_ + ".all()"; }
  std::string end() const { return name_ + ".end"; }
  const std::string& name() const { return name_; }

 private:
  /// With so many inputs or consumers, what is written more than once is most of what a launcher takes to compile, and a task
  /// has more to do than a call costs: it is a function, which is not inlined.
  static constexpr std::size_t kMany = 4;

  // --- who and how many (launcher_family.cc)
  const LaunchSite& site_of(std::uint32_t node) const;
  /// By its number among those of all steps.
  const LaunchArgument& argument_at(std::uint32_t number) const;
  const flow::LaunchInput* input_of(std::size_t argument) const;
  std::vector<flow::LaunchInput> inputs_of(const flow::LaunchStep& step) const;
  bool is_reduce() const { return site_.op == formats::NodeOp::reduce; }
  bool has_init() const { return is_reduce() && site_.arguments.size() > 1 && !site_.arguments[1].captured; }
  bool has_range() const;
  bool is_limited() const { return site_.limit_ns.has_value(); }
  std::size_t wanted() const;
  std::string all_wanted() const;
  std::string behind_own(const std::string& last) const { return indices_.empty() ? last : indices_ + ", " + last; }
  std::string behind_declared(const std::string& last) const { return declared_.empty() ? last : declared_ + ", " + last; }
  std::string declared_of(const flow::LaunchInput& input) const;

  // --- where values come from and go to
  struct ValueText {
    std::string name, type, expression;
  };
  std::string value_function(const LaunchSite& site, const ValueText& value) const;
  std::vector<std::uint32_t> kept_arguments() const;
  std::string kept_members() const;
  std::string reserve_kept() const;
  std::string release_kept(const flow::LaunchStep& step) const;
  std::string given_future() const;
  std::string kept(std::uint32_t number) const { return "dflow_kept_" + id_ + "_" + std::to_string(number); }
  std::string rank() const { return name_ + ".box.rank(" + indices_ + ")"; }
  std::string value(const std::string& name, const std::vector<std::string>& indices) const;
  std::string callable(const flow::LaunchStep& step) const;
  std::string output() const;
  std::string input(const flow::LaunchInput& input) const;
  std::string result() const;
  std::string final_id() const;
  std::string arrivals() const;
  std::string arrival(const flow::LaunchInput& input) const;

  // --- running (launcher_run.cc)
  /// A call with its inputs.
  struct CallText {
    std::string before;                ///< Looks inputs up.
    std::string prepared;              ///< In the attempt, before the call.
    std::string call;                  ///< The expression.
    std::string result;                ///< Its type.
    std::vector<std::string> inputs;   ///< The numbers of the tasks that it reads from,
    std::string ranges;                ///< and statements that add those of containers to `dflow_from`.
    unsigned retries = 0;
    bool cancels = false;
    bool ignores = false;
    std::optional<std::int64_t> limit_ns = {};
    std::string place = "";            ///< In the source, of one with a limit.
  };
  /// Where a call's result goes.
  struct Target {
    std::string id;
    std::string place;
    std::string done;       ///< What is set to true when it is there; "" for nothing.
    std::string node = "";  ///< Of the output, null if it is none; "" where there can be none.
    bool let_go = false;    ///< Nobody else in the launch reads the output.

    std::string node_or_null() const { return node.empty() ? "nullptr" : node; }
  };
  /// Whether the task's result is its instance's: inside of a reduce's tree it is not.
  enum class Final { always, never };

  std::string head() const;
  std::string run_given() const;
  std::string run_task() const;
  std::string run_before(const flow::LaunchStep& step, const flow::LaunchStep& next) const;
  std::string run_reduce() const;
  std::string run_init() const;
  std::string operand(const std::string& side) const;
  std::string passed(const std::string& name, int place) const;
  CallText call(const flow::LaunchStep& step) const;
  std::string argument(const flow::LaunchStep& step, std::uint32_t place) const;
  std::string each(const flow::LaunchInput& input, const std::string& statement) const;
  std::string attempt(const CallText& call, const Target& target) const;
  std::string tries(const CallText& call, const Target& target) const;
  std::string timed_tries(const CallText& call, const Target& target) const;
  std::string handled(const CallText& call, const Target& target) const;
  std::string overdue() const;
  std::string captured(const flow::LaunchStep& step) const;
  std::string perform(const std::string& id, const CallText& call, Final final) const;
  std::string readers(Final final) const;
  std::string dropped(const std::string& id, bool has_node, Final final) const;
  std::string release(const flow::LaunchStep& step) const;
  std::string ended() const;
  std::string tell() const;
  std::string told() const;
  bool counts_where_it_tells() const;
  /// Results need the number of their readers where those count down, or where it may be none.
  bool counts_readers() const { return !family_.consumers.empty() && (family_.counted || !family_.sinks.empty()); }

  const Launcher& launcher_;
  const flow::LaunchFamily& family_;
  int number_;
  const LaunchSite& site_;
  std::string id_, prefix_, name_, indices_, declared_;
};

}  // namespace dflow::compiler
