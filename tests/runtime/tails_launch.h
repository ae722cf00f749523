// A launcher written by hand, as dflowc would: chains of different lengths.
#pragma once

#include <dflow/detail/launch.h>

#include <functional>
#include <utility>
#include <vector>

namespace dflow::testing {

namespace rt = ::dflow::detail;

/// head[i] for 0 <= i < width, then tail[i, 1], ..., tail[i, i], each from the one before. `body` is told (i,
/// j); each chain's last value, i, is given out.
class TailsLaunch final : public rt::LaunchOf<TailsLaunch> {
 public:
  using Body = std::function<void(long, long)>;

  static std::vector<Future<int>> start_on(const Executor& executor, long width, Body body) {
    auto launch = rt::make_launch<TailsLaunch>(rt::scope_of(executor), width, std::move(body));
    auto outputs = rt::make_outputs<int>(rt::scope_of(executor), nullptr, width, launch->outputs_);
    launch.release()->begin();
    return outputs;
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
      const auto from = [&] { return at[1] > 0 ? std::vector{before} : std::vector<rt::TaskId>{}; };
      const auto run = [&] { return body_(at[0], at[1]), static_cast<int>(at[0]); };
      if (last) {
        dflow_perform_output<int>(id, outputs_[static_cast<std::size_t>(at[0])], false, from, run);
        ++work.ended;
      } else {
        int value = 0;
        dflow_perform(id, &value, from, run);
      }
    }
    if (!last) tails_.arrive(tails_.id(at[0], at[1] + 1), work);
  }

 private:
  void begin() { start(roots(), static_cast<std::uint64_t>(width_), {heads_.end, tails_.end}); }

  long width_;
  Body body_;
  std::vector<rt::NodeRef> outputs_;
  rt::TaskFamily<1, int, 1> heads_;
  rt::TaskFamily<2, int, 1> tails_;
};

}  // namespace dflow::testing
