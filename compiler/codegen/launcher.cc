#include "compiler/codegen/launcher.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace dflow::compiler {
namespace {

/// In the generated text; an alias keeps it readable.
const std::string kDetail = "dflow_rt::";
const std::string kAlias = "namespace dflow_rt = ::dflow::detail;\n";

std::string joined(const std::vector<std::string>& parts, const std::string& before = "", const std::string& between = ", ") {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : between) + before + part;
  return text;
}

std::string behind(const std::string& first, const std::string& list) {
  return list.empty() ? first : first + ", " + list;
}

/// The code of one family: the tasks of one call in the source.
class FamilyText {
 public:
  FamilyText(const Launcher& launcher, const flow::LaunchFamily& family, int number)
      : launcher_(launcher),
        family_(family),
        site_(site_of(family.node)),
        id_(std::to_string(family.node)),
        prefix_("dflow_value_" + std::to_string(number) + "_" + id_ + "_"),
        name_("dflow_family_" + id_),
        indices_(joined(family.variables)),
        declared_(joined(family.variables, kDetail + "Index ")) {}

  /// The argument expressions, where names mean what they mean in the graph function: outside of the class, whose bases have
  /// members.
  std::string values() const {
    std::string text;
    for (const flow::LaunchStep& step : family_.steps) {
      const LaunchSite& site = site_of(step.node);
      for (std::uint32_t i = 0; i < site.arguments.size(); ++i)
        if (!site.arguments[i].is_future) text += value_function(site, site.arguments[i], step.first_argument + i);
    }
    return text;
  }

  std::string members() const {
    return "  " + kDetail + "TaskFamily<" + std::to_string(family_.variables.size()) + ", " + site_.result + ", " +
           std::to_string(wanted()) + (family_.counted ? "" : ", false") + "> " + name_ + ";\n";
  }

  std::string reserve() const {
    std::string least, extent;
    for (const auto& [low, high] : family_.bounds) {
      least += (least.empty() ? "" : ", ") + low;
      extent += (extent.empty() ? "" : ", ") + ("(" + high + ") - (" + low + ") + 1");
    }
    const std::string box = kDetail + "Box<" + std::to_string(family_.variables.size()) + ">";
    std::string width = is_reduce() ? ", static_cast<::std::size_t>(" + family_.inputs.front().longest + ")" : "";
    const std::string full = "{{" + least + "}, {" + extent + "}}";
    if (family_.nonempty.empty()) return "    " + name_ + ".reserve(" + full + ", dflow_next" + width + ");\n";
    // Bounds mean nothing for what is empty.
    if (family_.variables.empty()) {
      return "    " + name_ + ".reserve({}, dflow_next, " + "(" + family_.nonempty + ") ? " +
             (width.empty() ? "1" : width.substr(2)) + " : 0);\n";
    }
    return "    " + name_ + ".reserve((" + family_.nonempty + ") ? " + box + full + " : " + box + "{}, dflow_next" +
           (width.empty() ? "" : ", (" + family_.nonempty + ") ?" + width.substr(1) + " : 1") + ");\n";
  }

  bool is_root() const { return family_.inputs.empty(); }
  std::uint32_t level() const { return family_.level; }
  std::string roots() const { return name_ + ".all()"; }
  std::string end() const { return name_ + ".end"; }
  std::string dispatch() const {
    return "    if (dflow_id < " + name_ + ".end) return dflow_run_" + id_ + "(dflow_id, dflow_work);\n";
  }

  std::string sinks() const {
    if (family_.sinks.empty()) return "";
    return indented(family_.sinks, 4);
  }

  std::string functions() const {
    std::string callables;
    for (const flow::LaunchStep& step : family_.steps) callables += (callables.empty() ? "" : ", then ") + site_of(step.node).callable;
    std::string text = "\n  // " + callables + (indices_.empty() ? "" : " [" + indices_ + "]") + "\n";
    if (!family_.outputs.empty()) text += output();
    for (const auto& input : family_.inputs) text += this->input(input);
    text += result() + consumers();
    return text + arrivals() + (is_reduce() ? run_reduce() : run_task());
  }

