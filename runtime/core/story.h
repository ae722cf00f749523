#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "runtime/core/ids.h"
#include "runtime/core/states.h"

namespace dflow::core {

/// A state machine did what it must not: a bug in here, never in a program that uses dflow.
struct BrokenRule : std::logic_error {
  using std::logic_error::logic_error;
};

/// The last transitions of all tasks: what a broken rule is reported with.
template <class State>
class Story {
 public:
  /// `event` is a literal.
  void add(TaskId id, State from, State to, const char* event, std::uint64_t number) {
    ring_[next_++ % ring_.size()] = {id, from, to, event, number};
  }

  std::string of(TaskId id) const {
    std::string text;
    const std::uint64_t first = next_ > ring_.size() ? next_ - ring_.size() : 0;
    for (std::uint64_t i = first; i < next_; ++i) {
      const Entry& entry = ring_[i % ring_.size()];
      if (entry.id != id) continue;
      text += "\n  event " + std::to_string(entry.number) + " (" + entry.event +
              "): " + std::string(name_of(entry.from)) + " -> " + std::string(name_of(entry.to));
    }
    return text.empty() ? "\n  (nothing within the last transitions)" : text;
  }

  static std::string name(TaskId id) {
    return "task " + std::to_string(static_cast<std::uint32_t>(client_of(id))) + "/" +
           std::to_string(number_of(id));
  }

 private:
  struct Entry {
    TaskId id{};
    State from{};
    State to{};
    const char* event = "";
    std::uint64_t number = 0;
  };
  std::array<Entry, 1024> ring_{};
  std::uint64_t next_ = 0;
};

}  // namespace dflow::core
