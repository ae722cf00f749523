#include "compiler/frontend/effects.h"

#include <algorithm>
#include <set>

#include "clang/AST/Attr.h"
#include "clang/Basic/SourceManager.h"
#include "compiler/frontend/attributes.h"
#include "compiler/frontend/expressions.h"
#include "compiler/frontend/neighbours.h"

namespace dflow::compiler {
namespace {

using llvm::dyn_cast;
using llvm::isa;
using Names = std::set<llvm::StringRef>;

/// Functions of the C library that act on the world or read it.
const Names kWorldly = {
    "printf", "fprintf", "vprintf", "vfprintf", "puts", "fputs", "putchar", "fputc", "putc", "perror", "scanf", "fscanf",
    "getchar", "gets", "fgets", "fgetc", "getc", "getline", "getdelim", "fopen", "freopen", "fdopen", "fclose", "fread",
    "fwrite", "fflush", "fseek", "ftell", "rewind", "remove", "rename", "tmpfile", "open", "close", "read", "write",
    "unlink", "mkdir", "rmdir", "stat", "system", "popen", "pclose", "fork", "exec", "execv", "execvp", "getenv", "setenv",
    "secure_getenv", "putenv", "rand", "srand", "rand_r", "random", "srandom", "drand48", "time", "clock", "clock_gettime",
    "gettimeofday", "localtime", "gmtime", "ctime", "sleep", "usleep", "nanosleep", "signal", "raise", "kill", "exit",
    "_Exit", "quick_exit", "abort", "atexit", "mmap", "munmap", "dlopen", "getpid"};

/// Classes of the standard library whose construction or use does.
const Names kWorldlyClasses = {"basic_ifstream", "basic_ofstream", "basic_fstream", "basic_filebuf", "random_device",
                               "thread", "jthread", "mutex", "recursive_mutex", "shared_mutex", "condition_variable",
                               "condition_variable_any", "directory_iterator", "recursive_directory_iterator", "atomic",
                               "basic_syncbuf", "basic_osyncstream", "promise", "packaged_task"};
const Names kStreams = {"basic_ostream", "basic_istream", "basic_iostream"};
const Names kMemoryStreams = {"basic_ostringstream", "basic_istringstream", "basic_stringstream", "basic_stringbuf"};

const clang::CXXRecordDecl* std_class(clang::QualType type) {
  const auto* record = type.getNonReferenceType()->getAsCXXRecordDecl();
  if (record == nullptr && type->isPointerType()) record = type->getPointeeType()->getAsCXXRecordDecl();
  return record != nullptr && in_std_namespace(*record) && record->getDeclName().isIdentifier() ? record : nullptr;
}

bool is_one_of(clang::QualType type, const Names& names) {
  const auto* record = std_class(type);
  return record != nullptr && names.contains(record->getName());
}

const clang::Expr& object_of(const clang::Expr& expression) {
  const clang::Expr* bare = &stripped(expression);
  if (const auto* op = dyn_cast<clang::CXXOperatorCallExpr>(bare)) return object_of(*op->getArg(0));
  if (const auto* call = dyn_cast<clang::CXXMemberCallExpr>(bare)) return object_of(*call->getImplicitObjectArgument());
  return *bare;
}

std::string name_of(const clang::FunctionDecl& function) { return "'" + qualified_name(function) + "'"; }

/// A stream that is no string in memory: std::cout, or one that somebody passed.
CallKind stream_use(const clang::Expr& stream, bool reads) {
  const clang::Expr& root = object_of(stream);
  if (is_one_of(root.getType(), kMemoryStreams)) return {};
  const auto* name = dyn_cast<clang::DeclRefExpr>(&root);
  const std::string what = name == nullptr ? "a stream" : qualified_name(*name->getDecl());
  return {CallClass::effect, (reads ? "reads from " : "writes to ") + what};
}

const clang::Expr* stream_argument(const clang::Expr& expression) {
  if (const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&expression)) {
    const auto* object = member->getImplicitObjectArgument();
    const bool changes = member->getMethodDecl() != nullptr && !member->getMethodDecl()->isConst();
    return changes && is_one_of(object->getType(), kStreams) ? object : nullptr;
  }
  const auto* call = dyn_cast<clang::CallExpr>(&expression);
  if (call == nullptr) return nullptr;
  for (const auto* argument : call->arguments()) {
    if (is_one_of(argument->getType(), kStreams) && argument->isLValue()) return argument;
  }
  return nullptr;
}

CallKind classify_system(const clang::Expr& expression, const clang::FunctionDecl& callee) {
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
  if (const auto* stream = stream_argument(expression)) {
    const auto* record = std_class(stream->getType());
    return stream_use(*stream, record != nullptr && record->getName() == "basic_istream");
  }
  const std::string name = callee.getDeclName().getAsString();
  if (method != nullptr) {
    const auto* parent = method->getParent();
    const bool named = parent->getDeclName().isIdentifier();
    if (named && kWorldlyClasses.contains(parent->getName())) {
      return {CallClass::effect, "uses std::" + parent->getName().str()};
    }
    if (name == "now" && qualified_name(*parent).starts_with("std::chrono")) return {CallClass::effect, "reads the clock"};
    return {};
  }
  const std::string qualified = qualified_name(callee);
  if (qualified.starts_with("std::this_thread")) return {CallClass::effect, "calls " + name_of(callee)};
  if (qualified.starts_with("std::filesystem")) return {CallClass::effect, "calls " + name_of(callee)};
  if (qualified.starts_with("std::async") || qualified.starts_with("std::getline")) {
    return {CallClass::effect, "calls " + name_of(callee)};
  }
  const bool c_function = !callee.getDeclContext()->getRedeclContext()->isNamespace() || in_std_namespace(callee);
  if (c_function && kWorldly.contains(name) && callee.isExternC()) return {CallClass::effect, "calls " + name_of(callee)};
  return {};
}

/// By an argument, or by the object that it is called on.
bool passes_futures(const clang::Expr& expression) {
  const auto given = [](const clang::Expr* each) { return each != nullptr && gives_away(each->getType()); };
  if (const auto* made = dyn_cast<clang::CXXConstructExpr>(&expression))
    return std::ranges::any_of(made->arguments(), given);
  const auto* member = dyn_cast<clang::CXXMemberCallExpr>(&expression);
  if (member != nullptr && given(member->getImplicitObjectArgument())) return true;
  const auto* call = dyn_cast<clang::CallExpr>(&expression);
  return call != nullptr && std::ranges::any_of(call->arguments(), given);
}

bool may_be_overridden(const clang::FunctionDecl& callee) {
  const auto* method = dyn_cast<clang::CXXMethodDecl>(&callee);
  return method != nullptr && method->isVirtual() && !method->hasAttr<clang::FinalAttr>();
}

std::string why_opaque(const clang::FunctionDecl& callee, const Project& project) {
  if (may_be_overridden(callee)) return ", which may be overridden";
  const std::string objection = project.neighbours() == nullptr ? "" : project.neighbours()->objection(callee);
  return objection.empty() ? ", whose body is not visible" : objection;
}

CallKind classify_opaque(const clang::Expr& expression, const clang::FunctionDecl& callee, const Project& project) {
  const std::string who = name_of(callee) + why_opaque(callee, project);
  if (passes_futures(expression)) return {CallClass::effect, "calls " + who + ", with futures"};
  if (holds_future(expression.getType())) return {CallClass::effect, "calls " + who + ", which gives futures"};
  const auto mutable_parameter = [](const auto* parameter) { return is_mutable_access(parameter->getType()); };
  if (std::ranges::any_of(callee.parameters(), mutable_parameter)) {
    return {CallClass::effect, "calls " + who + ", with a mutable reference"};
  }
  return {CallClass::unknown, who};
}

bool is_system(const clang::FunctionDecl& function) {
  if (in_std_namespace(function) || function.getBuiltinID() != 0) return true;
  const bool made_of_users = isa<clang::CXXConstructorDecl>(function) && visible_body(function) != nullptr;
  if (function.isImplicit() && !made_of_users) return true;
  return function.getASTContext().getSourceManager().isInSystemHeader(function.getLocation());
}

}  // namespace

