// What a scheduler's journal says: who it is, and a ledger for each program.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>

#include "runtime/cluster/payload_store.h"
#include "runtime/cluster/lost_clients.h"
#include "runtime/cluster/protocol.h"
#include "runtime/core/ledger.h"

namespace dflow::cluster {

/// A scheduler has begun. `cluster` stays the same from one to the one that takes its place.
struct SchedulerBegan {
  std::uint64_t cluster = 0;
  std::uint32_t epoch = 0;
  std::string secret = {};  ///< From which it derives those of programs, between machines.
  std::uint32_t doubtful = 0;  ///< Of members with ids below this, records were lost before.
  bool doubting = false;       ///< What follows from that for tasks is still to be written down.
  static constexpr std::tuple fields{&SchedulerBegan::cluster, &SchedulerBegan::epoch, &SchedulerBegan::secret,
                                     &SchedulerBegan::doubtful, &SchedulerBegan::doubting};
};
/// Ids below this may have been given to clients and workers.
struct IdsGiven {
  std::uint32_t end = 1;
  static constexpr std::tuple fields{&IdsGiven::end};
};
struct ProgramNamed {
  std::uint32_t number = 0;  ///< From 1.
  std::string id = {};
  static constexpr std::tuple fields{&ProgramNamed::number, &ProgramNamed::id};
};
/// Nobody is a member of the program any more. Another may be named by its number.
struct ProgramForgotten {
  std::uint32_t number = 0;
  static constexpr std::tuple fields{&ProgramForgotten::number};
};

/// A client was given up for lost: whatever it says later is not taken up.
struct ClientGivenUp {
  std::uint32_t id = 0;
  static constexpr std::tuple fields{&ClientGivenUp::id};
};

using SchedulerFact = std::variant<SchedulerBegan, IdsGiven, ProgramNamed, ProgramForgotten, ClientGivenUp>;

/// Not thread-safe. What does not fit is ignored.
class Books {
 public:
  /// Arguments and exceptions are kept there; null: in memory.
  explicit Books(PayloadStore* payloads = nullptr) : payloads_(payloads) {}

  struct Program {
    std::string id;
    core::Ledger ledger = {};
  };

  static std::string record(const SchedulerFact& fact);
  /// `said_by`: the fact is a message of this client's, which counts its messages.
  static std::string record(std::uint32_t program, std::optional<core::ClientId> said_by, std::string_view fact);
  /// Of several facts, one behind the other, which are known all together or not at all.
  static std::string record(std::uint32_t program, std::string_view facts) { return record(program, {}, facts); }
  static std::string record(std::uint32_t program, const core::Fact& fact) {
    return record(program, {}, core::encode(fact));
  }

  /// See `Ledger::doubt`. Calls with the records of what is added.
  void doubt(const std::function<void(std::string_view)>& keep);

  /// False for what is no record of this version's.
  bool add(std::string_view record);
  /// Calls with records that make the same books. An error, and what was told is not all, if bytes cannot be read back.
  Result<void> restate(const std::function<void(std::string_view)>& keep) const;

  const SchedulerBegan& began() const { return began_; }
  std::uint32_t ids_end() const { return ids_.end; }
  const std::map<std::uint32_t, Program>& programs() const { return programs_; }
  const LostClients& given_up() const { return given_up_; }
  bool empty() const;

 private:
  void keep_payloads(core::Fact& fact);
  void on(const SchedulerBegan& fact) { began_ = fact; }
  void on(const IdsGiven& fact) { ids_ = fact; }
  void on(const ProgramNamed& fact) { programs_[fact.number].id = fact.id; }
  void on(const ProgramForgotten& fact) { programs_.erase(fact.number); }
  void on(const ClientGivenUp& fact) { given_up_.add(fact.id); }

  PayloadStore* payloads_;
  SchedulerBegan began_ = {};
  IdsGiven ids_ = {};
  LostClients given_up_;
  std::map<std::uint32_t, Program> programs_;
};

}  // namespace dflow::cluster
