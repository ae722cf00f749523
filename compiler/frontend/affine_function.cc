// What a graph function is given, and what its caller gets.
#include "compiler/frontend/affine_search.h"
#include "compiler/frontend/affine_walk.h"
#include "compiler/frontend/expressions.h"

namespace dflow::compiler {

using flow::Expr;
using llvm::dyn_cast;

AffineRecords AffineWalk::run() {
  enter_function();
  execute(*function_.getBody());
  return std::move(result_);
}

/// Its parameters.
void AffineWalk::enter_function() {
  row_ = new_loop("row", 0, 0);
  const clang::Stmt& body = *function_.getBody();
  elusive_ = elusive_integers(body);
  elusive_.merge(elusive_holders(body));
  active_.push_back(&function_);
  int holders = 0;
  for (const auto* declared : function_.parameters()) {
    const auto type = declared->getType().getNonReferenceType();
    if (is_executor(type)) continue;
    if (type->isIntegralOrEnumerationType()) {
      if (declared->getType()->isReferenceType() && !type.isConstQualified()) continue;
      const auto index = parameter(declared->getNameAsString(), type.getUnqualifiedType());
      state_.integers[declared] = {Expr::parameter(*index), {}};
    } else if (const auto shape = shape_of(type)) {
      if (++holders > 1 && declared->getType()->isReferenceType())
        refuse("two parameters may be the same futures", declared->getLocation());
      Named object = new_object(declared->getNameAsString(), *shape, flow::Array::Missing::external);
      if (shape->leaf == Shape::Leaf::record) {
        distrust_sizes(object);
      } else if (!shape->levels.empty()) {
        state_.sizes.at(object.cases[0].array).base.assign(shape->levels.size(), std::nullopt);
        const auto index = parameter(declared->getNameAsString() + ".size", {});
        state_.sizes.at(object.cases[0].array).base[0] = Expr::parameter(*index);
      }
      give(object, *declared, "");
      bindings_.insert_or_assign(declared, std::move(object));
    } else if (holds_future(type)) {
      refuse("a parameter holds futures in a way that is not followed", declared->getLocation());
    } else {
      Values values;
      if (keeps_members(*declared, body)) separate_.insert(declared);
      const auto* record = type->getAsCXXRecordDecl();
      const bool sized = record != nullptr && in_std_namespace(*record) && record->getDeclName().isIdentifier() &&
                         (record->getName() == "vector" || record->getName() == "span" || record->getName() == "deque");
      if (sized && keeps_length(*declared, body)) {
        values.size = Integer{Expr::parameter(*parameter(declared->getNameAsString() + ".size", {})), {}};
      }
      bindings_.insert_or_assign(declared, std::move(values));
    }
  }
}

/// What a parameter holds is there from the beginning. Whether optional ones and keys are is not known: they stay without a
/// source.
void AffineWalk::give(const Named& object, const clang::ParmVarDecl& parameter, const std::string& members) {
  if (object.shape.leaf == Shape::Leaf::record) {
    const bool contained = !object.shape.levels.empty();
    for (std::size_t i = 0; i < object.fields.size() && !contained; ++i)
      give(object.fields[i], parameter, members + "." + object.shape.fields[i].name);
    return;
  }
  const bool keyed = std::ranges::any_of(object.shape.levels, &Shape::Level::keyed);
  if (object.shape.leaf != Shape::Leaf::future || keyed) return;
  flow::Statement made = statement(flow::Statement::Kind::given);
  made.node = result_.given.size();
  Named part = object;
  while (!part.shape.levels.empty()) {
    made.loops.push_back(new_loop("e" + std::to_string(made.loops.size()), 0, std::nullopt));
    made.places.push_back(0);
    part = subscripted(part, Expr::variable(made.loops.back()));
  }
  made.writes = part.cases;
  result_.given.push_back({.parameter = &parameter, .members = members});
  add(std::move(made));
}

/// Nothing is known of its lengths.
void AffineWalk::distrust_sizes(const Named& object) {
  for (const Named& each : object.fields) distrust_sizes(each);
  for (const flow::Access& each : object.cases) {
    const auto found = state_.sizes.find(each.array);
    if (found == state_.sizes.end()) continue;
    found->second.rows.clear();
    std::ranges::fill(found->second.base, std::nullopt);
  }
}

void AffineWalk::execute_return(const clang::ReturnStmt& result) {
  if (const auto* value = result.getRetValue()) {
    if (returned_ != nullptr) {
      put(*value, *returned_);
    } else if (shape_of(value->getType())) {
      const auto object = named(*value);
      std::size_t leaf = 0;
      hand_out(object ? *object : made(*value), leaf);
    } else if (!shape_of(value->getType())) {
      forget(*value);
    }
  }
  const bool in_loop = loops_.size() > depth_of_function_;
  if (in_loop) exits_of_loop().push_back({guard_, true, {}});
  left_ |= in_loop ? kExit : kEarly;
  guard_ = flow::never();
}

/// What the caller gets: of records, member by member. What is of unknown length is just not said.
void AffineWalk::hand_out(const Named& object, std::size_t& leaf) {
  if (active_.size() != 1) return;  // of a helper whose result nobody takes
  for (const Named& each : object.fields) hand_out(each, leaf);
  if (!object.fields.empty()) return;
  flow::Read read;
  read.argument = leaf++;
  Named part = object;
  while (!part.shape.levels.empty()) {
    const auto size = size_of(part);
    if (!size) return;
    read.range.push_back(new_loop("e", 0, size));
    part = subscripted(part, Expr::variable(read.range.back()));
  }
  read.accesses = part.cases;
  flow::Statement made = statement(flow::Statement::Kind::result);
  made.reads.push_back(std::move(read));
  add(std::move(made));
}

}  // namespace dflow::compiler
