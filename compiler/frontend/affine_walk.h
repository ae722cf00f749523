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
#include "compiler/frontend/fixed_fields.h"

namespace dflow::compiler {

/// A call of a function that is walked in its place.
struct AffineFrame {
  const clang::FunctionDecl* callee = nullptr;
  std::vector<const clang::Expr*> arguments;  ///< Without the object that it is called on.
  const clang::Expr* call = nullptr;
};

/// A call that makes tasks, as the plan names it.
struct AffineSite {
  Operation operation{};
  const clang::CallExpr* call = nullptr;
  std::string name;  ///< That an option gives its tasks.
  const clang::SourceManager* sources = nullptr;
  std::vector<AffineFrame> frames = {};  ///< On the way to it from the graph function, outermost first.
  const clang::InitListExpr* options = nullptr;   ///< Of `with`.
  std::vector<const clang::Expr*> after = {};     ///< Futures that the options name: arguments behind the call's own.
};

/// Futures from outside: of a parameter, or of a value that is scattered.
struct AffineGiven {
  const clang::ParmVarDecl* parameter = nullptr;
  std::string members = {};  ///< On the way to containers of futures: ".tiles".
  const clang::CallExpr* scatter = nullptr;
  std::vector<AffineFrame> frames = {};
};

struct AffineRecords {
  flow::Records records;
  std::vector<AffineSite> sites;  ///< Of the statements' nodes.
  std::vector<AffineGiven> given = {};
  std::string multiplied;         ///< The line of the first subscript that multiplies what varies.
  std::set<const clang::CallExpr*> bounded = {};  ///< Of `at`, which do not throw for any parameters that the records hold for.
};

/// A piece of a function between boundaries.
struct AffineSegment {
  AffineRecords found;
  std::string not_affine;  ///< Why not all of it is followed, or "".
};

class AffineWalk {
 public:
  /// Files and lines.
  using Boundaries = std::set<std::pair<std::string, std::uint32_t>>;

  AffineWalk(const Project& project, const clang::FunctionDecl& function, Boundaries boundaries = {})
      : project_(project), function_(function), boundaries_(std::move(boundaries)) {}

  /// Throws NotAffine.
  AffineRecords run();
  /// Of a function that cannot be walked as a whole, what can be.
  std::vector<AffineSegment> segments();

 private:
  using Body = std::function<void()>;

  // --- segments (affine_segments.cc)
  void cut(const clang::Stmt& statement);
  void cut_if(const clang::IfStmt& choice);
  void cut_loop(const clang::Stmt& loop, const clang::Expr* condition, const clang::Stmt& body, const NotAffine& refusal);
  std::optional<NotAffine> attempt(const Body& body);
  void add_sites(const clang::Stmt& statement, const NotAffine& refusal);
  std::string line_of(const NotAffine& refusal) const;
  void close();
  void unsettle(const clang::Stmt& statement);
  void unsettle(const clang::VarDecl& variable);
  void forget_variable(const clang::VarDecl& variable);
  void unsettle_sizes(const Named& object, const std::string& name);
  std::size_t unknown_number(const std::string& name, clang::QualType type);

  // --- boundaries (affine_boundaries.cc)
  enum class Bound {
    none,
    inside,  ///< A function that the walk goes into holds one.
    behind,  ///< What it submits comes before the boundary,
    before,  ///< or takes what lies behind it.
  };
  void execute(const clang::Stmt& statement);
  Bound bound_of(const clang::Stmt& part, const clang::SourceManager& sources);
  Bound bound_of_call(const clang::Expr& expression);
  bool holds_boundary(const clang::FunctionDecl& function);

