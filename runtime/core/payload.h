// Bytes that the scheduler passes on and never looks into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "formats/result.h"

namespace dflow::core {

/// A task's function and arguments, an exception, an address. Null stands for none.
using Payload = std::shared_ptr<const std::string>;

/// Bytes that whoever drives a brain keeps elsewhere than in memory, in one piece or several, and brings back before they are passed on.
class PutAway {
 public:
  virtual ~PutAway() = default;
  virtual std::size_t size(std::uint32_t piece) const = 0;
  virtual formats::Result<Payload> read(std::uint32_t piece) const = 0;
};

/// The deleter of a payload that stands for such a piece, by which it is known.
struct StandIn {
  std::shared_ptr<const PutAway> bytes;
  std::uint32_t piece = 0;
  void operator()(const std::string*) const noexcept {}
};

/// What all of them point to.
inline const std::string* nothing() {
  static const std::string nothing;
  return &nothing;
}

/// Is empty itself.
inline Payload stand_in_for(std::shared_ptr<const PutAway> bytes, std::uint32_t piece = 0) {
  return {nothing(), StandIn{std::move(bytes), piece}};
}

/// What it stands for; null: it is what it is.
inline const StandIn* put_away(const Payload& payload) {
  return payload.get() == nothing() ? std::get_deleter<StandIn>(payload) : nullptr;
}

/// Wherever the bytes are.
inline std::size_t size_of(const Payload& payload) {
  if (!payload) return 0;
  const StandIn* stand_in = put_away(payload);
  return stand_in ? stand_in->bytes->size(stand_in->piece) : payload->size();
}

}  // namespace dflow::core
