// What other users of the machine may do, for tests.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace dflow::net {

inline constexpr uid_t kNobody = 65534;

/// A process of another user's, which only root can start. It ends with the test, however that does.
class OtherUser {
 public:
  /// What it says to the test, and how it waits for it.
  class Talk {
   public:
    Talk(int out, int in) : out_(out), in_(in) {}
    void say(std::uint16_t number) const { (void)!::write(out_, &number, sizeof number); }
    /// Until the test lets it go.
    void wait() const {
      char byte = 0;
      (void)!::read(in_, &byte, 1);
    }

   private:
    int out_, in_;
  };

  /// `body` runs there, and returns the exit code.
  explicit OtherUser(const std::function<int(const Talk&)>& body) {
    std::array<int, 2> out{}, in{};
    EXPECT_EQ(::pipe(out.data()), 0);
    EXPECT_EQ(::pipe(in.data()), 0);
    process_ = ::fork();
    if (process_ == 0) {
      ::close(in[1]);
      if (::setuid(kNobody) != 0) ::_exit(1);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::_exit(body({out[1], in[0]}));
    }
    ::close(out[1]);
    ::close(in[0]);
    from_ = out[0], to_ = in[1];
  }
  ~OtherUser() {
    (void)end();
    ::close(from_);
  }
  OtherUser(const OtherUser&) = delete;
  OtherUser& operator=(const OtherUser&) = delete;

  /// What it says next; none if it has ended.
  std::optional<std::uint16_t> hear() {
    std::uint16_t number = 0;
    return ::read(from_, &number, sizeof number) == static_cast<ssize_t>(sizeof number) ? std::optional(number) : std::nullopt;
  }
  /// Lets it go, and says how it has ended, as waitpid() does.
  int end() {
    if (to_ < 0) return status_;
    ::close(std::exchange(to_, -1));
    ::waitpid(process_, &status_, 0);
    return status_;
  }
  void kill() const { ::kill(process_, SIGKILL); }

 private:
  pid_t process_ = -1;
  int from_ = -1, to_ = -1, status_ = -1;
};

}  // namespace dflow::net
