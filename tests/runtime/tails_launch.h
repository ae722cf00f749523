// A launcher written by hand, as dflowc would: chains of different lengths.
#pragma once

#include <dflow/detail/launch.h>

#include <functional>
#include <utility>
#include <vector>

#include "tests/runtime/launch_outputs.h"

namespace dflow::testing {

namespace rt = ::dflow::detail;

/// head[i] for 0 <= i < width, then tail[i, 1], ..., tail[i, i], each from the one before. `body` is told (i,
/// j); each chain's last value, i, is given out.
class TailsLaunch final : public rt::LaunchOf<TailsLaunch> {
 public:
  using Body = std::function<void(long, long)>;

  static std::vector<Future<int>> start_on(const Executor& executor, long width, Body body) {
    auto* const launch = new TailsLaunch(rt::scope_of(executor), width, std::move(body));
    auto made = make_outputs<int>(*launch, width);
    launch->begin();
    return made;
  }

  TailsLaunch(rt::Scope& submitted_in, long width, Body body)
      : LaunchOf(submitted_in, &rt::site<"tails", "tails.cc", 1, 1>), width_(width), body_(std::move(body)) {
    rt::TaskId numbered = 0;
    heads_.reserve({{0}, {width}}, numbered);
    tails_.reserve({{0, 1}, {width, width - 1}}, numbered);
  }

  std::vector<Range> roots() const { return {heads_.all()}; }
  std::vector<rt::TaskId> ends() const { return {heads_.end, tails_.end}; }
  rt::TaskId id_of(long i, long j) const { return j == 0 ? heads_.id(i) : tails_.id(i, j); }

  void dflow_run(rt::TaskId id, rt::Work& work) {
    const auto at = id < heads_.end ? std::array<rt::Index, 2>{heads_.indices(id)[0], 0} : tails_.indices(id);
    const bool last = at[1] == at[0];
    if (!work.told) {
      const rt::TaskId before = at[1] > 0 ? id_of(at[0], at[1] - 1) : rt::kNoTask;
      rt::Node* const node = last ? output(at[0]) : nullptr;
      if ((!troubled() || !fails_from(id, {before}, node)) && (!node || claim(*node, id))) run_one(id, at[0], at[1], node);
      if (last) ++work.ended;
    }
    if (!last) tails_.arrive(tails_.id(at[0], at[1] + 1), work);
  }

 private:
  void run_one(rt::TaskId id, long i, long j, rt::Node* node) {
    if (node) let_go(i);
    try {
      body_(i, j);
    } catch (...) {
      return failed(id, node);
    }
    if (!node) return;
    *rt::launched_value<int>(*node) = static_cast<int>(i);
    end(*node, rt::State::done);
  }
  void begin() { start({heads_.all()}, static_cast<std::uint64_t>(width_), {heads_.end, tails_.end}); }

  long width_;
  Body body_;
  rt::TaskFamily<1, int, 1> heads_;
  rt::TaskFamily<2, int, 1> tails_;
};

}  // namespace dflow::testing
