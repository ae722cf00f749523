// What the corpus' programs share: each prints its results, compares them with a plain sequential computation, and ends
// with 1 if one differs.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace corpus {

inline int failures = 0;

/// A task that tells its operands apart, so that a wrong or swapped edge changes the result.
inline long mix(long a, long b) { return (a * 31 + b * 7 + 3) % 1000003; }

/// What a `reduce` by `mix` gives: of neighbours, level by level, and then with `first`.
inline long reduced(std::vector<long> level, long first) {
  if (level.empty()) return first;
  while (level.size() > 1) {
    std::vector<long> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) next.push_back(mix(level[i], level[i + 1]));
    if (level.size() % 2 != 0) next.push_back(level.back());
    level = next;
  }
  return mix(first, level[0]);
}

template <class T>
void print(const T& value) {
  std::cout << ' ' << value;
}
template <class T>
void print(const std::vector<T>& values) {
  for (const auto& value : values) print(value);
}

template <class Got, class Expected>
void same(const char* what, const Got& got, const Expected& expected) {
  std::cout << what;
  print(got);
  if (!(got == expected)) {
    ++failures;
    std::cout << " but expected";
    print(expected);
  }
  std::cout << '\n';
}

inline bool set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' && *value != '0';
}

/// Tasks run beside this code and see its globals; else what such tasks would do is printed and not done.
inline bool beside_tasks() { return !set("DFLOW_SERIAL") && !set("DFLOW_WORKERS"); }
inline bool shares_globals() { return !set("DFLOW_WORKERS"); }

inline int result() { return failures == 0 ? 0 : 1; }

/// The number at this place of the command line.
inline int argument(int argc, char** argv, int place, int otherwise) {
  return argc > place ? std::atoi(argv[place]) : otherwise;
}

/// 1, 4, 9, ...
inline std::vector<long> squares(int n) {
  std::vector<long> values;
  for (long i = 1; i <= n; ++i) values.push_back(i * i);
  return values;
}

}  // namespace corpus
