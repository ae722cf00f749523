// Which certificates an authority has taken back, as its list says now.
#pragma once

#include <chrono>
#include <ctime>
#include <set>
#include <string>

#include "formats/result.h"

namespace dflow::cluster {

/// Reads an authority's revocation list again whenever it has been replaced. Not thread-safe.
class Revocations {
 public:
  /// A list is looked at so often.
  static constexpr std::chrono::seconds kEvery{1};

  /// An empty list: nothing is ever revoked.
  Revocations(std::string authority, std::string list) : authority_(std::move(authority)), list_(std::move(list)) {}

  /// Whether there is a list at all.
  bool any() const { return !list_.empty(); }
  /// True if the list has changed and could be read: there may be more revoked ones. One that is damaged changes nothing; nobody
  /// new is let in by it either.
  bool reread();
  /// By a serial; none has the empty one.
  bool contain(const std::string& serial) const { return serials_.contains(serial); }

 private:
  std::string authority_, list_;
  std::string stamp_ = {};  ///< Of the file that was read.
  std::set<std::string> serials_ = {};
};

}  // namespace dflow::cluster
