#include "compiler/frontend/neighbours.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "clang/AST/Attr.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Frontend/ASTUnit.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Index/USRGeneration.h"
#include "clang/Tooling/Tooling.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/analysing_consumer.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/flow_recorder.h"
#include "formats/file.h"

namespace dflow::compiler {
namespace {

using Functions = std::set<const clang::FunctionDecl*>;

/// Another file may have its body.
bool may_stand_elsewhere(const clang::FunctionDecl& function) {
  if (in_std_namespace(function) || in_dflow_namespace(function) || function.getBuiltinID() != 0) return false;
  if (function.isImplicit() || function.isDefaulted() || function.isDeleted() || function.isDependentContext()) return false;
  const clang::FunctionDecl* any = nullptr;
  if (function.hasBody(any) || !function.isExternallyVisible()) return false;
  return !function.getASTContext().getSourceManager().isInSystemHeader(function.getLocation());
}

/// What a function calls, constructs and destroys; its lambdas' calls are its own here.
Functions callees_of(const clang::FunctionDecl& definition) {
  Functions callees;
  const auto look = [&callees](const clang::Stmt& part) {
    const auto* expression = llvm::dyn_cast<clang::Expr>(&part);
    const auto* callee = expression == nullptr ? nullptr : callee_of(*expression);
    if (callee != nullptr) callees.insert(callee);
    return true;
  };
  if (const auto* constructor = llvm::dyn_cast<clang::CXXConstructorDecl>(&definition))
    for (const auto* init : constructor->inits()) visit(init->getInit(), look);
  visit(definition.getBody(), look);
  return callees;
}

/// Keeps what is parsed.
class KeepAst : public clang::tooling::ToolAction {
 public:
  bool runInvocation(std::shared_ptr<clang::CompilerInvocation> invocation, clang::FileManager* files,
                     std::shared_ptr<clang::PCHContainerOperations> containers, clang::DiagnosticConsumer* consumer) override {
    auto diagnostics = clang::CompilerInstance::createDiagnostics(&invocation->getDiagnosticOpts(), consumer, false);
    unit = clang::ASTUnit::LoadFromCompilerInvocation(std::move(invocation), std::move(containers), diagnostics, files);
    return unit != nullptr;
  }
  std::unique_ptr<clang::ASTUnit> unit;
};

std::string name_of(const FrontendJob& job) { return std::filesystem::path(job.main_file).filename(); }

}  // namespace

/// A file that was parsed.
struct Neighbours::File {
  File(const FrontendJob& file, const Neighbours& all)
      : job(file), manager(new clang::FileManager({.WorkingDir = file.directory})) {
    KeepAst keep;
    clang::tooling::ToolInvocation invocation(command_line(job), &keep, manager.get(), std::make_shared<clang::PCHContainerOperations>());
    invocation.setDiagnosticConsumer(&errors);
    if (!invocation.run() || errors.getNumErrors() > 0) return;
    unit = std::move(keep.unit);
    project = std::make_unique<Project>(unit->getASTContext(), &all);
    definitions = project_definitions(*project);
  }

  const FrontendJob& job;
  FirstError errors;
  llvm::IntrusiveRefCntPtr<clang::FileManager> manager;
  std::unique_ptr<clang::ASTUnit> unit;  ///< Null: Clang could not parse it.
  std::unique_ptr<Project> project;
  Definitions definitions;
};

Neighbours::Neighbours(const std::vector<FrontendJob>& files) : jobs_(files), tried_(files.size()) {}
Neighbours::~Neighbours() = default;

void Neighbours::find(const Project& project, const Definitions& definitions) {
  if (jobs_.empty()) return;
  add_bodies(definitions);
  while (parse_one_of(open(project, definitions))) {
  }
  object();
}

Functions Neighbours::open(const Project& project, const Definitions& definitions) const {
  Functions seen, wanted;
  std::vector<const clang::FunctionDecl*> next;
  for (const auto* function : definitions.functions)
    if (is_graph(*function)) next.push_back(function);
  while (!next.empty()) {
    const auto* function = next.back();
    next.pop_back();
    if (!seen.insert(function).second) continue;
    for (const auto* callee : callees_of(*function)) {
      const auto* body = compiler::body_of(*callee, project);
      if (body != nullptr) next.push_back(body);
      if (body == nullptr && may_stand_elsewhere(*callee)) wanted.insert(callee);
    }
  }
  return wanted;
}

/// Parses a file whose text names one of the functions; false if there is none.
bool Neighbours::parse_one_of(const Functions& wanted) {
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    if (tried_[i]) continue;
    const auto text = formats::read_file(std::filesystem::path(jobs_[i].directory) / jobs_[i].main_file);
    const bool names = text && std::ranges::any_of(wanted, [&](const auto* function) {
      const auto* of = llvm::dyn_cast<clang::CXXConstructorDecl>(function);
      const std::string name = of != nullptr ? of->getParent()->getNameAsString() : function->getNameAsString();
      return text.value().find(name) != std::string::npos;
    });
    if (!names) continue;
    tried_[i] = true;
    auto file = std::make_unique<File>(jobs_[i], *this);
    if (file->unit == nullptr) continue;
    add_bodies(file->definitions);
    files_.push_back(std::move(file));
    return true;
  }
  return false;
}

