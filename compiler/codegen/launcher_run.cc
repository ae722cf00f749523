// How a launcher's tasks run: generated code for each family. Much of what compiling a launcher costs is here, so there are no
// lambdas and no templates in it, each call of the user's stands there once (in a reduce, twice), and what is rare is the
// runtime's.
#include <algorithm>
#include <iterator>
#include <regex>

#include "compiler/codegen/generated_text.h"
#include "compiler/codegen/launcher_family.h"

namespace dflow::compiler {
namespace {

/// What a task does not do when it only says whom it would tell.
std::string unless_asked(const std::string& text) {
  return "    if (!dflow_work.told) {\n" + text + "    }\n";
}

/// The body may run again: its inputs stay where they are.
std::string by_value(const LaunchSite& site) { return site.retries > 0 ? ".copied()" : ".by_value()"; }

std::string as_task_id(const std::string& index) {
  return "static_cast<" + kDetail + "TaskId>(" + index + ")";
}

/// The visits in the consumers' loops, each with the consumer and the argument, and its indices.
const std::regex& visits() {
  static const std::regex kVisit("\\bdflow_visit_([0-9]+_[0-9]+)\\(([^;]*)\\);");
  return kVisit;
}

/// The consumers' loops with a statement in the place of each visit, in which a call may end in ", $2)".
std::string with_visits_as(const std::string& statement, const std::string& consumers) {
  static const std::regex kNoIndices(", \\)");
  return indented(std::regex_replace(std::regex_replace(consumers, visits(), statement), kNoIndices, ")"), 4);
}

}  // namespace

std::string counted_consumers(const std::string& consumers) { return with_visits_as("++dflow_readers;", consumers); }

std::string FamilyText::head() const {
  std::string text = "  void dflow_run_" + id_ + "([[maybe_unused]] const " + kDetail + "TaskId dflow_id, [[maybe_unused]] " + kDetail +
                     "Work& dflow_work) {\n";
  if (family_.variables.empty()) return text;
  text += "    const auto dflow_at = " + name_ + ".indices(dflow_id);\n";
  for (std::size_t i = 0; i < family_.variables.size(); ++i)
    text += "    [[maybe_unused]] const " + kDetail + "Index " + family_.variables[i] + " = dflow_at[" + std::to_string(i) + "];\n";
  if (is_root() && !family_.contains.empty()) text += "    if (!(" + family_.contains + ")) return;\n";
  return text;
}

std::string FamilyText::run_task() const {
  std::string text;
  for (std::size_t i = 0; i + 1 < family_.steps.size(); ++i) text += run_before(family_.steps[i], family_.steps[i + 1]);
  const flow::LaunchStep& last = family_.steps.back();
  const CallText made = call(last);
  text += made.before + perform("dflow_id", made, Final::always) + release(last);
  if (is_limited()) text = overdue() + text + "    if (dflow_overdue) return;\n";
  return head() + unless_asked(text + ended()) + tell() + "  }\n";
}

/// A second visit, to a task whose limit has passed: what the body uses is not touched.
std::string FamilyText::overdue() const {
  std::string text = "    if (this->Launch::is_overdue(dflow_id)) {\n" + readers(Final::always);
  const bool has_node = !family_.outputs.empty();
  if (!has_node || !family_.outputs.front().condition.empty()) {
    if (has_node) text += "    [[maybe_unused]] const bool dflow_node = dflow_output_" + id_ + "(" + indices_ + ") >= 0;\n";
    text += "    [[maybe_unused]] constexpr bool dflow_done = false;\n" + dropped("dflow_id", has_node, Final::always);
  }
  return text + ended() + tell() + "    return;\n    }\n";
}

/// Something that was given has ended.
std::string FamilyText::run_given() const {
  return head() + unless_asked("    " + name_ + ".arrived(dflow_id, *this);\n") + tell() + "  }\n";
}

/// A step whose result is the next one's.
std::string FamilyText::run_before(const flow::LaunchStep& step, const flow::LaunchStep& next) const {
  const CallText made = call(step);
  const std::string between = "dflow_between_" + std::to_string(next.first_argument);
  return "    " + kDetail + "Between<" + made.result + "> " + between + ";\n    {\n" + made.before +
         attempt(made, {.id = "dflow_id", .place = between + ".place()", .done = between + ".is_made"}) + release(step) + "    }\n";
}

// --- a reduce

std::string FamilyText::operand(const std::string& side) const {
  return "    const auto dflow_" + side + "_at = dflow_tree." + side + "(dflow_m);\n    const auto dflow_" + side + " = dflow_" + side +
         "_at.task != 0 ? " + name_ + ".input(dflow_first + " + as_task_id("dflow_" + side + "_at.task") + ").last() : dflow_input_" +
         id_ + "_0(" + behind_own("dflow_" + side + "_at.element") + ");\n";
}

std::string FamilyText::passed(const std::string& name, int place) const {
  return name + (site_.by_reference[place] ? ".by_reference()" : by_value(site_));
}

std::string FamilyText::run_reduce() const {
  const std::string call = callable(family_.steps.back()) + "(" + passed("dflow_left", 0) + ", " + passed("dflow_right", 1) + captured(family_.steps.back()) + ")";
  const CallText made{.before = "", .prepared = "", .call = call, .result = site_.result, .inputs = {"dflow_left.id", "dflow_right.id"}, .ranges = "", .retries = site_.retries, .cancels = site_.cancels};
  const std::string release = "    dflow_left.release(dflow_work);\n    dflow_right.release(dflow_work);\n";
  const std::string up = name_ + ".arrive(dflow_first + " + as_task_id("dflow_up") + ", dflow_work)";
  std::string text = head();
  text += "    const " + kDetail + "ReduceTree dflow_tree{dflow_length_" + id_ + "_0(" + indices_ + ")};\n    const auto dflow_first = " +
          name_ + ".id(" + indices_ + ");\n    const auto dflow_m = static_cast<" + kDetail + "Index>(dflow_id - dflow_first);\n";
  if (has_init()) text += "    if (dflow_m == 0) return dflow_run_init_" + id_ + "(" + behind_own("dflow_first, dflow_work") + ");\n";
  text += operand("left") + operand("right") + "    const auto dflow_up = dflow_tree.consumer_of(dflow_m);\n";
  // Apart from those inside of the tree, which are most: they ask neither for outputs nor for readers.
  if (!has_init())
    text += "    if (dflow_up == 0) {\n" + unless_asked(perform("dflow_id", made, Final::always) + release + ended()) + tell() + "    return;\n    }\n";
  text += unless_asked(perform("dflow_id", made, Final::never) + release);
  if (!has_init()) return text + "    " + up + ";\n  }\n";
  if (!site_.arguments[1].is_future) text += "    if (dflow_up == 0) return dflow_work.arrived(dflow_first);\n";
  return text + "    " + up + ";\n  }\n" + run_init();
}

/// The task that puts the initial value to the left of the tree's.
std::string FamilyText::run_init() const {
  const bool future = site_.arguments[1].is_future;
  std::string text = "  void dflow_run_init_" + id_ + "(" +
                     unused(behind_declared("const " + kDetail + "TaskId dflow_first, " + kDetail + "Work& dflow_work")) + ") {\n";
  text += "    const " + kDetail + "ReduceTree dflow_tree{dflow_length_" + id_ + "_0(" + indices_ + ")};\n    const auto dflow_right = " +
          name_ + ".input(dflow_first + " + as_task_id("dflow_tree.top()") + ").last();\n";
  if (future) text += "    const auto dflow_left = dflow_input_" + id_ + "_1(" + indices_ + ");\n";
  const std::string left = future ? passed("dflow_left", 0) : argument(family_.steps.back(), 1);
  CallText made{.before = "", .prepared = "", .call = callable(family_.steps.back()) + "(" + left + ", " + passed("dflow_right", 1) + captured(family_.steps.back()) + ")", .result = site_.result, .inputs = {"dflow_right.id"}, .ranges = "", .retries = site_.retries, .cancels = site_.cancels};
  if (future) made.inputs.insert(made.inputs.begin(), "dflow_left.id");
  std::string run = perform("dflow_first", made, Final::always);
  if (future) run += "    dflow_left.release(dflow_work);\n";
  run += "    dflow_right.release(dflow_work);\n" + release_kept(family_.steps.back());
  return text + unless_asked(run + ended()) + tell() + "  }\n";
}

// --- a call

/// The loop over a range's elements, each as `dflow_each`.
std::string FamilyText::each(const flow::LaunchInput& input, const std::string& statement) const {
  const std::string number = id_ + "_" + std::to_string(input.argument);
  return "for (" + kDetail + "Index dflow_e = 0, dflow_end = dflow_length_" + number + "(" + indices_ +
         "); dflow_e < dflow_end; ++dflow_e) {\n        const auto dflow_each = dflow_input_" + number + "(" + behind_own("dflow_e") +
         ");\n        " + statement + "\n      }\n";
}

FamilyText::CallText FamilyText::call(const flow::LaunchStep& step) const {
  const LaunchSite& site = site_of(step.node);
  CallText made;
  made.result = site.result;
  // A step fails as what feeds it did, and that failed as this task.
  if (step.fed) made.inputs.emplace_back("dflow_id");
  for (const auto& input : inputs_of(step)) {
    const std::string number = std::to_string(input.argument);
    if (input.is_range) {
      const std::string all = "dflow_all_" + number;
      made.ranges += "      " + each(input, "dflow_from.push_back(dflow_each.id);");
      const LaunchArgument& whole = argument_at(input.argument);
      const std::string one = whole.refs ? "&dflow_each.by_reference()" : "dflow_each" + by_value(site);
      made.prepared += "      ::std::vector<" + (whole.refs ? "const " + whole.type + "*" : whole.type) + "> " + all + ";\n      " + all +
                       ".reserve(static_cast<::std::size_t>(dflow_length_" + id_ + "_" + number + "(" + indices_ + ")));\n      " +
                       each(input, all + ".push_back(" + one + ");");
    } else {
      made.before += "    const auto dflow_in_" + number + " = dflow_input_" + id_ + "_" + number + "(" + indices_ + ");\n";
      const std::string id = "dflow_in_" + number + ".id";
      // The first failed one counts, in the order of arguments.
      if (made.ranges.empty()) made.inputs.push_back(id);
      else made.ranges += "      dflow_from.push_back(" + id + ");\n";
    }
  }
  std::vector<std::string> arguments;
  made.retries = site.retries;
  made.cancels = site.cancels;
  made.ignores = site.ignores;
  made.limit_ns = site.limit_ns;
  made.place = site.place;
  for (std::uint32_t i = 0; i < site.arguments.size(); ++i)
    if (!site.arguments[i].after) arguments.push_back(argument(step, i));
  std::string called = callable(step);
  if (!site.method.empty()) {
    called = "(" + arguments.front() + ")." + site.method;
    arguments.erase(arguments.begin());
  }
  made.call = called + "(" + joined(arguments) + ")";
  return made;
}

std::string FamilyText::argument(const flow::LaunchStep& step, std::uint32_t place) const {
  const std::uint32_t number = step.first_argument + place;
  const LaunchArgument& argument = argument_at(number);
  const LaunchSite& site = site_of(step.node);
  if (argument.now) return kept(number) + (argument.by_reference || site.retries > 0 ? ".at(" : ".take(") + rank() + ")";
  if (!argument.is_future) return value(prefix_ + std::to_string(number), step.indices);
  const std::string passed = argument.by_reference ? ".by_reference()" : by_value(site);
  if (step.fed == place) return "dflow_between_" + std::to_string(step.first_argument) + passed;
  const std::string all = "::std::move(dflow_all_" + std::to_string(number) + ")";
  if (input_of(number)->is_range) return argument.refs ? "::dflow::Refs<" + argument.type + ">(" + all + ")" : all;
  return "dflow_in_" + std::to_string(number) + passed;
}

/// Of a reduce: what the lambda holds, behind its operands.
std::string FamilyText::captured(const flow::LaunchStep& step) const {
  std::string text;
  const LaunchSite& site = site_of(step.node);
  for (std::uint32_t i = 0; i < site.arguments.size(); ++i)
    if (site.arguments[i].captured) text += ", " + argument(step, i);
  return text;
}

std::string FamilyText::release(const flow::LaunchStep& step) const {
  std::string text;
  for (const auto& input : inputs_of(step)) {
    if (input.is_range) text += "    {\n      " + each(input, "dflow_each.release(dflow_work);") + "    }\n";
    else text += "    dflow_in_" + std::to_string(input.argument) + ".release(dflow_work);\n";
  }
  return text + release_kept(step);
}

/// Makes the call, unless its inputs are against it, and keeps what it gives.
std::string FamilyText::attempt(const CallText& call, const Target& target) const {
  std::string text, sources = "{" + joined(call.inputs) + "}";
  if (!call.ranges.empty()) {
    text = "    const auto dflow_sources = [&] {\n      ::std::vector<" + kDetail + "TaskId> dflow_from" + sources + ";\n" + call.ranges +
           "      return dflow_from;\n    };\n";
    sources = "dflow_sources()";
  }
  const std::string node = target.node_or_null();
  const std::string consequences = call.ignores ? ", false, true" : call.cancels ? ", true" : "";
  const std::string may_run = "!this->Launch::troubled() || !this->Launch::fails_from(" + target.id + ", " + sources + ", " + node + consequences + ")";
  const std::string claim = "(!" + node + " || this->Launch::claim(*" + node + ", " + target.id + "))";
  if (call.limit_ns) text += "    bool dflow_overdue = false;\n";
  text += "    if (" + (target.node.empty() ? may_run : "(" + may_run + ") && " + claim) + ") {\n";
  if (target.let_go) text += "      if (" + node + ") this->Launch::let_go(dflow_out);\n";
  CallText made = call;
  if (call.ignores) made.prepared = "        if (this->Launch::troubled()) this->Launch::rethrow_from(" + sources + ");\n" + call.prepared;
  return text + (call.limit_ns ? timed_tries(made, target) : tries(made, target)) + "    }\n";
}

/// The call, again as often as it may be when it throws.
std::string FamilyText::tries(const CallText& call, const Target& target) const {
  std::string text;
  const std::string last = std::to_string(call.retries);
  if (call.retries > 0) text += "      for (unsigned dflow_attempt = 0; dflow_attempt <= " + last + "u; ++dflow_attempt)\n";
  text += "      try {\n" + call.prepared + "        ";
  text += call.result == "void" ? call.call + ";\n" : "::new (static_cast<void*>(" + target.place + ")) (" + call.result + ")(" + call.call + ");\n";
  if (!target.done.empty()) text += "        " + target.done + " = true;\n";
  if (call.retries > 0) text += "        break;\n";
  text += "      } catch (const " + kDetail + "ThrowWatch&) {\n      } catch (...) {\n        " + (call.retries > 0 ? "if (dflow_attempt == " + last + "u) " : std::string());
  return text + handled(call, target) + "      }\n";
}

/// Called in a handler.
std::string FamilyText::handled(const CallText& call, const Target& target) const {
  const std::string node = target.node_or_null();
  const std::string cancels = call.cancels ? ", true" : "";
  const std::string failed = "this->Launch::failed(" + target.id + (target.node.empty() && !call.cancels ? "" : ", " + node) + cancels + ");\n";
  if (!call.ignores) return failed;
  const std::string made = kDetail + "made_by_default<" + call.result + ">(" + (call.result == "void" ? "nullptr" : target.place) + ")";
  return target.done.empty() ? "if (!" + made + ") " + failed : "if (!(" + target.done + " = " + made + ")) " + failed;
}

/// The same under a limit: the result is made in a place of its own, and moved to that where others look once it is known that
/// the body was in time.
std::string FamilyText::timed_tries(const CallText& call, const Target& target) const {
  const std::string node = target.node_or_null();
  CallText moved = call;
  moved.retries = 0;
  std::string text = "      " + kDetail + "Between<" + call.result + "> dflow_made;\n      ::std::exception_ptr dflow_thrown;\n      {\n      " +
                     kDetail + "TimedBody dflow_timed(*this, " + target.id + ", " + node + ", {&" + kDetail + "site<" + call.place + ">, " +
                     std::to_string(*call.limit_ns) + ", " + (call.cancels ? "true" : "false") + "});\n";
  text += "      for (unsigned dflow_attempt = 0; dflow_attempt <= " + std::to_string(call.retries) +
          "u && !dflow_made.is_made && (dflow_attempt == 0 || !dflow_timed.is_over()); ++dflow_attempt)\n      try {\n" + call.prepared + "        ";
  text += call.result == "void" ? call.call + ";\n" : "::new (static_cast<void*>(dflow_made.place())) (" + call.result + ")(" + call.call + ");\n";
  text += "        dflow_made.is_made = true;\n      } catch (const " + kDetail + "ThrowWatch&) {\n      } catch (...) {\n        dflow_thrown = " + kDetail + "thrown_by_body();\n      }\n";
  text += "      dflow_overdue = !dflow_timed.settle();\n      }\n      if (!dflow_overdue)\n";
  moved.prepared = "        if (!dflow_made.is_made) ::std::rethrow_exception(dflow_thrown);\n";
  moved.call = call.result == "void" ? "static_cast<void>(0)" : "::std::move(*dflow_made.place())";
  return text + tries(moved, target);
}

/// The instance's last or only task, or one inside of a reduce's tree.
std::string FamilyText::perform(const std::string& id, const CallText& call, Final final) const {
  const bool has_node = !family_.outputs.empty() && final != Final::never;
  const bool always_node = has_node && family_.outputs.front().condition.empty();
  std::string text = readers(final);
  Target target{.id = id, .place = name_ + ".place(" + id + ")", .done = "", .node = "", .let_go = false};
  std::string expected = final == Final::never || !family_.consumers.empty() ? "1" : "0";
  if (final != Final::never && counts_readers()) expected = "dflow_readers";
  std::string expect = "    " + name_ + ".expect(" + id + ", " + expected + ", dflow_work);\n";
  if (has_node) {
    const std::string number = "dflow_output_" + id_ + "(" + indices_ + ")";
    text += "    const " + kDetail + "Index dflow_out = " + number + ";\n    " + kDetail + "Node* const dflow_node = this->Launch::output(dflow_out);\n";
    target.node = "dflow_node";
    target.let_go = family_.consumers.empty();
    const std::string place = kDetail + "launched_value<" + call.result + ">(*dflow_node)";
    target.place = always_node ? place : "dflow_node ? " + place + " : " + target.place;
    expect = always_node ? "" : "    if (!dflow_node)" + expect.substr(3);
  }
  std::string drop = always_node ? "" : dropped(id, has_node, final);
  if (call.limit_ns && !drop.empty()) drop = "    if (!dflow_overdue) {\n" + drop + "    }\n";
  if (has_node || !drop.empty()) {
    text += "    bool dflow_done = false;\n";
    target.done = "dflow_done";
  }
  text += expect + attempt(call, target);
  if (has_node) text += "    if (dflow_done" + std::string(always_node ? "" : " && dflow_node") + ") this->Launch::end(*dflow_node, " + kDetail + "State::done);\n";
  return text + drop;
}

std::string FamilyText::readers(Final final) const {
  if (!counts_readers() || final == Final::never) return "";
  if (counts_where_it_tells()) return "    const ::std::uint32_t dflow_readers = dflow_tell_" + id_ + "(" + behind("nullptr", indices_) + ");\n";
  return "    ::std::uint32_t dflow_readers = 0;\n" + counted_consumers(family_.consumers);
}

/// Of a result that nobody reads.
std::string FamilyText::dropped(const std::string& id, bool has_node, Final final) const {
  if (final == Final::never || (!family_.consumers.empty() && family_.sinks.empty())) return "";
  std::string when = family_.consumers.empty() ? "" : "dflow_readers == 0";
  if (has_node) when += (when.empty() ? "" : " && ") + std::string("!dflow_node");
  return "    " + (when.empty() ? "" : "if (" + when + ") ") + name_ + ".drop(" + id + ", dflow_done, dflow_work);\n";
}

/// Without consumers the launch has one task less to wait for.
std::string FamilyText::ended() const {
  if (family_.consumers.empty()) return "    ++dflow_work.ended;\n";
  return family_.sinks.empty() ? "" : "    if (dflow_readers == 0) ++dflow_work.ended;\n";
}

std::string FamilyText::tell() const {
  if (counts_where_it_tells()) return "    dflow_tell_" + id_ + "(" + behind("&dflow_work", indices_) + ");\n";
  return with_visits_as("dflow_arrive_$1(dflow_work, $2);", family_.consumers);
}

bool FamilyText::counts_where_it_tells() const {
  const std::sregex_iterator first(family_.consumers.begin(), family_.consumers.end(), visits()), none;
  return counts_readers() && static_cast<std::size_t>(std::distance(first, none)) >= kMany;
}

/// Counts the consumers, and tells them where there is whom to tell.
std::string FamilyText::told() const {
  if (!counts_where_it_tells()) return "";
  const std::string each = with_visits_as("{ ++dflow_readers; if (dflow_work) dflow_arrive_$1(*dflow_work, $2); }", family_.consumers);
  return "  [[gnu::noinline]] ::std::uint32_t dflow_tell_" + id_ + "(" + unused(behind(kDetail + "Work* dflow_work", declared_)) +
         ") {\n    ::std::uint32_t dflow_readers = 0;\n" + each + "    return dflow_readers;\n  }\n";
}

}  // namespace dflow::compiler
