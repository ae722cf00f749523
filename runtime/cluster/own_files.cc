#include "runtime/cluster/own_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "runtime/cluster/file_hash.h"

namespace dflow::cluster {

namespace {

/// dflow's own libraries go along wherever they lie: both ends have to be of one build.
bool every_machine_has(const LoadedFile& file) {
  if (file.name.starts_with("libdflow")) return false;
  constexpr std::array<std::string_view, 6> kSystem{"/lib/",     "/lib32/",     "/lib64/",
                                                    "/usr/lib/", "/usr/lib32/", "/usr/lib64/"};
  return std::ranges::any_of(kSystem, [&](std::string_view folder) { return file.path.starts_with(folder); });
}

std::string short_hash(const std::vector<LoadedFile>& files) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  const auto add = [&](std::string_view bytes) {
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  };
  for (const LoadedFile& file : files) add(file.name), add(file.build_id);
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
  return std::string(digits.data(), end);
}

}  // namespace

OwnFiles::OwnFiles() : files_(loaded_files()) {
  files_.erase(std::remove_if(files_.begin() + 1, files_.end(), every_machine_has), files_.end());
  std::ranges::sort(files_.begin() + 1, files_.end(), {}, &LoadedFile::name);
  key_ = program_id() + '-' + short_hash(files_);
}

FilesOffered OwnFiles::describe() const {
  FilesOffered offered;
  for (const LoadedFile& file : files_) {
    Result<HashedFile> hashed = hash_of_file(file.path);
    if (!hashed) return {.error = hashed.message()};
    offered.files.files.push_back({.name = file.name, .size = hashed.value().size, .hash = hashed.value().hash});
  }
  return offered;
}

Piece OwnFiles::piece(const PieceWanted& wanted) const {
  Piece piece{.number = wanted.number};
  const auto found = std::ranges::find(files_, wanted.file, &LoadedFile::name);
  if (found == files_.end()) {
    piece.error = "the program has no file " + wanted.file;
    return piece;
  }
  const int file = ::open(found->path.c_str(), O_RDONLY | O_CLOEXEC);
  piece.bytes.resize(kPieceOfFile);
  const ssize_t got =
      file < 0 ? -1 : ::pread(file, piece.bytes.data(), piece.bytes.size(), static_cast<off_t>(wanted.offset));
  if (got < 0) piece.error = found->path + ": " + std::strerror(errno);
  piece.bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  if (file >= 0) ::close(file);
  return piece;
}

}  // namespace dflow::cluster
