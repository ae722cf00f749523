#include "formats/elf.h"

#include <elf.h>

#include <cstring>
#include <optional>

namespace dflow::formats {
namespace {

Error damaged(const std::string& how) {
  return {"a damaged ELF file: " + how};
}

/// The `size` bytes at `offset`, if the file has them.
std::optional<std::string_view> slice(std::string_view file, std::uint64_t offset, std::uint64_t size) {
  if (offset > file.size() || size > file.size() - offset) return std::nullopt;
  return file.substr(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
}

/// A copy, because nothing says that the file's bytes are aligned.
template <class T>
std::optional<T> record(std::string_view file, std::uint64_t offset) {
  const auto bytes = slice(file, offset, sizeof(T));
  if (!bytes) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

Result<Elf64_Ehdr> header_of(std::string_view file) {
  if (!is_elf(file)) return Error{"not an ELF file"};
  const auto header = record<Elf64_Ehdr>(file, 0);
  if (!header) return damaged("its header is cut short");
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
    return Error{"an ELF file that is not 64-bit little-endian; dflow's plans are in such files only"};
  return *header;
}

/// The table of sections. Large counts stand in the first section's header (the ELF specification,
/// "e_shnum").
struct Sections {
  std::uint64_t start = 0;
  std::uint64_t count = 0;
  std::uint64_t names = 0;  // index of the section with the names
};

Result<Sections> sections_of(std::string_view file) {
  const auto header = header_of(file);
  if (!header) return header.error();
  const Elf64_Ehdr& elf = header.value();
  if (elf.e_shoff == 0) return Sections{};
  if (elf.e_shentsize != sizeof(Elf64_Shdr)) return damaged("its section headers have an unknown size");
  const auto first = record<Elf64_Shdr>(file, elf.e_shoff);
  if (!first) return damaged("its section headers lie outside the file");
  Sections sections{elf.e_shoff, elf.e_shnum, elf.e_shstrndx};
  if (sections.count == 0) sections.count = first->sh_size;
  if (sections.names == SHN_XINDEX) sections.names = first->sh_link;
  const std::uint64_t room = (file.size() - elf.e_shoff) / sizeof(Elf64_Shdr);
  if (sections.count > room) return damaged("its section headers lie outside the file");
  if (sections.count > 0 && sections.names >= sections.count) return damaged("it names no section of names");
  return sections;
}

Elf64_Shdr section_at(std::string_view file, const Sections& sections, std::uint64_t index) {
  return *record<Elf64_Shdr>(file, sections.start + index * sizeof(Elf64_Shdr));
}

std::optional<std::string_view> name_at(std::string_view names, std::uint64_t offset) {
  if (offset >= names.size()) return std::nullopt;
  const auto end = names.find('\0', static_cast<std::size_t>(offset));
  if (end == std::string_view::npos) return std::nullopt;
  return names.substr(static_cast<std::size_t>(offset), end - static_cast<std::size_t>(offset));
}

Result<std::string_view> contents(std::string_view file, const Elf64_Shdr& section, std::string_view name) {
  if (section.sh_type == SHT_NOBITS) return damaged("section " + std::string(name) + " has no contents");
  if (section.sh_flags & SHF_COMPRESSED) return damaged("section " + std::string(name) + " is compressed");
  const auto bytes = slice(file, section.sh_offset, section.sh_size);
  if (!bytes) return damaged("section " + std::string(name) + " lies outside the file");
  return *bytes;
}

}  // namespace

bool is_elf(std::string_view file) {
  return file.starts_with(std::string_view(ELFMAG, SELFMAG));
}

bool is_elf_program(std::string_view file) {
  const auto header = header_of(file);
  return header && (header.value().e_type == ET_EXEC || header.value().e_type == ET_DYN);
}

Result<std::vector<std::string_view>> elf_sections(std::string_view file, std::string_view name) {
  const auto sections = sections_of(file);
  if (!sections) return sections.error();
  std::vector<std::string_view> found;
  if (sections.value().count == 0) return found;
  const auto names = contents(file, section_at(file, sections.value(), sections.value().names), "of names");
  if (!names) return names.error();
  for (std::uint64_t i = 0; i < sections.value().count; ++i) {
    const Elf64_Shdr section = section_at(file, sections.value(), i);
    const auto known = name_at(names.value(), section.sh_name);
    if (!known) return damaged("section " + std::to_string(i) + " has no name");
    if (*known != name) continue;
    const auto bytes = contents(file, section, name);
    if (!bytes) return bytes.error();
    found.push_back(bytes.value());
  }
  return found;
}

Result<std::vector<Plan>> plans_in_elf(std::string_view file) {
  auto all = in_sections<Plan>(file, kPlanSection, decode_frames);
  if (all && all.value().empty())
    return Error{"no plans inside: it was not compiled by dflowc, or has no [[dflow::graph]] function"};
  return all;
}

}  // namespace dflow::formats
