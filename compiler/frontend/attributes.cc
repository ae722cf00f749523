#include "compiler/frontend/attributes.h"

#include "clang/AST/Attr.h"
#include "clang/AST/Decl.h"
#include "clang/AST/DeclTemplate.h"
#include "clang/Sema/ParsedAttr.h"
#include "clang/Sema/Sema.h"

namespace dflow::compiler {
namespace {

bool kept = true;

/// Keeps one attribute. Misplaced ones are no errors here: the host compiler ignores them, and so does dflowc.
class Keeper : public clang::ParsedAttrInfo {
 public:
  explicit Keeper(const char* spelling) : spelling_{clang::ParsedAttr::AS_CXX11, spelling} {
    Spellings = spelling_;
    OptArgs = 15;
  }

  bool diagAppertainsToDecl(clang::Sema&, const clang::ParsedAttr&, const clang::Decl*) const override { return true; }

  AttrHandling handleDeclAttribute(clang::Sema& sema, clang::Decl* decl,
                                   const clang::ParsedAttr& attribute) const override {
    if (!kept) return AttributeNotApplied;
    decl->addAttr(clang::AnnotateAttr::Create(sema.Context, spelling_[0].NormalizedFullName, nullptr, 0,
                                              attribute.getRange()));
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

void keep_dflow_attributes(bool keep) { kept = keep; }

bool is_task(const clang::FunctionDecl& function) { return marked(function, kTask); }
bool is_pure(const clang::FunctionDecl& function) { return marked(function, kPure); }
bool is_graph(const clang::FunctionDecl& function) { return marked(function, kGraph); }

}  // namespace dflow::compiler
