// What workers did, on its way to the client that records it.

#include "runtime/cluster/scheduler_server.h"

namespace dflow::cluster {

void SchedulerServer::want_trace(Program& program) {
  program.traced = true;
  for (const auto& [id, worker] : program.workers) send(worker, ToWorker(TraceWanted{}));
}

/// To the client whose task it is, in the end: that of the outermost one.
void SchedulerServer::pass_on(Member& worker, Traced& traced) {
  Program& program = *worker.program;
  const auto inner = program.inner_tasks.find(traced.id);
  const core::ClientId root = inner != program.inner_tasks.end() ? inner->second : core::client_of(traced.id);
  const auto client = program.clients.find(root);
  if (client == program.clients.end()) return;
  traced.worker = worker.hello.name;
  send(client->second, ToClient(std::move(traced)));
}

}  // namespace dflow::cluster
