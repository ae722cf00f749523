// What members say to the scheduler, and what its brains have it say to them.

#include <type_traits>
#include <utility>

#include "runtime/cluster/scheduler_server.h"
#include "runtime/net/overload.h"

namespace dflow::cluster {

namespace {

/// Without the lock, since others have to say something meanwhile. Up to the first that is damaged.
template <class M>
std::vector<M> decoded(const std::vector<std::string>& messages) {
  std::vector<M> all;
  all.reserve(messages.size());
  for (const std::string& bytes : messages) {
    Result<M> message = core::decode<M>(bytes);
    if (!message) break;
    all.push_back(std::move(message).value());
  }
  return all;
}

}  // namespace

void SchedulerServer::received(Member& member, const std::vector<std::string>& messages) {
  std::vector<FromClient> of_client;
  std::vector<FromWorker> of_worker;
  if (member.role == net::Role::client) of_client = decoded<FromClient>(messages);
  for (FromClient& message : of_client) {
    if (auto* submitted = std::get_if<core::TasksSubmitted>(&message)) payloads_.keep(*submitted);
  }
  if (member.role == net::Role::worker) of_worker = decoded<FromWorker>(messages);
  std::vector<core::FailureRef> as_told;  // until they are passed on: whatever is put away need not be read back for that
  for (FromWorker& message : of_worker) {
    auto* failed = std::get_if<core::TaskFailed>(&message);
    if (!failed) continue;
    as_told.push_back(failed->failure);
    payloads_.keep(failed->failure);
  }
  const std::lock_guard lock(mutex_);
  if (member.closed || member.gone) return;  // it was given up meanwhile
  const net::Together together;  // ends before the lock is given back: until then no connection ends
  const Noting noting(*this);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::string& bytes = messages[i];
    if (member.role == net::Role::client) {
      if (i >= of_client.size()) return member.connection->close();
      if (of_client[i].index() < kKeptMessages) keep_message(member, bytes);
      from_client(member, std::move(of_client[i]));
    } else if (member.role == net::Role::agent) {
      if (!received_from_agent(member, bytes)) return member.connection->close();
    } else if (member.role == net::Role::tool) {
      if (!received_from_tool(member, bytes)) return member.connection->close();
    } else {
      if (i >= of_worker.size()) return member.connection->close();
      from_worker(member, std::move(of_worker[i]));
    }
  }
  if (member.role == net::Role::tool) answer_tool(member);
}

void SchedulerServer::from_client(Member& member, FromClient message) {
  Program& program = *member.program;
  const core::ClientId id{member.id};
  std::visit(net::Overload{
                 [&](EndAwaited) {
                   program.awaiting_end.insert(id);
                   answer_awaiting(program);
                 },
                 [&](Sync sync) { send(&member, ToClient(sync)); },
                 [&](TraceWanted) { want_trace(program); },
                 [&](SetUpRequested& request) {
                   if (!request.again && refuse_shared(member, request.request, "on_worker()")) return;
                   add_set_up(member, std::move(request));
                 },
                 [&](CallRequested& request) { start_call(member, std::move(request)); },
                 [&](FilesOffered& offered) { hosting_.on(member.id, program.id, offered); },
                 [&](Piece& piece) { hosting_.on(member.id, piece); },
                 [&](auto& event) {
                   event.client = id;  // it speaks of itself
                   if constexpr (std::is_same_v<std::remove_cvref_t<decltype(event)>, core::TasksSubmitted>) {
                     if (member.hello.worker) note_inner(program, event);
                   }
                   if constexpr (std::is_same_v<std::remove_cvref_t<decltype(event)>, core::RetireRequested>) {
                     if (refuse_shared(member, event.request, "retire_workers()")) return;
                   }
                   if constexpr (std::is_same_v<std::remove_cvref_t<decltype(event)>, core::RestartRequested>) {
                     if (refuse_shared(member, event.request, "restart()")) return;
                     note_restart(program, event);
                   }
                   if constexpr (std::is_same_v<std::remove_cvref_t<decltype(event)>, core::ReplaceRequested>) {
                     if (refuse_shared(member, event.request, "restart_workers()")) return;
                     note_restart(program, event);
                   }
                   // What is released has ended: of that a scheduler who was killed may have been the last to know.
                   if constexpr (std::is_same_v<std::remove_cvref_t<decltype(event)>, core::TasksCancelled> ||
                                 std::is_same_v<std::remove_cvref_t<decltype(event)>, core::TasksReleased>) {
                     for (const core::TaskId task : event.tasks) end_inner(program, task);  // none, from most clients
                   }
                   apply(program, std::move(event));
                 },
             },
             message);
}

