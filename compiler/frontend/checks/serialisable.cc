// -Wdflow-not-serialisable: a value that crosses tasks holds what means nothing in another process; names the
// member.
#include <set>

#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/checks/checks.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::dyn_cast_or_null;
using llvm::isa;

constexpr std::string_view kName = "not-serialisable";

/// What cannot be sent, and the way to it: `grid.cells`.
struct Obstacle {
  std::string path;
  clang::QualType type;
  clang::SourceLocation at;  ///< The member's declaration, if a member's it is.
};

/// As include/dflow/detail/serialize_*.h and the serialisers that dflowc makes for classes.
class Search {
 public:
  explicit Search(const Project& project) : project_(project) {}

  std::optional<Obstacle> find(clang::QualType type) {
    type = type.getNonReferenceType().getUnqualifiedType();
    const auto bare = type.getCanonicalType();
    if (bare->isDependentType() || bare->isArithmeticType() || bare->isEnumeralType() || bare->isVoidType())
      return std::nullopt;
    if (const auto* array = bare->getAsArrayTypeUnsafe()) return find(array->getElementType());
    const auto* record = bare->getAsCXXRecordDecl();
    if (record == nullptr) return Obstacle{"", type, {}};
    if (is_executor(bare) || is_std_class(bare, {"stop_token"}) || has_own(bare)) return std::nullopt;
    if (is_future(bare) || is_dflow_class(bare, "Refs")) return in_arguments(*record, 1);
    if (in_std_namespace(*record)) return in_library(*record, type);
    if (in_dflow_namespace(*record)) return Obstacle{"", type, {}};
    return in_class(*record, type);
  }

 private:
  std::optional<Obstacle> in_library(const clang::CXXRecordDecl& record, clang::QualType type) {
    static const std::set<llvm::StringRef> plain = {"basic_string", "duration", "time_point", "complex",
                                                    "monostate"};
    static const std::set<llvm::StringRef> one = {
        "vector", "deque",   "list", "set", "multiset", "unordered_set", "unordered_multiset",
        "array",  "optional"};
    static const std::set<llvm::StringRef> two = {"map", "multimap", "unordered_map", "unordered_multimap"};
    static const std::set<llvm::StringRef> all = {"pair", "tuple", "variant", "unique_ptr"};
    const auto name = record.getName();
    if (plain.contains(name)) return std::nullopt;
    if (one.contains(name)) return in_arguments(record, 1);
    if (two.contains(name)) return in_arguments(record, 2);
    if (all.contains(name)) return in_arguments(record, ~0U);
    if (name == "default_delete") return std::nullopt;
    return Obstacle{"", type, {}};
  }

  std::optional<Obstacle> in_arguments(const clang::CXXRecordDecl& record, unsigned count) {
    const auto* instance = dyn_cast<clang::ClassTemplateSpecializationDecl>(&record);
    if (instance == nullptr) return std::nullopt;
    for (const auto& argument : instance->getTemplateArgs().asArray()) {
      if (count-- == 0) break;
      if (auto found = in_argument(argument)) return found;
    }
    return std::nullopt;
  }
  std::optional<Obstacle> in_argument(const clang::TemplateArgument& argument) {
    if (argument.getKind() == clang::TemplateArgument::Type) return find(argument.getAsType());
    if (argument.getKind() != clang::TemplateArgument::Pack) return std::nullopt;
    for (const auto& element : argument.pack_elements()) {
      if (auto found = in_argument(element)) return found;
    }
    return std::nullopt;
  }

  std::optional<Obstacle> in_class(const clang::CXXRecordDecl& record, clang::QualType type) {
    const auto* definition = record.getDefinition();
    const bool opaque =
        definition == nullptr || record.isUnion() || !project_.owns(definition->getLocation());
    if (opaque) return Obstacle{"", type, {}};
    if (!active_.insert(definition).second) return std::nullopt;
    auto found = in_bases(*definition);
    for (auto field = definition->field_begin(); !found && field != definition->field_end(); ++field)
      found = in_member(**field);
    active_.erase(definition);
    return found;
  }
  std::optional<Obstacle> in_bases(const clang::CXXRecordDecl& record) {
    for (const auto& base : record.bases()) {
      if (auto found = find(base.getType())) return found;
    }
    return std::nullopt;
  }
  std::optional<Obstacle> in_member(const clang::FieldDecl& field) {
    const std::string name = field.getNameAsString();
    if (field.getType()->isReferenceType()) return Obstacle{name, field.getType(), field.getLocation()};
    auto found = find(field.getType());
    if (!found) return std::nullopt;
    found->path = found->path.empty() ? name : name + "." + found->path;
    if (found->at.isInvalid()) found->at = field.getLocation();
    return found;
  }

