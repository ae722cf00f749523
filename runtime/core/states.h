// The states of tasks, and which may follow which: the one table that the code is held to and that
// docs/states.md prints.
#pragma once

#include <cstdint>
#include <string_view>

namespace dflow::core {

/// One line of a table of states.
template <class State>
struct Transition {
  State from;
  State to;
  std::string_view when;
};

template <class State>
struct StateName {
  State state;
  std::string_view name;
  std::string_view meaning;
};

/// A task, as the scheduler sees it.
enum class TaskState : std::uint8_t {
  fresh,
  waiting,
  ready,
  assigned,
  arriving,
  stored,
  released,
  failed,
  forgotten
};

inline constexpr StateName<TaskState> task_states[] = {
    {TaskState::fresh, "fresh", "just submitted, only within one event, or until all the workers are back after a restart"},
    {TaskState::waiting, "waiting", "some inputs have not ended yet"},
    {TaskState::ready, "ready", "all inputs are stored; no worker has room for it yet"},
    {TaskState::assigned, "assigned", "given to a worker"},
    {TaskState::arriving, "arriving", "a scattered value that no worker has yet"},
    {TaskState::stored, "stored", "at least one live worker holds the value"},
    {TaskState::released, "released",
     "nothing needs the value now; known still, since others were computed from it"},
    {TaskState::failed, "failed", "there is and will be no value"},
    {TaskState::forgotten, "forgotten", "nothing is known of it any more"},
};

inline constexpr Transition<TaskState> task_transitions[] = {
    {TaskState::fresh, TaskState::waiting, "submitted"},
    {TaskState::fresh, TaskState::arriving, "scattered"},
    {TaskState::fresh, TaskState::stored, "restarted: a worker has its value"},
    {TaskState::fresh, TaskState::assigned, "restarted: a worker has it to do"},
    {TaskState::fresh, TaskState::released, "restarted: it has run, and no worker has its value"},
    {TaskState::fresh, TaskState::failed, "restarted: it had failed, or may have run and must not run twice"},
    {TaskState::waiting, TaskState::ready, "its last input is stored"},
    {TaskState::waiting, TaskState::failed, "an input failed, or it is cancelled"},
    {TaskState::waiting, TaskState::released, "nothing needs it any more"},
    {TaskState::ready, TaskState::assigned, "a worker has room"},
    {TaskState::ready, TaskState::waiting, "the last copy of an input is lost"},
    {TaskState::ready, TaskState::failed, "it is cancelled"},
    {TaskState::ready, TaskState::released, "nothing needs it any more"},
    {TaskState::assigned, TaskState::stored, "its body returned"},
    {TaskState::assigned, TaskState::waiting,
     "its worker is lost, gave it up or gave it back, or its body threw and is tried again"},
    {TaskState::assigned, TaskState::failed,
     "its body threw, too many workers died under it, it may have run and must not run twice, or it is cancelled"},
    {TaskState::assigned, TaskState::released, "nothing needs it any more"},
    {TaskState::arriving, TaskState::stored, "a worker has it"},
    {TaskState::arriving, TaskState::failed, "its client is gone, cancelled it, or does not have it any more"},
    {TaskState::stored, TaskState::waiting, "the last copy is lost and it is needed: it is computed again"},
    {TaskState::stored, TaskState::arriving,
     "the last copy is lost, and its client wants it: it is asked to send it again"},
    {TaskState::stored, TaskState::released, "nothing needs it any more"},
    {TaskState::stored, TaskState::failed, "the last copy of what no body may make is lost, or it is cancelled"},
    {TaskState::released, TaskState::waiting, "a value computed from it is lost: it is computed again"},
    {TaskState::released, TaskState::failed, "it is cancelled, or is needed again and no body may make it"},
    {TaskState::released, TaskState::forgotten, "nothing is left that was computed from it"},
    {TaskState::failed, TaskState::forgotten, "neither its client nor any task asks for it"},
};

/// A task, as its worker sees it.
enum class WorkState : std::uint8_t { fresh, fetching, ready, running, blocked, resuming, gone };

inline constexpr StateName<WorkState> work_states[] = {
    {WorkState::fresh, "fresh", "just received, only within one event"},
    {WorkState::fetching, "fetching", "some inputs are not here yet"},
    {WorkState::ready, "ready", "waits for a thread"},
    {WorkState::running, "running", "its body runs"},
    {WorkState::blocked, "blocked", "its body waits for other tasks, without a thread"},
    {WorkState::resuming, "resuming", "its body could go on, and waits for a thread"},
    {WorkState::gone, "gone", "nothing is known of it any more"},
};

inline constexpr Transition<WorkState> work_transitions[] = {
    {WorkState::fresh, WorkState::fetching, "received"},
    {WorkState::fetching, WorkState::ready, "its last input is here"},
    {WorkState::fetching, WorkState::gone, "cancelled, given up, or given back since an input cannot be had"},
    {WorkState::ready, WorkState::running, "a thread is free"},
    {WorkState::ready, WorkState::fetching, "an input was lost from the store"},
    {WorkState::ready, WorkState::gone, "cancelled or given up"},
    {WorkState::running, WorkState::blocked, "its body waits for other tasks"},
    {WorkState::running, WorkState::gone,
     "its body returned or threw, or could not begin since an input is damaged"},
    {WorkState::blocked, WorkState::resuming, "what it waited for is there"},
    {WorkState::resuming, WorkState::running, "a thread is free"},
};

/// A value, as a worker sees it.
enum class ValueState : std::uint8_t { absent, here, spilling, spilled };

inline constexpr StateName<ValueState> value_states[] = {
    {ValueState::absent, "absent", "not here: it is fetched, or was never wanted"},
    {ValueState::here, "here", "in memory"},
    {ValueState::spilling, "spilling", "in memory, and being written to the disk"},
    {ValueState::spilled, "spilled", "on the disk alone"},
};

inline constexpr Transition<ValueState> value_transitions[] = {
    {ValueState::absent, ValueState::here, "it has come, or its body returned"},
    {ValueState::here, ValueState::spilling,
     "memory is short, and of those that no body reads it is unused for longest"},
    {ValueState::here, ValueState::absent, "nobody needs it any more"},
    {ValueState::spilling, ValueState::spilled, "it is written"},
    {ValueState::spilling, ValueState::here, "a body reads it, or it cannot be written"},
    {ValueState::spilling, ValueState::absent, "nobody needs it any more"},
    {ValueState::spilled, ValueState::here, "a body reads it: it is read back"},
    {ValueState::spilled, ValueState::absent, "nobody needs it any more, or it is damaged"},
};

namespace detail {
template <class State, std::size_t N>
constexpr bool listed(const Transition<State> (&table)[N], State from, State to) {
  for (const auto& line : table) {
    if (line.from == from && line.to == to) return true;
  }
  return false;
}
template <class State, std::size_t N>
constexpr std::string_view name_in(const StateName<State> (&table)[N], State state) {
  for (const auto& line : table) {
    if (line.state == state) return line.name;
  }
  return "?";
}
}  // namespace detail

constexpr bool legal(TaskState from, TaskState to) {
  return detail::listed(task_transitions, from, to);
}
constexpr bool legal(WorkState from, WorkState to) {
  return detail::listed(work_transitions, from, to);
}
constexpr bool legal(ValueState from, ValueState to) {
  return detail::listed(value_transitions, from, to);
}
constexpr std::string_view name_of(TaskState state) {
  return detail::name_in(task_states, state);
}
constexpr std::string_view name_of(WorkState state) {
  return detail::name_in(work_states, state);
}
constexpr std::string_view name_of(ValueState state) {
  return detail::name_in(value_states, state);
}

}  // namespace dflow::core