  // --- statements (affine_statements.cc)
  void enter_function();
  void give(const Named& object, const clang::ParmVarDecl& parameter, const std::string& members);
  void execute_whole(const clang::Stmt& statement);
  void execute_if(const clang::IfStmt& branch);
  void execute_range(const clang::CXXForRangeStmt& loop);
  void execute_return(const clang::ReturnStmt& result);
  void execute_break(const clang::BreakStmt& statement);
  void execute_expression(const clang::Expr& expression);
  void in_passing(const clang::Expr& expression, const Body& body);
  void execute_switch(const clang::SwitchStmt& choice);  // affine_switch.cc
  void distrust_sizes(const Named& object);
  void hand_out(const Named& object, std::size_t& leaf);
  void declare(const clang::VarDecl& variable);
  void declare_futures(const clang::VarDecl& variable, const Shape& shape);
  void branch(const flow::Expr& condition, const Body& yes, const Body& no);
  static bool differs(const State& before, const State& after);
  bool changes_nothing(const Body& body);
  bool may_ignore(const clang::Stmt& statement);
  void forget(const clang::Stmt& statement);

  // --- loops: what counts them (affine_loops.cc)
  struct LoopParts {
    const clang::Expr* condition = nullptr;
    std::vector<const clang::Expr*> increments;
    const clang::Stmt* body = nullptr;
    bool unasked = false;  ///< The first round comes before the condition.
    clang::SourceLocation where;
  };
  void execute_for(const clang::ForStmt& loop);
  void execute_while(const clang::WhileStmt& loop);
  void execute_do(const clang::DoStmt& loop);
  bool execute_counted(const LoopParts& parts);
  void execute_counting(const LoopParts& parts);
  bool execute_striding(const LoopParts& parts);
  bool is_endless(const LoopParts& parts);
  std::optional<std::int64_t> step_of(const clang::Expr& increment);
  std::optional<std::int64_t> change_of(const clang::VarDecl& variable, const LoopParts& parts);
  std::optional<flow::Expr> end_of(const clang::Expr& condition, std::int64_t step);
  std::optional<flow::Expr> end_of_truth(const clang::Expr& condition, std::int64_t step);
  std::optional<flow::Expr> end_at(const flow::Expr& limit, const clang::Expr& condition);

  // --- what each round begins with (affine_rounds.cc)
  struct Rounds {
    std::string name;
    flow::Expr first;
    std::int64_t step = 1;
    const clang::VarDecl* own = nullptr;  ///< The variable that counts, if the program has one.
    std::int64_t ahead = 0;               ///< What the body adds to it.
    bool whole = false;     ///< Over a container: as often as it is long, and that is not negative.
    bool unasked = false;   ///< The first round comes before the condition.
    bool endless = false;   ///< Only its exits end it.
    bool outlives = false;  ///< The variable may be asked behind the loop.
  };
  struct Round {
    std::function<void(std::size_t loop)> enter;
    Body body;
    Body then;  ///< Also behind a `continue`.
    std::function<std::optional<flow::Expr>()> bound;  ///< Asked in the state of a round.
    clang::SourceLocation where;
  };
  /// A way out of a loop from inside.
  struct Exit {
    flow::Expr condition;
    bool returns = false;  ///< From the function, too.
    State state;
  };
  struct Last {
    flow::Expr round;
    flow::Expr reached;
  };
  void repeat(const Rounds& rounds, const Round& round);
  Round round_of(const LoopParts& parts, const clang::Expr* counter);
  void count(const LoopParts& parts, Rounds rounds, std::int64_t by, const clang::Expr* counter);
  std::vector<Exit> one_round(const Round& round);
  void ask(const Rounds& rounds, const Round& round_of, const State& round, std::size_t loop);
  std::optional<flow::Expr> end_by_condition(const Rounds& rounds, const Round& round_of, std::size_t loop);
  std::optional<flow::Expr> end_by_exit(const std::vector<Exit>& exits, std::size_t loop);
  std::optional<Last> last_round(const Exit& exit, std::size_t loop) const;
  void leave(std::size_t loop, const std::vector<Exit>& exits);
  void join(const std::optional<Last>& last, const State& other, std::size_t loop);
  std::vector<Exit>& exits_of_loop();
  struct Unknowns;
  void distrust(const State& other);
  Unknowns unknowns_of(const State& before, const State& after);
  void settle(const Unknowns& unknowns, State& round, State& behind, const State& before, const State& after,
              std::size_t loop);

