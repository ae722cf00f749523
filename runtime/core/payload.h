// Bytes that the scheduler passes on and never looks into.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "formats/result.h"

namespace dflow::core {

/// A task's function and arguments, an exception, an address. Null stands for none.
using Payload = std::shared_ptr<const std::string>;

/// Bytes that whoever drives a brain keeps elsewhere than in memory, and brings back before they are passed on.
class PutAway {
 public:
  virtual ~PutAway() = default;
  virtual std::size_t size() const = 0;
  virtual formats::Result<std::string> read() const = 0;
};

/// The deleter of a payload that stands for such bytes, by which it is known.
struct StandIn {
  std::shared_ptr<const PutAway> bytes;
  void operator()(const std::string*) const noexcept {}
};

/// Is empty itself.
inline Payload stand_in_for(std::shared_ptr<const PutAway> bytes) {
  static const std::string nothing;
  return {&nothing, StandIn{std::move(bytes)}};
}

/// What it stands for; null: it is what it is.
inline const PutAway* put_away(const Payload& payload) {
  const StandIn* stand_in = std::get_deleter<StandIn>(payload);
  return stand_in ? stand_in->bytes.get() : nullptr;
}

/// Wherever the bytes are.
inline std::size_t size_of(const Payload& payload) {
  if (!payload) return 0;
  const PutAway* elsewhere = put_away(payload);
  return elsewhere ? elsewhere->size() : payload->size();
}

}  // namespace dflow::core
