// A descriptor of a file, and who closes it.
#pragma once

#include <unistd.h>

#include <utility>

namespace dflow::formats {

/// Closed with its owner.
struct Descriptor {
  int number = -1;  ///< Negative if there is none.

  Descriptor() = default;
  explicit Descriptor(int taken) : number(taken) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  bool close() { return number >= 0 && ::close(std::exchange(number, -1)) == 0; }
};

}  // namespace dflow::formats
