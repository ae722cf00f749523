#include "runtime/cluster/scheduler_server.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "runtime/cluster/process_memory.h"
#include "runtime/net/heap.h"
#include "runtime/net/secrets.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 100ms;
/// So often it is looked at most how much memory is free, and given back if it is so much: a burst needs less, again and again.
constexpr auto kMemoryLooks = 5s;
constexpr std::size_t kMuchMemory = std::size_t{64} << 20;

PayloadStore::Options telling(PayloadStore::Options options, const std::function<void(const std::string&)>& tell) {
  options.tell = tell;
  return options;
}

}  // namespace

core::Time now() { return core::Time(std::chrono::steady_clock::now().time_since_epoch()); }

PeerJoined description_of(core::WorkerId id, const net::Hello& hello) {
  return {.worker = id,
          .name = hello.name,
          .address = hello.address,
          .host = hello.host,
          .pid = hello.pid,
          .threads = std::clamp(hello.threads, 1, 1024),
          .resources = hello.resources};
}

core::WorkerJoined joined_as(const PeerJoined& peer) {
  return {.worker = peer.worker,
          .name = peer.name,
          .host = peer.host,
          .address = std::make_shared<const std::string>(peer.address),
          .threads = static_cast<std::uint16_t>(peer.threads),
          .resources = peer.resources};
}

Result<std::unique_ptr<SchedulerServer>> SchedulerServer::start(Options options) {
  net::keep_freed_memory();
  Result<std::unique_ptr<net::Listener>> listener = net::Listener::bind(options.address, options.credentials);
  if (!listener) return listener.error();
  try {
    std::unique_ptr<SchedulerServer> server(new SchedulerServer(std::move(options), std::move(listener).value()));
    if (const Result<void> opened = server->open_journal(); !opened) return opened.error();
    server->serve();
    return server;
  } catch (const std::exception& error) {  // too few files, or threads
    return formats::Error{"no scheduler can be here: " + std::string(error.what())};
  }
}

SchedulerServer::SchedulerServer(Options options, std::unique_ptr<net::Listener> listener)
    : options_(std::move(options)), payloads_(telling(options_.payloads, options_.tell)), listener_(std::move(listener)) {}

void SchedulerServer::serve() {
  lobby_ = std::make_unique<net::Lobby>(net::Lobby::Options{},
                                        [this](std::unique_ptr<net::Stream> stream, net::Hello hello) {
                                          let_in(std::move(stream), std::move(hello));
                                        });
  acceptor_ = std::thread([this] { accept(); });
  clock_ = std::thread([this] { keep_time(); });
}

SchedulerServer::~SchedulerServer() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
    for (Member& member : members_) {
      if (member.connection) member.connection->close();
    }
  }
  listener_->close();
  if (acceptor_.joinable()) acceptor_.join();
  lobby_.reset();
  if (clock_.joinable()) clock_.join();
  for (Member& member : members_) {
    if (member.connection) member.connection->stop();
  }
  journal_.reset();
}

// ---- Who comes and goes --------------------------------------------------------------------------------------------

void SchedulerServer::accept() {
  for (;;) {
    Result<std::unique_ptr<net::Stream>> stream = listener_->accept();
    if (!stream) return;
    if (stream.value()->crowded()) {
      turn_away(*stream.value());
      continue;
    }
    lobby_->enter(std::move(stream).value());
  }
}

