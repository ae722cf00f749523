// A worker's memory: what is spilled to the disk, when it pauses, and how much may come at once.
#include <algorithm>

#include "runtime/core/worker.h"

namespace dflow::core {
namespace {

// In hundredths of the limit. The second of each pair is where it ends, so that nothing goes back and forth.
constexpr std::uint64_t spill_above = 60, spill_down_to = 50;
constexpr std::uint64_t pause_above = 80, pause_until = 70;

constexpr std::uint64_t share_coming = 25;  ///< Of values that are being fetched.
constexpr Duration disk_pause = std::chrono::seconds(1);

}  // namespace

bool Worker::may_spill(const Value& value) const {
  return bounded() && value.bytes >= settings_.smallest_spilled && !value.unwritable;
}

/// The only place where values change their state, and where what they take is counted.
void Worker::turn(const Name& name, Value& value, ValueState to) {
  if (!legal(value.state, to)) {
    throw BrokenRule("a value of " + Story<WorkState>::name(name.id) + " must not go from " +
                     std::string(name_of(value.state)) + " to " + std::string(name_of(to)) + " in event " +
                     std::to_string(event_number_) + " (" + event_name_ + ") of a worker");
  }
  const auto count = [&](ValueState state, std::uint64_t bytes) {  // negative numbers wrap, and back
    if (state == ValueState::here || state == ValueState::spilling) memory_ += bytes;
    if (state == ValueState::spilling) spilling_ += bytes;
    if (state == ValueState::spilled) spilled_ += bytes;
  };
  count(value.state, -value.bytes);
  if (value.state == ValueState::here) unspilled_.erase({value.used, name});
  value.state = to;
  count(to, value.bytes);
  if (to == ValueState::here && may_spill(value)) unspilled_.insert({value.used, name});
}

/// What was measured, and what has come and gone since.
std::uint64_t Worker::used() const {
  const std::uint64_t now = process_ + memory_;
  return std::max(memory_, now > memory_then_ ? now - memory_then_ : 0);
}

bool Worker::has_room(std::uint64_t bytes) const {
  return !bounded() || used() + bytes <= part(pause_above);
}

bool Worker::read_now(const Value& value) const {
  return std::any_of(value.readers.begin(), value.readers.end(), [&](const Name& reader) {
    const WorkState state = tasks_.at(reader).state;
    return state != WorkState::fetching && state != WorkState::ready;
  });
}

/// Values that wait for a body here go last.
void Worker::spill() {
  if (!bounded() || disk_full_) return;
  const auto above = [&](std::uint64_t percent) {
    return used() - std::min(used(), spilling_) > part(percent);
  };
  if (!above(spill_above)) return;
  for (const bool with_readers : {false, true}) {
    for (auto it = unspilled_.begin(); it != unspilled_.end() && above(spill_down_to);) {
      const Name name = (it++)->second;
      Value& value = values_.at(name);
      if (value.readers.empty() == with_readers || read_now(value)) continue;
      turn(name, value, ValueState::spilling);
      emit(SpillValue{name.id, name.version});
    }
  }
}

/// One value tells whether the disk takes more.
void Worker::try_disk() {
  if (!disk_full_ || disk_try_ || now_ < *disk_full_) return;
  const auto first = std::find_if(unspilled_.begin(), unspilled_.end(),
                                  [&](const auto& each) { return !read_now(values_.at(each.second)); });
  if (first == unspilled_.end()) return void(disk_tried_ = true);
  const Name name = first->second;
  disk_try_ = name;
  turn(name, values_.at(name), ValueState::spilling);
  emit(SpillValue{name.id, name.version});
}

void Worker::on(const SpillEnded& event) {
  const Name name{event.id, event.version};
  const bool tried = disk_try_ == name;
  if (tried) disk_try_.reset();
  if (event.how == SpillEnded::How::no_room) {
    disk_full_ = now_ + disk_pause;
    disk_tried_ = true;
  } else if (tried) {
    disk_full_.reset();
  }
  const auto found = values_.find(name);
  if (found == values_.end() || !found->second.stored()) return;
  Value& value = found->second;
  if (event.how == SpillEnded::How::unwritable) {
    if (value.state == ValueState::here) unspilled_.erase({value.used, name});
    value.unwritable = true;
  }
  if (value.state != ValueState::spilling) return;  // a body has begun to read it
  if (event.how != SpillEnded::How::written) return turn(name, value, ValueState::here);
  turn(name, value, ValueState::spilled);
  emit(UnloadValue{event.id, event.version});
}

void Worker::on(const MemoryMeasured& event) {
  if (event.share > 0 && bounded() && !limits_.strict) limits_.memory = event.share;
  process_ = event.bytes;
  memory_then_ = memory_;
}

void Worker::note_pressure() {
  if (!bounded()) return;
  const std::uint64_t above = disk_full_ ? spill_above : pause_above;
  const std::uint64_t until = disk_full_ ? spill_down_to : pause_until;
  if (used() > part(above))
    paused_ = true;
  else if (used() <= part(until))
    paused_ = false;
}

/// It has to wait for memory: that is short, or would be with what it reads back and what comes meanwhile, and some is about
/// to be given back, by other bodies or by the disk. If nothing else can free any, the body may.
bool Worker::held_back(const Work& work) const {
  const bool disk_may_free = spilling_ > 0 || (disk_full_ && !disk_tried_ && used() > part(pause_above));
  if (!bounded() || (running_ == 0 && !disk_may_free)) return false;
  if (paused_) return true;
  std::uint64_t back = 0;
  for (const NamedValue* input : work.inputs) {
    if (input->second.state == ValueState::spilled) back += input->second.bytes;
  }
  return back > 0 && used() + coming_bytes_ + back > part(pause_above);
}

// ---- What comes

void Worker::refuse_large(const Name& name, Value& value) {
  value.refused = {{name.id, name.version, self_, false,
                    "its " + std::to_string(value.bytes) + " bytes are more than the memory limit of " +
                        std::to_string(limits_.memory) + " bytes"}};
  give_up(name, value);
}

/// As far as there is room for them; if there is none, one after the other.
void Worker::admit_fetches() {
  while (!to_fetch_.empty()) {
    const Name name = to_fetch_.front();
    const auto found = values_.find(name);
    if (found == values_.end() || !found->second.queued) {
      to_fetch_.pop_front();
      continue;
    }
    Value& value = found->second;
    const std::uint64_t room = part(pause_above) - std::min(used(), part(pause_above));
    const bool fits = coming_bytes_ + value.bytes <= std::min(room, part(share_coming));
    const bool wanted = value.for_scheduler || !value.readers.empty();
    if (wanted && !fits && !coming_.empty()) return;
    to_fetch_.pop_front();
    value.queued = false;
    if (!wanted) {
      value.asking.reset();
      erase_if_idle(name);
      continue;
    }
    start_fetch(name, value);
  }
}

void Worker::start_fetch(const Name& name, const Value& value) {
  if (coming_.insert({{name, *value.asking}, value.bytes}).second) coming_bytes_ += value.bytes;
  emit(StartFetch{name.id, name.version, *value.asking, value.bytes});
}

/// False if it had not been asked for there.
bool Worker::fetch_ended(const Name& name, WorkerId from) {
  const auto found = coming_.find({name, from});
  if (found == coming_.end()) return false;
  coming_bytes_ -= found->second;
  coming_.erase(found);
  return true;
}

void Worker::beat() {
  beaten_ = true;
  beat_ = now_;
  told_paused_ = paused_;
  report(Heartbeat{self_, std::max(memory_, process_), paused_, spilled_, limits_.memory});
}

}  // namespace dflow::core
