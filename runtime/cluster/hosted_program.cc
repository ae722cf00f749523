#include "runtime/cluster/hosted_program.h"

#include <cstdlib>

#include "runtime/cluster/process_memory.h"

namespace dflow::cluster {

namespace {

/// The program's own libraries come before those that happen to be where it was built.
std::string library_path(const std::string& folder) {
  const char* own = std::getenv("LD_LIBRARY_PATH");
  return own && *own ? folder + ':' + own : folder;
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

void HostedProgram::run() {
  const Result<KeptFolder> kept =
      agent_.cache_.provide(order_.program, order_.files, [this](const std::string& file, std::uint64_t offset) {
        return agent_.fetch(*this, file, offset);
      });
  if (!kept) return fail(kept.message());
  const std::string& folder = kept.value().path();
  const std::string& executable = order_.files.files.front().name;
  const Agent::Options& options = agent_.options_;
  auto pool = std::make_unique<WorkerPool>(
      WorkerPool::Options{.executable = folder + '/' + executable,
                          .shown_name = executable,
                          .workers = options.workers,
                          .threads = options.threads,
                          .scheduler = options.scheduler,
                          .secret = order_.secret.empty() ? options.admission.secret : order_.secret,
                          .security = options.admission.security,
                          .name_prefix = host_name() + '-' + std::to_string(agent_.id_) + '-',
                          .environment = {{"DFLOW_WORKER_PROGRAM", order_.program},
                                          {"LD_LIBRARY_PATH", library_path(folder)}},
                          .start_limit = options.start_limit},
      WorkerPool::Handlers{
          .ended = [this](std::int64_t pid, const core::WorkerEnd& end) { agent_.send(ProcessEnded{pid, end}); },
          .printed =
              [this](const Printed& lines) {
                agent_.send(WorkerPrinted{order_.program, lines.worker, lines.is_error, lines.text});
              },
          .gave_up = [this](const std::string& why) { fail(why); }});
  std::unique_lock lock(mutex_);
  pool_ = std::move(pool);
  pool_->start();
  changed_.wait(lock, [&] { return stopped_.load(); });
  pool = std::move(pool_);
  lock.unlock();
  pool->kill();
}

void HostedProgram::fail(const std::string& reason) {
  if (!stopped_) agent_.send(ProgramFailed{order_.program, reason});
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

bool HostedProgram::flush(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (!pool_) return false;
  pool_->flush([this, number] { agent_.send(OutputFlushed{number}); });
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