 private:
  const LaunchSite& site_of(std::uint32_t node) const {
    return *std::ranges::find(launcher_.sites, node, &LaunchSite::node);
  }
  /// By its number among those of all steps.
  const LaunchArgument& argument_at(std::uint32_t number) const {
    auto step = family_.steps.rbegin();
    while (step->first_argument > number) ++step;
    return site_of(step->node).arguments.at(number - step->first_argument);
  }

  std::string value_function(const LaunchSite& site, const LaunchArgument& argument, std::uint32_t number) const {
    std::string declared;
    for (const LaunchParameter& parameter : launcher_.parameters)
      if (parameter.is_kept) declared += (declared.empty() ? "" : ", ") + ("[[maybe_unused]] const " + parameter.type + "& " + parameter.name);
    for (const std::string& index : site.indices)
      declared += (declared.empty() ? "" : ", ") + ("[[maybe_unused]] " + kDetail + "Index " + index);
    std::string text = std::string(argument.is_object ? "const auto& " : "auto ") + prefix_ + std::to_string(number) + "(" + declared + ") {\n";
    for (const LaunchVariable& variable : site.variables)
      text += "  [[maybe_unused]] const " + variable.type + " " + variable.name + " = " + variable.value + ";\n";
    return text + "  return " + argument.value + ";\n}\n";
  }

  bool is_reduce() const { return site_.op == formats::NodeOp::reduce; }
  bool has_range() const {
    return !is_reduce() && std::ranges::any_of(family_.inputs, &flow::LaunchInput::is_range);
  }
  const flow::LaunchInput* input_of(std::size_t argument) const {
    const auto found = std::ranges::find(family_.inputs, argument, &flow::LaunchInput::argument);
    return found == family_.inputs.end() ? nullptr : &*found;
  }
  std::size_t wanted() const {
    if (is_reduce()) return 2;
    return has_range() ? 0 : std::max<std::size_t>(1, family_.inputs.size());
  }
  std::string with_element(bool element) const { return element ? behind_own("dflow_e") : indices_; }
  std::string behind_own(const std::string& last) const { return indices_.empty() ? last : indices_ + ", " + last; }

