// The walk over one function that flow_recorder.h records: each expression is evaluated once, as the program
// would. Statements, expressions, dflow's calls and other calls each have a file.
#pragma once

#include "clang/AST/StmtCXX.h"
#include "compiler/frontend/effects.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/facts.h"

namespace dflow::compiler {

/// std::array or a built-in one: its size is no secret.
bool is_array(clang::QualType type);

/// Has a member, or holds elements, by which it can change another object.
bool refers(const clang::CXXRecordDecl& record);

class FunctionWalk {
 public:
  FunctionWalk(const Project& project, RecordedUnit& recorded, PlaceTable& places)
      : recorded_(recorded), facts_(project, recorded, places) {}

  void run(const clang::FunctionDecl& function, FunctionId id);

 private:
  // walk_statements.cc
  void record_members(const clang::ParmVarDecl& parameter);
  void execute(const clang::Stmt& statement);
  void execute_block(const clang::CompoundStmt& block);
  /// What stands without a block around it. Nothing can be put before it unless it is an expression: a dry
  /// run that must not reach it stops before the statement that it is part of.
  void execute_single(const clang::Stmt* statement);
  /// A part of a statement's parentheses.
  void execute_header(const clang::Stmt* part);
  void execute_return(const clang::Expr* value);
  void execute_if(const clang::IfStmt& branch);
  void execute_for(const clang::ForStmt& loop);
  void execute_while(const clang::WhileStmt& loop);
  void execute_do(const clang::DoStmt& loop);
  void execute_range(const clang::CXXForRangeStmt& loop);
  void execute_switch(const clang::SwitchStmt& choice);
  void execute_try(const clang::CXXTryStmt& attempt);
  /// Members and bases, before the body.
  void initialise(const clang::CXXConstructorDecl& constructor);
  /// What stands inside of something else, or elsewhere: a dry run is stopped right before it.
  Uses evaluate_within(const clang::Expr& part, Context context);
  void steer_loop(const clang::Expr* condition);
  void steer_by(const clang::Expr& expression, std::string what);
  void declare(const clang::DeclStmt& declarations);
  void declare_variable(const clang::VarDecl& variable, const Uses& uses, const clang::Expr* init);

  // walk_expressions.cc
  Uses evaluate(const clang::Expr& whole, Context context);
  Uses evaluate_parts(const clang::Stmt& expression, Context context);
  Uses this_object();
  Uses read(const clang::ValueDecl& decl, const clang::Expr& expression, Context context);
  Uses read_place(PlaceId place, clang::QualType type, Context context);
  Uses evaluate_member(const clang::MemberExpr& member, Context context);
  /// An element: the subscript and the container's size must be right, whatever it is used for.
  Uses element(const clang::Expr& container, std::vector<const clang::Expr*> subscripts,
               const clang::Expr& where);
  Uses evaluate_unary(const clang::UnaryOperator& unary, Context context);
  Uses evaluate_binary(const clang::BinaryOperator& binary, Context context);
  Uses evaluate_assignment(const clang::BinaryOperator& binary);
  Uses capture(const clang::LambdaExpr& lambda);

  // walk_dflow_calls.cc
  Uses submit(const SiteCall& site);
  Uses submit_arguments(const SiteCall& site);
  Uses submit_map(const SiteCall& site);
  /// A member function of a future.
  Uses ask(const clang::CallExpr& call, const std::string& query, Context context);
  Uses add_result(Place place, Context context);
  /// wait, gather, as_completed.
  std::optional<Uses> collect(const clang::CallExpr& call, Context context);
  Uses collected(const clang::CallExpr& call, Context context, bool skippable);
  /// `text` before the arguments lets a dry run skip the call.
  void skip_by(Place& place, const clang::CallExpr& call, std::string text) const;

  // walk_calls.cc
  Uses evaluate_call(const clang::CallExpr& call, Context context);
  Uses evaluate_general(const clang::CallExpr& call);
  /// Lambdas and functions that somebody calls for us, with what else he was given.
  void call_closures(llvm::ArrayRef<const clang::Expr*> passed, const clang::FunctionDecl* receiver,
                     const Uses& given);
  /// Those that nobody sees.
  void call_strangers(const clang::CallExpr& call, const clang::FunctionDecl& receiver);
  /// Before the call, once those of its arguments that submit are there.
  Stop stop_at(const clang::CallExpr& call);
  Uses inspect(const clang::CallExpr& whole, const clang::FunctionDecl& callee, const Uses& object,
               const std::vector<Uses>& arguments);
  void pass_object(const clang::CallExpr& whole, const clang::CXXMethodDecl& method, const Uses& object);
  /// What a function that is not looked into may have done to what it was given.
  void change_arguments(const clang::CallExpr& whole, const clang::FunctionDecl& callee, const Uses& given);

  // walk_std.cc
  std::optional<Uses> evaluate_operator(const clang::CXXOperatorCallExpr& call, Context context);
  std::optional<Uses> evaluate_iterator(const clang::CXXOperatorCallExpr& call, Context context);
  /// std::begin, std::next, ...
  std::optional<Uses> evaluate_std_range(const clang::CallExpr& call, Context context);
  /// What an algorithm's iterators lead to may change; what it calls decides how.
  Uses change_ranges(const clang::CallExpr& call, const Uses& given);
  std::optional<Uses> evaluate_std_member(const clang::CXXMemberCallExpr& call, Context context);
  /// How often an algorithm of the library calls what it is given.
  void steer_algorithm(const clang::CallExpr& call, llvm::ArrayRef<const clang::Expr*> passed,
                       const std::vector<Uses>& given);

  // walk_objects.cc
  Uses construct(const clang::CXXConstructExpr& made, Context context);
  Uses construct_aggregate(const clang::InitListExpr& made, Context context);
  /// Constructors that the library calls for elements.
  void construct_elements(const clang::CXXConstructExpr& made);
  /// The destructors of an object of this type and of its parts.
  void destroy(const clang::Expr& made);
  /// An object that is kept may change what it was made of later on, through references.
  void keep_references(const clang::Expr& init, PlaceId kept);

  RecordedUnit& recorded_;
  Facts facts_;
  SubmitSearch submits_;
};

}  // namespace dflow::compiler
