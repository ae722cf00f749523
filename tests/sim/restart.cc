// A scheduler that is killed, its journal with a torn tail, and another in its place.
#include <algorithm>
#include <utility>

#include "formats/journal.h"
#include "tests/sim/cluster.h"

namespace dflow::sim {
namespace {

using core::Fact;

template <class T>
constexpr bool of_client = std::is_same_v<T, core::TasksSubmitted> || std::is_same_v<T, core::ValueScattered> ||
                           std::is_same_v<T, core::TasksReleased> || std::is_same_v<T, core::TasksCancelled>;
template <class T>
constexpr bool of_cluster = std::is_same_v<T, core::ClientJoined> || std::is_same_v<T, core::ClientLeft> ||
                            std::is_same_v<T, core::WorkerJoined> || std::is_same_v<T, core::TaskRan> ||
                            std::is_same_v<T, core::TaskGone> || std::is_same_v<T, core::OnceGiven> ||
                            std::is_same_v<T, core::TaskTried>;

/// A record of the journal.
struct Line {
  std::uint32_t said_by = 0;  ///< A client; 0: none.
  Fact fact;
  static constexpr std::tuple fields{&Line::said_by, &Line::fact};
};

std::string line(std::optional<ClientId> said_by, Fact fact) {
  return core::encode(Line{static_cast<std::uint32_t>(said_by.value_or(ClientId{})), std::move(fact)});
}

}  // namespace

/// Records reach the disk some time later, and their order is that of the calls.
void Cluster::keep(Fact fact, std::optional<ClientId> said_by) {
  journal_.push_back({line(said_by, std::move(fact)), said_by});
  std::uint64_t messages = 0;
  if (said_by) messages = ++heard_[*said_by];
  world.after(world.random.between(Duration{microseconds(100)}, Duration{milliseconds(20)}),
              [this, epoch = epoch_, count = journal_.size(), said_by, messages] {
                if (epoch != epoch_ || !scheduler) return;
                kept_ = std::max(kept_, count);
                for (auto& [worker, queue] : held_) {
                  for (; !queue.empty() && queue.front().first <= kept_; queue.pop_front()) deliver(worker, queue.front().second);
                }
                const auto client = said_by ? clients_.find(*said_by) : clients_.end();
                if (client == clients_.end()) return;
                client->second->link_->down([client = client->second, messages] { client->kept(messages); });
              });
}

void Cluster::note(const core::Event& event) {
  std::visit(
      [this](const auto& one) {
        using T = std::decay_t<decltype(one)>;
        if constexpr (of_client<T>) keep(one, one.client);
        if constexpr (std::is_same_v<T, core::ClientJoined>) heard_[one.client] = 0;
        if constexpr (std::is_same_v<T, core::ClientLeft>) heard_.erase(one.client);
        if constexpr (std::is_same_v<T, core::WorkerJoined>) members_.insert(one.worker);
        if constexpr (of_cluster<T>) keep(one);
        if constexpr (std::is_same_v<T, core::WorkerLost>) keep(core::WorkerGone{one.worker});
        if constexpr (std::is_same_v<T, core::WorkerLost>) members_.erase(one.worker);
      },
      event);
}

void Cluster::note(const core::Action& action) {
  std::visit(
      [this](const auto& one) {
        using T = std::decay_t<decltype(one)>;
        if constexpr (of_cluster<T>) keep(one);
        if constexpr (std::is_same_v<T, core::OnceGiven>) {
          if (one.given) given_[one.id] = journal_.size();
          else given_.erase(one.id);
        }
        if constexpr (std::is_same_v<T, core::FenceWorker>) {
          if (members_.erase(one.worker) > 0) keep(core::WorkerGone{one.worker});
        }
      },
      action);
}

/// All that was on the disk, and a piece of what was on its way there; or, where it is damaged, less, but for snapshots, of which
/// there are two.
std::string Cluster::torn_journal(bool damaged) {
  std::string file = formats::encode_header({formats::JournalFile::log, 0});
  std::size_t condensed = file.size(), safe = file.size();
  for (std::size_t i = 0; i < journal_.size(); ++i) {
    formats::append_record(file, i, journal_[i].bytes);
    if (i < condensed_) condensed = file.size();
    if (i < kept_) safe = file.size();
  }
  file.resize(damaged ? world.random.between(condensed, safe) : world.random.between(safe, file.size()));
  return file;
}

void Cluster::kill_scheduler() {
  if (!scheduler) return;
  if (options.trace) *options.trace << "the scheduler is killed\n";
  scheduler.reset();
  const std::uint32_t epoch = ++epoch_;
  for (const auto& [id, life] : lives_) {
    if (life->dead) continue;
    life->link->close_up(), life->link->close_down();
    life->connected = false;
    world.after(world.random.between(Duration{milliseconds(1)}, Duration{seconds(world.random.chance(0.1) ? 8 : 1)}),
                [this, one = life, epoch] { reconnect(one, epoch); });
  }
  for (const auto& [id, client] : clients_) {
    if (client->dead) continue;
    client->cut();
    reconnect_later(client);
  }
  world.after(world.random.between(Duration{milliseconds(10)}, Duration{seconds(2)}), [this] { restart_scheduler(); });
}

void Cluster::reconnect_later(const std::shared_ptr<ClientNode>& client) {
  const auto again = [this, client, epoch = epoch_](auto&& self) -> void {
    if (epoch != epoch_) return;
    if (scheduler) return client->reconnect();
    world.after(milliseconds(30), [self] { self(self); });
  };
  world.after(world.random.between(Duration{milliseconds(1)}, Duration{seconds(1)}), [again] { again(again); });
}

core::Ledger Cluster::read_journal(std::string_view file) {
  core::Ledger ledger;
  formats::RecordReader reader(file, 0);
  journal_.clear();
  while (const auto bytes = reader.next()) {
    journal_.push_back({std::string(*bytes), {}});
    const Line read = core::decode<Line>(*bytes).value();
    ledger.add(read.fact);
    if (read.said_by != 0) ledger.hear(ClientId{read.said_by});
  }
  return ledger;
}

void Cluster::restart_scheduler() {
  const bool damaged = options.damaging && world.random.chance(0.5);
  core::Ledger ledger = read_journal(torn_journal(damaged));
  if (damaged) {
    ledger.doubt([&](const Fact& fact) { journal_.push_back({line({}, fact), {}}); });
    for (const auto& [id, client] : clients_) doubtful_.insert(id);
  }
  condensed_ = std::min(condensed_, journal_.size());
  if (world.random.chance(0.5)) {  // condensed: it must mean the same
    journal_.clear();
    core::Ledger again;
    ledger.restate([&](const Fact& fact) {
      journal_.push_back({line({}, fact), {}});
      again.add(fact);
    });
    require(again.tasks() == ledger.tasks(), "a condensed journal tells of other tasks");
    ledger = std::move(again);
    condensed_ = journal_.size();
  }
  kept_ = journal_.size();
  held_.clear();
  given_.clear();
  heard_.clear();
  awaited_.clear();
  members_.clear();
  log_.clear();
  answers_.clear();
  options.settings.epoch = epoch_ << 20;
  scheduler = std::make_unique<core::Scheduler>(options.settings);
  recover(ledger);
}

void Cluster::recover(const core::Ledger& ledger) {
  if (options.trace) *options.trace << "another scheduler takes its place\n";
  apply(core::Tick{world.now()});
  apply(core::RecoveryBegan{});
  ledger.restate([this](const Fact& fact) {
    std::visit(
        [this](const auto& one) {
          using T = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<T, core::WorkerJoined>) {
            members_.insert(one.worker);
            apply(core::WorkerAwaited{one.worker});
          } else if constexpr (std::is_same_v<T, core::ClientJoined>) {
            heard_[one.client] = 0;
            awaited_.insert(one.client);
            apply(core::ClientAwaited{one.client, one.inside});
          } else if constexpr (std::is_same_v<T, core::ClientHeard>) {
            heard_[one.client] = one.messages;
          } else if constexpr (!std::is_same_v<T, core::WorkerGone>) {
            if constexpr (std::is_same_v<T, core::ClientLeft>) heard_.erase(one.client), awaited_.erase(one.client);
            apply(one);
          }
        },
        fact);
  });
  apply(core::JournalRead{});
  for (const ClientId client : awaited_) {
    world.after(options.settings.recovery, [this, client, epoch = epoch_] {
      if (epoch != epoch_ || !awaited_.contains(client)) return;
      given_up_.insert(client);
      tell(core::ClientLeft{client});
    });
  }
}

void Cluster::reconnect(const std::shared_ptr<Life>& life, std::uint32_t epoch) {
  if (life->dead || epoch != epoch_) return;
  if (!scheduler) return world.after(milliseconds(30), [this, life, epoch] { reconnect(life, epoch); });
  if (!members_.contains(life->id)) return end_life(life, {}, false);
  connect(life);
  life->connected = true;
  core::WorkerReturned report;
  report.self = {.worker = life->id, .name = "w" + std::to_string(life->slot), .host = "h" + std::to_string(life->slot)};
  report.self.threads = slots_[life->slot].threads;
  report.self.memory = options.memory;
  report.self.resources = resources_of(life->slot);
  life->brain->report_all(report);
  for (const core::TaskFailed& failed : life->untold) report.tasks.push_back({failed.id, failed.attempt, true, false});
  life->link->up([this, report] { tell(report); });
  for (const core::TaskFailed& failed : std::exchange(life->untold, {})) life->link->up([this, failed] { tell(failed); });
}

}  // namespace dflow::sim
