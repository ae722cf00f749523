#pragma once

#include <string>
#include <vector>

#include "compiler/driver/host.h"
#include "compiler/driver/installation.h"
#include "compiler/driver/options.h"

namespace dflow::compiler {

/// What linking with --dflow-whole-program needs besides the command.
struct WholeProgram {
  const Options& options;
  const Installation& installation;
  TemporaryDirectory& directory;
};

/// Links `words` as the host compiler does. Then graph functions that call what other objects define, of
/// which those tell how they were made (formats/unit.h), are compiled again with those bodies in sight, and
/// the program is linked again with the new objects. Whatever keeps an object from that is said, and the
/// object stays as it is: the call in it is a boundary, which is right as well.
Outcome link_whole_program(const Host& host, const std::vector<std::string>& words, const WholeProgram& how);

}  // namespace dflow::compiler
