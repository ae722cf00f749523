// Range-for over a map whose keys are known: those that a loop in front of it has filled in one by one.
#include "clang/AST/DeclTemplate.h"
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;
using llvm::isa;

namespace {

bool names(const clang::Expr& expression, const clang::VarDecl& variable) {
  return named_variable(*expression.IgnoreParenImpCasts()) == &variable;
}

int mentions(const clang::Stmt* statement, const clang::VarDecl& variable) {
  int count = 0;
  visit(statement, [&](const clang::Stmt& part) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
    if (name != nullptr && name->getDecl() == &variable) ++count;
    return true;
  });
  return count;
}

/// A std::map in the order of its keys, which are numbers.
bool is_sorted_by_number(const clang::VarDecl& map) {
  const auto* type = dyn_cast<clang::ClassTemplateSpecializationDecl>(map.getType().getCanonicalType()->getAsCXXRecordDecl());
  if (type == nullptr || !is_std_class(map.getType(), {"map"})) return false;
  const auto& arguments = type->getTemplateArgs();
  return arguments.get(0).getAsType()->isIntegerType() && is_std_class(arguments.get(2).getAsType(), {"less"});
}

bool is_empty_at_first(const clang::VarDecl& map) {
  const auto* made = map.hasInit() ? dyn_cast<clang::CXXConstructExpr>(map.getInit()->IgnoreImplicit()) : nullptr;
  return map.isLocalVarDecl() && !map.isStaticLocal() && !map.getType()->isReferenceType() && made != nullptr && made->getNumArgs() == 0;
}

/// Which argument of a call on the map is a key, if the call is one of these methods, or `map[key]`.
const clang::Expr* key_in(const clang::Stmt& part, const clang::VarDecl& map, std::initializer_list<llvm::StringRef> methods, bool subscript) {
  if (const auto* infix = dyn_cast<clang::CXXOperatorCallExpr>(&part))
    return subscript && infix->getOperator() == clang::OO_Subscript && names(*infix->getArg(0), map) ? infix->getArg(1) : nullptr;
  const auto* call = dyn_cast<clang::CXXMemberCallExpr>(&part);
  if (call == nullptr || !names(*call->getImplicitObjectArgument(), map) || call->getNumArgs() == 0) return nullptr;
  const auto* method = call->getMethodDecl();
  const bool one = method != nullptr && method->getDeclName().isIdentifier() && std::ranges::find(methods, method->getName()) != methods.end();
  return one ? call->getArg(0) : nullptr;
}

/// `map[key] = value;` and the like; the key.
const clang::Expr* filled_key(const clang::Stmt& statement, const clang::VarDecl& map) {
  const auto* expression = dyn_cast<clang::Expr>(&statement);
  if (expression == nullptr) return nullptr;
  const clang::Expr& bare = written(*expression);
  if (const auto* assign = dyn_cast<clang::CXXOperatorCallExpr>(&bare); assign != nullptr && assign->getOperator() == clang::OO_Equal)
    return key_in(*assign->getArg(0)->IgnoreParenImpCasts(), map, {}, true);
  return key_in(bare, map, {"insert_or_assign"}, false);
}

/// for (int i = first; i < end; ++i) { ... map[i] = ...; ... }
struct Filling {
  const clang::Expr* first;
  const clang::Expr* end;
  bool inclusive;
};

std::optional<Filling> filling_in(const clang::ForStmt& loop, const clang::VarDecl& map) {
  const auto* start = llvm::dyn_cast_or_null<clang::DeclStmt>(loop.getInit());
  const auto* counter = start == nullptr || !start->isSingleDecl() ? nullptr : dyn_cast<clang::VarDecl>(start->getSingleDecl());
  const auto* until = llvm::dyn_cast_or_null<clang::BinaryOperator>(loop.getCond());
  const auto* step = llvm::dyn_cast_or_null<clang::UnaryOperator>(loop.getInc());
  if (counter == nullptr || !counter->hasInit() || until == nullptr || step == nullptr || !step->isIncrementOp()) return std::nullopt;
  if (until->getOpcode() != clang::BO_LT && until->getOpcode() != clang::BO_LE) return std::nullopt;
  if (!names(*until->getLHS(), *counter) || !names(*step->getSubExpr(), *counter)) return std::nullopt;
  bool whole = mentions(loop.getBody(), map) == 1;
  visit(loop.getBody(), [&](const clang::Stmt& part) {
    whole = whole && !changes(part, *counter) && !isa<clang::BreakStmt, clang::ContinueStmt>(part) && !leaves(part);
    return whole;
  });
  if (!whole || mentions(until, map) + mentions(start, map) > 0) return std::nullopt;
  bool fills = false;
  const auto look = [&](const clang::Stmt& statement) {
    const auto* key = filled_key(statement, map);
    fills = fills || (key != nullptr && names(*key->IgnoreImplicit(), *counter));
  };
  if (const auto* block = dyn_cast<clang::CompoundStmt>(loop.getBody())) {
    for (const auto* each : block->body()) look(*each);
  } else {
    look(*loop.getBody());
  }
  return fills ? std::optional(Filling{counter->getInit(), until->getRHS(), until->getOpcode() == clang::BO_LE}) : std::nullopt;
}

