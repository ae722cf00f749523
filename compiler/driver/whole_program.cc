#include "compiler/driver/whole_program.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <set>

#include "compiler/driver/build_paths.h"
#include "compiler/driver/captured.h"
#include "compiler/driver/fragment.h"
#include "compiler/driver/link.h"
#include "compiler/driver/linked_units.h"
#include "compiler/driver/response_file.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace {

using Words = std::vector<std::string>;

void warn(const std::string& text) {
  std::cerr << "dflowc: warning: --dflow-whole-program: " << text << "\n";
}

bool wants_remarks(const Options& options) {
  return std::ranges::any_of(options.diagnostic_flags,
                             [](const auto& flag) { return flag.starts_with("-Rdflow"); });
}

/// An option by which a call may end elsewhere than in the function of its name; "" if there is none.
std::string redirecting_option(const CommandLine& line) {
  for (const Argument& argument : line.arguments) {
    if (argument.role != Role::linker) continue;
    for (const char* name : {"wrap", "defsym", "muldefs", "allow-multiple-definition"})
      if (argument.value.find(name) != std::string::npos) return argument.value;
  }
  return "";
}

/// An object that was linked, and one unit of it.
struct Part {
  LinkedObject object;
  bool alone = true;  ///< The object holds no other unit.
  formats::Unit unit;
};

/// The units of what was linked, but for those that are not what they tell.
class Parts {
 public:
  explicit Parts(const std::vector<LinkedObject>& objects) {
    for (const LinkedObject& object : objects) {
      const auto times = static_cast<std::size_t>(std::ranges::count(objects, object));
      if (seen_.insert(object.shown()).second) add(object, times);
    }
  }

  const std::vector<Part>& all() const { return all_; }

  /// Who has the body of one of the functions that this one calls, another one.
  bool has_answers_for(const Part& part) const {
    return std::ranges::any_of(part.unit.open,
                               [this](const auto& call) { return defined_.contains(call.entity); });
  }

  void remark_on_open_calls() const {
    for (const Part& part : all_)
      for (const formats::OpenCall& call : part.unit.open)
        if (!defined_.contains(call.entity))
          std::cerr
              << "dflowc: remark: " << part.object.shown() << ": graph functions call '" << call.name
              << "', which no linked object that was compiled with --dflow-whole-program defines [-Rdflow]\n";
  }

 private:
  void add(const LinkedObject& object, std::size_t times) {
    auto units = units_of(object, times);
    if (!units) return warn(object.shown() + " is not looked into: " + units.message());
    for (formats::Unit& unit : units.value()) {
      const std::string why = objection(unit);
      if (!why.empty()) {
        warn(object.shown() + " is not looked into: " + why);
        continue;
      }
      defined_.insert(unit.defined.begin(), unit.defined.end());
      all_.push_back({object, units.value().size() == 1, std::move(unit)});
    }
  }

  static std::string objection(const formats::Unit& unit) {
    if (unit.compiler != DFLOW_VERSION_TEXT)
      return "it was compiled by dflowc " + unit.compiler +
             ", and this is " DFLOW_VERSION_TEXT "; compile it again";
    const std::string changed = changed_file(unit);
    return changed.empty() ? "" : "'" + changed + "' has changed since it was compiled; compile it again";
  }

  std::set<std::string> seen_;
  std::vector<Part> all_;
  std::set<std::string> defined_;
};

/// Compiles units again, each with the others in sight.
class Completion {
 public:
  Completion(const WholeProgram& how, const Parts& parts) : how_(how), parts_(parts) {}

  /// The new objects by what they replace.
  std::vector<std::pair<LinkedObject, std::string>> run() {
    for (const Part& part : parts_.all()) {
      if (!parts_.has_answers_for(part)) continue;
      if (!part.alone) {
        warn(part.object.shown() + " is not completed: it was linked of several objects");
        continue;
      }
      const auto object = compile(part);
      if (object)
        done_.emplace_back(part.object, object.value());
      else
        warn(part.object.shown() + " is not completed: " + object.message());
      if (interrupted()) break;
    }
    return std::move(done_);
  }

