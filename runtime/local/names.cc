#include "runtime/local/names.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace dflow::local {

namespace {

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                        &std::free);
  return status == 0 && text ? text.get() : name;
}

struct Symbol {
  std::uint64_t start, end;
  std::string name;
};

/// The functions of the program's own symbol table, which `dladdr` does not see: static ones, and all of an executable
/// linked without -rdynamic.
std::vector<Symbol> read_symbols(const std::string& path) {
  std::vector<Symbol> symbols;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return symbols;
  struct stat info {};
  void* map = MAP_FAILED;
  if (::fstat(fd, &info) == 0 && info.st_size > static_cast<off_t>(sizeof(Elf64_Ehdr))) {
    map = ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  }
  ::close(fd);
  if (map == MAP_FAILED) return symbols;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  const auto* base = static_cast<const char*>(map);
  const auto inside = [&](std::uint64_t offset, std::uint64_t length) { return offset <= size && length <= size - offset; };
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(base);
  if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 && header->e_shentsize == sizeof(Elf64_Shdr) &&
      inside(header->e_shoff, std::uint64_t{header->e_shnum} * sizeof(Elf64_Shdr))) {
    const auto* sections = reinterpret_cast<const Elf64_Shdr*>(base + header->e_shoff);
    for (int i = 0; i < header->e_shnum; ++i) {
      const Elf64_Shdr& table = sections[i];
      if (table.sh_type != SHT_SYMTAB || table.sh_link >= header->e_shnum) continue;
      const Elf64_Shdr& strings = sections[table.sh_link];
      if (!inside(table.sh_offset, table.sh_size) || !inside(strings.sh_offset, strings.sh_size)) continue;
      const auto* entries = reinterpret_cast<const Elf64_Sym*>(base + table.sh_offset);
      for (std::uint64_t k = 0; k < table.sh_size / sizeof(Elf64_Sym); ++k) {
        const Elf64_Sym& symbol = entries[k];
        if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_value == 0 || symbol.st_name >= strings.sh_size) continue;
        const char* name = base + strings.sh_offset + symbol.st_name;
        const std::size_t length = ::strnlen(name, strings.sh_size - symbol.st_name);
        symbols.push_back({symbol.st_value, symbol.st_value + std::max<std::uint64_t>(symbol.st_size, 1),
                           std::string(name, length)});
      }
    }
  }
  ::munmap(map, static_cast<std::size_t>(size));
  std::ranges::sort(symbols, {}, &Symbol::start);
  return symbols;
}

/// Where the program's file was loaded.
std::uint64_t load_offset() {
  std::uint64_t offset = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* out) {
        *static_cast<std::uint64_t*>(out) = info->dlpi_addr;
        return 1;  // the first is the program itself
      },
      &offset);
  return offset;
}

/// Length of a bracket group that ends at `end` (exclusive), or 0.
std::size_t group_before(const std::string& text, std::size_t end, char open, char close) {
  int depth = 0;
  for (std::size_t i = end; i-- > 0;) {
    if (text[i] == close && !(close == '>' && i > 0 && text[i - 1] == '-')) ++depth;
    if (text[i] == open && --depth == 0) return end - i;
  }
  return 0;
}

}  // namespace

std::string executable_path() {
  char path[4096];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string();
}

std::string symbol_at(const void* address) {
  static std::mutex mutex;
  static std::vector<Symbol>* symbols = nullptr;
  Dl_info info{};
  if (::dladdr(address, &info) != 0 && info.dli_sname) return demangle(info.dli_sname);
  const std::lock_guard lock(mutex);
  if (!symbols) symbols = new std::vector<Symbol>(read_symbols(executable_path()));
  const std::uint64_t at = reinterpret_cast<std::uint64_t>(address) - load_offset();
  auto next = std::ranges::upper_bound(*symbols, at, {}, &Symbol::start);
  if (next == symbols->begin() || at >= (--next)->end) return "";
  return demangle(next->name.c_str());
}