/// The block that declares the map, and the first statement behind that which names it.
const clang::ForStmt* first_use(const clang::Stmt& body, const clang::VarDecl& map) {
  const clang::ForStmt* found = nullptr;
  visit(&body, [&](const clang::Stmt& part) {
    const auto* block = dyn_cast<clang::CompoundStmt>(&part);
    bool declared = false;
    for (const auto* each : block == nullptr ? clang::CompoundStmt::body_const_range(nullptr, nullptr) : block->body()) {
      if (declared && mentions(each, map) > 0) {
        found = dyn_cast<clang::ForStmt>(each);
        return false;
      }
      const auto* declaration = dyn_cast<clang::DeclStmt>(each);
      declared = declared || (declaration != nullptr && llvm::is_contained(declaration->decls(), &map));
    }
    return true;
  });
  return found;
}

/// Nothing else that is done to the map adds keys: it is gone through, asked, or read by keys in arguments of tasks, where
/// one that is missing would be an invalid future.
bool only_reads(const clang::Stmt& body, const clang::VarDecl& map) {
  int reads = 1;  // the filling
  visit(&body, [&](const clang::Stmt& part) {
    if (const auto* loop = dyn_cast<clang::CXXForRangeStmt>(&part)) reads += names(*loop->getRangeInit(), map) ? 1 : 0;
    if (key_in(part, map, {"at"}, false) != nullptr) ++reads;
    const auto* call = dyn_cast<clang::CallExpr>(&part);
    if (const auto site = call == nullptr ? std::nullopt : as_site(*call)) {
      for (const auto* argument : site->arguments) reads += key_in(*argument->IgnoreParenImpCasts()->IgnoreImplicit(), map, {}, true) != nullptr ? 1 : 0;
    }
    return true;
  });
  int all = 0;
  visit(&body, [&](const clang::Stmt& part) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
    // Range-for's own variables name it once more.
    if (name != nullptr && name->getDecl() == &map) ++all;
    return true;
  });
  return all == reads;
}

/// A number that is the same in all of the function.
bool is_settled(const clang::Expr& number, const clang::Stmt& body) {
  bool settled = true;
  visit(&number, [&](const clang::Stmt& part) {
    const auto* name = dyn_cast<clang::DeclRefExpr>(&part);
    const auto* variable = name == nullptr ? nullptr : dyn_cast<clang::VarDecl>(name->getDecl());
    settled = settled && !isa<clang::UnaryOperator>(part) && (variable == nullptr || !holds_future(variable->getType()));
    if (variable != nullptr) {
      visit(&body, [&](const clang::Stmt& other) {
        settled = settled && !changes(other, *variable);
        return settled;
      });
    }
    return settled;
  });
  return settled;
}

}  // namespace

/// The first key of a map and how many there are, in the order that range-for goes through them.
std::optional<std::pair<Expr, Expr>> AffineWalk::keys_in_order(const clang::Expr& range) {
  const auto* map = named_variable(*range.IgnoreParenImpCasts());
  const clang::Stmt& body = *active_.back()->getBody();
  if (map == nullptr || !is_empty_at_first(*map) || !is_sorted_by_number(*map) || !only_reads(body, *map)) return std::nullopt;
  const auto* loop = first_use(body, *map);
  const auto filling = loop == nullptr ? std::nullopt : filling_in(*loop, *map);
  if (!filling || !is_settled(*filling->first, body) || !is_settled(*filling->end, body)) return std::nullopt;
  const auto first = integer(*filling->first), end = integer(*filling->end);
  if (!first || !end) return std::nullopt;
  const Expr start = use(*first, range.getExprLoc());
  const Expr behind = use(*end, range.getExprLoc()) + Expr(filling->inclusive ? 1 : 0);
  return std::pair(start, flow::maximum(behind - start, 0));
}

/// `auto& [key, value]`, or one name for both.
void AffineWalk::bind_entry(const clang::VarDecl& variable, const Named& value, const Expr& key) {
  Named entry;
  entry.shape.leaf = Shape::Leaf::record;
  entry.shape.fields.push_back({"second", value.shape});
  entry.fields.push_back(value);
  if (!variable.getType()->isReferenceType()) {
    Named own = new_object(variable.getNameAsString(), entry.shape);
    copy(entry, own);
    entry = std::move(own);
  }
  bindings_.insert_or_assign(&variable, std::move(entry));
  const auto* parts = dyn_cast<clang::DecompositionDecl>(&variable);
  const auto* first = parts == nullptr ? nullptr : parts->bindings()[0]->getHoldingVar();
  if (first != nullptr) state_.integers[first] = {key, {}};
}

}  // namespace dflow::compiler
