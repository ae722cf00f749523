// Workers' memory and disks.
#include <algorithm>
#include <utility>

#include "tests/sim/cluster.h"

namespace dflow::sim {

void Cluster::fill_disk(std::size_t slot, Duration span) {
  if (const auto life = slots_[slot].life) life->disk_full_until = world.now() + span;
}

void Cluster::press(std::size_t slot, Duration span) {
  slots_[slot].pressure = world.random.between(0, options.memory + options.memory / 5);
  world.after(span, [this, slot] { slots_[slot].pressure = 0; });
}

/// As an agent does, when there is too much twice in a row. The next process begins without what no value took.
void Cluster::replace_if_large(const std::shared_ptr<Life>& life) {
  const std::uint64_t process = life->brain->memory() + slots_[life->slot].pressure;
  const bool above = process > options.memory / 100 * 95;
  if (!std::exchange(life->above, above) || !above) return;
  slots_[life->slot].pressure = 0;
  ++replaced;
  for (const auto& [name, value] : life->store) ++deaths[name.first];  // it may have been too large
  end_life(life, {.kind = core::WorkerEnd::Kind::signalled, .code = 9}, true);
}

/// Of some tasks the results cannot be written.
void Cluster::spill(const std::shared_ptr<Life>& life, ValueName name) {
  using How = core::SpillEnded::How;
  const bool again = life->disk.contains(name);
  world.after(again ? Duration{} : world.random.between(microseconds(20), milliseconds(20)),
              [this, life, name] {
                if (life->dead) return;
                How how = How::written;
                if (static_cast<std::uint64_t>(name.first) % 7 == 3 && !options.replacing)
                  how = How::unwritable;
                else if (!life->disk.contains(name) && world.now() < life->disk_full_until)
                  how = How::no_room;
                else if (life->store.contains(name))
                  life->disk.insert({name, world.random.chance(options.damage)});
                drive(life, core::SpillEnded{name.first, name.second, how});
              });
}

void Cluster::unload(const std::shared_ptr<Life>& life, ValueName name) {
  require(life->store.contains(name) && life->disk.contains(name),
          "what is not written is taken out of memory");
  for (const auto& [reader, running] : life->running) {
    for (const core::Input& input : running.body.inputs) {
      require(ValueName{input.id, input.version} != name, "what a body reads is taken out of memory");
    }
  }
  life->unloaded.insert(name);
}

bool Cluster::damaged(const std::shared_ptr<Life>& life, ValueName name) {
  return life->unloaded.contains(name) && life->disk.at(name);
}

/// False if that cannot be: the body does not begin.
bool Cluster::read_back(const std::shared_ptr<Life>& life, const core::StartBody& start) {
  for (const core::Input& input : start.inputs) {
    const ValueName name{input.id, input.version};
    if (!damaged(life, name)) continue;
    world.after(Duration{}, [this, life, name, body = ValueName{start.id, start.attempt}] {
      drive(life, core::ValueSpoilt{name.first, name.second});
      drive(life, core::BodyUnstarted{body.first, body.second, name.first, name.second});
    });
    return false;
  }
  for (const core::Input& input : start.inputs) life->unloaded.erase({input.id, input.version});
  return true;
}

void Cluster::begin_fetch(const std::shared_ptr<Life>& life, const core::StartFetch& ask) {
  life->coming.insert({{ask.id, ask.version}, ask.bytes});
  std::uint64_t bytes = 0;
  for (const auto& [name, each] : life->coming) bytes += each;
  const bool bounded = options.memory > 0 && life->coming.size() > 1;
  require(!bounded || bytes <= options.memory / 4, "more comes at once than there may");
}

}  // namespace dflow::sim
