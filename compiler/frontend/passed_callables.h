// What is called through an argument: by an algorithm, or by a std::function that is made of it.
#pragma once

#include <string>
#include <vector>

#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// What an argument's receiver may call, with bodies that `project` sees: a functor's operators, or, where
/// `receiver` calls functions that it is given by name, the one that is named.
std::vector<const clang::FunctionDecl*> callables_of(const clang::Expr& argument,
                                                     const clang::FunctionDecl* receiver,
                                                     const Project& project);

/// "'f', whose body is not visible", if `receiver` may give futures or an executor to it; else "".
std::string stranger_in(const clang::Expr& argument, const clang::FunctionDecl& receiver,
                        const Project& project);

}  // namespace dflow::compiler
