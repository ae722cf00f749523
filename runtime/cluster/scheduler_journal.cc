// What the scheduler's process keeps of itself, and how another takes its place.

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "runtime/cluster/scheduler_server.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;
using formats::Error;

/// Facts in one record, which has a bound.
constexpr std::size_t kNotesTogether = 10'000;
/// Whoever comes so soon need not be put off.
constexpr auto kBeginsWithin = 5s;
/// Attempts that a scheduler has numbers for, before those of the one that takes its place begin.
constexpr int kAttemptBits = 20;
/// Of a journal is looked so often whether it is worth while to shrink it: from so many bytes on, if so many times as many as need be.
constexpr auto kJournalLooks = 1s;
constexpr std::uint64_t kMuchJournal = 64 << 20, kDeadShare = 4;
/// What is there may take more than is reckoned with: then it is no use to go on.
constexpr int kMostShrinking = 3;
/// In a journal, of a task that has small arguments.
constexpr std::uint64_t kTaskBytes = 200;

std::string in_seconds(core::Duration span) {
  const auto tenths = span / 100ms;
  return std::to_string(tenths / 10) + (tenths % 10 != 0 ? '.' + std::to_string(tenths % 10) : "") + " s";
}

}  // namespace

Result<void> SchedulerServer::open_journal() {
  if (options_.journal.empty()) return {};
  if (options_.journal_by_port) options_.journal += '/' + std::to_string(address().port);
  options_.settings.journal = true;
  Books books(&payloads_);
  std::size_t strange = 0;
  Result<std::unique_ptr<Journal>> journal = Journal::open(
      {.folder = options_.journal,
       .fresh = options_.journal_by_port && options_.address.port == 0,
       .condense =
           [this](const std::function<void(const Journal::Visit&)>& replay, const Journal::Visit& keep) {
             Books all(&payloads_);
             replay([&](std::string_view record) { (void)all.add(record); });
             return all.restate(keep);
           },
       .kept = [this](std::uint64_t end) { kept(end); },
       .tell = options_.tell,
       .gave_up = [this] { kept_no_more(); },
       .full =
           [this](const std::string& why) {
             const std::lock_guard lock(mutex_);
             journal_full_ = why;
           },
       .most_waiting = options_.most_unwritten},
      [&](std::string_view record) { strange += books.add(record) ? 0 : 1; });
  if (!journal) return journal.error();
  if (strange > 0) {
    return Error{options_.journal + ": " + std::to_string(strange) +
                 " records are of another version of dflow: use that one, or another folder (--journal=DIR)"};
  }
  // With lost records go numbers that have been given away: that of a scheduler with each log that is damaged, and ids.
  const std::size_t damaged = journal.value()->damaged();
  const bool lossy = damaged > 0 || books.began().doubting;
  std::uint64_t epoch = books.began().epoch + 1 + damaged;
  if (books.empty() && !lossy) epoch = 1;
  if (epoch >> (32 - kAttemptBits) != 0) return Error{options_.journal + ": too many restarts: end the programs, then remove it"};
  {
    const std::lock_guard lock(mutex_);
    journal_ = std::move(journal).value();
    SchedulerBegan now{.cluster = books.began().cluster, .epoch = static_cast<std::uint32_t>(epoch), .doubting = lossy};
    if (books.empty()) now.cluster = fresh_number();
    if (options_.credentials && !books.empty()) options_.secret = books.began().secret;
    if (options_.credentials) now.secret = options_.secret;
    cluster_ = now.cluster;
    begin_ids(books.ids_end(), damaged > 0);
    doubtful_ = now.doubtful = lossy ? next_id_ : books.began().doubtful;
    journal_->append(Books::record(SchedulerFact(now)), true);
    if (std::exchange(now.doubting, false)) {
      books.doubt([this](std::string_view record) { journal_->append(std::string(record)); });
      journal_->append(Books::record(SchedulerFact(now)), true);
    }
    reserve_ids();
    for (const auto& [number, program] : books.programs()) {
      last_number_ = number;
      if (program.ledger.empty()) journal_->append(Books::record(SchedulerFact(ProgramForgotten{number})));
      else numbers_[program.id] = number;
    }
    options_.settings.epoch = now.epoch << kAttemptBits;
    next_set_up_ = next_call_ = (std::uint64_t{now.epoch} << 32) + 1;  // workers may still answer who was killed
    given_up_clients_ = books.given_up();
    restore(books);
  }
  // Who is killed before that is on the disk has had no members: the next one begins as if there had been none.
  beginning_ = journal_->make_safe(kBeginsWithin);
  return {};
}

