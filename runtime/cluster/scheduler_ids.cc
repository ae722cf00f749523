// When the scheduler's journal knows enough that somebody can be let in, and under which number.

#include <algorithm>

#include "runtime/cluster/scheduler_server.h"

namespace dflow::cluster {

namespace {

/// Ids are written down before they are given away, so many at a time.
constexpr std::uint32_t kIdsAtATime = 1024;
/// So many are taken for given away of which a damaged journal may have lost the records.
constexpr std::uint32_t kLostIds = 16 * kIdsAtATime;

}  // namespace

/// What says who this scheduler is, is on the disk, or there is no journal any more. The lock is held.
bool SchedulerServer::has_begun() {
  if (!beginning_) return true;
  if (journal_ && !journal_lost_ && journal_->kept() < *beginning_) return false;
  beginning_.reset();
  for (const auto& [id, program] : programs_) {
    if (program->absent_until) program->absent_until = now() + options_.settings.recovery;
  }
  return true;
}

/// Empty if he may come in now. Tools are told what there is, and may end it; they do not come back.
std::string SchedulerServer::why_not_yet(const net::Hello& hello) {
  reserve_ids();
  const bool has_id = hello.id != 0 || !journal_ || journal_lost_ || next_id_ < ids_safe_;
  if (hello.role == net::Role::tool || (has_begun() && has_id)) return {};
  if (journal_full_.empty()) return "it is still writing its journal, and lets nobody in before that; come again";
  return "it cannot write its journal, and lets nobody in before that: " + journal_full_ + "; make room there, and come again";
}

/// The lock is held. Those below `end` were given away, and perhaps some behind it of which there is no record.
void SchedulerServer::begin_ids(std::uint32_t end, bool some_are_lost) {
  first_id_ = next_id_ = ids_end_ = ids_safe_ = std::max(end, next_id_) + (some_are_lost ? kLostIds : 0);
}

/// The lock is held.
void SchedulerServer::reserve_ids() {
  if (!journal_) return;
  if (journal_->kept() > ids_record_) ids_safe_ = ids_end_;
  if (next_id_ + kIdsAtATime / 2 <= ids_end_ || ids_safe_ < ids_end_) return;
  ids_end_ = next_id_ + kIdsAtATime;
  ids_record_ = append(Books::record(SchedulerFact(IdsGiven{ids_end_})));
}

std::uint32_t SchedulerServer::fresh_id() {
  reserve_ids();
  return next_id_++;
}

/// True for an id that another scheduler may have given away though the journal does not say so. This one gives it to nobody else then.
bool SchedulerServer::adopt_id(std::uint32_t id) {
  const auto has_it = [&](const Member& member) { return member.id == id && !member.gone && !member.closed; };
  const auto awaits_it = [&](const auto& each) {
    return each.second->absent_clients.contains(core::ClientId{id}) || each.second->absent_workers.contains(core::WorkerId{id});
  };
  if (id == 0 || id > core::max_client || id >= std::max(first_id_ + kLostIds, next_id_)) return false;
  if (std::ranges::any_of(members_, has_it) || std::ranges::any_of(programs_, awaits_it)) return false;
  next_id_ = std::max(next_id_, id + 1);
  reserve_ids();
  return true;
}

}  // namespace dflow::cluster
