#include "runtime/cluster/program.h"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <fstream>
#include <iomanip>
#include <mutex>
#include <sstream>
#include <string_view>
#include <vector>

#include <dflow/serialize.h>

namespace dflow::cluster {

namespace {

/// FNV-1a: tells versions apart, no more.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

struct Segment {
  std::uint64_t begin = 0, end = 0;  ///< Relative to the module's base.
};

struct Module {
  std::string name;
  std::string path;
  std::string build_id;
  std::uint64_t base = 0;
  std::vector<Segment> segments;

  std::uint64_t check() const { return hash_of(build_id); }
  bool holds(std::uint64_t offset, std::size_t size = 1) const {
    for (const Segment& segment : segments) {
      if (offset >= segment.begin && offset < segment.end && size <= segment.end - offset) return true;
    }
    return false;
  }
};

std::string build_id_in(const char* notes, std::size_t size) {
  const auto padded = [](std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; };
  for (std::size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes + at, sizeof note);
    const char* name = notes + at + sizeof note;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0) {
      return std::string(name + 4, note.n_descsz);
    }
    at += sizeof note + padded(note.n_namesz) + padded(note.n_descsz);
  }
  return {};
}

std::string file_hash(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::to_string(hash_of(bytes.view()));
}

Module read_module(const dl_phdr_info& info, bool first) {
  Module module;
  const std::string_view path = info.dlpi_name;
  if (!first) module.name = path.substr(path.rfind('/') + 1);
  module.path = first ? "/proc/self/exe" : path;
  module.base = info.dlpi_addr;
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info.dlpi_phdr[i];
    if (header.p_type == PT_LOAD) module.segments.push_back({header.p_vaddr, header.p_vaddr + header.p_memsz});
    if (header.p_type == PT_NOTE && module.build_id.empty()) {
      module.build_id = build_id_in(reinterpret_cast<const char*>(info.dlpi_addr + header.p_vaddr), header.p_memsz);
    }
  }
  if (module.build_id.empty()) module.build_id = file_hash(module.path);
  return module;
}

/// Those seen so far; libraries may come at any time.
class Modules {
 public:
  template <class Found>
  const Module* find(Found&& found) {
    const std::lock_guard lock(mutex_);
    if (const Module* known = find_known(found)) return known;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* self) {
          static_cast<Modules*>(self)->add(*info);
          return 0;
        },
        this);
    return find_known(found);
  }

  std::vector<LoadedFile> list() {
    (void)find([](const Module&) { return false; });
    const std::lock_guard lock(mutex_);
    std::vector<LoadedFile> files;
    for (const Module& module : all_) files.push_back({module.name, module.path, module.build_id});
    return files;
  }

 private:
  template <class Found>
  const Module* find_known(Found&& found) {
    const auto at = std::ranges::find_if(all_, found);
    return at == all_.end() ? nullptr : &*at;
  }
  void add(const dl_phdr_info& info) {
    const bool executable = all_.empty();  // it comes first
    if (!executable && std::string_view(info.dlpi_name).find('/') == std::string_view::npos) return;  // the kernel's own
    const auto same = [&](const Module& known) { return known.base == info.dlpi_addr; };
    if (std::ranges::none_of(all_, same)) all_.push_back(read_module(info, executable));
  }

  std::mutex mutex_;
  std::deque<Module> all_;
};

Modules& modules() {
  static auto* all = new Modules;  // tasks may end while static objects are destroyed
  return *all;
}

}  // namespace

const std::string& program_id() {
  static const std::string id = [] {
    const Module* executable = modules().find([](const Module& module) { return module.name.empty(); });
    std::ostringstream text;
    for (const char c : executable->build_id) {
      text << std::hex << std::setw(2) << std::setfill('0') << static_cast<unsigned>(static_cast<unsigned char>(c));
    }
    return text.str();
  }();
  return id;
}

std::vector<LoadedFile> loaded_files() {
  std::vector<LoadedFile> files = modules().list();
  std::array<char, 4096> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  std::string own(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  constexpr std::string_view kDeleted = " (deleted)";  // it was built again meanwhile
  if (own.ends_with(kDeleted)) own.resize(own.size() - kDeleted.size());
  files.front().name = own.empty() ? "program" : own.substr(own.rfind('/') + 1);
  return files;
}

CodePlace place_of(const void* address) {
  if (!address) return {};
  const auto value = reinterpret_cast<std::uint64_t>(address);
  const Module* module = modules().find([&](const Module& m) { return m.holds(value - m.base); });
  if (!module) throw SerializeError("dflow: a function that was made while the program runs cannot be sent");
  return {.module = module->name, .check = module->check(), .offset = value - module->base};
}

const void* address_of(const CodePlace& place, std::size_t size) {
  if (place.offset == 0) return nullptr;
  const Module* module = modules().find([&](const Module& m) { return m.name == place.module; });
  if (!module) throw SerializeError("dflow: a task needs the library " + place.module + ", which is not loaded here");
  if (module->check() != place.check || !module->holds(place.offset, size)) {
    throw SerializeError("dflow: a task needs another version of " +
                         (place.module.empty() ? std::string("the executable") : place.module) + " than runs here");
  }
  return reinterpret_cast<const void*>(module->base + place.offset);
}

[[gnu::no_sanitize_address]] std::uint64_t word_at(const void* address) {
  return *static_cast<const volatile std::uint64_t*>(address);
}

}  // namespace dflow::cluster
