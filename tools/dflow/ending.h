// Processes of a cluster that is taken down.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dflow::tools {

/// What a process is said to be.
enum class Part {
  service,  ///< A scheduler or an agent: this tool.
  worker    ///< Of a cluster: started by an agent.
};

/// Empty if the process is what it is said to be, of this user, and of the cluster with that port; else what is known of it: members of a
/// cluster can name any number.
std::string why_not_ended(std::int64_t pid, Part part, std::uint16_t port);

/// Processes of this machine that are to end. They are held on to, so that no other gets their number meanwhile. Those that are not
/// known for what they are said to be are waited for, and nothing else happens to them. Not thread-safe.
class Ending {
 public:
  explicit Ending(std::uint16_t port) : port_(port) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending();

  /// `machine` as in the member's greeting: nothing happens if that is another one.
  void add(std::string_view name, std::int64_t pid, Part part, const std::string& machine);

  struct Outcome {
    std::size_t killed = 0;
    std::vector<std::string> left = {};  ///< Who still runs, and why nothing was done about that.
  };
  /// Kills those that take longer.
  Outcome wait(std::chrono::milliseconds most);

 private:
  struct Process {
    int handle = -1;
    std::string name = {};
    std::string why_not = {};  ///< It is not killed.
  };
  std::uint16_t port_;
  std::vector<Process> processes_;
};

}  // namespace dflow::tools