 private:
  formats::Result<std::string> compile(const Part& part) {
    const auto neighbours = others(part);
    if (!neighbours) return neighbours.error();
    const std::string object = how_.directory.new_path(".o");
    const Captured said(how_.directory);
    Words words{"--dflow-neighbours=" + neighbours.value()};
    words.insert(words.end(), part.unit.command.begin(), part.unit.command.end());
    words.insert(words.end(), {"-w", "-o", object});
    for (const std::string& flag : how_.options.diagnostic_flags)
      if (flag.starts_with("-R")) words.push_back(flag);
    const Outcome outcome = dflow::compiler::run({.program = how_.installation.self,
                                                  .arguments = words,
                                                  .output = {},
                                                  .errors = said.path(),
                                                  .directory = part.unit.directory});
    if (!outcome.ok()) return formats::Error{"it does not compile again: " + first_error_line(said.text())};
    said.print({});
    return object;
  }

  /// A file with the jobs of all other units.
  formats::Result<std::string> others(const Part& part) {
    std::vector<FrontendJob> jobs;
    for (const Part& other : parts_.all()) {
      if (&other == &part) continue;
      auto job = job_of(other.unit, how_.installation, how_.directory);
      if (!job) return formats::Error{other.object.shown() + ": " + job.message()};
      jobs.push_back(std::move(job).value());
    }
    return how_.directory.new_file(".neighbours", to_text(jobs));
  }

  const WholeProgram& how_;
  const Parts& parts_;
  std::vector<std::pair<LinkedObject, std::string>> done_;
};

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
}

bool writes_dependencies(const Argument& argument) {
  return argument.role == Role::linker && argument.value.find("--dependency-file") != std::string::npos;
}

/// The command with new objects in the places of old ones. What replaces an archive's member stands before
/// everything: the member is not looked for then.
Words with_objects(const CommandLine& line, std::vector<std::pair<LinkedObject, std::string>> objects) {
  Words words;
  for (const auto& [old, object] : objects)
    if (!old.member.empty()) words.push_back(object);
  for (const Argument& argument : line.arguments) {
    if (writes_dependencies(argument)) continue;  // they have been written, of the user's objects
    const auto replaced = std::ranges::find_if(objects, [&argument](const auto& each) {
      return argument.role == Role::input && each.first.member.empty() &&
             same_file(each.first.path, argument.value);
    });
    if (replaced != objects.end())
      words.push_back(replaced->second);
    else
      words.insert(words.end(), argument.words.begin(), argument.words.end());
  }
  return words;
}

/// Links quietly: whatever there is to say was said the first time.
Outcome link_again(const Host& host, const Words& words, const WholeProgram& how, const std::string& errors) {
  return run_host(host, words, how.directory.new_path(".out"), errors);
}

}  // namespace

Outcome link_whole_program(const Host& host, const std::vector<std::string>& words, const WholeProgram& how) {
  const std::string trace_file = how.directory.new_path(".trace");
  // Twice: members of archives are shown, too.
  const Outcome linked = run_host(host, with_flags(words, {"-Wl,--trace,--trace"}), trace_file);
  const auto text = formats::read_file(trace_file);
  const LinkTrace trace = read_trace(text ? text.value() : "");
  std::cout << trace.rest << std::flush;
  if (!linked.ok()) return linked;

  const Parts parts(trace.objects);
  if (wants_remarks(how.options)) parts.remark_on_open_calls();
  const bool needed =
      std::ranges::any_of(parts.all(), [&parts](const auto& part) { return parts.has_answers_for(part); });
  if (!needed) return linked;
  const CommandLine line = analyse_command_line(words, expand_response_files(words));
  if (const std::string option = redirecting_option(line); !option.empty()) {
    warn("nothing is completed: with '" + option + "' calls may end elsewhere");
    return linked;
  }
  const auto objects = Completion(how, parts).run();
  if (objects.empty() || interrupted()) return linked;
  const Captured said(how.directory);
  const Outcome again = link_again(host, with_objects(line, objects), how, said.path());
  if (again.ok() || interrupted()) return again;
  warn("nothing is completed: it does not link with the new objects: " + first_error_line(said.text()));
  return link_again(host, words, how, how.directory.new_path(".err"));
}

}  // namespace dflow::compiler
