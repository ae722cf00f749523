// The skeleton entries: generated functions that make a graph function's parameters and call it.
#pragma once

#include <string>
#include <vector>

#include "formats/plan.h"

namespace dflow::compiler {

/// How an entry hands one argument over.
enum class Passing { executor, bound_executor, lvalue, moved };

struct EntryMember {
  std::string name;
  std::string type;
  formats::ParameterNeed need = formats::ParameterNeed::none;
};

struct EntryParameter {
  std::string name;
  std::string type;  ///< As it can be written in any namespace; without references.
  Passing passing = Passing::moved;
  formats::ParameterNeed need = formats::ParameterNeed::none;
  bool holds_future = false;
  std::vector<EntryMember> members = {};  ///< That are given by themselves.
};

struct Entry {
  std::string graph;   ///< The name it is started by.
  std::string callee;  ///< "::ns::f<int>"; of a non-static member function its name alone
  std::string object;  ///< The class to make an object of, or "".
  std::string made = "{}";  ///< How it is initialised.
  std::vector<EntryParameter> parameters;
};

/// The definition of one entry at namespace scope; `number` tells those of a file apart.
std::string entry_text(const Entry& entry, int number);

}  // namespace dflow::compiler
