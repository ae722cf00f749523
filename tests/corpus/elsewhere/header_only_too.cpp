// A second source that uses the graph functions of the same header.
#include "../header_only.h"

long header_only_elsewhere(dflow::Executor& ex, int n) {
  long sum = header_only::chained(ex, n).get() + header_only::counted(ex, n).get() + header_only::own(ex, n).get();
  for (const auto& each : header_only::squared(ex, corpus::squares(n))) sum += each.get();
  return sum + header_only::halved(ex, corpus::squares(n)).get() + header_only::Fixed{3}.ladder(ex, n).get();
}
