// What the walk that looks for affine graphs (affine_walk.h) knows at a point of the program. Plain values but for the
// declarations that they belong to.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "compiler/flow/records.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// Why a function is not affine, with the line that says so.
struct NotAffine : std::runtime_error {
  NotAffine(const std::string& reason, clang::SourceLocation where, const clang::SourceManager& of)
      : std::runtime_error(reason), location(where), sources(&of) {}
  clang::SourceLocation location;
  const clang::SourceManager* sources;  ///< Of the file that is walked.
};

/// A number, and what must hold for it to be what C++ computes.
struct Integer {
  flow::Expr value;
  std::vector<flow::Expr> provided;
};

/// How futures are held: in containers, level by level, of one future each, of perhaps one, or of records.
struct Shape {
  enum class Leaf { future, optional, record };
  struct Level {
    std::optional<std::int64_t> length;  ///< Where the type tells it.
    bool keyed = false;                  ///< A map, whose subscripts are keys.
  };
  struct Field;
  std::vector<Level> levels;  ///< Outermost first.
  Leaf leaf = Leaf::future;
  std::vector<Field> fields;  ///< Of records: those that hold futures.

  Shape element() const;
  bool is_single() const { return levels.empty() && leaf != Leaf::record; }
};
struct Shape::Field {
  std::string name;  ///< Of a tuple's: its number.
  Shape shape;
};
inline Shape Shape::element() const { return {{levels.begin() + 1, levels.end()}, leaf, fields}; }

/// None if it holds futures in another way or not at all.
std::optional<Shape> shape_of(clang::QualType type);

/// What an lvalue names: one of several cases of a (part of an) array; what they leave open is `shape`. Records have
/// arrays of their own for each of their fields.
struct Named {
  std::vector<flow::Access> cases;
  Shape shape;
  bool moved = false;  ///< By std::move: may be taken from.
  std::size_t object = 0;  ///< Of a record that stands alone: its number, by which its own numbers are known.
  std::vector<Named> fields = {};

  /// A reference that is not followed any more.
  bool is_lost() const {
    if (shape.leaf != Shape::Leaf::record) return cases.empty();
    return std::any_of(fields.begin(), fields.end(), [](const Named& each) { return each.is_lost(); });
  }
  void lose() {
    cases.clear();
    for (Named& each : fields) each.lose();
  }
};

/// The lengths of an array's containers.
struct Sizes {
  using Key = std::vector<flow::Expr>;  ///< Subscripts down to the container.
  /// One container's, which wins over those before it.
  struct Row {
    Key key;
    flow::Expr size;
    bool operator==(const Row&) const = default;
  };
  std::vector<std::optional<flow::Expr>> base;  ///< A level's, in terms of `row`, the container's own subscript.
  std::vector<Row> rows;
  bool operator==(const Sizes&) const = default;
};

/// What statements change.
struct State {
  std::map<const clang::VarDecl*, Integer> integers;  ///< Whose value is known.
  std::map<std::size_t, Sizes> sizes;                 ///< By array.
};

/// A variable whose type holds no futures but whose length counts: a parameter or an array of values.
struct Values {
  std::optional<Integer> size;
};

/// A lambda, and what it holds of its own.
struct Closure {
  const clang::LambdaExpr* lambda = nullptr;
  std::map<const clang::VarDecl*, std::optional<Integer>> numbers;
  std::map<const clang::VarDecl*, Named> futures;
  std::optional<Named> object;  ///< What `this` is in it.
};
using Binding = std::variant<Named, Values, Closure>;

}  // namespace dflow::compiler
