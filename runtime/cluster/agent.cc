#include "runtime/cluster/agent.h"

#include <unistd.h>

#include "runtime/cluster/hosted_program.h"
#include "runtime/cluster/process_memory.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;

constexpr auto kReportEvery = 1s;
/// So long its end waits for the scheduler to take the last that is said.
constexpr auto kGoodbye = 1000ms;

}  // namespace

Result<std::unique_ptr<Agent>> Agent::join(Options options) {
  Result<ProgramCache> cache = ProgramCache::open(options.cache, options.cache_bytes);
  if (!cache) return cache.error();
  net::Hello hello{.role = net::Role::agent,
                   .name = "agent-" + std::to_string(::getpid()),
                   .host = host_name(),
                   .threads = static_cast<std::int32_t>(options.threads),
                   .pid = ::getpid(),
                   .secret = options.admission.secret};
  Result<Greeted> greeted =
      cluster::join({.scheduler = options.scheduler, .credentials = options.admission.credentials.get()}, hello);
  if (!greeted) return greeted.error();
  std::unique_ptr<Agent> agent(new Agent(std::move(options), std::move(cache).value()));
  agent->id_ = greeted.value().welcome.id;
  agent->hello_ = hello;
  agent->open_connection(std::move(greeted).value());
  agent->report();
  agent->reporter_ = std::thread([self = agent.get()] { self->report_now_and_then(); });
  return agent;
}

void Agent::report_now_and_then() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, kReportEvery, [&] { return over_ || !ending_.empty() || !cut_.empty(); });
    if (over_) return;
    std::vector<std::shared_ptr<HostedProgram>> ending = std::exchange(ending_, {});
    const std::string gone = std::exchange(cut_, {});
    lock.unlock();
    ending.clear();
    if (!gone.empty()) rejoin_scheduler(gone);
    report();
    lock.lock();
  }
}

void Agent::send(const FromAgent& message) {
  const std::lock_guard lock(sending_);
  connection_->send(core::encode(message));
}

std::size_t Agent::unsent() {
  const std::lock_guard lock(sending_);
  return connection_->waiting();
}

bool Agent::connected() {
  const std::lock_guard lock(sending_);
  return connection_->connected();
}

Agent::Agent(Options options, ProgramCache cache)
    : options_(std::move(options)), cache_(std::move(cache)), shares_(options_.memory.bytes * options_.workers) {}

Agent::~Agent() {
  std::map<std::string, std::shared_ptr<HostedProgram>> programs;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    programs.swap(programs_);
    changed_.notify_all();
  }
  for (const auto& [name, program] : programs) program->stop();
  programs.clear();
  if (reporter_.joinable()) reporter_.join();
  ending_.clear();
  connection_->finish(kGoodbye);
  connection_->stop();  // its thread may be answering what the scheduler asks
}

void Agent::received(const std::vector<std::string>& messages) {
  for (const std::string& bytes : messages) {
    Result<ToAgent> message = core::decode<ToAgent>(bytes);
    if (!message) return end(message.message());
    std::visit([&](auto& each) { on(each); }, message.value());
  }
}

void Agent::on(StartProgram& message) {
  const std::lock_guard lock(mutex_);
  if (over_ || message.files.files.empty()) return;
  std::shared_ptr<HostedProgram>& program = programs_[message.program];
  if (!program) program = std::make_shared<HostedProgram>(*this, std::move(message));
}

void Agent::on(StopProgram& message) {
  const std::lock_guard lock(mutex_);
  const auto found = programs_.find(message.program);
  if (found == programs_.end()) return;
  found->second->stop();
  ending_.push_back(std::move(found->second));  // it takes a moment, and what is said meanwhile must be heard
  programs_.erase(found);
  changed_.notify_all();
}

void Agent::on(Piece& message) {
  const std::lock_guard lock(mutex_);
  const auto wanted = pieces_.find(message.number);
  if (wanted == pieces_.end()) return;
  wanted->second = std::move(message);
  changed_.notify_all();
}

std::shared_ptr<HostedProgram> Agent::find(const std::string& program) {
  const std::lock_guard lock(mutex_);
  const auto found = programs_.find(program);
  return found == programs_.end() ? nullptr : found->second;
}

void Agent::on(WorkerNews& message) {
  if (const auto program = find(message.program)) program->on(message);
}

void Agent::on(FlushOutput& message) {
  const auto program = find(message.program);
  if (!program || !program->flush(message.number)) send(OutputFlushed{message.number});
}

void Agent::on(EndAgent&) { end({}); }

void Agent::end(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    changed_.notify_all();
  }
  options_.over(reason);
}

void Agent::report() {
  AgentReport report{.workers = static_cast<std::uint32_t>(options_.workers),
                     .threads = static_cast<std::uint32_t>(options_.threads),
                     .memory = memory_of(::getpid())};
  std::vector<std::shared_ptr<HostedProgram>> programs;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, program] : programs_) programs.push_back(program);
  }
  for (const auto& program : programs) {
    for (const ProcessMemory& process : program->processes()) report.processes.push_back(process);
  }
  send(std::move(report));
}

Result<std::string> Agent::fetch(const HostedProgram& program, const std::string& file, std::uint64_t offset) {
  std::unique_lock lock(mutex_);
  const std::uint64_t number = ++last_number_;
  pieces_[number] = {};
  const PieceWanted wanted{.number = number, .program = program.name(), .file = file, .offset = offset};
  asked_for_[number] = wanted;
  lock.unlock();
  send(wanted);
  lock.lock();
  changed_.wait(lock, [&] { return over_ || program.stopped() || pieces_[number].number == number; });
  Piece piece = std::move(pieces_[number]);
  pieces_.erase(number);
  asked_for_.erase(number);
  if (piece.number != number) return formats::Error{"it is not wanted any more"};
  if (!piece.error.empty()) return formats::Error{piece.error};
  return std::move(piece.bytes);
}

}  // namespace dflow::cluster
