#include "runtime/cluster/argument_store.h"

#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace dflow::cluster {

namespace {

using formats::Error;

/// Less than this is not worth a place in a file: what is to be known of that takes some 200 bytes of memory.
constexpr std::size_t kWorthwhile = 1024;

class OnDisk final : public core::PutAway {
 public:
  OnDisk(core::TaskId task, std::size_t size, std::shared_ptr<const SpillFile::Slot> slot)
      : task_(task), size_(size), slot_(std::move(slot)) {}
  std::size_t size() const override { return size_; }
  Result<std::string> read() const override {
    std::string bytes(size_, '\0');
    const Result<void> got = slot_->read(task_, core::Attempt{}, [&](transfer::Source& source) {
      source.read(std::as_writable_bytes(std::span(bytes)));
    });
    if (!got) return Error{"its arguments cannot be read back from the scheduler's disk: " + got.message()};
    return bytes;
  }

 private:
  const core::TaskId task_;
  const std::size_t size_;
  const std::shared_ptr<const SpillFile::Slot> slot_;
};

class NowhereToKeep final : public core::PutAway {
 public:
  explicit NowhereToKeep(std::string why) : why_(std::move(why)) {}
  std::size_t size() const override { return 0; }
  Result<std::string> read() const override { return Error{why_}; }

 private:
  const std::string why_;
};

/// Counts the bytes that it holds, as long as it does.
struct Counted {
  core::Payload bytes;
  std::shared_ptr<std::atomic<std::uint64_t>> counter;
  void operator()(const std::string* counted) const noexcept { *counter -= counted->size(); }
};

bool is_worthwhile(const core::TaskSpec& task) { return task.payload && task.payload->size() >= kWorthwhile; }

}  // namespace

ArgumentStore::ArgumentStore(Options options) : options_(std::move(options)) {
  if (options_.folder == "none") why_not_written_ = "it has no folder for them";
}

void ArgumentStore::keep(core::TasksSubmitted& submitted) {
  for (core::TaskSpec& task : submitted.tasks) {
    if (!is_worthwhile(task) || place(task)) continue;
    const std::uint64_t all = *in_memory_ + task.payload->size();
    if (all <= options_.most_without_disk) hold(task);
    else task.payload = core::stand_in_for(std::make_shared<NowhereToKeep>(why_no_room(all)));
  }
}

void ArgumentStore::keep_all(core::TasksSubmitted& submitted) {
  for (core::TaskSpec& task : submitted.tasks) {
    if (is_worthwhile(task) && !place(task)) hold(task);
  }
}

/// In memory, if there is room, else on the disk. False if that does not take it.
bool ArgumentStore::place(core::TaskSpec& task) {
  if (*in_memory_ + task.payload->size() > options_.most_in_memory) return put_away(task);
  hold(task);
  return true;
}

bool ArgumentStore::put_away(core::TaskSpec& task) {
  const std::shared_ptr<SpillFile> to = file();
  if (!to) return false;
  const std::array pieces{std::as_bytes(std::span(*task.payload))};
  Result<std::shared_ptr<const SpillFile::Slot>> slot = to->write(task.id, core::Attempt{}, pieces);
  const std::lock_guard lock(mutex_);
  if (!slot) {
    not_written(to->folder() + ": " + slot.message());
    return false;
  }
  tell_once(told_of_disk_, "the arguments of submitted tasks take more than " + in_megabytes(options_.most_in_memory) +
                               ": the rest is kept in " + to->folder());
  task.payload = core::stand_in_for(std::make_shared<OnDisk>(task.id, task.payload->size(), std::move(slot).value()));
  return true;
}

void ArgumentStore::hold(core::TaskSpec& task) {
  *in_memory_ += task.payload->size();
  const std::string* bytes = task.payload.get();
  task.payload = {bytes, Counted{std::move(task.payload), in_memory_}};
}

/// Null: there can be none.
std::shared_ptr<SpillFile> ArgumentStore::file() {
  const std::lock_guard lock(mutex_);
  if (file_ || options_.folder == "none") return file_;
  Result<std::shared_ptr<SpillFile>> opened = SpillFile::open(options_.folder);
  if (opened) return file_ = std::move(opened).value();
  not_written(opened.message());
  return nullptr;
}

/// The lock is held.
void ArgumentStore::not_written(std::string why) {
  why_not_written_ = std::move(why);
  tell_once(told_of_want_, "the arguments of submitted tasks cannot be written to " + why_not_written_ + ": they stay in memory, up to " +
                               in_megabytes(options_.most_without_disk));
}

std::string ArgumentStore::why_no_room(std::uint64_t all) {
  const std::lock_guard lock(mutex_);
  return "the scheduler has no room for its arguments: those of the tasks that it knows take " + in_megabytes(all) +
         " of memory, and cannot be written to its disk (" + why_not_written_ +
         "): make room there, submit less at a time, or scatter() what is large";
}

void ArgumentStore::tell_once(bool& told, const std::string& what) {
  if (!std::exchange(told, true) && options_.tell) options_.tell(what);
}

Result<core::Payload> brought_back(const core::Payload& payload) {
  const core::PutAway* elsewhere = core::put_away(payload);
  if (!elsewhere) return payload;
  Result<std::string> bytes = elsewhere->read();
  if (!bytes) return bytes.error();
  return core::Payload(std::make_shared<const std::string>(std::move(bytes).value()));
}

Result<void> bring_back(core::TasksSubmitted& submitted) {
  for (core::TaskSpec& task : submitted.tasks) {
    Result<core::Payload> bytes = brought_back(task.payload);
    if (!bytes) return bytes.error();
    task.payload = std::move(bytes).value();
  }
  return {};
}

}  // namespace dflow::cluster
