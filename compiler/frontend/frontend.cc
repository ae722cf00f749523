#include "compiler/frontend/frontend.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <utility>

#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/FrontendActions.h"
#include "clang/Tooling/Tooling.h"
#include "compiler/codegen/launcher.h"
#include "compiler/codegen/plan_section.h"
#include "compiler/frontend/affine_plan.h"
#include "compiler/frontend/analysing_consumer.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/conclude.h"
#include "compiler/frontend/crossing.h"
#include "compiler/frontend/graph_functions.h"
#include "compiler/frontend/library_bodies.h"
#include "compiler/frontend/neighbours.h"
#include "compiler/frontend/positions.h"
#include "compiler/frontend/rewrite.h"
#include "compiler/frontend/task_table.h"
#include "compiler/frontend/unit.h"

namespace dflow::compiler {
namespace {

class Consumer : public clang::ASTConsumer {
 public:
  Consumer(FrontendResult& result, const WarningFlags& flags, const FrontendJob& job, clang::DiagnosticOptions options)
      : result_(result), flags_(flags), job_(job), diagnostic_options_(std::move(options)) {}

  /// What libraries do inside is the host compiler's to parse: saves a third of the time. Clang asks only where
  /// nothing depends on the body (no constexpr function, no deduced result).
  bool shouldSkipFunctionBody(clang::Decl* declaration) override {
    return in_library(*declaration);
  }

  void HandleTranslationUnit(clang::ASTContext& context) override {
    if (context.getDiagnostics().hasErrorOccurred()) return;
    Neighbours neighbours(job_.neighbours);
    const Project project(context, &neighbours);
    if (!project.uses_dflow() && job_.command.empty()) return;
    const Definitions definitions = project_definitions(project);
    neighbours.find(project, definitions);
    const std::string fragment = job_.command.empty() ? "" : unit_text(job_, project, definitions, neighbours);
    Proposals proposals;
    propose_edits(project, definitions, proposals);
    std::vector<SourceUnit> files{{project, definitions}};
    for (const SourceUnit& file : neighbours.units()) files.push_back(file);
    const RecordedUnit recorded = record(files);
    auto graphs = graph_functions(project, definitions, recorded);
    conclude(recorded.unit, graphs, proposals);
    add_dependences(project, definitions, graphs, proposals, job_.passes);
    const CrossingTypes crossing = crossing_types(project, definitions, proposals);
    write_files(context.getSourceManager(), proposals,
                crossing_tail(crossing) + tail(graphs, context.getSourceManager()) + tasks_tail(project, definitions) + fragment);
    diagnose(project, definitions, graphs);
  }

 private:
  void conclude(const UnitRecord& unit, std::vector<GraphFunction>& graphs, Proposals& proposals) {
    std::vector<Verdict> verdicts;
    for (GraphFunction& graph : graphs) {
      const Verdict& verdict = verdicts.emplace_back(analyse(unit, graph.record));
      complete_graph(graph.graph, unit, graph.record, verdict);
      if (verdict.object_need != formats::ParameterNeed::none && graph.refusal.empty()) {
        graph.refusal = "its shape depends on the object that it is called on";
      }
      graph.graph.expandable = graph.refusal.empty();
      for (std::size_t i = 0; i < verdict.needs.size(); ++i) graph.entry.parameters[i].need = verdict.needs[i];
      for (std::size_t i = 0; i < verdict.member_needs.size(); ++i) {
        const MemberRecord& member = unit.function(graph.record).members[i];
        if (verdict.member_needs[i] == formats::ParameterNeed::none) continue;
        graph.entry.parameters[member.parameter].members.push_back({member.name, member.type, verdict.member_needs[i]});
      }
    }
    propose_dry_run_edits(unit, verdicts, proposals);
    tell_names_apart(graphs);
  }

