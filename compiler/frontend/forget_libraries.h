// The analysis of a unit that is parsed as for a compilation does without most of what libraries' templates contain.
#pragma once

namespace clang {
class Sema;
}

namespace dflow::compiler {

/// Of the templates that Clang put off instantiating, forgets libraries' (library_bodies.h).
void forget_libraries(clang::Sema& sema);

/// The same at the unit's end, before Clang makes up for what it put off and looks for what was never defined.
void forget_libraries_at_end(clang::Sema& sema);

}  // namespace dflow::compiler
