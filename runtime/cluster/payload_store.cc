#include "runtime/cluster/payload_store.h"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace dflow::cluster {

namespace {

using formats::Error;

/// Less than this is less than what is known of a task anyway.
constexpr std::size_t kWorthwhile = 128;
/// From this on it has a place in the file by itself, of which some 200 bytes are in memory.
constexpr std::size_t kLarge = 1024;

/// Gives it back as long as somebody else still has it.
class OnDisk final : public core::PutAway {
 public:
  OnDisk(core::TaskId task, const core::Payload& bytes, std::shared_ptr<const SpillFile::Slot> slot, std::shared_ptr<KeptBytes> kept)
      : task_(task), size_(bytes->size()), bytes_(bytes), slot_(std::move(slot)), kept_(std::move(kept)) {
    kept_->on_disk += size_;
  }
  ~OnDisk() override { kept_->on_disk -= size_; }
  std::size_t size(std::uint32_t) const override { return size_; }
  Result<core::Payload> read(std::uint32_t) const override {
    core::Payload still = bytes_.lock();
    return still ? still : read_back(*slot_, task_, size_);
  }

 private:
  const core::TaskId task_;
  const std::size_t size_;
  const std::weak_ptr<const std::string> bytes_;
  const std::shared_ptr<const SpillFile::Slot> slot_;
  const std::shared_ptr<KeptBytes> kept_;
};

class NowhereToKeep final : public core::PutAway {
 public:
  explicit NowhereToKeep(std::string why) : why_(std::move(why)) {}
  std::size_t size(std::uint32_t) const override { return 0; }
  Result<core::Payload> read(std::uint32_t) const override { return Error{why_}; }

 private:
  const std::string why_;
};

/// Counts the bytes that it holds, as long as it does.
struct Counted {
  core::Payload bytes;
  std::shared_ptr<KeptBytes> kept;
  void operator()(const std::string* counted) const noexcept { kept->in_memory -= counted->size(); }
};

bool is_worthwhile(const core::Payload& payload) { return payload && payload->size() >= kWorthwhile; }

core::FailureRef with(const core::FailureRef& failure, core::Payload payload) {
  auto changed = std::make_shared<core::Failure>(*failure);
  changed->payload = std::move(payload);
  return changed;
}

}  // namespace

/// What is kept, and what somebody can do for whom there is no room.
struct PayloadStore::Kind {
  std::string_view name, advice;
};
constexpr PayloadStore::Kind PayloadStore::kArguments{"its arguments", "submit less at a time, or scatter() what is large"};
constexpr PayloadStore::Kind PayloadStore::kException{"its exception", "or let go of the futures of tasks that have failed"};

PayloadStore::PayloadStore(Options options) : options_(std::move(options)) {
  if (options_.folder == "none") why_not_written_ = "it has no folder for them";
}

void PayloadStore::keep(core::TasksSubmitted& submitted) {
  for (core::TaskSpec& task : submitted.tasks) keep(task.payload, task.id, &kArguments);
}

void PayloadStore::keep_all(core::TasksSubmitted& submitted) {
  for (core::TaskSpec& task : submitted.tasks) keep(task.payload, task.id, nullptr);
}

void PayloadStore::keep(core::FailureRef& failure) { keep(failure, &kException); }

void PayloadStore::keep_all(core::FailureRef& failure) { keep(failure, nullptr); }

void PayloadStore::keep(core::FailureRef& failure, const Kind* given_up) {
  if (!failure || !is_worthwhile(failure->payload)) return;
  core::Payload payload = failure->payload;
  keep(payload, failure->origin, given_up);
  failure = with(failure, std::move(payload));
}

/// `given_up`: as what, if there is room nowhere; null: then it stays in memory.
void PayloadStore::keep(core::Payload& payload, core::TaskId task, const Kind* given_up) {
  if (!is_worthwhile(payload) || place(payload, task)) return;
  const std::uint64_t all = in_memory() + payload->size();
  if (!given_up || all <= options_.most_without_disk) hold(payload);
  else payload = core::stand_in_for(std::make_shared<NowhereToKeep>(why_no_room(all, *given_up)));
}