  static std::string indented(const std::string& text, std::size_t depth) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (end > at) result += std::string(depth, ' ') + text.substr(at, end - at) + "\n";
      at = end + 1;
    }
    return result;
  }

  std::string output() const {
    std::string text = "  " + kDetail + "Index dflow_output_" + id_ + "(" + unused(declared_) + ") const {\n";
    for (const auto& each : family_.outputs) {
      text += "    " + (each.condition.empty() ? "" : "if (" + each.condition + ") ") + "return " + each.element + ";\n";
      if (each.condition.empty()) return text + "  }\n";
    }
    return text + "    return -1;\n  }\n";
  }

  static std::string unused(const std::string& declared) {
    std::string text;
    for (std::size_t at = 0; at < declared.size();) {
      const std::size_t end = std::min(declared.find(", ", at), declared.size());
      text += (text.empty() ? "" : ", ") + ("[[maybe_unused]] " + declared.substr(at, end - at));
      at = end + 2;
    }
    return text;
  }

  std::string input(const flow::LaunchInput& input) const {
    const std::string type = kDetail + "Input<" + argument_at(input.argument).type + ">";
    const std::string number = id_ + "_" + std::to_string(input.argument);
    const std::string declared = input.is_range ? behind_declared() : declared_;
    std::string text = "  " + type + " dflow_input_" + number + "(" + unused(declared) + ") const {\n";
    for (const auto& source : input.cases) {
      text += "    " + (source.condition.empty() ? "" : "if (" + source.condition + ") ") + "return dflow_result_" +
              std::to_string(source.producer) + "(" + joined(source.indices) + ")" + as_seen(source.reader) + ";\n";
    }
    text += "  }\n";
    if (!input.is_range) return text;
    return text + "  " + kDetail + "Index dflow_length_" + number + "(" + unused(declared_) + ") const { return " + input.length +
           "; }\n";
  }
  static std::string as_seen(ir::Reader reader) {
    switch (reader) {
      case ir::Reader::counted: return "";
      case ir::Reader::last: return ".last()";
      case ir::Reader::never: return ".never()";
    }
    return "";
  }
  std::string behind_declared() const {
    const std::string element = kDetail + "Index dflow_e";
    return declared_.empty() ? element : declared_ + ", " + element;
  }

  /// The result of an instance, for those who read it.
  std::string result() const {
    std::string text = "  " + kDetail + "Input<" + site_.result + "> dflow_result_" + id_ + "(" + unused(declared_) + ") const {\n";
    const std::string id = final_id();
    if (!family_.outputs.empty()) {
      text += "    if (const auto dflow_out = dflow_output_" + id_ + "(" + indices_ + "); dflow_out >= 0)\n      return {" +
              node("dflow_out") + ", nullptr, " + id + "};\n";
    }
    return text + "    return " + name_ + ".input(" + id + ");\n  }\n";
  }
  std::string node(const std::string& element) const {
    return "&static_cast<" + kDetail + "LaunchedNode<" + site_.result + ">&>(*dflow_outputs[static_cast<::std::size_t>(" + element +
           ")].get()).value()";
  }
  /// The number of the task whose result is the instance's.
  std::string final_id() const {
    const std::string first = name_ + ".id(" + indices_ + ")";
    if (!is_reduce() || has_init()) return first;
    return first + " + static_cast<" + kDetail + "TaskId>(" + kDetail + "ReduceTree{dflow_length_" + id_ + "_0(" + indices_ +
           ")}.top())";
  }
  bool has_init() const { return is_reduce() && site_.arguments.size() > 1; }

  std::string consumers() const {
    if (family_.consumers.empty()) return "";
    return "  template <class Visit>\n  void dflow_consumers_" + id_ + "(" + unused(behind_visit()) + ") const {\n" +
           indented(family_.consumers, 4) + "  }\n";
  }
  std::string behind_visit() const {
    return declared_.empty() ? "Visit dflow_visit" : declared_ + ", Visit dflow_visit";
  }

  /// What happens when an input is there.
  std::string arrivals() const {
    std::string text;
    for (const auto& input : family_.inputs) {
      const std::string declared = input.is_range ? behind_declared() : declared_;
      text += "  void dflow_arrive(" + behind(kDetail + "InputOf<" + id_ + ", " + std::to_string(input.argument) + ">, " + kDetail +
                                                  "Work& dflow_work",
                                              unused(declared)) +
              ") {\n    ";
      const std::string first = name_ + ".id(" + indices_ + ")";
      if (is_reduce() && input.argument == 0) {
        text += "const " + kDetail + "ReduceTree dflow_tree{dflow_length_" + id_ + "_0(" + indices_ + ")};\n    " + name_ + ".arrive(" +
                first + " + static_cast<" + kDetail + "TaskId>(dflow_tree.consumer_of_element(dflow_e)), dflow_work);\n";
      } else if (has_range()) {
        text += name_ + ".arrive_of(" + first + ", " + all_wanted() + ", dflow_work);\n";
      } else {
        text += name_ + ".arrive(" + first + ", dflow_work);\n";
      }
      text += "  }\n";
    }
    return text;
  }
  std::string all_wanted() const {
    std::string sum;
    for (const auto& input : family_.inputs) {
      if (!sum.empty()) sum += " + ";
      sum += input.is_range ? "dflow_length_" + id_ + "_" + std::to_string(input.argument) + "(" + indices_ + ")" : "1";
    }
    return "static_cast<::std::uint32_t>(" + sum + ")";
  }

  std::string head() const {
    std::string text = "  void dflow_run_" + id_ + "([[maybe_unused]] const " + kDetail + "TaskId dflow_id, [[maybe_unused]] " + kDetail +
                       "Work& dflow_work) {\n";
    if (family_.variables.empty()) return text;
    text += "    const auto dflow_at = " + name_ + ".indices(dflow_id);\n";
    for (std::size_t i = 0; i < family_.variables.size(); ++i) {
      text += "    [[maybe_unused]] const " + kDetail + "Index " + family_.variables[i] + " = dflow_at[" + std::to_string(i) + "];\n";
    }
    if (is_root() && !family_.contains.empty()) text += "    if (!(" + family_.contains + ")) return;\n";
    return text;
  }
  std::string value(std::uint32_t number, const std::vector<std::string>& indices) const {
    std::vector<std::string> given;
    for (const LaunchParameter& parameter : launcher_.parameters)
      if (parameter.is_kept) given.push_back(parameter.name);
    given.insert(given.end(), indices.begin(), indices.end());
    return prefix_ + std::to_string(number) + "(" + joined(given) + ")";
  }

  std::string fetch(const flow::LaunchInput& input) const {
    const std::string argument = std::to_string(input.argument);
    return "    const auto dflow_in_" + argument + " = dflow_input_" + id_ + "_" + argument + "(" + indices_ + ");\n";
  }
  /// The loop over a range's elements, each as `dflow_each`.
  std::string each(const flow::LaunchInput& input, const std::string& statement) const {
    const std::string number = id_ + "_" + std::to_string(input.argument);
    return "for (" + kDetail + "Index dflow_e = 0, dflow_end = dflow_length_" + number + "(" + indices_ +
           "); dflow_e < dflow_end; ++dflow_e) {\n        const auto dflow_each = dflow_input_" + number + "(" + behind_own("dflow_e") +
           ");\n        " + statement + "\n      }\n";
  }

  std::string argument(const flow::LaunchStep& step, std::uint32_t place) const {
    const std::uint32_t number = step.first_argument + place;
    const LaunchArgument& argument = argument_at(number);
    if (!argument.is_future) return value(number, step.indices);
    const std::string passed = argument.by_reference ? ".by_reference()" : ".by_value()";
    if (step.fed == place) return "dflow_between_" + std::to_string(step.first_argument) + passed;
    if (input_of(number)->is_range) return "::std::move(dflow_all_" + std::to_string(number) + ")";
    return "dflow_in_" + std::to_string(number) + passed;
  }

  std::vector<flow::LaunchInput> inputs_of(const flow::LaunchStep& step) const {
    const auto end = step.first_argument + site_of(step.node).arguments.size();
    std::vector<flow::LaunchInput> found;
    std::ranges::copy_if(family_.inputs, std::back_inserter(found), [&](const flow::LaunchInput& input) {
      return input.argument >= step.first_argument && input.argument < end;
    });
    return found;
  }

  /// A call with its inputs: what is looked up before, the body, and where its inputs come from.
  struct CallText {
    std::string before, body, inputs;
  };
  CallText call(const flow::LaunchStep& step) const {
    CallText made;
    // A step fails as what feeds it did, and that failed as this task.
    if (step.fed) made.inputs += "      dflow_from.push_back(dflow_id);\n";
    for (const auto& input : inputs_of(step)) {
      const std::string argument = std::to_string(input.argument);
      if (input.is_range) {
        made.inputs += "      " + each(input, "dflow_from.push_back(dflow_each.id);");
        made.body += "      ::std::vector<" + argument_at(input.argument).type + "> dflow_all_" + argument + ";\n      dflow_all_" +
                     argument + ".reserve(static_cast<::std::size_t>(dflow_length_" + id_ + "_" + argument + "(" + indices_ +
                     ")));\n      " + each(input, "dflow_all_" + argument + ".push_back(dflow_each.by_value());");
      } else {
        made.before += fetch(input);
        made.inputs += "      dflow_from.push_back(dflow_in_" + argument + ".id);\n";
      }
    }
    const LaunchSite& site = site_of(step.node);
    std::vector<std::string> arguments;
    for (std::uint32_t i = 0; i < site.arguments.size(); ++i) arguments.push_back(argument(step, i));
    made.body += "      return " + site.callable + "(" + joined(arguments) + ");\n";
    return made;
  }

  std::string run_task() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < family_.steps.size(); ++i) text += run_before(family_.steps[i], family_.steps[i + 1]);
    const flow::LaunchStep& last = family_.steps.back();
    const CallText made = call(last);
    return head() + unless_asked(text + made.before + perform("dflow_id", made.inputs, made.body) + release(last) + ended()) + tell() +
           "  }\n";
  }
  /// What a task does not do when it only says whom it would tell.
  static std::string unless_asked(const std::string& text) {
    return "    if (!dflow_work.told) {\n" + text + "    }\n";
  }

  /// A step whose result is the next one's.
  std::string run_before(const flow::LaunchStep& step, const flow::LaunchStep& next) const {
    const CallText made = call(step);
    const std::string between = "dflow_between_" + std::to_string(next.first_argument);
    return "    " + kDetail + "Between<" + site_of(step.node).result + "> " + between + ";\n    {\n" + made.before +
           lambda("dflow_body", made.body) + sources(made.inputs) + "    " + between + ".is_made = dflow_perform(dflow_id, " + between +
           ".place(), dflow_sources, dflow_body);\n" + release(step) + "    }\n";
  }

  std::string release(const flow::LaunchStep& step) const {
    std::string text;
    for (const auto& input : inputs_of(step)) {
      if (input.is_range) text += "    {\n      " + each(input, "dflow_each.release(dflow_work);") + "    }\n";
      else text += "    dflow_in_" + std::to_string(input.argument) + ".release(dflow_work);\n";
    }
    return text;
  }

  static std::string lambda(const std::string& name, const std::string& body) {
    return "    const auto " + name + " = [&] {\n" + body + "    };\n";
  }
  static std::string sources(const std::string& inputs) {
    return lambda("dflow_sources", "      ::std::vector<" + kDetail + "TaskId> dflow_from;\n" + inputs + "      return dflow_from;\n");
  }

  /// The body of the instance's last or only task.
  std::string perform(const std::string& id, const std::string& inputs, const std::string& body) const {
    std::string text = lambda("dflow_body", body) + sources(inputs);
    if (counts_readers()) {
      text += "    ::std::uint32_t dflow_readers = 0;\n    dflow_consumers_" + id_ + "(" +
              behind_own("[&](auto...) { ++dflow_readers; }") + ");\n";
    }
    const std::string expect = name_ + ".expect(" + id + ", " + (family_.consumers.empty() ? "0" : counts_readers() ? "dflow_readers" : "1") + ", dflow_work);\n";
    const std::string done = "dflow_perform(" + id + ", " + name_ + ".place(" + id + "), dflow_sources, dflow_body)";
    const std::string drop = name_ + ".drop(" + id + ", ";
    std::string ordinary = done + ";\n";
    if (family_.consumers.empty()) ordinary = drop + done + ", dflow_work);\n";
    else if (!family_.sinks.empty())
      ordinary = "if (const bool dflow_done = " + done + "; dflow_readers == 0) " + drop + "dflow_done, dflow_work);\n";
    if (family_.outputs.empty()) return text + "    " + expect + "    " + ordinary;
    return text + "    if (const auto dflow_out = dflow_output_" + id_ + "(" + indices_ +
           "); dflow_out >= 0)\n      dflow_perform_output<" + site_.result + ">(" + id +
           ", dflow_outputs[static_cast<::std::size_t>(dflow_out)], " + (family_.consumers.empty() ? "false" : "true") +
           ", dflow_sources, dflow_body);\n    else {\n      " + expect + "      " + ordinary + "    }\n";
  }

  /// Results need the number of their readers where those count down, or where it may be none.
  bool counts_readers() const { return !family_.consumers.empty() && (family_.counted || !family_.sinks.empty()); }

  /// Without consumers the launch has one task less to wait for.
  std::string ended() const {
    if (family_.consumers.empty()) return "    ++dflow_work.ended;\n";
    return family_.sinks.empty() ? "" : "    if (dflow_readers == 0) ++dflow_work.ended;\n";
  }
  std::string tell() const {
    if (family_.consumers.empty()) return "";
    return "    dflow_consumers_" + id_ + "(" +
           behind_own("[&](auto dflow_input, auto... dflow_of) { dflow_arrive(dflow_input, dflow_work, dflow_of...); }") + ");\n";
  }

  std::string operand(const std::string& side) const {
    return "    const auto dflow_" + side + "_at = dflow_tree." + side + "(dflow_m);\n    const auto dflow_" + side + " = dflow_" + side +
           "_at.task != 0 ? " + name_ + ".input(dflow_first + static_cast<" + kDetail + "TaskId>(dflow_" + side +
           "_at.task)).last() : dflow_input_" + id_ + "_0(" + behind_own("dflow_" + side + "_at.element") + ");\n";
  }
  std::string passed(const std::string& name, int place) const {
    return name + (site_.by_reference[place] ? ".by_reference()" : ".by_value()");
  }

  std::string run_reduce() const {
    std::string text = head();
    text += "    const " + kDetail + "ReduceTree dflow_tree{dflow_length_" + id_ + "_0(" + indices_ + ")};\n    const auto dflow_first = " +
            name_ + ".id(" + indices_ + ");\n    const auto dflow_m = static_cast<" + kDetail + "Index>(dflow_id - dflow_first);\n";
    if (has_init()) text += "    if (dflow_m == 0) return dflow_run_init_" + id_ + "(" + behind_own("dflow_first, dflow_work") + ");\n";
    text += operand("left") + operand("right");
    const std::string body =
        "      return " + site_.callable + "(" + passed("dflow_left", 0) + ", " + passed("dflow_right", 1) + ");\n";
    const std::string inputs = "      dflow_from = {dflow_left.id, dflow_right.id};\n";
    const std::string release = "dflow_left.release(dflow_work);\n";
    const std::string release_right = "dflow_right.release(dflow_work);\n";
    const std::string upwards = "dflow_tree.consumer_of(dflow_m)";
    const std::string top_waits = has_init() ? "true" : "dflow_up != 0";
    text += "    const auto dflow_up = " + upwards + ";\n";
    // Inside the tree, each result has one reader.
    std::string inner = unless_asked(lambda("dflow_body", body) + sources(inputs) + "    " + name_ + ".expect(dflow_id, 1, dflow_work);\n    dflow_perform(dflow_id, " +
                                     name_ + ".place(dflow_id), dflow_sources, dflow_body);\n    " + release + "    " + release_right);
    const std::string arrive = "    " + name_ + ".arrive(dflow_first + static_cast<" + kDetail + "TaskId>(dflow_up), dflow_work);\n";
    if (has_init()) {
      const bool future = site_.arguments[1].is_future;
      inner += future ? arrive : "    if (dflow_up == 0) return dflow_work.arrived(dflow_first);\n" + arrive;
      return text + inner + "  }\n" + run_init();
    }
    text += "    if (dflow_up == 0) {\n" + unless_asked(perform("dflow_id", inputs, body) + "    " + release + "    " + release_right + ended()) +
            tell() + "    return;\n    }\n";
    return text + inner + arrive + "  }\n";
  }

  /// The task that puts the initial value to the left of the tree's.
  std::string run_init() const {
    const bool future = site_.arguments[1].is_future;
    std::string text = "  void dflow_run_init_" + id_ + "(" + unused(behind_declared_init()) + ") {\n";
    text += "    const " + kDetail + "ReduceTree dflow_tree{dflow_length_" + id_ + "_0(" + indices_ + ")};\n";
    text += "    const auto dflow_right = " + name_ + ".input(dflow_first + static_cast<" + kDetail + "TaskId>(dflow_tree.top())).last();\n";
    if (future) text += "    const auto dflow_left = dflow_input_" + id_ + "_1(" + indices_ + ");\n";
    const std::string left = future ? passed("dflow_left", 0) : value(1, family_.variables);
    const std::string body = "      return " + site_.callable + "(" + left + ", " + passed("dflow_right", 1) + ");\n";
    const std::string inputs = future ? "      dflow_from = {dflow_left.id, dflow_right.id};\n" : "      dflow_from = {dflow_right.id};\n";
    std::string run = perform("dflow_first", inputs, body);
    if (future) run += "    dflow_left.release(dflow_work);\n";
    return text + unless_asked(run + "    dflow_right.release(dflow_work);\n" + ended()) + tell() + "  }\n";
  }
  std::string behind_declared_init() const {
    const std::string rest = "const " + kDetail + "TaskId dflow_first, " + kDetail + "Work& dflow_work";
    return declared_.empty() ? rest : declared_ + ", " + rest;
  }

  const Launcher& launcher_;
  const flow::LaunchFamily& family_;
  const LaunchSite& site_;
  std::string id_, prefix_, name_, indices_, declared_;
};

