#pragma once

#include <elf.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace dflow::formats::testing {

inline void put(std::string& file, std::size_t at, const void* bytes, std::size_t size) {
  if (file.size() < at + size) file.resize(at + size, '\0');
  std::memcpy(file.data() + at, bytes, size);
}

/// The smallest ELF file with these sections (name, contents), each aligned to 16.
inline std::string elf_file(const std::vector<std::pair<std::string, std::string>>& contents) {
  std::string names(1, '\0');
  std::vector<Elf64_Shdr> sections(1);
  std::string file(sizeof(Elf64_Ehdr), '\0');
  const auto add = [&](const std::string& name, const std::string& bytes, Elf64_Word type) {
    file.resize((file.size() + 15) / 16 * 16, '\0');
    Elf64_Shdr section{};
    section.sh_name = static_cast<Elf64_Word>(names.size());
    section.sh_type = type;
    section.sh_offset = file.size();
    section.sh_size = bytes.size();
    names += name + '\0';
    file += bytes;
    sections.push_back(section);
  };
  for (const auto& [name, bytes] : contents) add(name, bytes, SHT_PROGBITS);
  const std::string table = ".shstrtab";
  add(table, names + table + '\0', SHT_STRTAB);

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_type = ET_DYN;
  header.e_shoff = (file.size() + 7) / 8 * 8;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<Elf64_Half>(sections.size());
  header.e_shstrndx = static_cast<Elf64_Half>(sections.size() - 1);
  put(file, 0, &header, sizeof header);
  put(file, header.e_shoff, sections.data(), sections.size() * sizeof(Elf64_Shdr));
  return file;
}

}  // namespace dflow::formats::testing
