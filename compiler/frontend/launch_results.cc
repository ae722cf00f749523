#include "compiler/frontend/launch_results.h"

#include "clang/AST/DeclCXX.h"
#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {
namespace {

using llvm::cast;
using Step = LaunchLeaf::Step;
using Kind = Step::Kind;

class Leaves {
 public:
  Leaves(const clang::ASTContext& context, clang::SourceLocation where) : context_(context), where_(where) {}

  void look(clang::QualType type) {
    if (type->isReferenceType()) refuse_launch("it returns a reference", where_);
    if (!holds_future(type)) refuse_launch("it returns more than futures", where_);
    const auto unqualified = type.getCanonicalType();
    if (unqualified.isConstQualified()) refuse_launch("it returns what cannot be assigned to", where_);
    if (is_future(type)) return add(type);
    if (is_std_class(type, {"vector"})) return within({Kind::vector, {}}, first_type_argument(type));
    if (is_std_class(type, {"array"})) return within({Kind::array, {}}, first_type_argument(type));
    const auto* record = type->getAsCXXRecordDecl();
    if (record == nullptr || !record->hasDefinition()) return refuse();
    if (!in_std_namespace(*record)) return members(*record);
    const auto arguments = cast<clang::ClassTemplateSpecializationDecl>(record)->getTemplateArgs().asArray();
    if (is_std_class(type, {"pair"})) {
      within({Kind::member, "first"}, arguments[0].getAsType());
      within({Kind::member, "second"}, arguments[1].getAsType());
    } else if (is_std_class(type, {"tuple"})) {
      unsigned number = 0;
      for (const auto& each : arguments[0].pack_elements()) within({Kind::number, std::to_string(number++)}, each.getAsType());
    } else {
      refuse();
    }
  }
  std::vector<LaunchLeaf> found() && { return std::move(found_); }

 private:
  void refuse() const { refuse_launch("it returns futures held in a way that is not repeated", where_); }

  void add(clang::QualType future) { found_.push_back({way_, launch_type(first_type_argument(future), context_, where_)}); }

  void within(Step step, clang::QualType type) {
    way_.push_back(std::move(step));
    look(type);
    way_.pop_back();
  }

  /// Of an object that can be made from nothing, and says nothing when its members are assigned to.
  void members(const clang::CXXRecordDecl& record) {
    if (!record.hasDefaultConstructor() || record.hasUserProvidedDefaultConstructor()) refuse_launch("it returns an object that cannot be made from nothing", where_);
    for (const auto& base : record.bases()) {
      const auto* inherited = base.getType()->getAsCXXRecordDecl();
      if (inherited == nullptr || base.getAccessSpecifier() != clang::AS_public) return refuse();
      if (!inherited->isEmpty()) members(*inherited);
    }
    for (const auto* field : record.fields()) {
      if (field->getAccess() != clang::AS_public || field->isAnonymousStructOrUnion() || field->hasInClassInitializer()) return refuse();
      within({Kind::member, field->getNameAsString()}, field->getType());
    }
  }

  const clang::ASTContext& context_;
  clang::SourceLocation where_;
  std::vector<Step> way_;
  std::vector<LaunchLeaf> found_;
};

}  // namespace

std::vector<LaunchLeaf> launch_leaves(clang::QualType type, const clang::ASTContext& context, clang::SourceLocation where) {
  Leaves leaves(context, where);
  leaves.look(type);
  return std::move(leaves).found();
}

}  // namespace dflow::compiler
