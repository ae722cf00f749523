// For the sources that include Thrift.
#pragma once

#include <thrift/TOutput.h>

namespace dflow::net {

/// What goes wrong is told by whoever wanted it, once; Thrift would print it as well.
inline void keep_thrift_quiet() {
  static const bool quiet = (apache::thrift::GlobalOutput.setOutputFunction([](const char*) {}), true);
  (void)quiet;
}

}  // namespace dflow::net
