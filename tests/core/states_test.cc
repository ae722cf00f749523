// docs/states.md is what the tables in runtime/core/states.h say: `core_test` holds it to them, and writes it
// anew when DFLOW_WRITE_STATES is set.
#include "runtime/core/states.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/core/story.h"

namespace dflow::core {
namespace {

template <class State, std::size_t N, std::size_t M>
void print(std::ostream& out, const StateName<State> (&states)[N],
           const Transition<State> (&transitions)[M]) {
  out << "| state | meaning |\n|---|---|\n";
  for (const auto& state : states) out << "| " << state.name << " | " << state.meaning << " |\n";
  out << "\n| from | to | when |\n|---|---|---|\n";
  for (const auto& line : transitions) {
    out << "| " << name_of(line.from) << " | " << name_of(line.to) << " | " << line.when << " |\n";
  }
}

std::string document() {
  std::ostringstream out;
  out << "# States\n\nGenerated from `runtime/core/states.h`, the table that the code is held to: a "
         "transition that is not "
         "here\nthrows `BrokenRule` with the task's story. After a change: `DFLOW_WRITE_STATES=1 "
         "core_test`.\n"
         "States of a task in one process: [architecture.md](architecture.md).\n\n## A task at the "
         "scheduler\n\n";
  print(out, task_states, task_transitions);
  out << "\n## A task at its worker\n\n";
  print(out, work_states, work_transitions);
  out << "\n## A value at a worker\n\n";
  print(out, value_states, value_transitions);
  return out.str();
}

TEST(States, AreDocumentedAsTheyAre) {
  const std::string path = DFLOW_SOURCE_DIR "/docs/states.md";
  if (std::getenv("DFLOW_WRITE_STATES")) std::ofstream(path) << document();
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), document()) << "write it anew: DFLOW_WRITE_STATES=1 core_test";
}

TEST(States, KnowWhatMayFollowWhat) {
  EXPECT_TRUE(legal(TaskState::ready, TaskState::assigned));
  EXPECT_FALSE(legal(TaskState::failed, TaskState::stored));
  EXPECT_FALSE(legal(TaskState::forgotten, TaskState::waiting));
  EXPECT_FALSE(legal(WorkState::running, WorkState::ready));
}

}  // namespace
}  // namespace dflow::core