// ---- What is kept ----------------------------------------------------------------------------------------------------

void SchedulerServer::keep(const Program& program, const core::Fact& fact) {
  if (!journal_) return;
  if (const auto* gone = std::get_if<core::TaskGone>(&fact); gone && gone->failure && core::put_away(gone->failure->payload)) {
    write_notes();
    journal_->append(core::size_of(gone->failure->payload), [number = program.number, gone = *gone] {
      return Books::record(number, core::Fact(core::TaskGone{gone.id, whole(gone.failure), gone.like}));
    });
    return;
  }
  if (notes_of_ != program.number) write_notes();
  notes_of_ = program.number;
  notes_.put(fact);
  const auto* ended = std::get_if<core::TaskGone>(&fact);
  const bool of_any_size = ended && ended->failure;
  if (!noting_ || of_any_size || ++notes_count_ == kNotesTogether) write_notes();
}

void SchedulerServer::write_notes() {
  const std::uint32_t program = std::exchange(notes_of_, 0);
  notes_count_ = 0;
  if (program != 0) journal_->append(Books::record(program, notes_.take()));
}

/// Behind what has been noted.
std::uint64_t SchedulerServer::append(std::string record, bool awaited) {
  write_notes();
  return journal_->append(std::move(record), awaited);
}

SchedulerServer::Noting::Noting(SchedulerServer& server) : server_(server) { server_.noting_ = true; }

SchedulerServer::Noting::~Noting() {
  server_.noting_ = false;
  server_.write_notes();
}

/// As it came. The client need not remember it when it is on the disk.
void SchedulerServer::keep_message(Member& client, const std::string& bytes) {
  if (!journal_ || journal_lost_) return;
  Program& program = *client.program;
  const core::ClientId id{client.id};
  const std::uint64_t record = append(Books::record(program.number, id, bytes));
  unkept_.push_back({record, program.id, id, ++program.heard[id], bytes.size()});
  client.unkept += bytes.size();
}

/// True for what is for the journal alone.
bool SchedulerServer::note(Program& program, const core::Action& action) {
  if (const auto* ran = std::get_if<core::TaskRan>(&action)) {
    keep(program, *ran);
  } else if (const auto* gone = std::get_if<core::TaskGone>(&action)) {
    keep(program, *gone);
  } else if (const auto* tried = std::get_if<core::TaskTried>(&action)) {
    keep(program, *tried);
  } else if (const auto* given = std::get_if<core::OnceGiven>(&action)) {
    if (!journal_ || journal_lost_) return true;
    const std::uint64_t record = append(Books::record(program.number, *given), given->given);
    if (given->given) program.given[given->id] = record;
    else program.given.erase(given->id);
  } else {
    return false;
  }
  return true;
}

/// In order; from what may run once, behind the record that says that it was given away.
void SchedulerServer::to_worker(Program& program, core::WorkerId id, Member* member, std::string message,
                                std::uint64_t behind) {
  const auto held = program.held.find(id);
  const bool waits = held != program.held.end() && !held->second.empty();
  if (!waits && (!journal_ || behind == 0)) return send(member, std::move(message));
  program.held[id].emplace_back(behind, std::move(message));
}

