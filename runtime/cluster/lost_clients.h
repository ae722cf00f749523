// Clients that were given up for lost, as long as one of them may still come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

namespace dflow::cluster {

/// Ids go upwards, and who comes back late was given up not long ago: the highest are kept, each by itself. Of those below, when there
/// were more, all that nobody knows count as given up: to take one for a client that has never been there would run tasks a second time.
/// So what is kept says all that there is to say, also in a journal. Not thread-safe.
class LostClients {
 public:
  static constexpr std::size_t kMost = 1024;

  void add(std::uint32_t client) {
    clients_.insert(client);
    if (clients_.size() > kMost) clients_.erase(clients_.begin());
  }
  /// For sure: it is one of those that are kept.
  bool contain(std::uint32_t client) const { return clients_.contains(client); }
  /// It may be, unless it is known to be there, or to be awaited.
  bool may_contain(std::uint32_t client) const {
    return contain(client) || (clients_.size() >= kMost && client < *clients_.begin());
  }
  const std::set<std::uint32_t>& clients() const { return clients_; }

 private:
  std::set<std::uint32_t> clients_;
};

}  // namespace dflow::cluster
