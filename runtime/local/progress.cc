// Bars in the terminal.

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <dflow/errors.h>
#include <dflow/progress.h>
#include <dflow/wait.h>

#include "formats/printable.h"
#include "runtime/local/names.h"
#include "runtime/local/progress.h"

namespace dflow::local {

namespace {
std::atomic<int> calls_that_show_bars = 0;
}

bool bars_are_shown() { return calls_that_show_bars.load(std::memory_order_relaxed) > 0; }

}  // namespace dflow::local

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

struct Terminal {
  std::size_t columns = 80, rows = 24;
};

Terminal terminal() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

void write_all(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (written <= 0) return;  // a terminal that is gone shows nothing
    done += static_cast<std::size_t>(written);
  }
}

/// The bars of one call, each on a line of its own, below an empty one on which the cursor stands: what the program prints
/// meanwhile is written there, and drawing again puts the bars below it.
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
    const Terminal size = terminal();
    const std::size_t room = size.rows > 3 ? size.rows - 3 : 1;  // the cursor cannot go back to what has left the screen
    const std::size_t shown = bars_.size() > room ? room - 1 : bars_.size();
    std::string text = "\r\033[J";
    for (std::size_t i = 0; i < shown; ++i) text += "\n" + line(bars_[i], size.columns);
    if (shown < bars_.size()) text += "\n" + ("and " + std::to_string(bars_.size() - shown) + " more").substr(0, size.columns - 1);
    text += "\r\033[" + std::to_string(std::min(shown + 1, bars_.size())) + "A";
    write_all(text);
  }

  /// All of them, to stay.
  void draw_last() {
    std::string text = "\r\033[J";
    for (const Bar& bar : bars_) text += line(bar, terminal().columns) + "\n";
    write_all(text);
  }

 private:
  /// Nothing is wrapped: a line more would be drawn over.
  std::string line(const Bar& bar, std::size_t width) const {
    std::string name = bar.name.substr(0, kLongestName);
    name.resize(name_width(), ' ');
    std::string counts = " " + std::to_string(bar.ended) + "/" + std::to_string(bar.total);
    if (bar.failed > 0) counts += ", " + std::to_string(bar.failed) + " failed";
    const std::size_t taken = name.size() + counts.size() + 4;
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
};

/// While it lives, what is printed makes room for itself.
struct Announced {
  Announced() { ++local::calls_that_show_bars; }
  ~Announced() { --local::calls_that_show_bars; }
  Announced(const Announced&) = delete;
  Announced& operator=(const Announced&) = delete;
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
  if (nodes.empty()) return;
  Bars bars(nodes);
  const Announced announced;
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
  bars.draw_last();
}

}  // namespace dflow::inline v0::detail