/// From the journal's thread.
void SchedulerServer::kept(std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  note_kept(end);
}

/// The lock is held.
void SchedulerServer::note_kept(std::uint64_t end) {
  struct Said {
    std::uint64_t messages = 0, bytes = 0;
  };
  std::map<std::pair<std::string, core::ClientId>, Said> all;
  for (; !unkept_.empty() && unkept_.front().record < end; unkept_.pop_front()) {
    Said& said = all[{unkept_.front().program, unkept_.front().client}];
    said.messages = unkept_.front().message;
    said.bytes += unkept_.front().bytes;
  }
  for (const auto& [who, said] : all) {
    const auto program = programs_.find(who.first);
    if (program == programs_.end()) continue;
    const auto client = program->second->clients.find(who.second);
    if (client == program->second->clients.end()) continue;
    client->second->unkept -= std::min(client->second->unkept, said.bytes);  // another of that name may have said it
    if (client->second->unkept <= kMostAhead) client->second->told_of_disk = false;
    send(client->second, ToClient(Kept{said.messages}));
  }
  for (const auto& [id, program] : programs_) {
    std::erase_if(program->given, [&](const auto& each) { return each.second < end; });
    for (auto& [worker, queue] : program->held) {
      const auto member = program->workers.find(worker);
      for (; !queue.empty() && queue.front().first < end; queue.pop_front()) {
        if (member != program->workers.end() && member->second->connection)
          member->second->connection->send(std::move(queue.front().second));
      }
    }
  }
}

/// From the journal's thread. In one go: nothing may be noted between, that nobody would ever tell of.
void SchedulerServer::kept_no_more() {
  const std::lock_guard lock(mutex_);
  journal_lost_ = true;
  note_kept(std::numeric_limits<std::uint64_t>::max());
  for (const auto& [id, program] : programs_) {
    for (const auto& [client, member] : program->clients) send(member, ToClient(KeptNoMore{}));
  }
}

/// Who has said so much waits with the rest, and nobody at his end knows why.
void SchedulerServer::warn_of_disk(Program& program) {
  if (journal_full_.empty() || journal_lost_) return;
  for (const auto& [id, client] : program.clients) {
    if (client->unkept <= kMostAhead || std::exchange(client->told_of_disk, true)) continue;
    const std::string text = "submitting waits, since " + std::to_string(client->unkept >> 20) +
                             " MiB of tasks are not in the scheduler's journal: " + journal_full_ +
                             ": make room there; it goes on by itself then\n";
    const Printed line{.worker = "dflow", .is_error = true, .text = text};
    for (const auto& [other, reader] : program.clients) {
      if (reader == client || (client->hello.worker && !reader->hello.worker)) send(reader, ToClient(line));
    }
  }
}

/// About so many a journal takes that speaks of what is there and nothing else. The lock is held.
std::uint64_t SchedulerServer::bytes_of_tasks() const {
  std::uint64_t bytes = payloads_.bytes();
  for (const auto& [id, program] : programs_) bytes += program->brain.tasks() * kTaskBytes;
  return bytes;
}

/// What its files take, now and then. Without the lock: to ask a disk may take long.
std::optional<std::uint64_t> SchedulerServer::look_at_journal() {
  if (!journal_ || now() - journal_looked_at_ < kJournalLooks) return std::nullopt;
  journal_looked_at_ = now();
  return journal_->bytes();
}

/// Most of it speaks of tasks that are forgotten, and it may be long until it is condensed for its length: that is done now. Twice, since the
/// snapshot before the newest is kept. The lock is held.
void SchedulerServer::shrink_journal(std::uint64_t bytes) {
  if (journal_lost_ || !journal_full_.empty()) return;
  const bool mostly_dead = bytes > kMuchJournal && bytes / kDeadShare > bytes_of_tasks();
  if (!mostly_dead) shrinking_ = 0;
  if (!mostly_dead || shrinking_ == kMostShrinking || !journal_->condense_soon()) return;
  ++shrinking_;
  append(Books::record(SchedulerFact(IdsGiven{ids_end_})));  // says nothing new: it is what the next log begins behind
}

