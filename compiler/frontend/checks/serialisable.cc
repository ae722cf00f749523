// -Wdflow-not-serialisable: a value that crosses tasks holds what means nothing in another process; names the
// member.
#include <map>
#include <set>

#include "compiler/frontend/carried_lambdas.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/crossing.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;

constexpr std::string_view kName = "not-serialisable";

class Serialisables {
 public:
  Serialisables(const CheckInput& input, Reporter& reporter)
      : project_(input.project), sendable_(input.project), reporter_(reporter) {}

  void note(const clang::LambdaExpr& lambda) { lambdas_.try_emplace(lambda.getLambdaClass(), &lambda); }

  void look(const SiteCall& site) {
    const auto types = argument_types(site);
    for (std::size_t i = 0; i < site.arguments.size(); ++i) {
      if (!types[i].isNull()) say(types[i], "argument", *site.arguments[i], site);
    }
    if (const auto result = awaited_type(site.call->getType()); !result.isNull())
      say(result, "result", *site.callable, site);
    look_at_captures(*site.callable);
  }

 private:
  /// What it refers to is captures.cc's matter.
  void look_at_captures(const clang::Expr& callable) {
    const auto* record = callable.getType().getNonReferenceType()->getAsCXXRecordDecl();
    if (record == nullptr || !record->isLambda() || !project_.owns(callable.getExprLoc())) return;
    if (!said_.insert(record->getTypeForDecl()).second) return;
    const auto lambda = lambdas_.find(record);
    const auto carried = lambda == lambdas_.end() ? std::nullopt : carried_lambda(*lambda->second, project_);
    std::string reason = carried ? obstacle_in(*carried) : "";
    if (const std::string names = captured(*record, clang::LCK_ByCopy); !carried && !names.empty()) {
      const std::string others = captured(*record, clang::LCK_ByRef);
      reason = others.empty() ? "it captures " + names : "it refers to " + others;
    }
    if (reason.empty()) return;
    Finding finding{.at = callable.getExprLoc(),
                    .text = "this lambda cannot be sent to another process: " + reason};
    finding.notes.push_back(
        {.at = callable.getExprLoc(), .text = "let the task take what it captures as arguments"});
    reporter_.warn(kName, std::move(finding));
  }

  std::string obstacle_in(const CarriedLambda& carried) {
    for (const CarriedCapture& capture : carried.captures)
      if (const auto obstacle = sendable_.find(capture.type))
        return "it captures '" + capture.name + "', and " + text_of(*obstacle);
    return "";
  }

  static std::string captured(const clang::CXXRecordDecl& record, clang::LambdaCaptureKind kind) {
    std::string names;
    for (const auto& capture : record.captures()) {
      if (capture.capturesVariable() && capture.getCaptureKind() == kind)
        names += (names.empty() ? "'" : ", '") + capture.getCapturedVar()->getNameAsString() + "'";
      else if (kind == clang::LCK_ByCopy && capture.getCaptureKind() == clang::LCK_StarThis)
        names += names.empty() ? "'*this'" : ", '*this'";
    }
    return names;
  }

  /// "Tile::grids -> Grid::cells is a pointer, 'double *'"
  std::string text_of(const Obstacle& obstacle) const {
    std::string text;
    for (const std::string& step : obstacle.chain) text += (text.empty() ? "" : " -> ") + step;
    const std::string type = "'" + shown(obstacle.type) + "'";
    return obstacle.chain.empty() ? type + " " + obstacle.what : text + " " + obstacle.what + ", " + type;
  }

  std::string shown(clang::QualType type) const {
    return type.getAsString(clang::PrintingPolicy(project_.context().getLangOpts()));
  }

  void say(clang::QualType type, const std::string& what, const clang::Expr& at, const SiteCall& site) {
    if (!project_.owns(at.getExprLoc())) return;  // nothing is said there, and it may be elsewhere
    const auto bare = type.getNonReferenceType().getUnqualifiedType();
    const auto obstacle = sendable_.find(bare);
    if (!obstacle || !said_.insert(bare.getCanonicalType().getTypePtr()).second) return;
    const auto name = callable_name(*site.callable, project_.sources());
    Finding finding{.at = at.getExprLoc(), .text = "", .range = at.getSourceRange()};
    finding.text = (what == "result" ? "the result" : "an argument") +
                   std::string(name.empty() ? " of this task" : " of the task '" + name + "'") +
                   " cannot be sent to another process: " + text_of(*obstacle);
    if (project_.owns(obstacle->at))
      finding.notes.push_back(
          {.at = obstacle->at,
           .text = "let the member hold its value, or specialise dflow::Serialize<" + shown(bare) + ">"});
    reporter_.warn(kName, std::move(finding));
  }

  const Project& project_;
  SendableTypes sendable_;
  Reporter& reporter_;
  std::set<const clang::Type*> said_;
  std::map<const clang::CXXRecordDecl*, const clang::LambdaExpr*> lambdas_;
};

}  // namespace

void check_serialisable(const CheckInput& input, Reporter& reporter) {
  Serialisables check(input, reporter);
  for (const auto* function : input.functions) {
    walk(*function, [&check](const clang::Stmt& statement, Around) {
      if (const auto* lambda = dyn_cast<clang::LambdaExpr>(&statement)) check.note(*lambda);
    });
  }
  for (const auto* function : input.functions) {
    walk(*function, [&check](const clang::Stmt& statement, Around) {
      const auto* call = dyn_cast<clang::CallExpr>(&statement);
      if (const auto site = call == nullptr ? std::nullopt : as_site(*call)) check.look(*site);
    });
  }
}

}  // namespace dflow::compiler
