// What workers run once, beside their tasks, for a client that waits for what it gives.

#include <algorithm>
#include <utility>

#include "runtime/cluster/scheduler_server.h"

namespace dflow::cluster {

/// Who is not a member any more is answered for at once.
void SchedulerServer::start_call(Member& client, CallRequested request) {
  Program& program = *client.program;
  CallEntry& call = program.calls.emplace_back(
      CallEntry{.number = next_call_++, .client = core::ClientId{client.id}, .request = request.request});
  const Call order{.number = call.number, .task = std::move(request.task)};
  for (const core::WorkerId id : request.workers) {
    const auto worker = program.workers.find(id);
    if (worker == program.workers.end()) {
      tell_call(program, call, {.worker = id, .lost = true});
    } else {
      call.running.insert(id);
      send(worker->second, ToWorker(order));
    }
  }
  drop_ended_calls(program);
}

void SchedulerServer::call_done(Member& worker, CallDone& done) {
  Program& program = *worker.program;
  const core::WorkerId id{worker.id};
  const auto call = std::ranges::find_if(program.calls, [&](const CallEntry& each) { return each.number == done.number; });
  if (call == program.calls.end() || call->running.erase(id) == 0) return;
  tell_call(program, *call, {.worker = id, .value = std::move(done.value), .exception = std::move(done.exception)});
  drop_ended_calls(program);
}

void SchedulerServer::call_left(Program& program, core::WorkerId worker) {
  for (CallEntry& each : program.calls) {
    if (each.running.erase(worker) > 0) tell_call(program, each, {.worker = worker, .lost = true});
  }
  drop_ended_calls(program);
}

void SchedulerServer::tell_call(Program& program, CallEntry& call, CallEnded end) {
  const auto client = program.clients.find(call.client);
  if (client == program.clients.end()) return;
  end.request = call.request;
  send(client->second, ToClient(std::move(end)));
}

void SchedulerServer::drop_ended_calls(Program& program) {
  std::erase_if(program.calls, [&](const CallEntry& each) {
    if (!each.running.empty()) return false;
    const auto client = program.clients.find(each.client);
    if (client != program.clients.end()) {
      send(client->second, core::encode_as<ToClient>(core::RequestDone{each.client, each.request, {}}));
    }
    return true;
  });
}

}  // namespace dflow::cluster