  // --- numbers (affine_integers.cc)
  std::optional<Integer> integer(const clang::Expr& expression);
  std::optional<Integer> binary(const clang::BinaryOperator& operation);
  /// What it computes, and in which type.
  struct Arithmetic {
    clang::BinaryOperatorKind code;
    clang::QualType type;
  };
  std::optional<Integer> arithmetic(const Arithmetic& operation, const Integer& left, const Integer& right);
  std::optional<Integer> computed(const Arithmetic& operation, const Integer& left, const Integer& right);
  std::optional<Integer> assigned_by(const clang::CompoundAssignOperator& operation, const clang::VarDecl& variable);
  bool swap_integers(const clang::CallExpr& call);
  std::optional<flow::Expr> computed(const flow::Expr& value);
  std::optional<Integer> stepped(const clang::UnaryOperator& unary);
  std::optional<Integer> converted(const clang::CastExpr& cast);
  std::optional<Integer> variable(const clang::VarDecl& variable);
  std::optional<Integer> asked_size(const clang::Expr& call);
  std::optional<Integer> given_member(const clang::MemberExpr& member, bool size);
  std::optional<Integer> size_of_range(const clang::Expr& container);
  static Integer within(Integer number, clang::QualType type, const clang::ASTContext& context);
  std::optional<Integer> product(const clang::Expr& expression);
  flow::Expr subscript(const clang::Expr& expression);
  bool multiplies(const clang::Expr& expression) const;
  flow::Expr needed(const clang::Expr& expression, const std::string& what);
  flow::Expr use(const Integer& number, clang::SourceLocation where);
  std::optional<std::size_t> parameter(const std::string& name, clang::QualType type);

  // --- records (affine_shapes.cc)
  Named new_object(const std::string& name, const Shape& shape,
                   flow::Array::Missing missing = flow::Array::Missing::wrong);
  static std::optional<Named> field(const Named& record, const std::string& name);
  std::optional<Named> named_member(const clang::MemberExpr& member);
  std::optional<Named> named_binding(const clang::BindingDecl& binding);
  std::optional<Named> named_get(const clang::CallExpr& call);
  std::optional<Named> object_of(const clang::Expr& object);
  std::optional<Named> this_of(const clang::Expr& object);

  // --- maps (affine_maps.cc)
  std::optional<std::pair<flow::Expr, flow::Expr>> keys_in_order(const clang::Expr& range);
  void bind_entry(const clang::VarDecl& variable, const Named& value, const flow::Expr& key);

  // --- numbers in objects that hold futures (affine_members.cc)
  void note_number(const Named& object, const clang::FieldDecl& field, const clang::Expr& value);
  void copy_numbers(const Named& from, const Named& to);
  std::optional<Integer> member_number(const clang::MemberExpr& member);
  std::optional<Named> object_at(const clang::Expr& expression);
  bool is_fixed(const clang::FieldDecl& field);
  std::optional<Named> accessed(const clang::CallExpr& call);
  void put_fields(llvm::ArrayRef<const clang::Expr*> values, const Named& target, clang::SourceLocation where);
  void put_aggregate(const clang::InitListExpr& list, const Named& target);
  void construct(const clang::CXXConstructExpr& made, const Named& target);
  flow::Expr key_of(const clang::Expr& key);

  // --- lambdas and member functions (affine_closures.cc)
  std::optional<Closure> closure_of(const clang::Expr& expression);
  Closure capture(const clang::LambdaExpr& lambda);
  bool call_closure(const clang::CallExpr& call, const Named* target);
  /// Does something while these variables stand for these.
  void with_bound(const std::map<const clang::VarDecl*, Named>& futures, const Body& body);
  std::optional<Integer> called_number(const clang::CallExpr& call);
  /// Of a body's parameters, and what a closure has kept: none where it is not known.
  using NumbersOf = std::vector<std::pair<const clang::VarDecl*, std::optional<Integer>>>;
  /// What `value()` is in a body that is but one expression, of that object, with these numbers. Nothing is changed by it.
  template <class Value>
  auto within(const clang::FunctionDecl& body, const std::optional<Named>& object, const NumbersOf& numbers, Value value) {
    const State before = state_;
    for (const auto& [variable, number] : numbers) {
      state_.integers.erase(variable);
      if (number) state_.integers[variable] = *number;
    }
    ++depth_of_numbers_;
    active_.push_back(&body);
    const auto outer = std::exchange(this_, object);
    auto result = value();
    this_ = outer;
    active_.pop_back();
    --depth_of_numbers_;
    state_ = before;
    return result;
  }

