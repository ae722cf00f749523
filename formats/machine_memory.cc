#include "formats/machine_memory.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace dflow::formats {

namespace {

constexpr std::uint64_t kNone = UINT64_MAX;

bool lists(std::string_view names, std::string_view name) {
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    if (names.substr(begin, end - begin) == name) return true;
    begin = end + 1;
  }
  return false;
}

/// Where a hierarchy of groups is mounted, and which group is seen there as its root.
struct Mount {
  std::string place, root;
};

/// proc(5): ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS [TAGS] - TYPE SOURCE OPTIONS
std::optional<Mount> mount_of(std::istream& mounts, bool unified) {
  for (std::string line; std::getline(mounts, line);) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream head(line), tail(line.substr(dash + 3));
    std::string skipped, type, options;
    Mount mount;
    head >> skipped >> skipped >> skipped >> mount.root >> mount.place;
    tail >> type >> skipped >> options;
    if (unified ? type == "cgroup2" : type == "cgroup" && lists(options, "memory")) return mount;
  }
  return {};
}

/// cgroups(7): NUMBER:CONTROLLERS:GROUP, of version 2 without controllers.
std::optional<std::string> group_of(std::istream& groups, bool unified) {
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers = std::string_view(line).substr(first + 1, second - first - 1);
    if (unified ? controllers.empty() : lists(controllers, "memory")) return line.substr(second + 1);
  }
  return {};
}

/// "max", and what version 1 writes for that, are more than any machine has.
std::uint64_t limit_in(const std::string& file) {
  std::ifstream in(file);
  std::string text;
  in >> text;
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc() && end == text.data() + text.size() && bytes > 0 ? bytes : kNone;
}

/// Of the process's group and those around it.
std::uint64_t limit_of_groups(const std::string& root, bool unified) {
  std::ifstream mounts(root + "/proc/self/mountinfo"), groups(root + "/proc/self/cgroup");
  const std::optional<Mount> mount = mount_of(mounts, unified);
  const std::optional<std::string> group = group_of(groups, unified);
  if (!mount || !group) return kNone;
  std::string inside = *group;
  if (mount->root != "/" && inside.starts_with(mount->root)) inside.erase(0, mount->root.size());
  std::vector<std::string_view> files{"memory.limit_in_bytes"};
  if (unified) files = {"memory.max", "memory.high"};
  std::uint64_t least = kNone;
  for (;;) {
    for (const std::string_view file : files) {
      least = std::min(least, limit_in(root + mount->place + inside + '/' + std::string(file)));
    }
    const std::size_t slash = inside.rfind('/');
    if (slash == std::string::npos) return least;
    inside.erase(slash);
  }
}

}  // namespace

std::uint64_t memory_of_machine(const std::string& root) {
  const auto all = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                   static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return std::min({all, limit_of_groups(root, true), limit_of_groups(root, false)});
}

}  // namespace dflow::formats
