// -Wdflow-not-serialisable: a value that crosses tasks holds what means nothing in another process; names the
// member.
#include <set>

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
  /// A lambda crosses as its type alone. What it refers to is captures.cc's matter.
  void look_at_captures(const clang::Expr& callable) {
    const auto* record = callable.getType().getNonReferenceType()->getAsCXXRecordDecl();
    if (record == nullptr || !record->isLambda() || !said_.insert(record->getTypeForDecl()).second) return;
    std::string names;
    for (const auto& capture : record->captures()) {
      if (capture.capturesVariable() && capture.getCaptureKind() == clang::LCK_ByCopy)
        names += (names.empty() ? "'" : ", '") + capture.getCapturedVar()->getNameAsString() + "'";
      else if (capture.getCaptureKind() == clang::LCK_StarThis)
        names += names.empty() ? "'*this'" : ", '*this'";
    }
    if (names.empty()) return;
    Finding finding{.at = callable.getExprLoc(),
                    .text = "this lambda cannot be sent to another process: it captures " + names};
    finding.notes.push_back(
        {.at = callable.getExprLoc(), .text = "let the task take what it captures as arguments"});
    reporter_.warn(kName, std::move(finding));
  }

  void say(clang::QualType type, const std::string& what, const clang::Expr& at, const SiteCall& site) {
    const auto bare = type.getNonReferenceType().getUnqualifiedType();
    const auto obstacle = sendable_.find(bare);
    if (!obstacle || !said_.insert(bare.getCanonicalType().getTypePtr()).second) return;
    const auto name = callable_name(*site.callable, project_.sources());
    clang::PrintingPolicy policy(project_.context().getLangOpts());
    const auto shown = [&policy](clang::QualType each) { return each.getAsString(policy); };
    Finding finding{.at = at.getExprLoc(), .text = "", .range = at.getSourceRange()};
    finding.text = (what == "result" ? "the result" : "an argument") +
                   std::string(name.empty() ? " of this task" : " of the task '" + name + "'") +
                   " cannot be sent to another process: ";
    for (const std::string& step : obstacle->chain)
      finding.text += (&step == &obstacle->chain.front() ? "" : " -> ") + step;
    const std::string type_name = "'" + shown(obstacle->type) + "'";
    finding.text +=
        obstacle->chain.empty() ? type_name + " " + obstacle->what : " " + obstacle->what + ", " + type_name;
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
};

}  // namespace

void check_serialisable(const CheckInput& input, Reporter& reporter) {
  Serialisables check(input, reporter);
  for (const auto* function : input.functions) {
    walk(*function, [&check](const clang::Stmt& statement, Around) {
      const auto* call = dyn_cast<clang::CallExpr>(&statement);
      if (const auto site = call == nullptr ? std::nullopt : as_site(*call)) check.look(*site);
    });
  }
}

}  // namespace dflow::compiler
