#include "tests/sim/scenario.h"

#include <memory>
#include <vector>

#include "tests/sim/user.h"

namespace dflow::sim {
namespace {

struct Plan {
  ClusterOptions cluster;
  UserOptions user;
  std::size_t users = 1;
  bool crashing = false, parting = false, breaking = false, splitting = false, dying_users = false, growing = false;
  bool restarting = false, slow_network = false, pressing = false, full_disks = false;
  Duration faults_until{};
  std::string description;
};

/// What few programs ask for.
void make_rarer(Plan& plan, Random& random) {
  const auto on = [&](const char* name) {
    const bool is = random.chance(0.25);
    if (is) plan.description += std::string(" ") + name;
    return is;
  };
  plan.user.timing = on("timeouts");
  plan.user.pure = on("pure");
  plan.user.sweeping = on("sweep");
  plan.user.forgetting = on("forget");
  plan.user.unwanted = on("unwanted");
  plan.user.restarting = plan.user.requests && on("restart-workers");
  plan.user.crashes |= plan.user.restarting;
}

/// Each feature is on in some runs only: what hides another one's bugs is then sometimes not there.
Plan make_plan(Random& random) {
  Plan plan;
  Random following = random;  // of its own: so that seeds go on to mean what they did
  (void)following.chance(0.5);
  if (following.chance(0.6)) {
    plan.description += " following";
    plan.cluster.settings.short_run_time = seconds(1000);
    plan.cluster.settings.max_following = following.between(1, 64);
  }
  const auto on = [&](double p, const char* name) {
    const bool is = random.chance(p);
    if (is) plan.description += std::string(" ") + name;
    return is;
  };
  plan.cluster.workers = random.between(2, 8);
  if (on(0.05, "many-workers")) plan.cluster.workers = random.between(100, 1000);
  plan.cluster.check_each = plan.cluster.workers < 100;
  plan.cluster.settings.silence = seconds(2);
  plan.cluster.settings.smallest_spilled = 64;
  plan.cluster.settings.value_record = 0;  // the memory of a simulated process is that of its values
  plan.user.tasks = random.between(10, 150);
  plan.users = on(0.3, "users") ? random.between(2, 4) : 1;
  plan.cluster.jittery = on(0.3, "jitter");
  plan.cluster.slow_workers = on(0.3, "slow");
  plan.slow_network = on(0.2, "slow-network");
  plan.cluster.report_starts = on(0.7, "starts");
  plan.cluster.agents_know = on(0.6, "agents");
  if (on(0.3, "memory")) plan.cluster.memory = random.between(2000, 20000);
  if (on(0.2, "large")) plan.user.max_bytes = 10'000'000;
  if (on(0.2, "long")) plan.user.max_micros = 1'000'000;
  plan.user.throwing = on(0.4, "throw");
  plan.user.releasing = on(0.5, "release");
  plan.user.constrained = on(0.3, "constrained");
  plan.user.ignoring = on(0.15, "ignore");
  plan.user.scattering = on(0.4, "scatter");
  plan.user.nesting = on(0.3, "nested");
  plan.user.requests = on(0.25, "requests");
  plan.user.killers = on(0.3, "killers");
  plan.user.cancelling = on(0.3, "cancel");
  plan.user.forcing = on(0.3, "force");
  plan.crashing = on(0.5, "crash");
  plan.parting = on(0.3, "partition");
  plan.splitting = on(0.3, "split");
  plan.breaking = on(0.3, "resets");
  plan.cluster.link.resumable = plan.breaking || on(0.2, "resumable");
  plan.cluster.link.grace = random.between(Duration{milliseconds(200)}, Duration{seconds(5)});
  plan.dying_users = on(0.2, "user-dies");
  plan.growing = on(0.2, "grow");
  if (plan.cluster.memory > 0) {
    plan.pressing = on(0.5, "pressure");
    plan.full_disks = on(0.4, "full-disk");
    if (on(0.4, "damage")) plan.cluster.damage = 0.2;
  }
  plan.user.once = on(0.3, "once");
  // Nothing fails for a network in pieces but what cannot be made in another place.
  plan.user.tied = plan.splitting && (plan.user.scattering || plan.user.constrained || plan.user.once);
  plan.restarting = on(0.4, "restart");
  plan.cluster.journal = plan.cluster.settings.journal = plan.restarting || on(0.2, "journal");
  plan.cluster.settings.recovery = seconds(3);
  plan.user.crashes = plan.restarting || plan.crashing || plan.cluster.damage > 0 || plan.parting || plan.breaking ||
                      plan.user.killers || plan.user.forcing || plan.dying_users;
  plan.faults_until = random.between(Duration{milliseconds(100)}, Duration{seconds(8)});
  Random aside = random;  // what comes after is as it was before there was this
  const bool fits = plan.user.max_bytes < plan.cluster.memory;  // one that does not would be the end of worker after worker
  plan.cluster.replacing = fits && aside.chance(0.5);
  if (plan.cluster.replacing) plan.description += " replace";
  plan.user.crashes |= plan.cluster.replacing;
  plan.cluster.damaging = plan.restarting && aside.chance(0.3);
  if (plan.cluster.damaging) plan.description += " damaged-journal";
  make_rarer(plan, aside);
  return plan;
}

class Run {
 public:
  Run(std::uint64_t seed, std::ostream* trace) : world_(seed), plan_(make_plan(world_.random)) {
    plan_.cluster.trace = trace;
    cluster_ = std::make_unique<Cluster>(world_, plan_.cluster);
    cluster_->record = world_.random.chance(0.1);
    for (std::size_t i = 0; i < plan_.users; ++i)
      users_.push_back(std::make_unique<User>(*cluster_, plan_.user));
    // Two workers never reach each other, while the scheduler reaches both.
    if (plan_.splitting) cluster_->part(Cluster::host_of(0), Cluster::host_of(1), seconds(10'000));
    for (int host = 0; plan_.slow_network && host <= static_cast<int>(cluster_->slots()); ++host) {
      if (world_.random.chance(0.3)) world_.slow_down(host, static_cast<unsigned>(world_.random.between(2, 300)));
    }
    fault();
  }

  Outcome go() {
    const auto all_done = [this] {
      for (const auto& user : users_) {
        if (!user->done()) return false;
      }
      return true;
    };
    // Where workers do not reach each other, each round of asking takes its time; and many die before a killer is known for one.
    const Time end{seconds(plan_.splitting || plan_.user.killers ? 3000 : 600)};
    if (!world_.run(end, 20'000'000, all_done)) hang();
    for (const auto& user : users_) user->verify();
    // What nobody waits for and has to run takes its time, too, where disks lose a part of all that there is no memory for.
    const bool slow = plan_.splitting || plan_.cluster.damage > 0;
    const bool emptied = world_.run(world_.now() + seconds(slow ? 1200 : 120), 20'000'000, [this] { return cluster_->empty(); });
    require(emptied, "something is kept that nobody needs: " + cluster_->contents());
    for (const auto& user : users_) user->verify_runs();
    cluster_->scheduler->check_invariants();
    if (cluster_->record) cluster_->replay();
    Outcome outcome{.events = world_.events, .description = plan_.description};
    for (const auto& user : users_) outcome.tasks += user->tasks(), outcome.failures += user->failures();
    return outcome;
  }

 private:
  void fault() {
    if (world_.now() > Time{plan_.faults_until}) return;
    Random& random = world_.random;
    const std::size_t slot = random.between(0, cluster_->slots() - 1);
    if (plan_.crashing && random.chance(0.3)) cluster_->crash(slot, core::WorkerEnd::Kind::signalled);
    const Duration span =
        random.between(Duration{milliseconds(10)}, Duration{seconds(random.chance(0.3) ? 8 : 1)});
    const auto host = Cluster::host_of(slot);
    if (plan_.parting && random.chance(0.1)) cluster_->isolate(host, span);
    const auto other = static_cast<World::Host>(random.between(0, cluster_->slots()));
    if (plan_.parting && random.chance(0.3)) cluster_->part(host, other, span);
    if (plan_.parting && random.chance(0.2)) cluster_->part_one_way(host, other, span);
    if (plan_.parting && random.chance(0.2)) cluster_->part_one_way(other, host, span);
    if (plan_.breaking && random.chance(0.3)) cluster_->reset_some();
    const auto user = users_[random.between(0, users_.size() - 1)]->host();
    if (plan_.breaking && random.chance(0.1)) cluster_->part_one_way(random.chance(0.5) ? 0 : user, random.chance(0.5) ? 0 : user, span);
    if (plan_.restarting && random.chance(0.15)) cluster_->kill_scheduler();
    if (plan_.dying_users && random.chance(0.05)) users_[random.between(0, users_.size() - 1)]->die();
    if (plan_.pressing && random.chance(0.4)) cluster_->press(slot, span);
    if (plan_.full_disks && random.chance(0.2)) cluster_->fill_disk(slot, span);
    if (plan_.growing && random.chance(0.1) && cluster_->slots() < 20) cluster_->add_worker();
    world_.after(random.between(Duration{milliseconds(5)}, Duration{milliseconds(500)}), [this] { fault(); });
  }

  [[noreturn]] void hang() {
    std::string text = "not everything ended in " + std::to_string(world_.events) + " events and " +
                       std::to_string(world_.now().time_since_epoch() / seconds(1)) + " s of virtual time;" +
                       plan_.description + ";";
    for (const auto& user : users_) {
      if (!user->done()) text += user->unfinished();
    }
    throw Violation(text + "\n" + cluster_->contents());
  }

  World world_;
  Plan plan_;
  std::unique_ptr<Cluster> cluster_;
  std::vector<std::unique_ptr<User>> users_;
};

}  // namespace

Outcome simulate(std::uint64_t seed, std::ostream* trace) { return Run(seed, trace).go(); }

}  // namespace dflow::sim
