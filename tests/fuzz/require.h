// What has to hold whatever the input is. Not assert: it has to hold in optimised builds.
#pragma once

#include <cstdlib>
#include <iostream>

#define REQUIRE(condition)                                                                             \
  do {                                                                                                 \
    if (condition) break;                                                                              \
    std::cerr << __FILE__ << ':' << __LINE__ << ": this does not hold: " #condition << std::endl;      \
    std::abort();                                                                                      \
  } while (false)