/// From the lobby's thread.
void SchedulerServer::let_in(std::unique_ptr<net::Stream> stream, net::Hello hello) {
  const std::lock_guard lock(mutex_);
  const std::string why = why_not(*stream, hello);
  if (!why.empty() || over_) {
    (void)answer(*stream, {.refusal = why});
    return;
  }
  if (const std::string not_yet = why_not_yet(hello); !not_yet.empty()) {
    (void)answer(*stream, {.refusal = not_yet, .later = true});
    return;
  }
  const net::Certificate* certificate = stream->certificate();
  const bool owns = certificate && hello.role == net::Role::client && !hello.worker;
  if (owns && !certificate->user.empty()) hello.program += kOfUser + certificate->user;
  if (Member* known = broken_off(hello)) return resume(*known, std::move(stream), hello);
  Member& member = members_.emplace_back();
  member.role = hello.role;
  member.user = owns ? certificate->user : "";
  member.serial = certificate ? certificate->serial : "";
  member.hello = std::move(hello);
  const bool newcomer = member.hello.id == 0;
  if (options_.agents && member.role != net::Role::tool) {
    member.line = newcomer && member.hello.line != 0 ? member.hello.line : fresh_number();
  }
  net::Welcome answered = welcome(member);
  if (member.hello.cluster != 0 || (member.hello.line != 0 && !newcomer && member.role != net::Role::agent)) {
    answered.refusal = take_back(member, answered);
  } else if (member.role == net::Role::tool) {
    member.id = 0;  // who only asks takes no number away from others
  } else if (member.role == net::Role::agent && !newcomer) {
    give_up_agent_of_before(member.hello);
    // Its workers are named by the number that it has had. Where that was not written down, another may have it: then it begins anew.
    member.id = adopt_id(member.hello.id) ? member.hello.id : fresh_id();
  } else if (next_id_ > core::max_client && member.role == net::Role::client) {
    answered.refusal = "it has had as many members as it has numbers for: end it (dflow down), and start another";
  } else {
    member.id = fresh_id();
  }
  answered.id = member.id;
  const bool stays = answered.refusal.empty();
  if (answer(*stream, std::move(answered)) && stays) {
    return join(member, std::move(stream));
  }
  member.gone = true;
}

std::string SchedulerServer::why_not(const net::Stream& stream, const net::Hello& hello) const {
  net::Hello mine{.secret = options_.secret};
  if (options_.credentials) {
    const bool inside = hello.role == net::Role::worker || (hello.role == net::Role::client && hello.worker);
    mine.secret = inside ? secret_of(hello.program) : "";
    if (!inside && hello.program.find(kOfUser) != std::string::npos) return "a program of a name that is none";
  }
  if (std::string why = refusal(stream, hello, mine); !why.empty()) return why;
  switch (hello.role) {
    case net::Role::client:
    case net::Role::worker:
      return {};
    case net::Role::agent:
    case net::Role::tool:
      return options_.agents ? "" : "it serves one run of a program alone";
    default:
      return "it is a scheduler, and has no values";
  }
}

/// Between machines each program has its own, so that users of one cluster do not get at each other's values.
std::string SchedulerServer::secret_of(const std::string& program) const {
  return options_.credentials ? net::derived_secret(options_.secret, program) : options_.secret;
}

void SchedulerServer::join(Member& member, std::unique_ptr<net::Stream> stream) {
  if (member.role == net::Role::agent || member.role == net::Role::tool) {
    return join_without_program(member, std::move(stream));
  }
  Program& program = program_of(member.hello.program);
  member.program = &program;
  connect(member, std::move(stream));
  for (const auto& [id, worker] : program.workers) {
    const PeerJoined peer = description_of(id, worker->hello);
    if (member.role == net::Role::worker) send(&member, ToWorker(peer));
    else send(&member, ToClient(peer));
  }
  if (member.role == net::Role::client) {
    const core::ClientId id{member.id};
    if (!member.hello.worker) renew_workers(program);
    program.clients[id] = &member;
    std::optional<core::WorkerId> inside;
    if (member.hello.worker) inside = core::WorkerId{*member.hello.worker};
    const bool known = program.absent_clients.erase(id) > 0;
    if (!known) {
      const core::ClientJoined joined{.client = id, .inside = inside};
      keep(program, joined);
      program.heard[id] = 0;
      apply(program, joined);
    }
    if (const std::uint64_t again = said_again(member); known || again > 0) apply(program, core::ClientReturned{id, again});
    const auto hopeless = given_up_.find(program.id);
    if (hopeless != given_up_.end()) send(&member, ToClient(GivenUp{hopeless->second}));
    if (options_.agents && !inside) {
      const std::string secret = options_.credentials ? secret_of(program.id) : "";
      hosting_.client_joined(program.id, member.id, *member.connection, {member.user, secret});
    }
  }
  start(member);
  if (member.role == net::Role::client) return;
  tell_of_worker(program, member.hello.name, WorkerNews::What::arrived);
  if (dismissing_) member.connection->finish();
  else if (member.hello.cluster == 0 && !start_set_ups(member)) enter(member);  // else it tells what it has, first
}

