#include "tools/dflow/service.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace dflow::tools {

namespace {

sigset_t end_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, signal);
  return signals;
}

}  // namespace

EndSignals::EndSignals() {
  const sigset_t signals = end_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void EndSignals::wait_for_end() const {
  const sigset_t signals = end_signals();
  int which = 0;
  while (::sigwait(&signals, &which) != 0) {
  }
}

void EndSignals::end() { ::kill(::getpid(), SIGTERM); }

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace dflow::tools
