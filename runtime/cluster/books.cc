#include "runtime/cluster/books.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <variant>
#include <vector>

namespace dflow::cluster {

namespace {

template <class T, class... Alternatives>
constexpr std::size_t number_in(const std::variant<Alternatives...>*) {
  std::size_t number = 0;
  (void)((std::is_same_v<T, Alternatives> || (++number, false)) || ...);
  return number;
}

/// A client's message is kept as it came: so what lasts has the same numbers among messages and among facts.
template <class T>
constexpr bool same_number = number_in<T>(static_cast<core::Fact*>(nullptr)) == number_in<T>(static_cast<FromClient*>(nullptr));
static_assert(same_number<core::TasksSubmitted> && same_number<core::ValueScattered> && same_number<core::TasksReleased> &&
              same_number<core::TasksCancelled>);

/// Messages speak of their sender, whatever they say.
void correct(core::Fact& fact, core::ClientId client) {
  if (auto* submitted = std::get_if<core::TasksSubmitted>(&fact)) submitted->client = client;
  if (auto* scattered = std::get_if<core::ValueScattered>(&fact)) scattered->client = client;
  if (auto* released = std::get_if<core::TasksReleased>(&fact)) released->client = client;
  if (auto* cancelled = std::get_if<core::TasksCancelled>(&fact)) cancelled->client = client;
}

Result<void> bring_payloads_back(core::Fact& fact) {
  if (auto* submitted = std::get_if<core::TasksSubmitted>(&fact)) return bring_back(*submitted);
  if (auto* gone = std::get_if<core::TaskGone>(&fact)) gone->failure = whole(gone->failure);  // or says that it is lost
  return {};
}

}  // namespace

std::string Books::record(const SchedulerFact& fact) {
  core::Encoder out;
  out.put(std::uint32_t{0});
  out.put(fact);
  return out.take();
}

std::string Books::record(std::uint32_t program, std::optional<core::ClientId> said_by, std::string_view fact) {
  core::Encoder out;
  out.put(program);
  out.put(said_by.value_or(core::ClientId{}));
  const std::string begin = out.take();
  std::string bytes;
  bytes.reserve(begin.size() + fact.size());
  bytes += begin;
  bytes += fact;
  return bytes;
}

bool Books::add(std::string_view record) {
  core::Decoder in(record);
  std::uint32_t program = 0;
  if (!in.get(program)) return false;
  if (program == 0) {
    SchedulerFact fact;
    if (!in.get(fact) || !in.at_end()) return false;
    std::visit([this](const auto& one) { on(one); }, fact);
    return true;
  }
  core::ClientId said_by{};
  if (!in.get(said_by)) return false;
  std::vector<core::Fact> facts;
  do {
    if (!in.get(facts.emplace_back())) return false;
  } while (!in.at_end());
  const bool message = said_by != core::ClientId{};
  if (message && facts.size() > 1) return false;
  core::Ledger& ledger = programs_[program].ledger;
  for (core::Fact& fact : facts) {
    if (message) correct(fact, said_by);
    if (payloads_) keep_payloads(fact);
    ledger.add(fact);
  }
  if (message) ledger.hear(said_by);
  return true;
}

void Books::keep_payloads(core::Fact& fact) {
  if (auto* submitted = std::get_if<core::TasksSubmitted>(&fact)) payloads_->keep_all(*submitted);
  if (auto* gone = std::get_if<core::TaskGone>(&fact)) payloads_->keep_all(gone->failure);
}

void Books::doubt(const std::function<void(std::string_view)>& keep) {
  for (auto& [number, program] : programs_) {
    program.ledger.doubt([&keep, id = number](const core::Fact& fact) { keep(record(id, fact)); });
  }
}

Result<void> Books::restate(const std::function<void(std::string_view)>& keep) const {
  keep(record(SchedulerFact(began_)));
  keep(record(SchedulerFact(ids_)));
  for (const std::uint32_t id : given_up_.clients()) keep(record(SchedulerFact(ClientGivenUp{id})));
  for (const auto& [number, program] : programs_) {
    keep(record(SchedulerFact(ProgramNamed{number, program.id})));
    Result<void> whole;
    program.ledger.restate([&](core::Fact fact) {
      if (whole) whole = bring_payloads_back(fact);
      if (whole) keep(record(number, fact));
    });
    if (!whole) return whole;
  }
  return {};
}

bool Books::empty() const {
  return std::ranges::all_of(programs_, [](const auto& program) { return program.second.ledger.empty(); });
}

}  // namespace dflow::cluster