std::string symbol_value(const formats::Symbol& symbol) {
  const bool size = symbol.parameter.ends_with(".size");
  return size ? symbol.parameter + "()" : symbol.parameter;
}

std::string parameter_list(const Launcher& launcher) {
  std::string text;
  for (const LaunchParameter& each : launcher.parameters) {
    text += text.empty() ? "" : ", ";
    text += each.is_executor ? "::dflow::Executor& " + each.name
                             : "[[maybe_unused]] const " + each.type + "& " + each.name;
  }
  return text;
}

std::string executor_of(const Launcher& launcher) {
  return std::ranges::find_if(launcher.parameters, &LaunchParameter::is_executor)->name;
}

std::string result_type(const Launcher& launcher) {
  return launcher.returned_value.empty() ? "bool" : "::std::optional<" + launcher.returned + ">";
}

/// The function that decides whether a call is launched, and does it.
std::string start_text(const Launcher& launcher, const std::string& type, const std::string& function) {
  const bool returns = !launcher.returned_value.empty();
  std::string text = "\n" + result_type(launcher) + " " + function + "(" + parameter_list(launcher) + ") {\n";
  const std::string no = returns ? "::std::nullopt" : "false";
  text += "  if (!" + kDetail + "may_launch(" + executor_of(launcher) + ")) return " + no + ";\n  try {\n";
  std::vector<std::string> arguments = {kDetail + "scope_of(" + executor_of(launcher) + ")"};
  for (const LaunchParameter& each : launcher.parameters)
    if (each.is_kept) arguments.push_back(each.name);
  for (const formats::Symbol& symbol : launcher.code.symbols) {
    const std::string name = "dflow_" + symbol.symbol;
    text += "    [[maybe_unused]] const " + kDetail + "Index " + name + " = " + kDetail + "index_of(" + symbol_value(symbol) + ");\n";
    arguments.push_back(name);
  }
  if (!launcher.code.assumptions.empty()) text += "    if (!(" + launcher.code.assumptions + ")) return " + no + ";\n";
  text += "    auto dflow_launch = " + kDetail + "make_launch<" + type + ">(" + joined(arguments) + ");\n";
  if (!returns) return text + "    dflow_launch.release()->dflow_start();\n    return true;\n  } catch (const ::std::bad_alloc&) {\n    return false;\n  }\n}\n";
  const bool one = launcher.code.returned_length.empty();
  const auto& families = launcher.code.families;
  const auto made = std::ranges::find_if(families, [](const auto& family) { return !family.outputs.empty(); });
  const std::string site = made == families.end()
                               ? "nullptr"
                               : "&" + kDetail + "site<" + std::ranges::find(launcher.sites, made->node, &LaunchSite::node)->place + ">";
  text += "    auto dflow_futures = " + kDetail + "make_outputs<" + launcher.returned_value + ">(" + arguments[0] + ", " + site + ", " +
          (one ? "1" : launcher.code.returned_length) + ", dflow_launch->dflow_outputs);\n";
  text += "    dflow_launch.release()->dflow_start();\n    return " + std::string(one ? "::std::move(dflow_futures.front())" : "dflow_futures") +
          ";\n  } catch (const ::std::bad_alloc&) {\n    return ::std::nullopt;\n  }\n}\n";
  return text;
}

