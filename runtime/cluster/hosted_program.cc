#include "runtime/cluster/hosted_program.h"

#include <cstdlib>
#include <iostream>

#include "runtime/cluster/home.h"
#include "runtime/cluster/process_memory.h"
#include "runtime/cluster/revocations.h"
#include "runtime/cluster/security_files.h"

namespace dflow::cluster {

namespace {

/// The program's own libraries come before those that happen to be where it was built.
std::string library_path(const std::string& folder) {
  const char* own = std::getenv("LD_LIBRARY_PATH");
  return own && *own ? folder + ':' + own : folder;
}

/// What each worker here has, as the agent's environment says.
std::function<std::string(const std::string&)> resources() {
  const char* said = std::getenv("DFLOW_WORKER_RESOURCES");
  if (!said || !*said) return {};
  return [all = std::string(said)](const std::string&) { return all; };
}

}  // namespace

HostedProgram::HostedProgram(Agent& agent, StartProgram order)
    : agent_(agent), order_(std::move(order)), thread_([this] { run(); }) {}

HostedProgram::~HostedProgram() {
  stop();
  thread_.join();
}

void HostedProgram::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

Result<KeptFolder> HostedProgram::provide_in(ProgramCache& cache) {
  return cache.provide(order_.program, order_.files, [this](const std::string& file, std::uint64_t offset) {
    return agent_.fetch(*this, file, offset);
  });
}

Result<HostedProgram::Place> HostedProgram::provide() {
  const Result<std::optional<Account>> account = account_for(order_.user, agent_.options_.any_user);
  if (!account) return account.error();
  if (account.value()) return provide_for(*account.value());
  Result<KeptFolder> folder = provide_in(agent_.cache_);
  if (!folder) return folder.error();
  return Place{.folder = std::move(folder).value(), .security = agent_.options_.admission.security, .account = {}};
}

/// Its executables belong to root, so that they stay what was checked; its group may run them. Only the certificate is its
/// own.
Result<HostedProgram::Place> HostedProgram::provide_for(const Account& account) {
  const std::string& users = agent_.options_.users;
  if (Result<void> made = make_passable_folder(users); !made) return made.error();
  const std::string own = users + '/' + account.name;
  if (Result<void> made = make_folder_for(own, account.gid); !made) return made.error();
  const std::string& lender = agent_.options_.admission.security;
  const std::string security = lender.empty() ? "" : own + "/security";
  if (!lender.empty()) {
    if (Result<void> lent = lend_worker_certificate(lender, security, account); !lent) return lent.error();
  }
  Result<ProgramCache> cache = ProgramCache::open_for(own + "/cache", account.gid, agent_.options_.cache_bytes);
  if (!cache) return cache.error();
  Result<KeptFolder> folder = provide_in(cache.value());
  if (!folder) return folder.error();
  return Place{.folder = std::move(folder).value(), .security = security, .account = account};
}

void HostedProgram::run() {
  const Result<Place> place = provide();
  if (!place) return fail(place.message());
  const std::string& folder = place.value().folder.path();
  const std::string& executable = order_.files.files.front().name;
  const Agent::Options& options = agent_.options_;
  auto pool = std::make_unique<WorkerPool>(
      WorkerPool::Options{.executable = folder + '/' + executable,
                          .shown_name = executable,
                          .workers = options.workers,
                          .threads = options.threads,
                          .scheduler = options.scheduler,
                          .secret = order_.secret.empty() ? options.admission.secret : order_.secret,
                          .account = place.value().account,
                          .security = place.value().security,
                          .resources = resources(),
                          .name_prefix = names_of_agent(host_name(), agent_.id_),
                          .environment = {{"DFLOW_WORKER_PROGRAM", order_.program},
                                          {"LD_LIBRARY_PATH", library_path(folder)}},
                          .start_limit = options.start_limit,
                          .scheduler_is_there = [this] { return agent_.connected(); },
                          .memory = options.memory,
                          .shares = &agent_.shares_,
                          .spill = options.spill},
      WorkerPool::Handlers{
          .ended = [this](std::int64_t pid, const ProcessEnd& end) { agent_.send(ProcessEnded{pid, end}); },
          .printed =
              [this](const Printed& lines) {
                for (Printed& each : left_out_.take(lines, agent_.unsent())) print(std::move(each));
              },
          .gave_up = [this](const std::string& why) { fail(why); }});
  std::unique_lock lock(mutex_);
  pool_ = std::move(pool);
  pool_->start();
  keep_lent(place.value(), lock);
  changed_.wait(lock, [&] { return stopped_.load(); });
  pool = std::move(pool_);
  lock.unlock();
  pool->kill();
}

/// Workers of another user read a copy of the agent's revocation list: until the program is stopped, it follows the list.
void HostedProgram::keep_lent(const Place& place, std::unique_lock<std::mutex>& lock) {
  const std::string& lender = agent_.options_.admission.security;
  if (!place.account || lender.empty()) return;
  const Result<SecurityFiles> files = SecurityFiles::read(lender);  // as it was when the copy was made
  if (!files || files.value().revoked.empty()) return;
  Revocations list(files.value().authority, files.value().revoked);
  bool behind = false;
  std::string told;
  while (!changed_.wait_for(lock, Revocations::kEvery, [&] { return stopped_.load(); })) {
    behind = list.reread() || behind;
    if (!behind) continue;
    const Result<void> lent = lend_revocations(lender, place.security, *place.account);
    behind = !lent;
    if (behind && lent.message() != told)
      std::cerr << "dflow: workers of " + place.account->name + " do not learn what was revoked: " + lent.message() + '\n';
    told = behind ? lent.message() : "";
  }
}

void HostedProgram::fail(const std::string& reason) {
  if (!stopped_) agent_.send(ProgramFailed{order_.program, reason});
}

void HostedProgram::print(Printed lines) {
  agent_.send(WorkerPrinted{order_.program, std::move(lines.worker), lines.is_error, std::move(lines.text), lines.left_out,
                            std::move(lines.clients)});
}

void HostedProgram::on(const WorkerNews& news) {
  const std::lock_guard lock(mutex_);
  if (!pool_) return;
  switch (news.what) {
    case WorkerNews::What::arrived:
      return pool_->arrived(news.worker);
    case WorkerNews::What::joined:
      return pool_->joined(news.worker);
    case WorkerNews::What::retired:
      return pool_->retired(news.worker);
    case WorkerNews::What::replace:
      return pool_->replace(news.worker);
  }
}

void HostedProgram::await_workers() {
  const std::lock_guard lock(mutex_);
  if (pool_) pool_->await_all();
}

bool HostedProgram::flush(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (!pool_) return false;
  pool_->flush([this, number] {
    for (Printed& each : left_out_.notice()) print(std::move(each));
    agent_.send(OutputFlushed{number});
  });
  return true;
}

std::vector<ProcessMemory> HostedProgram::processes() {
  const std::lock_guard lock(mutex_);
  std::vector<ProcessMemory> processes;
  if (!pool_) return processes;
  for (const std::int64_t pid : pool_->processes()) processes.push_back({pid, memory_of(pid)});
  return processes;
}

}  // namespace dflow::cluster