  /// Overloads and instantiations share a name: all but the first are started by another, which the plan tells. What other
  /// files cannot see goes by its file's name too, since they may have one of that name.
  static void tell_names_apart(std::vector<GraphFunction>& graphs) {
    std::set<std::string> taken;
    for (GraphFunction& graph : graphs) {
      const std::string prefix = graph.internal ? graph.graph.file + ":" : "";
      if (taken.insert(prefix + graph.graph.name).second) {
        graph.entry.graph = prefix + graph.graph.name;
        if (graph.internal) graph.graph.entry = graph.entry.graph;
        continue;
      }
      const std::string full = prefix + graph.entry.callee.substr(graph.entry.callee.starts_with("::") ? 2 : 0);
      const bool distinct = graph.entry.object.empty() && taken.insert(full).second;
      const auto number = std::to_string(&graph - graphs.data());
      graph.graph.entry = graph.entry.graph = distinct ? full : prefix + graph.graph.name + "#" + number;
    }
  }

  void diagnose(const Project& project, const Definitions& definitions, const std::vector<GraphFunction>& graphs) {
    Reporter reporter(project, flags_);
    run_checks(project, definitions, graphs, flags_, reporter);
    for (const GraphFunction& graph : graphs) remark(graph, project, reporter);
    auto printed = reporter.print(diagnostic_options_);
    result_.diagnostics = std::move(printed.text);
    result_.fatal = printed.has_errors;
  }

  /// What `-Rdflow` tells of a graph.
  static void remark(const GraphFunction& function, const Project& project, Reporter& reporter) {
    const std::string name = "graph '" + function.graph.name + "'";
    if (function.graph.replicable) reporter.remark({.at = function.location, .text = name + " is replicable"});
    for (const formats::Boundary& boundary : function.graph.boundaries) {
      reporter.remark({.at = start_of(boundary, function.location, project),
                       .text = name + " cannot be known beyond this: " + boundary.reason});
    }
    if (!function.graph.expandable) {
      reporter.remark({.at = function.location, .text = name + " cannot be expanded: " + function.refusal});
    }
    if (function.unscoped)
      reporter.remark({.at = function.location, .text = name + " is recorded as no graph of its own: it is no block and no coroutine of dflow::Future"});
    reporter.remark({.at = function.location, .text = name + launched(function.graph)});
    for (const auto& [at, text, other] : function.optimised) {
      Finding finding{.at = at, .text = text};
      if (other.isValid()) finding.notes.push_back({.at = other, .text = "the other call is here"});
      reporter.remark(std::move(finding));
    }
  }

  static std::string launched(const formats::Graph& graph) {
    if (graph.launched) return " is launched: its tasks run from the closed form of their dependences";
    if (graph.tier == 1) return " is not launched: " + graph.not_launched;
    return " is built at run time" + (graph.not_affine.empty() ? "" : ": no closed form is known, " + graph.not_affine);
  }

  /// What follows the user's text: how values are taken apart.
  static std::string crossing_tail(const CrossingTypes& crossing) {
    const std::string text = exposures_text(crossing.exposures) + exceptions_text(crossing.exceptions);
    return text.empty() ? "" : "\n\n" + text;
  }

  static std::string tasks_tail(const Project& project, const Definitions& definitions) {
    const auto tasks = task_table(project, definitions);
    if (tasks.empty()) return "";
    return "\n\n// Generated by dflowc: the tasks of this file.\nnamespace {\n" +
           section_text(formats::encode_tasks(tasks), formats::kTaskTableSection, "dflow_tasks_") + "}  // namespace\n";
  }

  /// And behind it entries and the plan.
  std::string tail(const std::vector<GraphFunction>& graphs, const clang::SourceManager& sources) {
    if (graphs.empty()) return "";
    formats::Plan plan{.source = user_place(sources.getLocForStartOfFile(sources.getMainFileID()), sources).file, .graphs = {}};
    std::string text = "\n\n// Generated by dflowc: the graphs of this file, each as an entry that calls it and in the plan.\n"
                       "namespace {\n";
    int number = 0;
    for (const GraphFunction& graph : graphs) {
      plan.graphs.push_back(graph.graph);
      if (graph.graph.expandable) text += entry_text(graph.entry, number++);
    }
    std::string launchers;
    for (const GraphFunction& graph : graphs)
      if (graph.launcher) launchers += launcher_text(*graph.launcher, number++);
    result_.plan_json = formats::plan_to_json(plan);
    return text + plan_section_text(formats::encode_frame(plan)) + "}  // namespace\n" + launchers;
  }