// ---- Restarted -------------------------------------------------------------------------------------------------------

void SchedulerServer::restore(const Books& books) {
  for (const auto& [number, program] : books.programs()) {
    if (!program.ledger.empty()) restore(program_of(program.id), program.ledger);
  }
}

void SchedulerServer::restore(Program& program, const core::Ledger& ledger) {
  apply(program, core::RecoveryBegan{});
  ledger.restate([&](const core::Fact& fact) {
    std::visit(
        [&](const auto& one) {
          using T = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<T, core::WorkerJoined>) {
            program.absent_workers[one.worker] = one.name;
            apply(program, core::WorkerAwaited{one.worker});
          } else if constexpr (std::is_same_v<T, core::ClientJoined>) {
            program.absent_clients.insert(one.client);
            program.heard[one.client] = 0;
            apply(program, core::ClientAwaited{one.client, one.inside});
          } else if constexpr (std::is_same_v<T, core::ClientHeard>) {
            program.heard[one.client] = one.messages;
          } else if constexpr (std::is_same_v<T, core::ClientLeft>) {
            program.absent_clients.erase(one.client);
            program.heard.erase(one.client);
            end_inner_of(program, one.client);
            apply(program, one);
          } else if constexpr (!std::is_same_v<T, core::WorkerGone>) {
            if constexpr (std::is_same_v<T, core::TasksSubmitted>) note_inner(program, one);
            if constexpr (std::is_same_v<T, core::TasksReleased>) {
              for (const core::TaskId task : one.tasks) end_inner(program, task);
            }
            if constexpr (std::is_same_v<T, core::TaskRan> || std::is_same_v<T, core::TaskGone>) end_inner(program, one.id);
            apply(program, one);
          }
        },
        fact);
  });
  program.absent_until = now() + options_.settings.recovery;
  apply(program, core::JournalRead{});
}

/// How many of a client's next messages a scheduler may have taken up whose records were lost.
std::uint64_t SchedulerServer::said_again(const Member& client) const {
  const std::uint64_t heard = client.program->heard.at(core::ClientId{client.id}), said = client.hello.said;
  return client.id < doubtful_ && said > heard ? said - heard : 0;
}

/// Clients that have not come back are taken for gone; workers are given up by the brain.
void SchedulerServer::give_up_absent(Program& program) {
  if (!program.absent_until || now() < *program.absent_until) return;
  program.absent_until.reset();
  for (const core::ClientId client : std::exchange(program.absent_clients, {})) {
    give_up(client);
    program.heard.erase(client);
    end_inner_of(program, client);
    keep(program, core::ClientLeft{client});
    apply(program, core::ClientLeft{client});
  }
}

/// A worker of before a restart. Its process may be stopped, and in the way of another.
void SchedulerServer::give_up_absent_worker(Program& program, core::WorkerId worker) {
  const auto absent = program.absent_workers.extract(worker);
  if (!absent) return;
  never_back(program, worker);
  const bool followed = std::ranges::any_of(members_, [&](const Member& member) {
    return member.program == &program && member.role == net::Role::worker && member.hello.name == absent.mapped() && !member.closed;
  });
  if (!followed) hosting_.tell_of_worker(program.id, absent.mapped(), WorkerNews::What::replace);
}

void SchedulerServer::never_back(Program& program, core::WorkerId worker) {
  keep(program, core::WorkerGone{worker});
  for (const auto& [id, other] : program.workers) send(other, ToWorker(PeerLeft{worker}));
  for (const auto& [id, client] : program.clients) send(client, ToClient(PeerLeft{worker}));
}

