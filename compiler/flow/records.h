// What tier 1 knows of a graph function, as plain values: integers, loops, arrays of futures, and statements
// that write and read them. analyse.h makes exact dependences of it. Nothing here knows Clang or isl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dflow::compiler::flow {

enum class Op {
  constant,   ///< `number`
  parameter,  ///< of the function, by its place in Records::parameters: `number`
  variable,   ///< of a loop, by its place in Records::loops: `number`
  add,
  subtract,
  multiply,
  divide,
  remainder,  ///< as C++ rounds: towards zero
  floor_divide,
  minimum,
  maximum,
  select,  ///< condition, value if it holds, value if not
  less,
  less_equal,
  equal,
  both,
  either,
  negation,
  some,   ///< Operands: a loop's variable, a condition that holds in some of its rounds.
  total,  ///< Operands: a variable, a count n, what is added for each value of the variable from 0 to n - 1, and to what.
};

/// An integer or, from `less` on, a condition.
struct Expr {
  Op op = Op::constant;
  std::int64_t number = 0;
  std::vector<Expr> operands;

  Expr() = default;
  Expr(std::int64_t constant) : number(constant) {}  // NOLINT: numbers are expressions
  Expr(Op operation, std::vector<Expr> parts) : op(operation), operands(std::move(parts)) {}
  static Expr parameter(std::size_t index) { return leaf(Op::parameter, index); }
  static Expr variable(std::size_t loop) { return leaf(Op::variable, loop); }
  bool operator==(const Expr&) const = default;

 private:
  static Expr leaf(Op operation, std::size_t index) {
    Expr expr(static_cast<std::int64_t>(index));
    expr.op = operation;
    return expr;
  }
};

// Built with the simplifications that keep what people read short; none is needed for exactness.
Expr operator+(Expr left, Expr right);
Expr operator-(Expr left, Expr right);
Expr operator*(Expr left, Expr right);
Expr less(Expr left, Expr right);
Expr less_equal(Expr left, Expr right);
Expr equal(Expr left, Expr right);
Expr both(Expr left, Expr right);
Expr either(Expr left, Expr right);
Expr negation(Expr condition);
Expr select(Expr condition, Expr yes, Expr no);
Expr minimum(Expr left, Expr right);
Expr maximum(Expr left, Expr right);
/// `condition` holds in some round of `loop`, which stands inside of those that are known.
Expr some(std::size_t loop, Expr condition);
/// `start`, and `added` for each value from 0 to `count` - 1 of the variable of `each`, a loop that nothing else has.
Expr total(std::size_t each, Expr count, Expr added, Expr start);
/// What `number & ((1 << count) - 1)` is in two's complement, also of negative ones.
Expr low_bits(Expr number, int count);
/// `number ^ 1`
Expr toggled(Expr number);
Expr always();
Expr never();

/// `expr` with the loop variable `loop` replaced.
Expr substitute(const Expr& expr, std::size_t loop, const Expr& value);
bool mentions_loop(const Expr& expr, std::size_t loop);

/// An integer that the function is given, the length of a container that it is given, or what is computed from these
/// in a way that is not affine.
struct Parameter {
  std::string name;                         ///< "n", "xs.size", "(n + b - 1) / b"
  std::optional<std::int64_t> least, most;  ///< Of its type.
  std::vector<Expr> factors = {};           ///< Two, of a product.
};

/// An expression over parameters alone as C++ spells it; none if it is something else.
std::optional<std::string> text_of(const Expr& expr, const std::vector<Parameter>& parameters);

/// One dimension of iteration: first, first + step, ... while it lies before `end` (beyond it, for negative
/// steps).
struct Loop {
  std::string name;
  Expr first;
  std::optional<Expr> end;  ///< None: all integers from `first` on; for copies of whole containers.
  std::int64_t step = 1;
  std::vector<Expr> exits = {};  ///< The round in which one of these holds is the last.
};

/// A container instance. Its leading dimensions are the loops around its declaration, so that each round has
/// its own.
struct Array {
  enum class Missing {
    wrong,     ///< An element must have been written before it is read.
    empty,     ///< A read of what nobody wrote gives no edge: std::optional.
    external,  ///< What nobody wrote came in from outside.
  };
  std::string name;
  std::size_t dimensions = 0;
  Missing missing = Missing::wrong;
};

/// Elements of an array, where `guard` holds.
struct Access {
  std::size_t array = 0;
  std::vector<Expr> subscripts;
  Expr guard = always();
  bool operator==(const Access&) const = default;
};

/// What one argument of a task reads. Where several accesses hold they are different cases of one value, of
/// which one at most applies. `range` are further loops, over the elements of a container, in order.
struct Read {
  std::vector<Access> accesses;
  std::vector<std::size_t> range;
  std::size_t argument = 0;
};

struct Statement {
  enum class Kind {
    task,   ///< Submits, maps, reduces: writes what it makes.
    copy,   ///< Writes what its one read sees.
    clear,  ///< What it writes is no longer there.
    result, ///< Hands to the function's caller what its one read sees.
    given,  ///< Writes what comes from outside: futures among the parameters, and values that are scattered.
    asked,  ///< Throws where its one read sees nothing: such parameters are not ordinary ones.
  };
  Kind kind = Kind::task;
  std::size_t node = 0;            ///< Of a task: its number. Of what is given: the number among all of it.
  bool made = false;               ///< Of what is given: by this statement, so that all of it is there.
  std::vector<std::size_t> loops;  ///< Outermost first.
  std::vector<std::size_t>
      places;  ///< One more than loops: where it stands in the text of each block around it.
  Expr guard = always();
  std::vector<Access> writes;
  std::vector<Read> reads;
};

/// Whether people are told of it: the others say only what becomes of names.
inline bool is_shown(const Statement& statement) {
  using Kind = Statement::Kind;
  return statement.kind == Kind::task || statement.kind == Kind::result || statement.kind == Kind::given;
}

/// What must hold wherever the program gets to, for the records to mean what the program does.
struct Obligation {
  std::vector<std::size_t> loops;
  Expr guard = always();
  Expr condition;
  std::string what;  ///< "the length of a vector is not negative"
  int line = 0;
  bool throws = false;  ///< The program throws where it does not hold: such parameters are not ordinary ones.
};

struct Records {
  std::vector<Parameter> parameters;
  std::vector<Loop> loops;
  std::vector<Array> arrays;
  std::vector<Statement> statements;
  std::vector<Obligation> obligations;
};

/// Adds it, if nothing says the same yet.
void oblige(Records& records, Obligation made);

}  // namespace dflow::compiler::flow