  // --- what is there (affine_held.cc)
  std::optional<Integer> asked_held(const clang::CallExpr& call);
  std::optional<Integer> held_by(const clang::Expr& value, const clang::VarDecl& holder);
  std::optional<Integer> held_by_either(const clang::ConditionalOperator& choice, const clang::VarDecl& holder);
  /// Asked before `value` is put there: it may be made of what it replaces.
  std::optional<Integer> held_after(const clang::VarDecl& holder, const clang::Expr* value);
  void note_held(const clang::VarDecl& holder, const std::optional<Integer>& held);

  // --- options (affine_options.cc)
  struct Options {
    std::string name;
    std::vector<const clang::Expr*> after;
    const clang::InitListExpr* list = nullptr;
  };
  std::optional<Options> options_of(const SiteCall& site);
  Options read_options(const clang::Expr& options, bool at_once);

  // --- futures (affine_futures.cc)
  std::optional<Named> named(const clang::Expr& expression);
  std::optional<Named> there(const clang::CallExpr& call, std::optional<Named> found);
  flow::Expr bounded_subscript(const clang::CallExpr& at, const Named& container);
  std::optional<Named> named_call(const clang::CallExpr& call);
  Named subscripted(Named container, const flow::Expr& subscript) const;
  Named made(const clang::Expr& expression);  ///< Into an object of its own, if it names none.
  void put(const clang::Expr& value, const Named& target);
  void take(const Named& from, const Named& target);
  void put_call(const clang::CallExpr& call, const Named& target);
  void put_constructed(const clang::CXXConstructExpr& construction, const Named& target);
  void put_elements(llvm::ArrayRef<const clang::Expr*> elements, const Named& target);
  void fill(const Named& target, const clang::Expr& count, const clang::Expr* element);
  void set_inner_sizes(const Named& target, const Named& element, clang::SourceLocation where);
  void copy(const Named& from, const Named& to);
  void clear(const Named& target);
  void change(const clang::CallExpr& call);  ///< A call for its effect.
  bool change_container(const clang::CallExpr& call, const Named& object, llvm::StringRef method);
  void exchange(const clang::CallExpr& call, const Named& target);
  void swap(const Named& left, const Named& right, clang::SourceLocation where);
  void invalidate_references_into(const Named& container);
  static bool refers_into(const Named& object, const Named& container);
  static bool share_array(const Named& left, const Named& right);

  // --- lengths
  std::optional<flow::Expr> size_of(const Named& container) const;
  std::optional<flow::Expr> size_of_any(const Named& container) const;
  void set_size(const Named& container, std::optional<flow::Expr> size);
  void copy_sizes(const Named& from, const Named& to);

  // --- calls (affine_calls.cc)
  void put_site(const SiteCall& site, const Named& target);
  void put_submit(const SiteCall& site, const Named& target);
  void put_map(const SiteCall& site, const Named& target);
  void put_reduce(const SiteCall& site, const Named& target);
  void read_after(const Options& options, std::size_t number, std::vector<flow::Read>& reads);
  flow::Read read_record(const Named& object, std::size_t number, clang::SourceLocation where);
  flow::Read read_of(const clang::Expr& argument, std::size_t number);
  flow::Read read_all(const Named& object, std::size_t number, clang::SourceLocation where);
  void add_task(const SiteCall& site, const Named& target, std::vector<flow::Read> reads, const std::optional<Options>& options);
  void enter_parameters(llvm::ArrayRef<const clang::Expr*> arguments, const clang::FunctionDecl& callee);
  void run_body(const AffineFrame& frame, const Named* target);
  void inline_call(const clang::CallExpr& call, const clang::FunctionDecl& callee, const Named* target);

