// A client with a random graph, and what it must get.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "tests/sim/cluster.h"

namespace dflow::sim {

/// What a user does, and what may befall them.
struct UserOptions {
  std::size_t tasks = 100;
  std::uint64_t max_micros = 20'000;
  std::uint64_t max_bytes = 1000;
  bool throwing = false;
  bool killers = false;
  bool cancelling = false;
  bool forcing = false;
  bool ignoring = false;
  bool scattering = false;
  bool releasing = false;
  bool nesting = false;
  bool constrained = false;
  bool requests = false;
  bool once = false;
  bool timing = false;       ///< Bodies that may run so long only, some of which never make it.
  bool pure = false;
  bool sweeping = false;     ///< What needs a task that has failed is cancelled.
  bool forgetting = false;   ///< Tasks that run even if their client leaves.
  bool unwanted = false;     ///< Tasks that only others of their submission need.
  bool restarting = false;   ///< All the workers are replaced, and all that the client has is cancelled.
  bool crashes = false;  ///< Workers may be lost: so may scattered values.
  bool tied = false;     ///< What is tied to its place may be out of reach for others.
};

class User {
 public:
  User(Cluster& cluster, UserOptions options);
  bool done() const { return finished_ || client_->dead; }
  void die() { client_->die(); }
  World::Host host() const { return client_->host(); }
  /// Throws `Violation` if something that came out is not what must come out.
  void verify() const;
  /// When nothing is left to do: the same if a task that nobody waits for was left out and must not be.
  void verify_runs() const;
  std::string unfinished() const;
  std::size_t tasks() const { return known_.size(); }
  std::size_t failures() const;

 private:
  struct Known {
    Body body;
    std::vector<TaskId> inputs;
    bool ignore = false;
    bool scattered = false;
    bool once = false;
    bool cancelled = false;
    bool timed = false;
    bool hopeless = false;  ///< Its body takes longer than it may, anywhere.
    bool sweeps = false;
    bool pure = false;
    bool forgotten = false;  ///< Runs even if its client has left.
    std::uint64_t value = 0;  ///< Of a scattered one.
  };
  void submit_some();
  core::TaskSpec make_task();
  void scatter_one();
  void act_at_random();
  void restart();
  bool restarts() const;
  void finish_if_done();
  /// The values that it may have: one, or none if it must fail; more if it or what it needs goes on without an input that may fail.
  struct Outcomes {
    std::set<std::uint64_t> values = {};
    bool too_many = false;  ///< To tell them all.
  };
  static constexpr std::size_t most_outcomes = 64;
  const Outcomes& outcomes(TaskId id) const;
  Outcomes work_out(TaskId id) const;
  Outcomes values_of_body(const Known& known) const;
  bool may_lack(TaskId id) const;
  bool may_fail(TaskId id, const core::Failure& failure) const;
  bool descends(TaskId id, TaskId from) const;
  bool fails_for(TaskId id, TaskId origin) const;
  bool swept(TaskId id, TaskId from) const;
  bool disturbed(TaskId id) const;

  Cluster& cluster_;
  UserOptions options_;
  std::shared_ptr<ClientNode> client_;
  std::map<TaskId, Known> known_;
  std::vector<TaskId> usable_;
  core::SharedList<TaskId> shared_ = {};  ///< Many inputs that several tasks have.
  bool finished_ = false;
  bool left_ = false;
  std::uint64_t next_request_ = 1;
  std::optional<core::RequestId> restart_ = {};  ///< The last.
  mutable std::map<TaskId, Outcomes> outcomes_;
  mutable std::map<TaskId, bool> lacking_, disturbed_;
};

}  // namespace dflow::sim
