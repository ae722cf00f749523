// Launchers written by hand, as dflowc would: a grid of cells, each made from its neighbours above and to the left, and a
// line of steps.
#pragma once

#include <dflow/detail/launch.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/runtime/launch_outputs.h"

namespace dflow::testing {

namespace rt = ::dflow::detail;

/// cell[i, j] = f(i, j, cell[i-1, j], cell[i, j-1]), "" where there is none; the last cell is given out, and the first
/// of each row if asked for.
class GridLaunch final : public rt::LaunchOf<GridLaunch> {
 public:
  using Cell = std::function<std::string(long, long, const std::string&, const std::string&)>;

  struct Started {
    std::vector<Future<std::string>> outputs;  ///< The last cell, then the rows' first ones but for the last row's.
  };
  static std::optional<Started> start_on(const Executor& executor, long side, Cell cell) {
    if (!rt::may_launch(executor)) return std::nullopt;
    auto* const launch = new GridLaunch(rt::scope_of(executor), side, std::move(cell));
    rt::NewLaunch guard(*launch);
    Started started{make_outputs<std::string>(*launch, side)};
    guard.let_go();
    launch->begin();
    return started;
  }

  GridLaunch(rt::Scope& submitted_in, long side, Cell cell)
      : LaunchOf(submitted_in, &rt::site<"grid", "grid.cc", 1, 1>), side_(side), cell_(std::move(cell)) {
    rt::TaskId numbered = 0;
    corner_.reserve({}, numbered);
    edge_.reserve({{1}, {2 * (side - 1)}}, numbered);
    inner_.reserve({{1, 1}, {side - 1, side - 1}}, numbered);
  }

  void dflow_run(rt::TaskId id, rt::Work& work) {
    if (id < corner_.end) return run(corner_, id, 0, 0, work);
    if (id < edge_.end) {
      const auto at = edge_.indices(id)[0];
      return at < side_ ? run(edge_, id, at, 0, work) : run(edge_, id, 0, at - side_ + 1, work);
    }
    const auto at = inner_.indices(id);
    run(inner_, id, at[0], at[1], work);
  }

 private:
  void begin() { start({corner_.all()}, 1); }

  long number_of_output(long i, long j) const {
    if (i == side_ - 1 && j == side_ - 1) return 0;
    return j == 0 && i < side_ - 1 ? i + 1 : -1;
  }
  rt::Input<std::string> result(long i, long j) const {
    const rt::TaskId id = id_of(i, j);
    if (rt::Node* node = output(number_of_output(i, j))) return {rt::launched_value<std::string>(*node), nullptr, id};
    return i == 0 && j == 0 ? corner_.input(id) : i == 0 || j == 0 ? edge_.input(id) : inner_.input(id);
  }
  rt::TaskId id_of(long i, long j) const {
    if (i == 0 && j == 0) return corner_.id();
    return j == 0 ? edge_.id(i) : i == 0 ? edge_.id(side_ - 1 + j) : inner_.id(i, j);
  }
  void arrive(long i, long j, rt::Work& work) {
    if (i == 0 || j == 0) edge_.arrive(id_of(i, j), work);
    else inner_.arrive(id_of(i, j), work);
  }

  template <class Family>
  void run(Family& family, rt::TaskId id, long i, long j, rt::Work& work) {
    std::vector<rt::Input<std::string>> inputs;
    if (i > 0) inputs.push_back(result(i - 1, j));
    if (j > 0) inputs.push_back(result(i, j - 1));
    std::vector<rt::TaskId> sources;
    for (const auto& input : inputs) sources.push_back(input.id);
    const std::uint32_t readers = (i + 1 < side_) + (j + 1 < side_);
    rt::Node* const node = output(number_of_output(i, j));
    if (!node) family.expect(id, readers, work);
    bool ran = false;
    if ((!troubled() || !fails_from(id, sources, node)) && (!node || claim(*node, id))) {
      if (node && readers == 0) let_go(number_of_output(i, j));
      try {
        ::new (node ? rt::launched_value<std::string>(*node) : family.place(id))
            std::string(cell_(i, j, i > 0 ? inputs.front().by_reference() : "", j > 0 ? inputs.back().by_reference() : ""));
        ran = true;
      } catch (...) {
        failed(id, node);
      }
    }
    if (ran && node) end(*node, rt::State::done);
    if (!node && readers == 0) family.drop(id, ran, work);
    for (const auto& input : inputs) input.release(work);
    if (i + 1 < side_) arrive(i + 1, j, work);
    if (j + 1 < side_) arrive(i, j + 1, work);
    if (readers == 0) ++work.ended;
  }

