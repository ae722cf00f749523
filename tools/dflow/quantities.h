#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/result.h"

/// Quantities as people write them on a command line. Errors say what was expected.
namespace dflow::tools {

/// "250us", "1.5 ms", "2s": a number and ns, us (or µs), ms, s, min or h; at most 1000 hours.
formats::Result<std::chrono::nanoseconds> parse_time(std::string_view text);

/// "8", "64kB", "1.5GB": a number of bytes, or of kB, MB, GB, TB (powers of 1000); at most 1000 TB.
formats::Result<std::uint64_t> parse_size(std::string_view text);

/// Bytes a second: a size of at least 1 kB with "/s" behind it or without.
formats::Result<double> parse_rate(std::string_view text);

/// "8", "1,3,10", "1..1024": doubled from the first to the last, which is always among them.
formats::Result<std::vector<std::uint32_t>> parse_workers(std::string_view text);

}  // namespace dflow::tools
