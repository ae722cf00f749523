// How a test tells a program's tasks when to go on.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace dflow::test {

/// Returns when somebody has made the file; the time is no part of what is tested.
inline void await_file(const std::string& path) {
  while (!std::filesystem::exists(path)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace dflow::test
