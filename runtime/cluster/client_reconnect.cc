// A client whose scheduler was killed: it keeps what it has said until that is on the disk, and says it again to the next one.

#include <dflow/errors.h>

#include "runtime/cluster/client_session.h"
#include "runtime/cluster/reconnect.h"

namespace dflow::cluster {

void ClientSession::send(const FromClient& message) {
  std::string bytes = core::encode(message);
  const std::lock_guard lock(keeping_);
  if (cluster_ != 0 && message.index() < kKeptMessages) unkept_.push_back(bytes);
  scheduler_->send(std::move(bytes));
}

void ClientSession::on(Kept& message) {
  const std::lock_guard lock(keeping_);
  forget_kept(message.messages);
}

void ClientSession::on(KeptNoMore&) {
  const std::lock_guard lock(keeping_);
  cluster_ = 0;
  unkept_.clear();
}

void ClientSession::forget_kept(std::uint64_t messages) {
  for (; kept_ < messages && !unkept_.empty(); ++kept_) unkept_.pop_front();
}

/// From the connection's own thread, which cannot make another.
void ClientSession::disconnected(const std::string& reason) {
  const std::string gone = "dflow: the scheduler at " + options_.scheduler.text() + " is gone: " + reason;
  const bool comes_back = [&] {
    const std::lock_guard lock(keeping_);
    return cluster_ != 0 && options_.patience.count() > 0;
  }();
  if (!comes_back) return lose(gone);
  const std::lock_guard lock(mutex_);
  cut_ = gone;
  changed_.notify_all();
}

/// From the flusher's thread.
void ClientSession::reconnect(const std::string& gone) {
  net::Hello hello = options_.self;
  if (options_.worker) hello.worker = static_cast<std::uint32_t>(options_.worker());
  hello.id = static_cast<std::uint32_t>(id_);
  {
    const std::lock_guard lock(keeping_);
    hello.cluster = cluster_;
    hello.kept = kept_;
  }
  Result<Greeted> greeted = rejoin({.scheduler = options_.scheduler,
                                    .credentials = options_.credentials.get(),
                                    .patience = options_.patience,
                                    .pause =
                                        [this](std::chrono::milliseconds pause) {
                                          std::unique_lock lock(mutex_);
                                          return !changed_.wait_for(lock, pause, [this] { return over_; });
                                        }},
                                   hello);
  if (!greeted) return lose(gone + "; " + greeted.message());
  resume(std::move(greeted).value());
}

void ClientSession::resume(Greeted greeted) {
  const std::lock_guard order(sending_);
  std::vector<std::string> questions;
  {
    const std::lock_guard lock(mutex_);
    questions = open_questions();
  }
  const std::lock_guard lock(keeping_);
  forget_kept(greeted.welcome.heard);
  open_connection(std::move(greeted.stream));
  for (const std::string& bytes : unkept_) scheduler_->send(bytes);
  scheduler_->send(std::move(questions));
}

/// What a scheduler that was killed has taken with it. The lock is held.
std::vector<std::string> ClientSession::open_questions() const {
  std::vector<std::string> questions = set_ups_;
  if (options_.trace) questions.push_back(core::encode(FromClient(TraceWanted{})));
  for (const auto& [request, answer] : answers_) {
    if (!answer.there) questions.push_back(answer.question);
  }
  for (std::uint64_t i = syncs_answered_; i < syncs_asked_; ++i) questions.push_back(core::encode(FromClient(Sync{})));
  if (end_asked_ && !all_ended_) questions.push_back(core::encode(FromClient(EndAwaited{})));
  return questions;
}

}  // namespace dflow::cluster