namespace {

constexpr const char* kLambda = "lambda";

/// Where the name's last component begins: that of "main::{lambda(std::string)#1}" is "{lambda(std::string)#1}".
std::size_t last_component(const std::string& name) {
  int depth = 0;
  for (std::size_t i = name.size(); i-- > 1;) {
    const char c = name[i];
    if (c == ')' || c == '}' || (c == '>' && name[i - 1] != '-')) ++depth;
    if (c == '(' || c == '{' || c == '<') --depth;
    if (depth == 0 && c == ':' && name[i - 1] == ':') return i + 1;
  }
  return 0;
}

/// As g++ and clang++ call a closure's type.
bool is_closure(const std::string& name, std::size_t component) {
  const std::string_view last = std::string_view(name).substr(component);
  return last.starts_with("{lambda(") || last.starts_with("$_") || last.starts_with("'lambda");
}

/// What a name is within; "" if within nothing.
std::string outside_of(const std::string& name, std::size_t component) { return name.substr(0, component < 2 ? 0 : component - 2); }

/// Without what stands behind a function's name.
std::string without_parameters(std::string name) {
  for (const char* suffix : {" noexcept", " &&", " &", " volatile", " const"}) {
    if (name.ends_with(suffix)) name.resize(name.size() - std::strlen(suffix));
  }
  if (const std::size_t clone = name.find(" [clone"); clone != std::string::npos) name.resize(clone);
  if (name.ends_with(')')) name.resize(name.size() - group_before(name, name.size(), '(', ')'));
  return name;
}

/// The closure's type, if that is what is called: its own name, or its function's, or that which a pointer to it means.
std::string closure_of(const std::string& demangled) {
  if (is_closure(demangled, last_component(demangled))) return demangled;
  const std::string function = without_parameters(demangled);
  const std::size_t component = last_component(function);
  const std::string_view last = std::string_view(function).substr(component);
  if (last != "operator()" && last != "_FUN" && last != "__invoke") return "";
  std::string type = outside_of(function, component);
  return is_closure(type, last_component(type)) ? type : "";
}

/// "int (*)(long)": a pointer's type tells no name.
bool is_pointer_type(const std::string& demangled) {
  return without_parameters(demangled).ends_with("*)");
}

}  // namespace

std::string plain_name(const std::string& demangled) {
  if (!closure_of(demangled).empty()) return kLambda;
  if (is_pointer_type(demangled)) return "function";
  std::string name = without_parameters(demangled);
  // Template arguments of the name and of what it is qualified by.
  for (std::size_t close = name.rfind('>'); close != std::string::npos && close > 0; close = name.rfind('>')) {
    if (name.find("operator") != std::string::npos) break;
    const std::size_t length = group_before(name, close + 1, '<', '>');
    if (length == 0) break;
    name.erase(close + 1 - length, length);
  }
  // A function template's symbol starts with its return type.
  if (const std::size_t space = name.rfind(' '); space != std::string::npos && name.find("operator") == std::string::npos &&
      name.find("(anonymous") == std::string::npos) {
    name.erase(0, space + 1);
  }
  for (std::size_t at = name.find("(anonymous namespace)::"); at != std::string::npos;
       at = name.find("(anonymous namespace)::")) {
    name.erase(at, std::strlen("(anonymous namespace)::"));
  }
  return name;
}

std::string full_name(const std::string& demangled) {
  const std::string closure = closure_of(demangled);
  if (closure.empty()) return plain_name(demangled);
  const std::string outside = outside_of(closure, last_component(closure));
  return outside.empty() ? kLambda : kLambda + (" in " + full_name(outside));
}

namespace {

/// Of a function where its address is known, else of its type.
std::string callable_name(const std::type_info& type, const void* address) {
  std::string symbol = address ? symbol_at(address) : "";
  return symbol.empty() ? demangle(type.name()) : symbol;
}

}  // namespace

std::string task_name(const detail::Site* site, const std::type_info& type, const void* address) {
  if (site && site->task[0] != '\0') return site->task;
  const std::string name = plain_name(callable_name(type, address));
  return name.empty() ? "task" : name;
}

std::string shown_name(const detail::Site* site, const std::type_info& type, const void* address) {
  if (site && site->task[0] != '\0') return site->task;
  const std::string name = full_name(callable_name(type, address));
  return name.empty() ? "task" : name;
}

}  // namespace dflow::local
