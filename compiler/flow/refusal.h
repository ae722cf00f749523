// How the analysis says that something is beyond it; never leaves this folder.
#pragma once

#include <stdexcept>

namespace dflow::compiler::flow {

struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace dflow::compiler::flow
