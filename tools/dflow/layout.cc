#include "tools/dflow/layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace dflow::tools {
namespace {

constexpr double kBetween = 24;       // boxes of a row
constexpr double kLeastBelow = 50;    // rows
constexpr double kMostBelow = 400;    // where arrows would run flat
constexpr double kLeastWidth = 1600;  // below which no layer is broken
constexpr double kAspect = 1.8;       // how much wider than high a picture may be
constexpr int kSweeps = 4;

using Row = std::vector<std::uint32_t>;

class Layouter {
 public:
  Layouter(const Digraph& graph, const std::vector<Box>& boxes)
      : graph_(graph), boxes_(boxes), layer_(graph.size()), places_(graph.size()) {}

  std::vector<Point> run() {
    assign_layers();
    for (const Row& layer : layers_) pack(layer);
    for (int i = 0; i < kSweeps; ++i) sort_by_neighbours();
    break_wide_layers();
    for (int i = 0; i < kSweeps; ++i) {
      follow_producers();
      follow_consumers();
    }
    follow_producers();  // last, so that who merges stands between those it merges
    stack_rows();
    return std::move(places_);
  }

 private:
  void assign_layers() {
    const auto order = graph_.order();
    const auto ranks = graph_.ranks();
    for (const std::uint32_t task : order)
      for (const std::uint32_t producer : graph_.producers(task))
        if (ranks[producer] < ranks[task]) layer_[task] = std::max(layer_[task], layer_[producer] + 1);
    for (const std::uint32_t task : order)
      if (graph_.producers(task).empty()) layer_[task] = just_above_consumers(task);
    for (std::uint32_t task = 0; task < graph_.size(); ++task) {
      if (layer_[task] >= layers_.size()) layers_.resize(layer_[task] + 1);
      layers_[layer_[task]].push_back(task);
    }
  }

  std::uint32_t just_above_consumers(std::uint32_t task) const {
    std::uint32_t nearest = std::numeric_limits<std::uint32_t>::max();
    for (const std::uint32_t consumer : graph_.consumers(task)) nearest = std::min(nearest, layer_[consumer]);
    return nearest == std::numeric_limits<std::uint32_t>::max() || nearest == 0 ? 0 : nearest - 1;
  }

  double width_of(const Row& row) const {
    double width = row.empty() ? 0 : kBetween * static_cast<double>(row.size() - 1);
    for (const std::uint32_t task : row) width += boxes_[task].width;
    return width;
  }

  /// Side by side, the row's middle at 0.
  void pack(const Row& row) {
    double x = -width_of(row) / 2;
    for (const std::uint32_t task : row) {
      places_[task].x = x + boxes_[task].width / 2;
      x += boxes_[task].width + kBetween;
    }
  }

  double mean_x(std::span<const std::uint32_t> tasks, double otherwise) const {
    if (tasks.empty()) return otherwise;
    double sum = 0;
    for (const std::uint32_t task : tasks) sum += places_[task].x;
    return sum / static_cast<double>(tasks.size());
  }

  double above(std::uint32_t task) const { return mean_x(graph_.producers(task), places_[task].x); }
  double below(std::uint32_t task) const { return mean_x(graph_.consumers(task), places_[task].x); }

  void sort_by_neighbours() {
    for (Row& layer : layers_) sort_by(layer, [this](std::uint32_t task) { return above(task); });
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer)
      sort_by(*layer, [this](std::uint32_t task) { return below(task); });
  }

  template <class Wanted>
  void sort_by(Row& layer, Wanted wanted) {
    std::vector<std::pair<double, std::uint32_t>> keyed;
    keyed.reserve(layer.size());
    for (const std::uint32_t task : layer) keyed.emplace_back(wanted(task), task);
    std::ranges::stable_sort(keyed, {}, &std::pair<double, std::uint32_t>::first);
    std::ranges::transform(keyed, layer.begin(), [](const auto& pair) { return pair.second; });
    pack(layer);
  }