/// In memory, if there is room, else on the disk. False if that does not take it.
bool PayloadStore::place(core::Payload& payload, core::TaskId task) {
  if (in_memory() + payload->size() > options_.most_in_memory) {
    return payload->size() >= kLarge ? put_away(payload, task) : put_with_others(payload);
  }
  hold(payload);
  return true;
}

bool PayloadStore::put_away(core::Payload& payload, core::TaskId task) {
  const std::shared_ptr<SpillFile> to = file();
  if (!to) return false;
  const std::array pieces{std::as_bytes(std::span(*payload))};
  Result<std::shared_ptr<const SpillFile::Slot>> slot = to->write(task, core::Attempt{}, pieces);
  const std::lock_guard lock(mutex_);
  if (!slot) {
    not_written(to->folder() + ": " + slot.message());
    return false;
  }
  written(*to);
  payload = core::stand_in_for(std::make_shared<OnDisk>(task, payload, std::move(slot).value(), kept_));
  return true;
}

/// The last bundle is written when there is more for the next.
bool PayloadStore::put_with_others(core::Payload& payload) {
  const std::shared_ptr<SpillFile> to = file();
  if (!to) return false;
  const std::lock_guard lock(mutex_);
  if (bundle_ && bundle_->is_full()) {
    const Result<void> full = bundle_->write(*to);
    if (!full) {
      not_written(to->folder() + ": " + full.message());
      return false;
    }
    written(*to);
    bundle_.reset();
  }
  if (!bundle_) bundle_ = std::make_shared<Bundle>(kept_, lately_);
  payload = core::stand_in_for(bundle_, bundle_->add(*payload));
  return true;
}

void PayloadStore::hold(core::Payload& payload) {
  kept_->in_memory += payload->size();
  const std::string* bytes = payload.get();
  payload = {bytes, Counted{std::move(payload), kept_}};
}

/// Null: there can be none.
std::shared_ptr<SpillFile> PayloadStore::file() {
  const std::lock_guard lock(mutex_);
  if (file_ || options_.folder == "none") return file_;
  Result<std::shared_ptr<SpillFile>> opened = SpillFile::open(options_.folder);
  if (opened) return file_ = std::move(opened).value();
  not_written(opened.message());
  return nullptr;
}

/// The lock is held.
void PayloadStore::written(const SpillFile& file) {
  tell_once(told_of_disk_, "the arguments and exceptions of tasks take more than " + in_megabytes(options_.most_in_memory) +
                               ": the rest is kept in " + file.folder());
}

/// The lock is held.
void PayloadStore::not_written(std::string why) {
  why_not_written_ = std::move(why);
  tell_once(told_of_want_, "the arguments and exceptions of tasks cannot be written to " + why_not_written_ + ": they stay in memory, up to " +
                               in_megabytes(options_.most_without_disk));
}

std::string PayloadStore::why_no_room(std::uint64_t all, const Kind& kind) {
  const std::lock_guard lock(mutex_);
  return "the scheduler has no room for " + std::string(kind.name) + ": what it keeps of tasks takes " + in_megabytes(all) +
         " of memory, and cannot be written to its disk (" + why_not_written_ + "): make room there, " + std::string(kind.advice);
}

void PayloadStore::tell_once(bool& told, const std::string& what) {
  if (!std::exchange(told, true) && options_.tell) options_.tell(what);
}

Result<core::Payload> brought_back(const core::Payload& payload) {
  const core::StandIn* elsewhere = core::put_away(payload);
  return elsewhere ? elsewhere->bytes->read(elsewhere->piece) : payload;
}

Result<void> bring_back(core::TasksSubmitted& submitted) {
  for (core::TaskSpec& task : submitted.tasks) {
    Result<core::Payload> bytes = brought_back(task.payload);
    if (!bytes) return bytes.error();
    task.payload = std::move(bytes).value();
  }
  return {};
}

core::FailureRef whole(const core::FailureRef& failure) {
  if (!failure || !core::put_away(failure->payload)) return failure;
  Result<core::Payload> bytes = brought_back(failure->payload);
  if (bytes) return with(failure, std::move(bytes).value());
  auto lost = std::make_shared<core::Failure>(*failure);
  lost->kind = core::Failure::Kind::invalid;
  lost->message = "it threw an exception, and " + bytes.message();
  lost->payload = nullptr;
  return lost;
}

}  // namespace dflow::cluster
