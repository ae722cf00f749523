#include "runtime/cluster/threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace dflow::cluster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// What is said where the user may have no more than one process; root may have any number.
std::string lack_under_limit(std::size_t count) {
  constexpr uid_t kNobodyElse = 64'999;
  int said[2];
  EXPECT_EQ(::pipe(said), 0);
  const int child = ::fork();
  if (child == 0) {
    const rlimit one{.rlim_cur = 1, .rlim_max = 1};
    const bool limited = ::setrlimit(RLIMIT_NPROC, &one) == 0 && (::getuid() != 0 || ::setuid(kNobodyElse) == 0);
    const std::string lack = limited ? lack_of_threads(count) : "there is no limit";
    ::_exit(::write(said[1], lack.data(), lack.size()) == static_cast<ssize_t>(lack.size()) ? 0 : 1);
  }
  ::close(said[1]);
  std::string text(4096, '\0');
  const ssize_t got = ::read(said[0], text.data(), text.size());
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  ::close(said[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

TEST(LackOfThreads, IsNotFeltWhereThereAreEnough) { EXPECT_EQ(lack_of_threads(20), ""); }

TEST(LackOfThreads, IsTold) {
  EXPECT_THAT(lack_under_limit(5),
              AllOf(HasSubstr(" of 5 threads can be made"), HasSubstr("may have 1,"), HasSubstr("ulimit -u")));
}

TEST(LackOfThreads, IsNoneWhereNoneAreAskedFor) { EXPECT_EQ(lack_under_limit(0), ""); }

}  // namespace
}  // namespace dflow::cluster
