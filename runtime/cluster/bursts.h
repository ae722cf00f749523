// When a program's tasks leave it.
#pragma once

#include <cstddef>

namespace dflow::cluster {

/// After a lull, or when the program has waited for something, a task goes alone; then as many together as are enough, twice as
/// many the next time, and so on: workers have something to do while the rest is still being described, and who submits many
/// sends few messages more. Pure: no clock or lock.
class Bursts {
 public:
  static constexpr std::size_t kFirst = 32;
  static constexpr std::size_t kMost = 1000;  ///< Those who submit more leave it to others to send them.

  /// What becomes of a task: it is one of `queued`; nothing has been sent or queued for a while, or that is not so.
  /// True: they are to be sent now.
  bool queued(std::size_t queued, bool lull) {
    const bool enough = enough_ > 0 && queued >= enough_;
    if (lull) enough_ = kFirst;
    else if (enough) enough_ = enough_ * 2 < kMost ? enough_ * 2 : 0;
    return lull || enough;
  }
  /// The program waits for something.
  void waited() { enough_ = kFirst; }

 private:
  std::size_t enough_ = kFirst;  ///< So many are not waited with for more; 0: any number is.
};

}  // namespace dflow::cluster