void SchedulerServer::from_worker(Member& member, FromWorker message) {
  std::visit(net::Overload{
                 [&](SetUpDone& done) { set_up_done(member, done); },
                 [&](CallDone& done) { call_done(member, done); },
                 [&](Traced& traced) { pass_on(member, traced); },
                 [&](core::WorkerReturned& event) { returned(member, std::move(event)); },
                 [&](auto& event) {
                   event.worker = core::WorkerId{member.id};
                   apply(*member.program, std::move(event));
                 },
             },
             message);
}

/// The tasks of a client inside a worker belong, in the end, to whose task submitted them.
void SchedulerServer::note_inner(Program& program, const core::TasksSubmitted& submitted) {
  for (const core::TaskSpec& task : submitted.tasks) {
    if (!task.inside) continue;
    const auto outer = program.inner_tasks.find(*task.inside);
    const core::ClientId root = outer != program.inner_tasks.end() ? outer->second : core::client_of(*task.inside);
    program.inner_tasks[task.id] = root;
    ++program.inner_count[root];
  }
}

void SchedulerServer::end_inner(Program& program, core::TaskId task) {
  const auto ended = program.inner_tasks.extract(task);
  if (!ended) return;
  --program.inner_count[ended.mapped()];
  answer_awaiting(program);
}

/// Whoever submitted them is gone.
void SchedulerServer::end_inner_of(Program& program, core::ClientId client) {
  std::vector<core::TaskId> inner;
  for (const auto& [task, root] : program.inner_tasks) {
    if (core::client_of(task) == client) inner.push_back(task);
  }
  for (const core::TaskId task : inner) end_inner(program, task);
}

void SchedulerServer::answer_awaiting(Program& program) {
  std::erase_if(program.awaiting_end, [&](core::ClientId id) {
    if (program.inner_count[id] > 0) return false;
    program.inner_count.erase(id);
    const auto client = program.clients.find(id);
    const bool flushes = hosting_.flush(program.id, static_cast<std::uint32_t>(id));
    if (!flushes && client != program.clients.end()) tell_end(*client->second);
    return true;
  });
}

// ---- What the brain says ---------------------------------------------------------------------------------------------

void SchedulerServer::apply(Program& program, const core::Event& event) {
  NotGiven not_given;
  apply(program, event, not_given);
  // In place of one that cannot be given the brain may give another, which cannot be given either, and so on.
  for (; !not_given.empty(); not_given.pop_front()) apply(program, not_given.front(), not_given);
}

void SchedulerServer::apply(Program& program, const core::Event& event, NotGiven& not_given) {
  std::vector<core::Action> actions = program.brain.apply(event);
  const auto is_order = [&](std::size_t i) { return i < actions.size() && std::holds_alternative<core::RunTask>(actions[i]); };
  Orders orders;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    if (note(program, actions[i])) continue;
    if (is_order(i) && !complete(std::get<core::RunTask>(actions[i]), not_given)) continue;
    const bool several = is_order(i) && (is_order(i + 1) || !orders.empty());
    if (several && !program.given.contains(std::get<core::RunTask>(actions[i]).id)) {
      add(program, orders, std::move(std::get<core::RunTask>(actions[i])));
    } else {
      carry_out(program, orders);  // whoever is told something hears of what came before it first
      carry_out(program, actions[i]);
    }
  }
  carry_out(program, orders);
}

/// With the task's arguments. Without them it is not given to the worker.
bool SchedulerServer::complete(core::RunTask& order, NotGiven& not_given) {
  if (!core::put_away(order.payload)) return true;
  Result<core::Payload> payload = brought_back(order.payload);
  if (payload) {
    order.payload = std::move(payload).value();
    return true;
  }
  not_given.push_back({order.worker, order.id, order.attempt, payload.message()});
  return false;
}

