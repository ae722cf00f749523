#include "compiler/frontend/launch_instances.h"

#include "clang/AST/DeclTemplate.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Lex/Lexer.h"
#include "compiler/frontend/launch_types.h"
#include "compiler/frontend/positions.h"
#include "llvm/ADT/StringExtras.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;

class Writer {
 public:
  Writer(const clang::FunctionDecl& function, const Project& project) : function_(function), project_(project) {}

  LaunchInstance run() {
    const auto* pattern = function_.getTemplateInstantiationPattern();
    if (pattern == nullptr) return {};
    if (const auto* own = pattern->getDescribedFunctionTemplate(); own != nullptr && function_.getTemplateSpecializationArgs() != nullptr)
      add(*own->getTemplateParameters(), function_.getTemplateSpecializationArgs()->asArray());
    for (const auto* scope = function_.getDeclContext(); scope != nullptr; scope = scope->getParent())
      if (const auto* record = dyn_cast<clang::ClassTemplateSpecializationDecl>(scope)) add_class(*record);
    made_.returned = returned(*pattern);
    return std::move(made_);
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const { refuse_launch(reason, function_.getLocation()); }

  void add_class(const clang::ClassTemplateSpecializationDecl& record) {
    if (record.isExplicitSpecialization()) return;
    if (record.getInstantiatedFrom().is<clang::ClassTemplatePartialSpecializationDecl*>()) refuse("it is a member of a partial specialisation");
    add(*record.getSpecializedTemplate()->getTemplateParameters(), record.getTemplateArgs().asArray());
  }

  void add(const clang::TemplateParameterList& parameters, llvm::ArrayRef<clang::TemplateArgument> arguments) {
    for (unsigned i = 0; i < parameters.size(); ++i) {
      const auto& parameter = *parameters.getParam(i);
      if (parameter.isParameterPack() || isa<clang::TemplateTemplateParmDecl>(parameter) || parameter.getName().empty() || i >= arguments.size())
        refuse("it is a template with a parameter that is a pack, a template or has no name");
      add(parameter.getNameAsString(), arguments[i]);
    }
  }

  void add(const std::string& name, const clang::TemplateArgument& argument) {
    const auto where = function_.getLocation();
    std::string written = name, concrete;
    if (argument.getKind() == clang::TemplateArgument::Type) {
      concrete = launch_type(argument.getAsType(), project_.context(), where);
    } else if (argument.getKind() == clang::TemplateArgument::Integral) {
      const auto& value = argument.getAsIntegral();
      written = "::dflow::detail::Constant<" + name + ">";
      concrete = "::dflow::detail::Constant<static_cast<" + launch_type(argument.getIntegralType(), project_.context(), where) + ">(" +
                 llvm::toString(value, 10) + (value.isUnsigned() ? "u" : "") + ")>";
    } else {
      refuse("it is a template with an argument that is neither a type nor a number");
    }
    made_.written += (made_.written.empty() ? "" : ", ") + written;
    made_.concrete += (made_.concrete.empty() ? "" : ", ") + concrete;
  }

  std::string returned(const clang::FunctionDecl& pattern) const {
    if (pattern.getReturnType()->isVoidType()) return "";
    const auto range = text_range(pattern.getReturnTypeSourceRange(), project_);
    const auto text = range ? clang::Lexer::getSourceText(clang::CharSourceRange::getTokenRange(pattern.getReturnTypeSourceRange()),
                                                          project_.sources(), project_.context().getLangOpts())
                                  .str()
                            : "";
    if (text.empty() || text.find("auto") != std::string::npos || text.find('\n') != std::string::npos)
      refuse("it is a template whose result has no plain type");
    return text;
  }

  const clang::FunctionDecl& function_;
  const Project& project_;
  LaunchInstance made_;
};

}  // namespace

LaunchInstance instance_of(const clang::FunctionDecl& function, const Project& project) { return Writer(function, project).run(); }

}  // namespace dflow::compiler
