// The files of the program that runs here, for agents that are to run workers of it.
#pragma once

#include <string>

#include "runtime/cluster/agent_protocol.h"
#include "runtime/cluster/program.h"

namespace dflow::cluster {

/// The executable and the libraries that it has loaded now, those of the system aside, which every machine is expected to
/// have. Thread-safe.
class OwnFiles {
 public:
  OwnFiles();

  /// Names the program and its libraries by their build ids: programs of one key can share workers.
  const std::string& key() const noexcept { return key_; }
  /// Reads them all.
  FilesOffered describe() const;
  Piece piece(const PieceWanted& wanted) const;

 private:
  std::vector<LoadedFile> files_;
  std::string key_;
};

}  // namespace dflow::cluster