  void write_files(const clang::SourceManager& sources, const Proposals& proposals, const std::string& tail) {
    const std::string main_path = path_of_main(sources);
    auto edits = proposals.agreed();
    if (!tail.empty()) edits.try_emplace(main_path);
    for (const auto& [path, changes] : edits) {
      const bool is_main = path == main_path;
      if (changes.empty() && !(is_main && !tail.empty())) continue;
      const auto buffer = sources.getFileManager().getBufferForFile(path);
      if (!buffer) continue;
      result_.files.push_back({path, apply_edits((*buffer)->getBuffer().str(), changes) + (is_main ? tail : "")});
    }
    result_.has_dflow = !result_.files.empty();
  }

  static std::string path_of_main(const clang::SourceManager& sources) {
    const auto file = sources.getFileEntryRefForID(sources.getMainFileID());
    if (!file) return "";
    const auto real = file->getFileEntry().tryGetRealPathName();
    return real.empty() ? file->getName().str() : real.str();
  }

  FrontendResult& result_;
  const WarningFlags& flags_;
  const FrontendJob& job_;
  const clang::DiagnosticOptions diagnostic_options_;
};

class Action : public clang::ASTFrontendAction {
 public:
  Action(FrontendResult& result, const WarningFlags& flags, const FrontendJob& job) : result_(result), flags_(flags), job_(job) {}

 protected:
  std::unique_ptr<clang::ASTConsumer> CreateASTConsumer(clang::CompilerInstance& compiler, llvm::StringRef) override {
    auto consumer = analysing_consumer(result_, flags_, job_, compiler.getDiagnosticOpts());
    compiler.getFrontendOpts().SkipFunctionBodies = true;
    compiler.getDiagnosticOpts().ShowCarets = false;  // and with them the count of errors on stderr
    return consumer;
  }

 private:
  FrontendResult& result_;
  const WarningFlags& flags_;
  const FrontendJob& job_;
};

}  // namespace

std::vector<std::string> command_line(const FrontendJob& job) {
  std::vector<std::string> command = {"clang++"};
  command.insert(command.end(), job.arguments.begin(), job.arguments.end());
  command.insert(command.end(), {"-fsyntax-only", "-w", job.main_file});
  std::erase_if(command, is_dflow_diagnostic_flag);
  return command;
}

void FirstError::HandleDiagnostic(clang::DiagnosticsEngine::Level level, const clang::Diagnostic& diagnostic) {
  DiagnosticConsumer::HandleDiagnostic(level, diagnostic);
  if (level < clang::DiagnosticsEngine::Error || !text.empty()) return;
  llvm::SmallString<128> message;
  diagnostic.FormatDiagnostic(message);
  if (diagnostic.hasSourceManager() && diagnostic.getLocation().isValid()) {
    const auto place = user_place(diagnostic.getLocation(), diagnostic.getSourceManager());
    text = place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
  }
  text += message.str();
}

std::unique_ptr<clang::ASTConsumer> analysing_consumer(FrontendResult& result, const WarningFlags& flags,
                                                       const FrontendJob& job,
                                                       const clang::DiagnosticOptions& options) {
  return std::make_unique<Consumer>(result, flags, job, options);
}

FrontendResult unparsed(const FrontendJob& job, const FirstError& errors) {
  FrontendResult result;
  result.first_error = errors.text.empty() ? job.main_file + ": Clang could not parse it" : errors.text;
  return result;
}

FrontendResult run_frontend(const FrontendJob& job) {
  keep_dflow_attributes(KeepAttributes::yes);
  FrontendResult result;
  FirstError errors;
  const WarningFlags flags = warning_flags(job.arguments);
  llvm::IntrusiveRefCntPtr<clang::FileManager> files(new clang::FileManager({.WorkingDir = job.directory}));
  clang::tooling::ToolInvocation invocation(command_line(job), std::make_unique<Action>(result, flags, job), files.get());
  invocation.setDiagnosticConsumer(&errors);
  result.parsed = invocation.run() && errors.getNumErrors() == 0;
  if (!result.parsed) result = unparsed(job, errors);
  std::cerr << result.diagnostics;
  return result;
}

}  // namespace dflow::compiler