std::string SchedulerServer::take_back(Member& member, net::Welcome& welcome) {
  const net::Hello& hello = member.hello;
  const bool of_here = hello.cluster == cluster_ && member.role == net::Role::client;
  const std::string given_up =
      "it gave this one up, since nothing was heard of it for longer than " + in_seconds(options_.pulse.patience()) +
      " (dflow scheduler --grace=SECONDS), or " + in_seconds(options_.settings.recovery) + " after a restart: its tasks are cancelled";
  if (of_here && given_up_clients_.contain(hello.id)) return given_up;
  if (hello.cluster != cluster_ || cluster_ == 0) {
    return "it has no journal of the scheduler that was here before: what this program had there is lost";
  }
  const auto found = programs_.find(hello.program);
  Program* program = found == programs_.end() ? nullptr : found->second.get();
  if (member.role == net::Role::worker) {
    member.id = hello.id;
    if (program && program->absent_workers.contains(core::WorkerId{hello.id})) return {};
    return "this worker is not awaited: it was given up, or another has its place";
  }
  const core::ClientId client{hello.id};
  const auto there = program ? program->clients.find(client) : std::map<core::ClientId, Member*>::iterator{};
  if (program && there != program->clients.end() && there->second->hello.line == hello.line && hello.line != 0) {
    // It was taken back, and has not heard of that: it comes once more.
    Member& before = *there->second;
    before.closed = before.gone = true;
    before.connection->close();
    std::erase_if(leaving_, [&](const Leaving& each) { return each.member == &before; });
    hosting_.client_left(program->id, before.id);
    program->clients.erase(there);
    program->absent_clients.insert(client);
  }
  if (program && program->absent_clients.contains(client)) {
    welcome.heard = program->heard[client];
    member.id = hello.id;
    if (welcome.heard >= hello.kept) return {};
    return "its journal was damaged: the last " + std::to_string(hello.kept - welcome.heard) +
           " messages of this program that it had are lost, and with them what they submitted";
  }
  if (given_up_clients_.may_contain(hello.id)) return given_up;
  if (hello.kept == 0 && adopt_id(hello.id)) {  // killed before it had written down that he was there
    member.id = hello.id;
    return {};
  }
  return "it knows nothing of this program any more: its tasks are cancelled";
}

/// A process of this name has joined: the one of before the restart does not come back.
void SchedulerServer::replaced(Program& program, const std::string& name) {
  const auto one = std::ranges::find_if(program.absent_workers, [&](const auto& each) { return each.second == name; });
  if (one == program.absent_workers.end()) return;
  const core::WorkerId id = one->first;
  program.absent_workers.erase(one);
  never_back(program, id);
  apply(program, core::WorkerLost{.worker = id, .end = {.kind = core::WorkerEnd::Kind::silent}});
}

/// A worker of before the restart is back, and has told what it has.
void SchedulerServer::returned(Member& member, core::WorkerReturned event) {
  Program& program = *member.program;
  const core::WorkerId id{member.id};
  const bool comes_back = member.hello.cluster != 0 && program.absent_workers.contains(id);
  if (!comes_back || program.workers.contains(id)) return member.connection->close();
  program.absent_workers.erase(id);
  program.workers[id] = &member;
  const PeerJoined peer = description_of(id, member.hello);
  for (const auto& [other, worker] : program.workers) send(worker, ToWorker(peer));
  for (const auto& [other, client] : program.clients) send(client, ToClient(peer));
  if (program.traced) send(&member, ToWorker(TraceWanted{}));
  event.self = joined_as(peer);
  apply(program, event);
  tell_of_worker(program, peer.name, WorkerNews::What::joined);
}

void SchedulerServer::end_for_good() {
  std::unique_ptr<Journal> journal;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, program] : programs_) {
      for (const auto& [client, member] : program->clients) {
        send(member, ToClient(GivenUp{"the scheduler at " + address().text() + " was told to end"}));
      }
    }
    journal = std::move(journal_);
  }
  if (journal) journal->forget();
}

}  // namespace dflow::cluster
