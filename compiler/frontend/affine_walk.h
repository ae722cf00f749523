// Walks a graph function as it would run, with numbers for its variables that are affine in parameters and loops, and
// notes in flow/records.h which futures each call makes and takes. What it does not understand it refuses.
//
// A loop's body is walked three times: to see what it changes; with unknowns for that, to see by how much; and at last
// with what each round begins with. Only the last one leaves records.
#pragma once

#include <functional>
#include <set>

#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/affine_state.h"

namespace dflow::compiler {

/// A call that makes tasks, as the plan names it.
struct AffineSite {
  Operation operation{};
  const clang::CallExpr* call = nullptr;
};

struct AffineRecords {
  flow::Records records;
  std::vector<AffineSite> sites;  ///< Of the statements' nodes.
};

class AffineWalk {
 public:
  AffineWalk(const Project& project, const clang::FunctionDecl& function) : project_(project), function_(function) {}

  /// Throws NotAffine.
  AffineRecords run();

 private:
  using Body = std::function<void()>;

  // --- statements (affine_statements.cc)
  void execute(const clang::Stmt& statement);
  void execute_if(const clang::IfStmt& branch);
  void execute_range(const clang::CXXForRangeStmt& loop);
  void execute_return(const clang::ReturnStmt& result);
  void hand_out(const Named& object, clang::SourceLocation where);
  void declare(const clang::VarDecl& variable);
  void declare_futures(const clang::VarDecl& variable, const Shape& shape);
  void branch(const flow::Expr& condition, const Body& yes, const Body& no);
  static bool differs(const State& before, const State& after);
  bool changes_nothing(const Body& body);
  bool may_ignore(const clang::Stmt& statement);
  void forget(const clang::Stmt& statement);

  // --- loops (affine_loops.cc)
  void execute_for(const clang::ForStmt& loop);
  struct Counting {
    const clang::VarDecl* variable = nullptr;
    std::int64_t step = 0;
  };
  Counting counting_of(const clang::ForStmt& loop);
  std::optional<flow::Expr> end_of(const clang::Expr& condition, const Counting& counting);
  /// `bound` is asked in the state of a round.
  struct Rounds {
    std::string name;
    flow::Expr first;
    std::int64_t step = 1;
    const clang::VarDecl* own = nullptr;  ///< The variable that counts, if the program has one.
    bool whole = false;                   ///< Over a container: as often as it is long, and that is not negative.
  };
  void repeat(const Rounds& rounds, const std::function<std::optional<flow::Expr>()>& bound,
              const std::function<void(std::size_t loop)>& enter, const clang::Stmt& body);
  struct Unknowns;
  void distrust(const State& start);
  Unknowns unknowns_of(const State& before, const State& after);
  void settle(const Unknowns& unknowns, State& round, State& behind, const State& before, const State& after,
              std::size_t loop);

  // --- numbers (affine_integers.cc)
  std::optional<Integer> integer(const clang::Expr& expression);
  std::optional<Integer> binary(const clang::BinaryOperator& operation);
  std::optional<Integer> arithmetic(const clang::BinaryOperator& operation, const Integer& left, const Integer& right);
  std::optional<Integer> converted(const clang::CastExpr& cast);
  std::optional<Integer> variable(const clang::VarDecl& variable);
  std::optional<Integer> asked_size(const clang::Expr& call);
  std::optional<Integer> size_of_range(const clang::Expr& container);
  static Integer within(Integer number, clang::QualType type, const clang::ASTContext& context);
  flow::Expr needed(const clang::Expr& expression, const std::string& what);
  flow::Expr use(const Integer& number, clang::SourceLocation where);
  std::optional<std::size_t> parameter(const std::string& name, clang::QualType type);

  // --- futures (affine_futures.cc)
  std::optional<Named> named(const clang::Expr& expression);
  std::optional<Named> named_call(const clang::CallExpr& call);
  Named subscripted(Named container, const flow::Expr& subscript) const;
  Named made(const clang::Expr& expression);  ///< Into an object of its own, if it names none.
  void put(const clang::Expr& value, const Named& target);
  void put_call(const clang::CallExpr& call, const Named& target);
  void put_constructed(const clang::CXXConstructExpr& construction, const Named& target);
  void put_elements(llvm::ArrayRef<const clang::Expr*> elements, const Named& target);
  void fill(const Named& target, const clang::Expr& count, const clang::Expr* element);
  void copy(const Named& from, const Named& to);
  void clear(const Named& target);
  void change(const clang::CallExpr& call);  ///< A call for its effect.
  bool change_container(const clang::CallExpr& call, const Named& object, llvm::StringRef method);
  void swap(const Named& left, const Named& right, clang::SourceLocation where);
  void invalidate_references_into(const Named& container);

  // --- lengths
  std::optional<flow::Expr> size_of(const Named& container) const;
  void set_size(const Named& container, std::optional<flow::Expr> size);
  void copy_sizes(const Named& from, const Named& to);

  // --- calls (affine_calls.cc)
  void put_site(const SiteCall& site, const Named& target);
  void put_submit(const SiteCall& site, const Named& target);
  void put_map(const SiteCall& site, const Named& target);
  void put_reduce(const SiteCall& site, const Named& target);
  void check_executor(const SiteCall& site);
  flow::Read read_of(const clang::Expr& argument, std::size_t number);
  flow::Read read_all(const Named& object, std::size_t number, clang::SourceLocation where);
  void add_task(const SiteCall& site, const Named& target, std::vector<flow::Read> reads);
  void enter_parameters(const clang::CallExpr& call, const clang::FunctionDecl& callee);
  void inline_call(const clang::CallExpr& call, const clang::FunctionDecl& callee, const Named* target);

  // --- records
  Named new_object(const std::string& name, const Shape& shape,
                   flow::Array::Missing missing = flow::Array::Missing::wrong);
  std::size_t new_loop(std::string name, flow::Expr first, std::optional<flow::Expr> end, std::int64_t step = 1);
  void add(flow::Statement statement);
  flow::Statement statement(flow::Statement::Kind kind) const;
  void oblige(flow::Expr condition, const std::string& what, clang::SourceLocation where);
  void inside(std::size_t loop, const Body& body);
  /// Walks without leaving records.
  void rehearse(const Body& body);
  [[noreturn]] static void refuse(const std::string& reason, clang::SourceLocation where) {
    throw NotAffine(reason, where);
  }

  const Project& project_;
  const clang::FunctionDecl& function_;
  AffineRecords result_;
  std::map<const clang::VarDecl*, Binding> bindings_;
  State state_;
  std::map<std::string, std::size_t> parameters_;
  std::set<const clang::VarDecl*> elusive_;  ///< Integers that something else than their name may change.
  std::vector<std::size_t> loops_;
  std::vector<std::size_t> places_{0};
  flow::Expr guard_ = flow::always();
  std::size_t depth_of_function_ = 0;  ///< Loops around the body of the function that is walked.
  std::vector<const clang::FunctionDecl*> active_;
  const Named* returned_ = nullptr;
  std::set<std::size_t> whole_;  ///< Loops over containers.
  bool lossy_ = false;           ///< Some way that ended early had changed something.
  std::vector<Named> ranged_;    ///< Containers that range-for goes over.
  std::size_t row_ = 0;          ///< A loop that stands for "the container's own subscript" in Sizes.
  mutable std::vector<std::pair<flow::Expr, Sizes::Key>> asked_rows_;  ///< Unknown lengths that were asked for.
};

}  // namespace dflow::compiler