void Neighbours::add_bodies(const Definitions& definitions) {
  for (const auto* function : definitions.functions) {
    const std::string entity = serves_others(*function) ? entity_of(*function) : "";
    if (entity.empty()) continue;
    const auto [found, first] = bodies_.try_emplace(entity, function);
    if (!first) objections_.try_emplace(entity, ", which two files define");
  }
}

/// To those through which no dry run can be led, and to whoever calls them.
void Neighbours::object() {
  const RecordedUnit recorded = record(units());
  std::map<FunctionId, std::string> why;
  for (const auto& file : files_) {
    for (const auto* function : file->definitions.functions) {
      const FunctionId id = recorded.functions.at(function);
      const FunctionRecord& known = recorded.unit.function(id);
      const auto say = [&](const std::string& what, int line) {
        why.try_emplace(id, ", which " + what + " in line " + std::to_string(line) + " of " + name_of(file->job));
      };
      if (!known.effects.empty()) say(known.effects[0].reason, known.effects[0].line);
      for (const PlaceId source : known.sources) say("reads " + recorded.unit.place(source).name, recorded.unit.place(source).line);
    }
  }
  for (bool more = true; more;) {
    more = false;
    for (const auto& [function, id] : recorded.functions) {
      for (const FunctionId callee : recorded.unit.function(id).calls)
        if (const auto found = why.find(callee); found != why.end()) more = why.try_emplace(id, found->second).second || more;
    }
  }
  for (const auto& file : files_) {
    for (const auto* function : file->definitions.functions) {
      const auto found = why.find(recorded.functions.at(function));
      if (found != why.end() && serves_others(*function)) objections_.try_emplace(entity_of(*function), found->second);
    }
  }
}

const clang::FunctionDecl* Neighbours::body_of(const clang::FunctionDecl& declared) const {
  if (bodies_.empty() || !may_stand_elsewhere(declared)) return nullptr;
  const auto found = bodies_.find(entity_of(declared));
  return found == bodies_.end() || objections_.contains(found->first) ? nullptr : found->second;
}

std::string Neighbours::objection(const clang::FunctionDecl& declared) const {
  const auto found = objections_.empty() ? objections_.end() : objections_.find(entity_of(declared));
  return found == objections_.end() ? "" : found->second;
}

std::vector<SourceUnit> Neighbours::units() const {
  std::vector<SourceUnit> result;
  for (const auto& file : files_) result.push_back({*file->project, file->definitions});
  return result;
}

std::string entity_of(const clang::FunctionDecl& function) {
  llvm::SmallString<128> name;
  return clang::index::generateUSRForDecl(&function, name) ? "" : name.str().str();
}

bool serves_others(const clang::FunctionDecl& definition) {
  const auto kind = definition.getTemplateSpecializationKind();
  const bool instance = kind == clang::TSK_ImplicitInstantiation || kind == clang::TSK_ExplicitInstantiationDeclaration;
  return definition.isExternallyVisible() && !definition.isInlined() && !instance && !definition.hasAttr<clang::WeakAttr>();
}

const clang::FunctionDecl* body_of(const clang::FunctionDecl& function, const Project& project) {
  if (const auto* body = visible_body(function)) return body;
  return project.neighbours() == nullptr ? nullptr : project.neighbours()->body_of(function);
}

}  // namespace dflow::compiler
