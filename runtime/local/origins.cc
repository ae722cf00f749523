#include "runtime/local/origins.h"

#include <cxxabi.h>
#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include <dflow/origin.h>

namespace dflow {

namespace local {

namespace {

constexpr std::size_t kMostUnheld = 1024;

struct Known {
  Stack stack = {};
  Origin origin = {};  ///< Of what was thrown elsewhere.
  std::uint32_t nodes = 0;
};

struct Origins {
  std::mutex mutex;
  std::unordered_map<const void*, Known> known;
  std::atomic<std::size_t> size{0};  ///< So that nobody locks for tasks that failed in other ways.
};

/// Never ends: tasks may outlive static objects.
Origins& origins() {
  static auto& all = *new Origins;
  return all;
}

/// Of the exception object itself, which all its pointers share.
const void* address_of(const std::exception_ptr& error) {
  static_assert(sizeof error == sizeof(void*));
  const void* address = nullptr;
  std::memcpy(&address, static_cast<const void*>(&error), sizeof address);
  return address;
}

void note(const std::exception_ptr& error, Known known) {
  if (!error) return;
  Origins& all = origins();
  const std::lock_guard lock(all.mutex);
  // Most are held by a node soon. Of a launched task that nobody sees the end of, none is.
  if (all.known.size() >= kMostUnheld) std::erase_if(all.known, [](const auto& each) { return each.second.nodes == 0; });
  all.known.try_emplace(address_of(error), std::move(known));  // a body that rethrows another task's leaves it where it began
  all.size.store(all.known.size(), std::memory_order_relaxed);
}

std::string_view file_of(const char* path) {
  const std::string_view whole(path ? path : "?");
  return whole.substr(whole.rfind('/') + 1);
}

/// One line a call; empty for what is dflow's own.
std::string line_of(void* call, const Dl_info& info) {
  std::string name;
  if (info.dli_sname) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> plain(abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), std::free);
    name = status == 0 ? plain.get() : info.dli_sname;
    if (name.find("dflow::v0::detail::") != std::string::npos) return {};
    name += " at ";
  }
  // The address is where the call returns to, which may be the next line.
  const auto offset = reinterpret_cast<std::uintptr_t>(call) - reinterpret_cast<std::uintptr_t>(info.dli_fbase) - 1;
  char digits[20];
  std::snprintf(digits, sizeof digits, "+0x%zx", static_cast<std::size_t>(offset));
  return name + std::string(file_of(info.dli_fname)) + digits;
}

/// From the `throw` to where dflow called the body.
std::vector<std::string> lines_of(const Stack& stack) {
  Dl_info mine{};
  ::dladdr(reinterpret_cast<const void*>(&lines_of), &mine);
  std::vector<std::string> lines;
  bool thrown = false;
  for (std::size_t i = 0; i < stack.size; ++i) {
    Dl_info info{};
    if (::dladdr(stack.calls[i], &info) == 0) continue;
    const std::string_view file = file_of(info.dli_fname);
    const bool machinery = info.dli_fbase == mine.dli_fbase || file.starts_with("libstdc++.") || file.starts_with("libgcc_s.");
    if (!thrown && machinery) continue;
    thrown = true;
    if (info.dli_fbase == mine.dli_fbase) break;
    if (std::string line = line_of(stack.calls[i], info); !line.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

void note_origin(const std::exception_ptr& error, const Stack& stack) {
  if (stack.size > 0) note(error, {.stack = stack});
}

void copy_origin(const std::exception_ptr& from, const std::exception_ptr& to) {
  Origins& all = origins();
  const std::lock_guard lock(all.mutex);
  const auto found = all.known.find(address_of(from));
  if (found != all.known.end() && from != to) all.known.try_emplace(address_of(to), found->second).first->second.nodes = 0;
}

void note_origin(const std::exception_ptr& error, std::string worker, std::vector<std::string> stack) {
  note(error, {.origin = {.worker = std::move(worker), .stack = std::move(stack)}});
}

void hold_origin(const std::exception_ptr& error) noexcept {
  Origins& all = origins();
  if (!error || all.size.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard lock(all.mutex);
  const auto found = all.known.find(address_of(error));
  if (found != all.known.end()) ++found->second.nodes;
}

void drop_origin(const std::exception_ptr& error) noexcept {
  Origins& all = origins();
  if (!error || all.size.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard lock(all.mutex);
  const auto found = all.known.find(address_of(error));
  if (found == all.known.end() || found->second.nodes == 0 || --found->second.nodes > 0) return;
  all.known.erase(found);
  all.size.store(all.known.size(), std::memory_order_relaxed);
}

}  // namespace local

inline namespace v0 {

std::optional<Origin> origin_of(const std::exception_ptr& error) {
  local::Known known;
  {
    local::Origins& all = local::origins();
    const std::lock_guard lock(all.mutex);
    const auto found = all.known.find(local::address_of(error));
    if (!error || found == all.known.end()) return {};
    known = found->second;
  }
  if (known.stack.size > 0) known.origin.stack = local::lines_of(known.stack);
  return std::move(known.origin);
}

std::string Origin::text() const {
  std::string lines = worker.empty() ? "thrown in this process\n" : "thrown on " + worker + '\n';
  for (const std::string& call : stack) lines += "  " + call + '\n';
  return lines;
}

}  // namespace v0

}  // namespace dflow