  /// A `dflow::Serialize<T>` of the user's.
  bool has_own(clang::QualType type) const {
    auto& names =
        const_cast<clang::ASTContext&>(project_.context()).Idents;  // looking an identifier up may add it
    for (const auto* space : project_.context().getTranslationUnitDecl()->lookup(&names.get("dflow"))) {
      if (!isa<clang::NamespaceDecl>(space)) continue;
      for (const auto* each : dyn_cast<clang::NamespaceDecl>(space)->lookup(&names.get("Serialize"))) {
        const auto* serialize = dyn_cast<clang::ClassTemplateDecl>(each);
        if (serialize != nullptr && is_specialised(*serialize, type)) return true;
      }
    }
    return false;
  }
  bool is_specialised(const clang::ClassTemplateDecl& serialize, clang::QualType type) const {
    for (const auto* each : serialize.specializations()) {
      const bool own = each->isExplicitSpecialization() && project_.owns(each->getLocation());
      if (own && project_.context().hasSameType(each->getTemplateArgs()[0].getAsType(), type)) return true;
    }
    const auto* instance =
        dyn_cast_or_null<clang::ClassTemplateSpecializationDecl>(type->getAsCXXRecordDecl());
    llvm::SmallVector<clang::ClassTemplatePartialSpecializationDecl*, 8> partials;
    const_cast<clang::ClassTemplateDecl&>(serialize).getPartialSpecializations(partials);
    return std::ranges::any_of(partials, [&](const auto* each) {
      if (!project_.owns(each->getLocation())) return false;
      const auto* shape =
          each->getTemplateArgs()[0].getAsType()->template getAs<clang::TemplateSpecializationType>();
      // A partial specialisation of no class template is for all types that its constraints take.
      return shape == nullptr ||
             (instance != nullptr && shape->getTemplateName().getAsTemplateDecl() != nullptr &&
              shape->getTemplateName().getAsTemplateDecl()->getCanonicalDecl() ==
                  instance->getSpecializedTemplate()->getCanonicalDecl());
    });
  }

  const Project& project_;
  std::set<const clang::CXXRecordDecl*> active_;
};

class Serialisables {
 public:
  Serialisables(const CheckInput& input, Reporter& reporter) : project_(input.project), reporter_(reporter) {}

  void look(const SiteCall& site) {
    const auto types = argument_types(site);
    for (std::size_t i = 0; i < site.arguments.size(); ++i) {
      if (!types[i].isNull()) say(types[i], "argument", *site.arguments[i], site);
    }
    if (const auto result = awaited_type(site.call->getType()); !result.isNull())
      say(result, "result", *site.callable, site);
  }

 private:
  /// The task's own parameters where they are known and all there is, else what is given.
  std::vector<clang::QualType> argument_types(const SiteCall& site) const {
    std::vector<clang::QualType> types;
    const auto functions = task_functions(*site.callable);
    if (functions.size() == 1) {
      for (const auto* parameter : functions[0]->parameters()) types.push_back(parameter->getType());
      std::erase_if(types, [](clang::QualType type) {
        return is_executor(type) || is_std_class(type, {"stop_token"});
      });
    }
    if (types.size() == site.arguments.size()) return types;
    types.assign(site.arguments.size(), clang::QualType());
    for (std::size_t i = 0; site.operation != Operation::map && i < types.size(); ++i) {
      if (!site.arguments[i]->getType()->isArrayType())
        types[i] = site.arguments[i]->getType();  // a literal becomes a string
    }
    return types;
  }

  void say(clang::QualType type, const std::string& what, const clang::Expr& at, const SiteCall& site) {
    const auto bare = type.getNonReferenceType().getUnqualifiedType();
    const auto obstacle = Search(project_).find(bare);
    if (!obstacle || !said_.insert(bare.getCanonicalType().getTypePtr()).second) return;
    const auto name = callable_name(*site.callable, project_.sources());
    clang::PrintingPolicy policy(project_.context().getLangOpts());
    const auto shown = [&policy](clang::QualType each) { return each.getAsString(policy); };
    Finding finding{.at = at.getExprLoc(), .text = "", .range = at.getSourceRange()};
    finding.text = (what == "result" ? "the result" : "an argument") +
                   std::string(name.empty() ? " of this task" : " of the task '" + name + "'") +
                   " cannot be sent to another process: ";
    finding.text += obstacle->path.empty()
                        ? "'" + shown(obstacle->type) + "'"
                        : shown(bare) + "::" + obstacle->path + ": '" + shown(obstacle->type) + "'";
    if (project_.owns(obstacle->at))
      finding.notes.push_back(
          {.at = obstacle->at,
           .text = "let the member hold its value, or specialise dflow::Serialize<" + shown(bare) + ">"});
    reporter_.warn(kName, std::move(finding));
  }

  const Project& project_;
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
