#include "compiler/frontend/forget_libraries.h"

#include <deque>
#include <utility>

#include "clang/Sema/ExternalSemaSource.h"
#include "clang/Sema/Sema.h"
#include "compiler/frontend/library_bodies.h"

namespace dflow::compiler {
namespace {

/// Clang asks it for what a precompiled header has left to do.
class Forgetting : public clang::ExternalSemaSource {
 public:
  explicit Forgetting(clang::Sema& sema) : sema_(sema) {}

  void ReadPendingInstantiations(
      llvm::SmallVectorImpl<std::pair<clang::ValueDecl*, clang::SourceLocation>>&) override {
    forget_libraries(sema_);
  }
  void ReadUndefinedButUsed(llvm::MapVector<clang::NamedDecl*, clang::SourceLocation>& undefined) override {
    undefined.clear();
  }

 private:
  clang::Sema& sema_;
};

}  // namespace

void forget_libraries(clang::Sema& sema) {
  std::erase_if(sema.PendingInstantiations, [](const auto& pending) {
    const auto* function = llvm::dyn_cast<clang::FunctionDecl>(pending.first);
    return function != nullptr && is_body_beside_the_point(*function);
  });
}

void forget_libraries_at_end(clang::Sema& sema) { sema.addExternalSource(new Forgetting(sema)); }

}  // namespace dflow::compiler
