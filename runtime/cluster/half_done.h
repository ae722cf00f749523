// When a worker has done half of what it was given.
#pragma once

#include <cstddef>

namespace dflow::cluster {

/// Says so once for what has come together, unless that is little. Pure.
class HalfDone {
 public:
  /// Fewer tasks are done sooner than anybody could send more.
  static constexpr std::size_t kLeast = 8;

  /// Tasks have come, or other news: there were `before`, and now there are so many.
  void received(std::size_t before, std::size_t tasks) {
    if (tasks > before) to_do_ = tasks;
  }
  /// There are so many tasks left: has the other half been done just now?
  bool reached(std::size_t tasks) {
    if (to_do_ < kLeast || tasks > to_do_ / 2) return false;
    to_do_ = 0;
    return true;
  }

 private:
  std::size_t to_do_ = 0;  ///< Tasks there were when the last came; 0: half of them have been done.
};

}  // namespace dflow::cluster