  void break_wide_layers() {
    double area = 0;
    for (const Box& box : boxes_) area += (box.width + kBetween) * (box.height + kBetween);
    const double limit = std::max(kLeastWidth, kAspect * std::sqrt(area));
    for (const Row& layer : layers_) {
      const double width = width_of(layer);
      broken_.push_back(width > 1.5 * limit);
      break_layer(layer, broken_.back() ? static_cast<std::size_t>(std::ceil(width / limit)) : 1);
    }
  }

  void break_layer(const Row& layer, std::size_t pieces) {
    std::vector<Row>& rows = rows_.emplace_back();
    const std::size_t each = (layer.size() + pieces - 1) / pieces;
    for (std::size_t first = 0; first < layer.size(); first += each) {
      const auto begin = layer.begin() + static_cast<std::ptrdiff_t>(first);
      rows.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(std::min(each, layer.size() - first)));
      pack(rows.back());
    }
  }

  void follow_producers() {
    for (std::size_t i = 0; i < rows_.size(); ++i)
      if (!broken_[i]) pull(rows_[i].front(), [this](std::uint32_t task) { return above(task); });
  }

  void follow_consumers() {
    for (std::size_t i = rows_.size(); i-- > 0;)
      if (!broken_[i]) pull(rows_[i].front(), [this](std::uint32_t task) { return below(task); });
  }

  /// As near as can be (in least squares) to where each box is wanted, in this order and without overlap:
  /// pools of adjacent violators.
  template <class Wanted>
  void pull(const Row& row, Wanted wanted) {
    struct Pool {
      double sum = 0;
      std::size_t count = 0;
      double mean() const { return sum / static_cast<double>(count); }
    };
    std::vector<Pool> pools;
    std::vector<double> offset(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) offset[i] = offset[i - 1] + kBetween + (boxes_[row[i - 1]].width + boxes_[row[i]].width) / 2;
      pools.push_back({wanted(row[i]) - offset[i], 1});
      while (pools.size() > 1 && pools[pools.size() - 2].mean() > pools.back().mean()) {
        pools[pools.size() - 2].sum += pools.back().sum;
        pools[pools.size() - 2].count += pools.back().count;
        pools.pop_back();
      }
    }
    std::size_t i = 0;
    for (const Pool& pool : pools)
      for (std::size_t k = 0; k < pool.count; ++k, ++i) places_[row[i]].x = pool.mean() + offset[i];
  }

  /// How far to the side the arrows to a layer lead, on average.
  double reach_to(const Row& layer) const {
    double sum = 0;
    std::size_t arrows = 0;
    for (const std::uint32_t task : layer)
      for (const std::uint32_t producer : graph_.producers(task)) {
        sum += std::abs(places_[task].x - places_[producer].x);
        ++arrows;
      }
    return arrows == 0 ? 0 : sum / static_cast<double>(arrows);
  }

  void stack_rows() {
    double y = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::vector<Row>& layer = rows_[i];
      if (i > 0) y += std::clamp(reach_to(layers_[i]) / 6, kLeastBelow, kMostBelow) - kBetween;
      for (const Row& row : layer) {
        double height = 0;
        for (const std::uint32_t task : row) height = std::max(height, boxes_[task].height);
        for (const std::uint32_t task : row) places_[task].y = y + height / 2;
        y += height + kBetween;
      }
    }
  }

  const Digraph& graph_;
  const std::vector<Box>& boxes_;
  std::vector<std::uint32_t> layer_;    // by task
  std::vector<Row> layers_;             // in order from left to right
  std::vector<std::vector<Row>> rows_;  // by layer
  std::vector<bool> broken_;            // by layer: whether it has several rows
  std::vector<Point> places_;           // by task
};

}  // namespace

std::vector<Point> layered_layout(const Digraph& graph, const std::vector<Box>& boxes) {
  return Layouter(graph, boxes).run();
}

}  // namespace dflow::tools
