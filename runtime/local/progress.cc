// Bars in the terminal.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <dflow/errors.h>
#include <dflow/progress.h>
#include <dflow/wait.h>

#include "formats/printable.h"
#include "runtime/local/names.h"

namespace dflow::inline v0::detail {

namespace {

using namespace std::chrono_literals;

/// So often the bars are drawn: people see no more.
constexpr auto kInterval = 100ms;
constexpr std::size_t kLongestName = 24, kLongestBar = 40;

struct Bar {
  std::string name;
  std::size_t total = 0, ended = 0, failed = 0;
};

std::string name_of(const Node& node) {
  if (const TaskOptions* options = options_of(node); options && !options->name.empty()) return options->name;
  if (node.has(kExternal)) return "promises";
  const auto* site = local::site_of(node);
  return local::shown_name(site, node.callable_type(), node.callable_address());
}

std::size_t columns() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void write_all(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (written <= 0) return;  // a terminal that is gone shows nothing
    done += static_cast<std::size_t>(written);
  }
}

/// The bars of one call, each on a line of its own; drawing again goes back to the first.
class Bars {
 public:
  explicit Bars(const std::vector<Node*>& nodes) {
    std::map<std::string, std::size_t> places;
    for (const Node* node : nodes) {
      const auto [place, fresh] = places.emplace(formats::printable(name_of(*node)), bars_.size());
      if (fresh) bars_.push_back({.name = place->first});
      ++bars_[place->second].total;
      bar_of_.push_back(place->second);
    }
  }

  void ended(std::size_t number, const Node& node) {
    Bar& bar = bars_[bar_of_[number]];
    ++bar.ended;
    if (node.state() != State::done) ++bar.failed;
  }

  void draw() {
    std::string text = drawn_ ? "\033[" + std::to_string(bars_.size()) + "A" : "";
    for (const Bar& bar : bars_) text += "\r" + line(bar) + "\033[K\n";
    write_all(text);
    drawn_ = true;
  }

 private:
  /// Nothing is wrapped: a line more would be drawn over.
  std::string line(const Bar& bar) const {
    std::string name = bar.name.substr(0, kLongestName);
    name.resize(name_width(), ' ');
    std::string counts = " " + std::to_string(bar.ended) + "/" + std::to_string(bar.total);
    if (bar.failed > 0) counts += ", " + std::to_string(bar.failed) + " failed";
    const std::size_t taken = name.size() + counts.size() + 4, width = columns();
    const std::size_t room = width > taken ? std::min(width - taken, kLongestBar) : 0;
    const std::size_t full = room * bar.ended / bar.total;
    return (name + " [" + std::string(full, '#') + std::string(room - full, ' ') + "]" + counts).substr(0, width - 1);
  }
  std::size_t name_width() const {
    std::size_t width = 0;
    for (const Bar& bar : bars_) width = std::max(width, std::min(bar.name.size(), kLongestName));
    return width;
  }

  std::vector<Bar> bars_;
  std::vector<std::size_t> bar_of_;
  bool drawn_ = false;
};

}  // namespace

void show_progress(const std::vector<Node*>& nodes) {
  for (const Node* node : nodes) {
    if (!node) throw_empty_future("progress()");
  }
  if (in_dry_run() || ::isatty(STDERR_FILENO) != 1) {
    wait_many(nodes, When::all, std::nullopt);
    return;
  }
  Bars bars(nodes);
  CompletionQueue queue;
  for (std::size_t i = 0; i < nodes.size(); ++i) queue.add(*nodes[i], i);
  auto next_drawing = Clock::now();
  for (std::size_t left = nodes.size(); left > 0;) {
    if (Clock::now() >= next_drawing) {
      bars.draw();
      next_drawing = Clock::now() + kInterval;
    }
    const std::optional<std::size_t> number = queue.next(next_drawing);
    if (!number) continue;
    bars.ended(*number, *nodes[*number]);
    --left;
  }
  if (!nodes.empty()) bars.draw();
}

}  // namespace dflow::inline v0::detail