  // --- what is recorded
  std::size_t new_loop(std::string name, flow::Expr first, std::optional<flow::Expr> end, std::int64_t step = 1);
  void add(flow::Statement statement);
  flow::Statement statement(flow::Statement::Kind kind) const;
  void oblige(flow::Expr condition, const std::string& what, clang::SourceLocation where);
  void inside(std::size_t loop, const Body& body);
  /// Walks without leaving records.
  void rehearse(const Body& body);
  /// All that a walk changes.
  struct Snapshot;
  Snapshot snapshot() const;
  void restore(const Snapshot& before);
  [[noreturn]] void refuse(const std::string& reason, clang::SourceLocation where) const {
    throw NotAffine(reason, where, ast().getSourceManager());
  }
  /// Of the file that the function stands in which is walked.
  const clang::ASTContext& ast() const { return active_.back()->getASTContext(); }
  /// Where something is said about it as a whole.
  clang::SourceLocation here() const;

  const Project& project_;
  const clang::FunctionDecl& function_;
  const Boundaries boundaries_;                          ///< Where segments end.
  std::map<const clang::FunctionDecl*, bool> bounding_;  ///< Functions that hold some, or do not.
  std::vector<AffineSegment> segments_;
  std::size_t closed_ = 0;                  ///< How often one ended.
  flow::Expr open_guard_ = flow::always();  ///< Of the statement that is cut.
  std::string not_affine_;  ///< What is not followed in the segment at hand.
  AffineRecords result_;
  std::map<const clang::VarDecl*, Binding> bindings_;
  State state_;
  std::map<std::string, std::size_t> parameters_;
  std::set<const clang::VarDecl*> elusive_;  ///< Integers that something else than their name may change.
  std::set<const clang::VarDecl*> separate_; ///< Parameters whose members are parameters by themselves.
  std::vector<std::size_t> loops_;
  std::vector<std::size_t> places_{0};
  flow::Expr guard_ = flow::always();
  std::size_t depth_of_function_ = 0;  ///< Loops around the body of the function that is walked.
  std::vector<const clang::FunctionDecl*> active_;
  std::vector<AffineFrame> frames_;  ///< Of all active functions but the first.
  const Named* returned_ = nullptr;
  std::size_t objects_ = 0;      ///< How many records that stand alone there have been.
  std::map<std::pair<std::size_t, const clang::FieldDecl*>, Integer> numbers_;  ///< By object; of fields that are fixed.
  FixedFields fixed_{project_};
  std::optional<Named> this_;  ///< Of the member function that is walked, where it holds futures.
  std::map<std::string, std::int64_t> keys_;
  bool multiplying_ = false;  ///< What is asked for may be a product of what varies.
  int depth_of_numbers_ = 0;  ///< Of calls that only compute numbers.
  std::set<std::size_t> whole_;  ///< Loops over containers.
  bool lossy_ = false;           ///< Some way that ended early had changed something.
  static constexpr unsigned kEarly = 1, kExit = 2;
  std::vector<State> continued_;  ///< Where rounds of the loop around ended by `continue`.
  unsigned left_ = 0;  ///< Some way ended: the round or the function (kEarly), all rounds (kExit).
  std::vector<std::optional<std::vector<Exit>>> exits_;  ///< Of the loops around; none: a switch.
  const clang::UnaryOperator* stepping_ = nullptr;       ///< The increment in a condition or expression that is asked.
  std::vector<Named> ranged_;    ///< Containers that range-for goes over.
  std::map<std::size_t, std::size_t> summed_;  ///< By loop: one that counts its rounds in sums over them.
  std::size_t row_ = 0;          ///< A loop that stands for "the container's own subscript" in Sizes.
  mutable std::vector<std::pair<flow::Expr, Sizes::Key>> asked_rows_;  ///< Unknown lengths that were asked for.
};

struct AffineWalk::Snapshot {
  std::size_t arrays, statements, obligations, sites, given, active, frames, ranged;
  std::map<const clang::VarDecl*, Binding> bindings;
  State state;
  std::vector<std::size_t> loops, places;
  flow::Expr guard;
  bool lossy;
  unsigned left;
  std::vector<std::optional<std::vector<Exit>>> exits;
  std::vector<State> continued;
  const clang::UnaryOperator* stepping;
  std::size_t depth;
  const Named* returned;
  std::optional<Named> object;
  int numbers;
  std::optional<AffineRecords> all;  ///< Where segments may end meanwhile.
  std::size_t segments;
  std::string not_affine;
};

}  // namespace dflow::compiler