  long side_;
  Cell cell_;
  rt::TaskFamily<0, std::string, 1> corner_;
  rt::TaskFamily<1, std::string, 1> edge_;
  rt::TaskFamily<2, std::string, 2> inner_;
};

/// step[i] = f(i, step[i-1]), null before the first one; `length` steps, none of them given out.
template <class T>
class LineLaunch final : public rt::LaunchOf<LineLaunch<T>> {
 public:
  using Step = std::function<T(long, const T*)>;

  static void start_on(const Executor& executor, long length, Step step) {
    (new LineLaunch(rt::scope_of(executor), length, std::move(step)))->begin();
  }

  LineLaunch(rt::Scope& submitted_in, long length, Step step)
      : rt::LaunchOf<LineLaunch>(submitted_in, &rt::site<"line", "line.cc", 1, 1>), length_(length), step_(std::move(step)) {
    rt::TaskId numbered = 0;
    line_.reserve({{0}, {length}}, numbered);
  }

  void dflow_run(rt::TaskId id, rt::Work& work) {
    const long i = line_.indices(id)[0];
    const bool last = i + 1 == length_;
    const rt::Input<T> before = i > 0 ? line_.input(id - 1) : rt::Input<T>{};
    line_.expect(id, last ? 0 : 1, work);
    bool ran = false;
    if (!this->troubled() || !this->fails_from(id, {before.id}, nullptr)) {
      try {
        ::new (line_.place(id)) T(step_(i, before.value));
        ran = true;
      } catch (...) {
        this->failed(id);
      }
    }
    if (last) line_.drop(id, ran, work);
    before.release(work);
    if (last) ++work.ended;
    else line_.arrive(id + 1, work);
  }

 private:
  void begin() { this->start({{line_.base, line_.base + 1}}, 1); }

  long length_;
  Step step_;
  rt::TaskFamily<1, T, 1> line_;
};

/// cell[i, j] = cell[i-1, j] + cell[i, j-1], 1 at the edges; none of them given out. Nothing of it is allocated by the test.
class SquareLaunch final : public rt::LaunchOf<SquareLaunch> {
 public:
  static void start_on(const Executor& executor, long side) { (new SquareLaunch(rt::scope_of(executor), side))->begin(); }

  SquareLaunch(rt::Scope& submitted_in, long side) : LaunchOf(submitted_in, &rt::site<"square", "square.cc", 1, 1>), side_(side) {
    rt::TaskId numbered = 0;
    edge_.reserve({{0}, {2 * side - 1}}, numbered);
    inner_.reserve({{1, 1}, {side, side}}, numbered);
  }

  void dflow_run(rt::TaskId id, rt::Work& work) {
    if (id < edge_.end) {  // the column down, then the row to the right
      const long at = edge_.indices(id)[0];
      return at < side_ ? run(edge_, id, at, 0, work) : run(edge_, id, 0, at - side_ + 1, work);
    }
    const auto at = inner_.indices(id);
    run(inner_, id, at[0], at[1], work);
  }

 private:
  void begin() { start({edge_.all()}, 2); }  // nobody reads the two corners at the ends of the diagonal

  rt::TaskId id_of(long i, long j) const { return j == 0 ? edge_.id(i) : i == 0 ? edge_.id(side_ - 1 + j) : inner_.id(i, j); }
  rt::Input<long> result(long i, long j) const {
    return i == 0 || j == 0 ? edge_.input(id_of(i, j)) : inner_.input(id_of(i, j));
  }

  template <class Family>
  void run(Family& family, rt::TaskId id, long i, long j, rt::Work& work) {
    const bool inside = i > 0 && j > 0, down = i + 1 < side_ && j > 0, right = j + 1 < side_ && i > 0;
    const auto readers = static_cast<std::uint32_t>(down) + static_cast<std::uint32_t>(right);
    family.expect(id, readers, work);
    const rt::Input<long> up = inside ? result(i - 1, j) : rt::Input<long>{}, left = inside ? result(i, j - 1) : rt::Input<long>{};
    ::new (family.place(id)) long(inside ? (*up.value + *left.value) % 1'000'007 : 1);
    if (readers == 0) family.drop(id, true, work);
    if (inside) {
      up.release(work);
      left.release(work);
    }
    if (down) inner_.arrive(inner_.id(i + 1, j), work);
    if (right) inner_.arrive(inner_.id(i, j + 1), work);
    if (readers == 0) ++work.ended;
  }

  long side_;
  rt::TaskFamily<1, long, 1> edge_;
  rt::TaskFamily<2, long, 2> inner_;
};

}  // namespace dflow::testing
