// Lines for somebody who takes them more slowly than they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/cluster/protocol.h"

namespace dflow::cluster {

/// Lets lines through while little waits, leaves out others, and then says how much was left out: neither memory nor a worker's
/// tasks depend on how fast somebody reads. Pure: no clock or lock.
class LeftOut {
 public:
  static constexpr std::size_t kMostWaiting = std::size_t{16} << 20;

  /// What is to be sent now, if so many bytes wait already.
  std::vector<Printed> take(Printed lines, std::size_t waiting) {
    if (waiting > kMostWaiting) {
      bytes_ += lines.left_out > 0 ? lines.left_out : lines.text.size();
      return {};
    }
    std::vector<Printed> all = notice();
    all.push_back(std::move(lines));
    return all;
  }
  /// What there is to be said of lines that were left out since it was asked last.
  std::vector<Printed> notice() {
    const std::uint64_t bytes = std::exchange(bytes_, 0);
    if (bytes == 0) return {};
    return {{.worker = "dflow",
             .is_error = true,
             .text = std::to_string(bytes) + " bytes that tasks printed were left out: they come faster than they are read\n",
             .left_out = bytes}};
  }

 private:
  std::uint64_t bytes_ = 0;
};

}  // namespace dflow::cluster
