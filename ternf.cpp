#include <dflow/dflow.h>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>
using F = dflow::Future<double>;
[[dflow::task]] double init(int i) { return i * 0.5; }
[[dflow::task]] double combine(double a, double b) { return a + 2 * b; }
[[dflow::graph]] F g(dflow::Executor& ex, int n) { F f = ex.submit(init, 0); F h = ex.submit(init, 1); return n == 0 ? h : n == 1 ? f : n == 2 ? h : n == 3 ? f : n == 4 ? h : n == 5 ? f : n == 6 ? h : n == 7 ? f : n == 8 ? h : n == 9 ? f : n == 10 ? h : n == 11 ? f : n == 12 ? h : n == 13 ? f : n == 14 ? h : n == 15 ? f : n == 16 ? h : n == 17 ? f : n == 18 ? h : n == 19 ? f : n == 20 ? h : n == 21 ? f : n == 22 ? h : n == 23 ? f : n == 24 ? h : n == 25 ? f : n == 26 ? h : n == 27 ? f : n == 28 ? h : n == 29 ? f : n == 30 ? h : n == 31 ? f : n == 32 ? h : n == 33 ? f : n == 34 ? h : n == 35 ? f : n == 36 ? h : n == 37 ? f : n == 38 ? h : n == 39 ? f : n == 40 ? h : n == 41 ? f : n == 42 ? h : n == 43 ? f : n == 44 ? h : n == 45 ? f : n == 46 ? h : n == 47 ? f : n == 48 ? h : n == 49 ? f : n == 50 ? h : n == 51 ? f : n == 52 ? h : n == 53 ? f : n == 54 ? h : n == 55 ? f : n == 56 ? h : n == 57 ? f : n == 58 ? h : n == 59 ? f : n == 60 ? h : n == 61 ? f : n == 62 ? h : n == 63 ? f : n == 64 ? h : n == 65 ? f : n == 66 ? h : n == 67 ? f : n == 68 ? h : n == 69 ? f : n == 70 ? h : n == 71 ? f : n == 72 ? h : n == 73 ? f : n == 74 ? h : n == 75 ? f : n == 76 ? h : n == 77 ? f : n == 78 ? h : n == 79 ? f : n == 80 ? h : n == 81 ? f : n == 82 ? h : n == 83 ? f : n == 84 ? h : n == 85 ? f : n == 86 ? h : n == 87 ? f : n == 88 ? h : n == 89 ? f : n == 90 ? h : n == 91 ? f : n == 92 ? h : n == 93 ? f : n == 94 ? h : n == 95 ? f : n == 96 ? h : n == 97 ? f : n == 98 ? h : n == 99 ? f : f; }
