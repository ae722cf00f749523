#include "compiler/frontend/attributes.h"

#include <algorithm>
#include <vector>

#include "clang/AST/Attr.h"
#include "clang/AST/Decl.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Sema/ParsedAttr.h"
#include "clang/Sema/Sema.h"

namespace dflow::compiler {
namespace {

struct Met {
  clang::Decl* decl;
  llvm::StringRef name;
  clang::SourceRange range;
};

KeepAttributes kept = KeepAttributes::yes;
std::vector<Met> met;  // in a parse that keeps them later

void keep_one(const Met& attribute) {
  auto& context = attribute.decl->getASTContext();
  attribute.decl->addAttr(clang::AnnotateAttr::Create(context, attribute.name, nullptr, 0, attribute.range));
}

/// Keeps one attribute. Misplaced ones are no errors here: the host compiler ignores them, and so does
/// dflowc.
class Keeper : public clang::ParsedAttrInfo {
 public:
  explicit Keeper(const char* spelling) : spelling_{{clang::ParsedAttr::AS_CXX11, spelling}} {
    Spellings = spelling_;
    OptArgs = 15;
  }

  bool diagAppertainsToDecl(clang::Sema&, const clang::ParsedAttr&, const clang::Decl*) const override {
    return true;
  }

  AttrHandling handleDeclAttribute(clang::Sema&, clang::Decl* decl,
                                   const clang::ParsedAttr& attribute) const override {
    const Met found{decl, spelling_[0].NormalizedFullName, attribute.getRange()};
    if (kept == KeepAttributes::later) met.push_back(found);
    if (kept != KeepAttributes::yes) return AttributeNotApplied;
    keep_one(found);
    return AttributeApplied;
  }

 private:
  Spelling spelling_[1];
};

/// Clang finds attributes of plugins in this registry and nowhere else: it has no parameter to pass them by.
template <const char* Name>
struct Registered : Keeper {
  Registered() : Keeper(Name) {}
};

constexpr char kTask[] = "dflow::task";
constexpr char kPure[] = "dflow::pure";
constexpr char kGraph[] = "dflow::graph";

const clang::ParsedAttrInfoRegistry::Add<Registered<kTask>> task_attribute(kTask, "a heavy function");
const clang::ParsedAttrInfoRegistry::Add<Registered<kPure>> pure_attribute(kPure, "has no side effects");
const clang::ParsedAttrInfoRegistry::Add<Registered<kGraph>> graph_attribute(kGraph, "builds a task graph");

bool annotated(const clang::Decl& decl, llvm::StringRef name) {
  for (const clang::Decl* each : decl.redecls()) {
    for (const auto* attribute : each->specific_attrs<clang::AnnotateAttr>()) {
      if (attribute->getAnnotation() == name) return true;
    }
  }
  return false;
}

bool marked(const clang::FunctionDecl& function, llvm::StringRef name) {
  if (annotated(function, name)) return true;
  const clang::FunctionDecl* pattern = function.getTemplateInstantiationPattern();
  return pattern != nullptr && annotated(*pattern, name);
}

}  // namespace

void keep_dflow_attributes(KeepAttributes keep) {
  kept = keep;
  if (keep == KeepAttributes::later) return;
  if (keep == KeepAttributes::yes) std::ranges::for_each(met, keep_one);
  met.clear();
}

bool is_task(const clang::FunctionDecl& function) {
  return marked(function, kTask);
}
bool is_pure(const clang::FunctionDecl& function) {
  return marked(function, kPure);
}
bool is_graph(const clang::FunctionDecl& function) {
  return marked(function, kGraph);
}

}  // namespace dflow::compiler
