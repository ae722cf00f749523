// What members of a cluster say of themselves: which processes `dflow down` may end, and what `dflow status` shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "runtime/transfer/machine.h"
#include "tools/dflow/ending.h"
#include "tools/dflow/render_status.h"

namespace dflow::tools {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::uint16_t kPort = 7070;

/// A process that waits for its end.
class Child {
 public:
  /// Another program, with this environment alone; with none, a copy of this one.
  explicit Child(const char* variable = nullptr) {
    int ready[2];
    if (::pipe2(ready, O_CLOEXEC) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      char* arguments[] = {const_cast<char*>("sleep"), const_cast<char*>("1000"), nullptr};
      char* variables[] = {const_cast<char*>(variable), nullptr};
      if (variable) ::execve("/bin/sleep", arguments, variables);
      ::close(ready[1]);
      for (;;) ::pause();
    }
    ::close(ready[1]);
    char none = 0;
    [[maybe_unused]] const auto closed = ::read(ready[0], &none, 1);  // by exec, or by the copy
    ::close(ready[0]);
  }
  Child(const Child&) = delete;
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::int64_t pid() const { return pid_; }
  bool runs() const {
    siginfo_t end{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT) == 0 && end.si_pid == 0;
  }

 private:
  int pid_ = -1;
};

Ending::Outcome outcome_for(const Child& child, Part part, const std::string& machine = transfer::machine()) {
  Ending ending(kPort);
  ending.add("n\x1b[2J", child.pid(), part, machine);
  return ending.wait(0ms);
}

TEST(Down, EndsWorkersOfItsCluster) {
  const Child worker("DFLOW_WORKER=127.0.0.1:7070");
  const Ending::Outcome outcome = outcome_for(worker, Part::worker);
  EXPECT_EQ(outcome.killed, 1u);
  EXPECT_THAT(outcome.left, IsEmpty());
  EXPECT_FALSE(worker.runs());
}

TEST(Down, LeavesAloneWhatIsNoWorkerOfIt) {
  for (const char* variable : {"PATH=/bin", "DFLOW_WORKER=127.0.0.1:7071", "NOT_DFLOW_WORKER=127.0.0.1:7070"}) {
    const Child other(variable);
    const Ending::Outcome outcome = outcome_for(other, Part::worker);
    EXPECT_EQ(outcome.killed, 0u);
    EXPECT_THAT(outcome.left, ElementsAre("n\\x1b[2J (process " + std::to_string(other.pid()) +
                                          "): it was not started as a worker of this cluster"));
    EXPECT_TRUE(other.runs());
  }
}

TEST(Down, EndsAgentsAndSchedulersOnlyThatRunThisTool) {
  const Child other("DFLOW_WORKER=127.0.0.1:7070"), same;
  EXPECT_THAT(outcome_for(other, Part::service).left, ElementsAre(HasSubstr("it does not run ")));
  EXPECT_TRUE(other.runs());
  EXPECT_EQ(outcome_for(same, Part::service).killed, 1u);
  EXPECT_FALSE(same.runs());
}

TEST(Down, LeavesAloneWhatRunsElsewhere) {
  const Child worker("DFLOW_WORKER=127.0.0.1:7070");
  const std::string here = transfer::machine(), kernel = here.substr(0, here.find('/'));
  for (const std::string& machine : {std::string(), std::string("another/1/2"), kernel + "/1/0"}) {
    const Ending::Outcome outcome = outcome_for(worker, Part::worker, machine);
    EXPECT_EQ(outcome.killed, 0u);
    EXPECT_THAT(outcome.left, IsEmpty()) << "nobody knows here what has that number there";
  }
  EXPECT_TRUE(worker.runs());
}

TEST(Down, LeavesAloneWhatIsAnothers) {
  struct stat first {};
  ASSERT_EQ(::stat("/proc/1", &first), 0);
  EXPECT_THAT(why_not_ended(1, Part::service, kPort), HasSubstr(first.st_uid == ::geteuid() ? "does not run" : "another user's"));
  EXPECT_THAT(why_not_ended(INT64_MAX, Part::worker, kPort), HasSubstr("nothing is known"));
}

TEST(Status, ShowsNamesAndObeysNone) {
  const std::string evil = "\x1b]0;owned\a\r\nroot# ";
  const cluster::ClusterStatus status{
      .address = "127.0.0.1:1",
      .version = "0.1",
      .host = evil,
      .agents = {{.name = evil, .host = evil}},
      .programs = {{.program = evil, .executable = evil, .workers = {{.name = evil, .host = evil}}}, {.program = evil}}};
  for (const std::string& shown : {status_as_text(status), status_as_json(status)}) {
    for (const char* order : {"\x1b", "\a", "\r", "\nroot"}) EXPECT_THAT(shown, Not(HasSubstr(order)));
  }
  EXPECT_THAT(status_as_text(status), HasSubstr("\\x1b]0;owned\\x07\\x0d\\x0aroot# "));
}

}  // namespace
}  // namespace dflow::tools
