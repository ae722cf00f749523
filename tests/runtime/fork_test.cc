// Processes that are forked from one with an Executor.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "tests/runtime/support.h"

namespace dflow::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string thrown_by(const std::function<void()>& use) {
  try {
    use();
    return "nothing was thrown";
  } catch (const SessionError& error) {
    return error.what();
  }
}

/// What a child says of that, and how it ends. One that hangs is killed by its alarm.
struct Child {
  std::string said;
  int status = 0;

  explicit Child(const std::function<std::string()>& body) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) std::abort();
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::alarm(20);
      const std::string text = body();
      if (::write(ends[1], text.data(), text.size()) < 0) std::abort();
      ::_exit(0);
    }
    ::close(ends[1]);
    std::array<char, 1024> buffer{};
    for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;) said.append(buffer.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    ::waitpid(pid, &status, 0);
  }
};

TEST(Forks, EachUseOfAnExecutorOfTheParentsIsRefused) {
  Executor ex(threads(2));
  const auto done = ex.submit(square, 3);
  done.wait();
  const Promise<int> promise;
  const auto open = promise.future();
  const std::vector<std::function<void()>> uses{
      [&] { ex.submit(square, 2); }, [&] { ex.map(square, std::vector{1, 2}); },   [&] { ex.scatter(1); },
      [&] { open.get(); },           [&] { open.wait(1ms); },                      [&] { wait(std::vector{open}); },
      [&] { ex.shutdown(); },        [&] { for (auto& each : as_completed(std::vector{open})) each.wait(); },
      [&] { done.then(square); },    [] { Executor another; },                     [] { Promise<int> another; },
      [&] { (void)ex.workers(); },   [&] { ex.replicate(std::vector{open}, 1); }};
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const Child child([&] { return thrown_by(uses[i]); });
    EXPECT_THAT(child.said, AllOf(HasSubstr("was forked"), HasSubstr("fork() before the first"))) << "use " << i;
  }
  EXPECT_EQ(Child([&] { return std::to_string(done.get()); }).said, "9") << "what is there is there";
  EXPECT_EQ(ex.submit(square, 4).get(), 16) << "the parent does not notice";
}

TEST(Forks, AChildMayEndWithTheParentsExecutor) {
  auto ex = std::make_unique<Executor>(threads(2));
  const auto x = ex->submit(square, 3);
  x.wait();
  const Child child([&]() -> std::string {
    ex.reset();
    std::exit(7);
  });
  EXPECT_TRUE(WIFEXITED(child.status) && WEXITSTATUS(child.status) == 7) << child.status;
  EXPECT_EQ(ex->submit(square, x).get(), 81);
}

TEST(Forks, AForkInATaskIsNoOtherCase) {
  Executor ex(threads(2));
  const auto forks = [](Executor& mine) { return Child([&] { return thrown_by([&] { mine.submit(square, 2); }); }).said; };
  EXPECT_THAT(ex.submit(forks).get(), HasSubstr("was forked"));
  const auto exits = [] { return Child([]() -> std::string { std::exit(7); }).status; };
  const int status = ex.submit(exits).get();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

}  // namespace
}  // namespace dflow::testing
