#pragma once

#include <cstdint>
#include <string>

namespace dflow::tools {

/// "940 ns", "3.14 µs", "12.5 ms", "1.2 s": three digits, which is what a reader compares.
std::string readable_time(std::uint64_t ns);

/// "0 bytes", "1 byte", "3.14 kB", "12.5 MB".
std::string readable_size(std::uint64_t bytes);

}  // namespace dflow::tools