bool gives_away(clang::QualType type) {
  return holds_future(type) || holds_executor(type);
}

bool is_mutable_access(clang::QualType type) {
  if (type->isRValueReferenceType()) return false;
  if (!type->isPointerType() && !type->isLValueReferenceType()) return false;
  const auto target = type->getPointeeType();
  return !target.isConstQualified() && !target->isFunctionType();
}

CallKind classify(const clang::Expr& call, const Project& project) {
  const clang::FunctionDecl* callee = callee_of(call);
  if (callee == nullptr) {
    if (passes_futures(call))
      return {CallClass::effect, "calls a function that is only known at run time, with futures"};
    if (holds_future(call.getType()))
      return {CallClass::effect, "calls a function that is only known at run time, which gives futures"};
    return {CallClass::unknown, "a function that is only known at run time"};
  }
  if (is_pure(*callee) || callee->hasAttr<clang::ConstAttr>() || callee->hasAttr<clang::PureAttr>()) return {};
  const auto* method = dyn_cast<clang::CXXMethodDecl>(callee);
  if (in_std_namespace(*callee) && method != nullptr && method->getOverloadedOperator() == clang::OO_Call &&
      method->getParent()->getDeclName().isIdentifier() && method->getParent()->getName() == "function") {
    const bool given = passes_futures(call);
    return {given ? CallClass::effect : CallClass::unknown,
            given ? "calls a std::function, with futures" : "a std::function"};
  }
  if (is_system(*callee)) return classify_system(call, *callee);
  if (in_dflow_namespace(*callee)) return {};
  if (is_graph(*callee) && body_of(*callee, project) == nullptr) return {};
  if (may_be_overridden(*callee)) return classify_opaque(call, *callee, project);
  if (body_of(*callee, project) != nullptr) return {CallClass::inspect, ""};
  if (callee->isDefaulted() || callee->isTrivial()) return {};
  return classify_opaque(call, *callee, project);
}

}  // namespace dflow::compiler
