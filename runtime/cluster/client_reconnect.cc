// A client whose scheduler is gone, or seems to be: it keeps what it has said until that is on the disk, and says it again to the next one.

#include <cstdlib>
#include <iostream>

#include <dflow/errors.h>

#include "runtime/cluster/client_session.h"
#include "runtime/cluster/reconnect.h"
#include "runtime/local/output.h"

namespace dflow::cluster {

void ClientSession::send(const FromClient& message) {
  std::string bytes = core::encode(message);
  const std::lock_guard lock(keeping_);
  if (back_.cluster != 0 && message.index() < kKeptMessages) {
    unkept_.push_back(bytes);
    unkept_bytes_ += bytes.size();
  }
  scheduler_->send(std::move(bytes));
}

/// What was said, and not yet taken by the scheduler's side or written down there, stays small.
bool ClientSession::has_room() {
  const std::lock_guard lock(keeping_);
  return !scheduler_ || scheduler_->waiting() + unkept_bytes_ <= kMostAhead;
}

void ClientSession::on(Kept& message) {
  const std::lock_guard lock(keeping_);
  forget_kept(message.messages);
}

void ClientSession::on(KeptNoMore&) {
  const std::lock_guard lock(keeping_);
  back_.cluster = 0;
  unkept_.clear();
  unkept_bytes_ = 0;
}

void ClientSession::forget_kept(std::uint64_t messages) {
  for (; kept_ < messages && !unkept_.empty(); ++kept_) {
    unkept_bytes_ -= unkept_.front().size();
    unkept_.pop_front();
  }
}

void ClientSession::open_connection(Greeted greeted) {
  back_ = WayBack(greeted.welcome);
  links_->notice_dead(std::chrono::milliseconds(greeted.welcome.silence));
  scheduler_ = std::make_unique<net::Connection>(std::move(greeted.stream), bonds_of(greeted.welcome));
  const auto gone = [this](const std::string& reason) { disconnected(reason); };
  scheduler_->start({.received = [this](const std::vector<std::string>& messages) { received(messages); },
                     .closed = gone,
                     .broken = gone});
}

/// From the connection's own thread, which cannot make another.
void ClientSession::disconnected(const std::string& reason) {
  const std::string gone = "dflow: the scheduler at " + options_.scheduler.text() + " is gone: " + reason;
  const bool comes_back = [&] {
    const std::lock_guard lock(keeping_);
    return back_.patience(options_.patience).count() > 0;
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
  std::chrono::milliseconds patience{};
  {
    const std::lock_guard lock(keeping_);
    hello.cluster = back_.cluster;
    hello.kept = kept_;
    hello.said = kept_ + unkept_.size();
    hello.line = back_.line;
    hello.received = scheduler_->suspend();
    patience = back_.patience(options_.patience);
  }
  Result<Greeted> greeted = rejoin(away(patience), hello);
  calling_.over();
  if (!greeted && options_.inside_worker) end_worker(greeted.message());
  if (!greeted) return lose(gone + "; " + greeted.message());
  resume(std::move(greeted).value());
}

/// Others run its tasks again.
void ClientSession::end_worker(const std::string& reason) {
  local::flush_output();
  std::cerr << "dflow: the tasks of this worker cannot submit tasks any more: " + reason + '\n' << std::flush;
  std::_Exit(1);
}

Away ClientSession::away(std::chrono::milliseconds patience) {
  return {.scheduler = options_.scheduler,
          .credentials = options_.credentials.get(),
          .patience = patience,
          .pause = [this](std::chrono::milliseconds time) {
            std::unique_lock lock(mutex_);
            return !changed_.wait_for(lock, time, [this] { return over_; });
          },
          .begun = [this](int connection) { calling_.begun(connection); }};
}

void ClientSession::resume(Greeted greeted) {
  const std::lock_guard order(sending_);
  if (greeted.welcome.received) {  // the same scheduler, which goes on where it was
    if (scheduler_->resume(std::move(greeted.stream), *greeted.welcome.received)) return;
    return lose("dflow: the scheduler at " + options_.scheduler.text() + " says that it has heard what was not said");
  }
  std::vector<std::string> questions;
  {
    const std::lock_guard lock(mutex_);
    questions = open_questions();
  }
  const std::lock_guard lock(keeping_);
  forget_kept(greeted.welcome.heard);
  open_connection(std::move(greeted));
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
