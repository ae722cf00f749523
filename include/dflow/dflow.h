// dflow: dataflow for C++. Include this.
//
//     [[dflow::task]] Counts count_words(const std::string& text);
//     [[dflow::task]] Counts merge(Counts a, const Counts& b);
//
//     dflow::Executor ex(argc, argv);
//     auto parts = ex.map(count_words, texts);       // one task a text, at once
//     std::cout << ex.reduce(merge, parts).get();    // a tree of merges
#pragma once

#if __cplusplus < 202002L
#error "dflow needs C++20: compile with -std=c++20 or later"
#endif

// dflow's attributes are for dflowc; other compilers ignore them without a word.
#if defined(__clang__)
#pragma clang diagnostic ignored "-Wunknown-attributes"
#elif defined(__GNUC__)
#pragma GCC diagnostic ignored_attributes "dflow::"
#endif

// Nor about a program's own globals that are called what is local here (clang++ reads this pragma as well).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"

#include <dflow/coroutine.h>
#include <dflow/detail/boundary.h>
#include <dflow/detail/graph_scope.h>
#include <dflow/detail/launch.h>
#include <dflow/detail/ordered.h>
#include <dflow/detail/stand_in.h>
#include <dflow/errors.h>
#include <dflow/exceptions.h>
#include <dflow/executor.h>
#include <dflow/future.h>
#include <dflow/options.h>
#include <dflow/origin.h>
#include <dflow/parallel.h>
#include <dflow/progress.h>
#include <dflow/promise.h>
#include <dflow/refs.h>
#include <dflow/serialize.h>
#include <dflow/wait.h>
#include <dflow/workers.h>

#pragma GCC diagnostic pop