std::string constructor_text(const Launcher& launcher, const std::string& type, const std::vector<FamilyText>& families) {
  std::string declared = kDetail + "Scope& dflow_scope", initial;
  int number = 0;
  for (const LaunchParameter& each : launcher.parameters) {
    if (!each.is_kept) continue;
    const std::string given = "dflow_given_" + std::to_string(number++);
    declared += ", const " + each.type + "& " + given;
    initial += ", " + each.name + "(" + given + ")";
  }
  for (const formats::Symbol& symbol : launcher.code.symbols) {
    declared += ", " + kDetail + "Index dflow_" + symbol.symbol + "_";
    initial += ", dflow_" + symbol.symbol + "(dflow_" + symbol.symbol + "_)";
  }
  std::string text = "  explicit " + type + "(" + declared + ")\n      : LaunchOf(dflow_scope, &" + kDetail + "site<" + launcher.key + ", 1>)" +
                     initial + " {\n    [[maybe_unused]] " + kDetail + "TaskId dflow_next = 0;\n";
  for (const FamilyText& family : families) text += family.reserve();
  return text + "  }\n";
}

}  // namespace

std::string launcher_type(const Launcher& launcher) {
  std::vector<std::string> types;
  for (const LaunchParameter& each : launcher.parameters)
    types.push_back(each.is_executor ? "::dflow::Executor&" : "const " + each.type + "&");
  return result_type(launcher) + "(" + joined(types) + ")";
}

