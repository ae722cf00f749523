// An agent whose scheduler is gone, or seems to be: its workers run on, and it looks for the one that takes the place.

#include <iostream>

#include "runtime/cluster/agent.h"
#include "runtime/cluster/hosted_program.h"
#include "runtime/cluster/reconnect.h"

namespace dflow::cluster {

/// From the connection's own thread, which cannot make another.
void Agent::disconnected(const std::string& reason) {
  const std::string gone = "the scheduler is gone: " + reason;
  if (back_.patience(options_.patience).count() == 0) return end(gone);
  const std::lock_guard lock(mutex_);
  cut_ = gone;
  changed_.notify_all();
}

void Agent::open_connection(Greeted greeted) {
  const std::lock_guard lock(sending_);
  id_ = greeted.welcome.id;
  back_ = WayBack(greeted.welcome);
  connection_ = std::make_unique<net::Connection>(std::move(greeted.stream), bonds_of(greeted.welcome));
  const auto gone = [this](const std::string& reason) { disconnected(reason); };
  connection_->start({.received = [this](const std::vector<std::string>& messages) { received(messages); },
                      .closed = gone,
                      .broken = gone});
}

/// From the reporter's thread.
void Agent::rejoin_scheduler(const std::string& gone) {
  net::Hello hello = hello_;
  hello.id = id_;
  hello.line = back_.line;
  hello.received = connection_->suspend();
  Result<Greeted> greeted = rejoin({.scheduler = options_.scheduler,
                                    .credentials = options_.admission.credentials.get(),
                                    .patience = back_.patience(options_.patience),
                                    .pause =
                                        [this](std::chrono::milliseconds pause) {
                                          std::unique_lock lock(mutex_);
                                          return !changed_.wait_for(lock, pause, [this] { return over_; });
                                        }},
                                   hello);
  if (!greeted) return end(gone + "; " + greeted.message());
  if (const auto heard = greeted.value().welcome.received) {  // the same scheduler, which goes on where it was
    if (!connection_->resume(std::move(greeted.value().stream), *heard)) end(gone);
    return;
  }
  if (greeted.value().welcome.id != id_) begin_anew();
  open_connection(std::move(greeted).value());
  await_workers();
  const std::vector<std::string> questions = open_questions();
  const std::lock_guard lock(sending_);
  connection_->send(questions);
}

/// Workers are named after their agent's number, which is another's by now. The scheduler names the programs to one that is new to it.
void Agent::begin_anew() {
  std::cerr << "dflow: another agent has the number that this one had before the scheduler was started again: it goes on under a new "
               "one, and its workers are replaced\n";
  std::map<std::string, std::shared_ptr<HostedProgram>> programs;
  {
    const std::lock_guard lock(mutex_);
    programs.swap(programs_);
    for (const auto& [name, program] : programs) program->stop();
    changed_.notify_all();
  }
  programs.clear();  // waits for their workers' ends
}

/// One that is stopped, and whose record was lost with the scheduler, does not come.
void Agent::await_workers() {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, program] : programs_) program->await_workers();
}

/// What a scheduler that was killed has taken with it.
std::vector<std::string> Agent::open_questions() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> questions;
  for (const auto& [name, program] : programs_) {
    questions.push_back(core::encode(FromAgent(ProgramHosted{name, program->order().files})));
  }
  for (const auto& [number, wanted] : asked_for_) {
    if (pieces_[number].number != number) questions.push_back(core::encode(FromAgent(wanted)));
  }
  return questions;
}

}  // namespace dflow::cluster
