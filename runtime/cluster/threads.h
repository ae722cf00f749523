#pragma once

#include <cstddef>
#include <string>

namespace dflow::cluster {

/// Why this process cannot make so many more threads now, and what to do about it; empty if it can. It tries, since who else
/// uses up what the user may have is not known: later, in the middle of something, nobody could be told of it properly.
std::string lack_of_threads(std::size_t count);

}  // namespace dflow::cluster