/// One message is no larger than need be: who has much to read begins late.
void SchedulerServer::add(Program& program, Orders& orders, core::RunTask order) {
  constexpr std::size_t most_tasks = 1000, most_bytes = 1 << 20;
  const core::WorkerId worker = order.worker;
  OrdersOfWorker& of_worker = orders[worker];
  const bool as_before = !of_worker.all.tasks.empty() && order.inputs.is(of_worker.all.tasks.back().inputs);
  if (!as_before) of_worker.bytes += order.inputs.size() * sizeof(core::Input);
  of_worker.bytes += order.payload ? order.payload->size() : 0;
  of_worker.all.tasks.push_back(std::move(order));
  if (of_worker.all.tasks.size() < most_tasks && of_worker.bytes < most_bytes) return;
  carry_out(program, worker, of_worker.all);
  orders.erase(worker);
}

void SchedulerServer::carry_out(Program& program, Orders& orders) {
  for (const auto& [worker, of_worker] : orders) carry_out(program, worker, of_worker.all);
  orders.clear();
}

void SchedulerServer::carry_out(Program& program, core::WorkerId id, const RunTasks& orders) {
  const auto worker = program.workers.find(id);
  Member* member = worker == program.workers.end() ? nullptr : worker->second;
  const bool one = orders.tasks.size() == 1;
  to_worker(program, id, member, one ? core::encode_as<ToWorker>(orders.tasks.front()) : core::encode_as<ToWorker>(orders));
}

void SchedulerServer::send(Member* member, const ToClient& message) { send(member, core::encode(message)); }

void SchedulerServer::send(Member* member, const ToWorker& message) { send(member, core::encode(message)); }

void SchedulerServer::send(Member* member, std::string message) {
  if (member && member->connection) member->connection->send(std::move(message));
}

/// An exception may be large, and fail many tasks that needed each other.
void SchedulerServer::tell(Member* client, const core::TaskEnded& ended) {
  if (!client) return;
  const core::FailureRef failure = ended.failure ? ended.failure : std::make_shared<const core::Failure>();  // null: as before
  const bool again = std::exchange(client->failure_told, failure) == failure;
  send(client, core::encode_as<ToClient>(core::TaskEnded{ended.client, ended.id, again ? nullptr : whole(failure)}));
}

void SchedulerServer::carry_out(Program& program, const core::Action& action) {
  const auto worker = [&](core::WorkerId id) {
    const auto found = program.workers.find(id);
    return found == program.workers.end() ? nullptr : found->second;
  };
  const auto client = [&](core::ClientId id) {
    const auto found = program.clients.find(id);
    return found == program.clients.end() ? nullptr : found->second;
  };
  std::visit(net::Overload{
                 [&](const core::ReplaceWorker& a) {
                   Member* member = worker(a.worker);
                   if (!member) return;
                   tell_of_worker(program, member->hello.name, WorkerNews::What::replace);
                 },
                 [&](const core::CloseWorker& a) {
                   Member* member = worker(a.worker);
                   if (member) {
                     member->retired = true;
                     tell_of_worker(program, member->hello.name, WorkerNews::What::retired);
                     await_no_more(program, member->hello.name);
                   }
                   to_worker(program, a.worker, member, core::encode_as<ToWorker>(a));
                 },
                 [&](const core::FenceWorker& a) {
                   give_up_absent_worker(program, a.worker);
                   Member* member = worker(a.worker);
                   if (!member) return;
                   fence(*member);
                 },
                 [&](const core::TaskDone& a) {
                   send(client(a.client), core::encode_as<ToClient>(a));
                   end_inner(program, a.value.id);
                 },
                 [&](const core::TaskEnded& a) {
                   tell(client(a.client), a);
                   end_inner(program, a.id);
                 },
                 [&](const core::PlaceValue& a) { send(client(a.client), core::encode_as<ToClient>(a)); },
                 [&](const core::Located& a) { send(client(a.client), core::encode_as<ToClient>(a)); },
                 [&](const core::RequestDone& a) {
                   if (a.client && !holds_answer(program, a)) send(client(*a.client), core::encode_as<ToClient>(a));
                 },
                 [](const core::TaskRan&) {},
                 [](const core::TaskGone&) {},
                 [](const core::OnceGiven&) {},
                 [](const core::TaskTried&) {},
                 [&](const core::RunTask& a) {
                   const auto given = program.given.find(a.id);
                   to_worker(program, a.worker, worker(a.worker), core::encode_as<ToWorker>(a),
                             given == program.given.end() ? 0 : given->second);
                 },
                 [&](const auto& a) { to_worker(program, a.worker, worker(a.worker), core::encode_as<ToWorker>(a)); },
             },
             action);
}

}  // namespace dflow::cluster
