// A worker whose scheduler was killed: bodies run on, and what it holds is told to the next one.

#include <cstdlib>

#include "runtime/cluster/reconnect.h"
#include "runtime/cluster/worker_process.h"

namespace dflow::cluster {

/// Its agent has been there for longer than it: what does not answer is away.
Away WorkerProcess::way_in() const {
  return {.scheduler = settings_.scheduler,
          .credentials = settings_.credentials.get(),
          .patience = settings_.hosted ? settings_.patience : std::chrono::seconds(0)};
}

Result<std::unique_ptr<net::Stream>> WorkerProcess::reach_scheduler() const {
  if (settings_.hosted) return reach_again(way_in(), net::Role::worker);
  return reach(settings_.scheduler, net::Role::worker, settings_.credentials.get());
}

/// The lock is held.
void WorkerProcess::open_connection(Greeted greeted) {
  const auto cut = [this](const std::string&) {
    const std::lock_guard lock(mutex_);
    cut_ = !scheduler_->connected();
    changed_.notify_all();
  };
  back_ = WayBack(greeted.welcome);
  links_->notice_dead(std::chrono::milliseconds(greeted.welcome.silence));
  server_->notice_dead(std::chrono::milliseconds(greeted.welcome.silence));
  net::Connection::Handlers handlers{.received = [this](std::vector<std::string> messages) { received(std::move(messages)); },
                                     .closed = [this](const std::string&) { scheduler_lost(); },
                                     .broken = cut};
  if (back_.line == 0 && back_.cluster != 0) handlers.closed = cut;  // what breaks looks like an end
  scheduler_ = std::make_unique<net::Connection>(std::move(greeted.stream), bonds_of(greeted.welcome));
  scheduler_->start(std::move(handlers));
}

/// The lock is held on the way in and out, and given up between.
void WorkerProcess::rejoin_scheduler(std::unique_lock<std::mutex>& lock) {
  net::Hello hello = hello_;
  hello.cluster = back_.cluster;
  hello.id = static_cast<std::uint32_t>(id_);
  hello.line = back_.line;
  hello.received = scheduler_->suspend();
  lock.unlock();
  Away away = way_in();
  away.patience = back_.patience(settings_.patience);
  away.pause = [this](std::chrono::milliseconds pause) {
    std::unique_lock wait(mutex_);
    return !changed_.wait_for(wait, pause, [this] { return over_; });
  };
  Result<Greeted> greeted = rejoin(away, hello);
  lock.lock();
  if (greeted) return resume(std::move(greeted).value());
  over_ = true;  // what it has is of no use to anybody
  changed_.notify_all();
}

/// The lock is held: nothing is told between what is told of all and what comes after.
void WorkerProcess::resume(Greeted greeted) {
  cut_ = false;
  if (greeted.welcome.received) {  // the same scheduler, which goes on where it was
    untold_.clear();
    cut_ = !scheduler_->resume(std::move(greeted.stream), *greeted.welcome.received);
    return;
  }
  core::WorkerReturned all;
  brain_->report_all(all);
  for (const core::TaskFailed& failed : untold_) all.tasks.push_back({failed.id, failed.attempt, true, false});
  std::vector<std::string> messages{core::encode(FromWorker(std::move(all)))};
  for (const core::TaskFailed& failed : std::exchange(untold_, {})) messages.push_back(core::encode(FromWorker(failed)));
  open_connection(std::move(greeted));
  scheduler_->send(std::move(messages));
}

/// What a certificate has opened ends with it. The lock is held.
void WorkerProcess::drop_revoked() {
  const auto now = std::chrono::steady_clock::now();
  if (!settings_.revocations || now - revoked_read_ < Revocations::kEvery) return;
  revoked_read_ = now;
  (void)settings_.revocations->reread();
  server_->drop_revoked(*settings_.revocations);  // who has come in meanwhile, too
}

}  // namespace dflow::cluster