std::string launcher_call(const Launcher& launcher) {
  std::vector<std::string> names;
  for (const LaunchParameter& each : launcher.parameters) names.push_back(each.name);
  const std::string call = "dflow_launcher_(" + joined(names) + ")";
  const std::string found = " if (auto* dflow_launcher_ = ::dflow::detail::launcher<" + launcher.key + ", " + launcher_type(launcher) + ">) ";
  if (launcher.returned_value.empty()) return found + "{ if (" + call + ") return; }";
  return found + "{ if (auto dflow_launched_ = " + call + ") return *::std::move(dflow_launched_); }";
}

std::string launcher_text(const Launcher& launcher, int number) {
  const std::string type = "dflow_launcher_" + std::to_string(number), function = "dflow_launch_" + std::to_string(number);
  std::vector<FamilyText> families;
  for (const auto& family : launcher.code.families) families.emplace_back(launcher, family, number);
  std::string text = "\n// Runs graph '" + launcher.graph + "' from the closed form of its dependences.\n";
  for (const std::string& name : launcher.namespaces) text += "namespace " + (name.empty() ? "" : name + " ") + "{\n";
  text += "namespace {\n" + kAlias;
  for (const FamilyText& family : families) text += family.values();
  text += "class " + type + " final : public " + kDetail + "LaunchOf<" + type + "> {\n public:\n";
  text += constructor_text(launcher, type, families);
  text += "\n  void dflow_start() {\n    ::std::vector<Range> dflow_roots;\n    ::std::uint64_t dflow_sinks = 0;\n";
  std::vector<const FamilyText*> roots;
  for (const FamilyText& family : families)
    if (family.is_root()) roots.push_back(&family);
  std::ranges::stable_sort(roots, std::greater<>(), &FamilyText::level);
  for (const FamilyText* family : roots) text += "    dflow_roots.push_back(" + family->roots() + ");\n";
  for (const FamilyText& family : families) text += family.sinks();
  std::string ends;
  for (const FamilyText& family : families) ends += (ends.empty() ? "" : ", ") + family.end();
  text += "    this->Launch::start(dflow_roots, dflow_sinks, {" + ends + "});\n  }\n\n  void dflow_run([[maybe_unused]] " + kDetail + "TaskId dflow_id, [[maybe_unused]] " +
          kDetail + "Work& dflow_work) {\n";
  for (const FamilyText& family : families) text += family.dispatch();
  text += "  }\n\n  ::std::vector<" + kDetail + "NodeRef> dflow_outputs;\n\n private:\n";
  for (const FamilyText& family : families) text += family.functions();
  text += "\n";
  for (const LaunchParameter& each : launcher.parameters)
    if (each.is_kept) text += "  const " + each.type + " " + each.name + ";\n";
  for (const formats::Symbol& symbol : launcher.code.symbols)
    text += "  const " + kDetail + "Index dflow_" + symbol.symbol + ";\n";
  for (const FamilyText& family : families) text += family.members();
  text += "};\n" + start_text(launcher, type, function);
  text += "[[maybe_unused]] const " + kDetail + "LauncherEntry dflow_launcher_entry_" + std::to_string(number) + "(" + kDetail +
          "launcher<" + launcher.key + ", " + launcher_type(launcher) + ">, &" + function + ");\n}  // namespace\n";
  for (std::size_t i = 0; i < launcher.namespaces.size(); ++i) text += "}\n";
  return text;
}

}  // namespace dflow::compiler