/// A worker takes up work.
void SchedulerServer::enter(Member& member) {
  Program& program = *member.program;
  const core::WorkerId id{member.id};
  program.workers[id] = &member;
  const PeerJoined peer = description_of(id, member.hello);
  for (const auto& [other, worker] : program.workers) send(worker, ToWorker(peer));
  for (const auto& [other, client] : program.clients) send(client, ToClient(peer));
  if (program.traced) send(&member, ToWorker(TraceWanted{}));
  replaced(program, peer.name);
  const core::WorkerJoined joined = joined_as(peer);
  keep(program, joined);
  apply(program, joined);
  tell_of_worker(program, peer.name, WorkerNews::What::joined);
  await_no_more(program, peer.name);
}

void SchedulerServer::process_ended(std::int64_t pid, const ProcessEnd& end) {
  const std::lock_guard lock(mutex_);
  note_end({host_name(), pid}, end);
}

void SchedulerServer::lose(Program& program, core::WorkerId worker, const ProcessEnd& end) {
  const auto lost = program.workers.extract(worker);
  if (!lost) return;
  lost.mapped()->gone = true;
  program.held.erase(worker);
  keep(program, core::WorkerGone{worker});
  set_up_left(program, worker);
  call_left(program, worker);
  inner_clients_left(program, worker, end.how.kind == core::WorkerEnd::Kind::silent);
  for (const auto& [id, other] : program.workers) send(other, ToWorker(PeerLeft{worker}));
  for (const auto& [id, client] : program.clients) send(client, ToClient(PeerLeft{worker}));
  for (const RunningBody& body : end.running) apply(program, core::TaskStarted{worker, body.id, body.attempt});
  apply(program, core::WorkerLost{.worker = worker, .end = end.how});
}

void SchedulerServer::keep_time() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    changed_.wait_for(lock, kTick, [&] { return over_; });
    const bool begun = has_begun();  // before that nobody can come back, so nobody is late
    if (begun) attend_members();
    drop_revoked();
    attend_tools();
    lock.unlock();
    reap();
    give_back_memory();
    const std::optional<std::uint64_t> journal_bytes = look_at_journal();
    lock.lock();
    if (begun) forget_programs();
    if (journal_bytes) shrink_journal(*journal_bytes);
  }
}

/// The lock is held.
void SchedulerServer::attend_members() {
  for (const auto& [id, program] : programs_) {
    apply(*program, core::Tick{now()});
    give_up_absent(*program);
    warn_of_unmet(*program);
    warn_of_disk(*program);
  }
  give_up_leaving();
  hosting_.tick(now());
}

void SchedulerServer::reap() {
  std::list<Member> gone;
  {
    const std::lock_guard lock(mutex_);
    for (auto member = members_.begin(); member != members_.end();) {
      const auto next = std::next(member);
      if (member->gone) gone.splice(gone.end(), members_, member);
      member = next;
    }
  }
  for (Member& member : gone) {
    if (member.connection) member.connection->stop();
  }
  freed_ = freed_ || !gone.empty();
}

/// What a member has had has been freed; the C library keeps all of it, though nobody may ever need so much again. From the clock's thread,
/// without the lock.
void SchedulerServer::give_back_memory() {
  if (!options_.agents) return;  // the heap is the program's
  if (!freed_ || now() - memory_looked_at_ < kMemoryLooks) return;
  net::give_back_memory(memory_of(::getpid()), kMuchMemory);
  memory_looked_at_ = now();
  freed_ = false;
}

SchedulerServer::Program& SchedulerServer::program_of(const std::string& id) {
  std::unique_ptr<Program>& program = programs_[id];
  if (!program) {
    program.reset(new Program{.id = id, .brain = core::Scheduler(options_.settings)});
    if (journal_) {
      std::uint32_t& number = numbers_[id];
      if (number == 0) number = ++last_number_;
      program->number = number;
      append(Books::record(SchedulerFact(ProgramNamed{number, id})));
    }
    apply(*program, core::Tick{now()});
  }
  return *program;
}

void SchedulerServer::dismiss_workers() {
  const std::lock_guard lock(mutex_);
  dismissing_ = true;
  hosting_.dismiss();
  for (Member& member : members_) {
    if (member.role != net::Role::worker || !member.connection || member.gone) continue;
    send(&member, ToWorker(core::FenceWorker{core::WorkerId{member.id}}));  // it need not look for another scheduler
    member.connection->finish();
  }
}

}  // namespace dflow::cluster
