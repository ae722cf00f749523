// A value that comes from another process, on its way into the store.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "formats/machine_memory.h"
#include "runtime/cluster/value_store.h"
#include "runtime/net/stream.h"
#include "runtime/transfer/packing.h"

namespace dflow::cluster {

using formats::Result;

/// Of values of at least this size the object is made while they come; the bytes of smaller ones are kept
/// until a task reads them.
inline constexpr std::uint64_t kMadeWhileComing = 64 << 10;

/// What reads a value that was announced so: from the memory of who sends it, or from the connection, packed
/// or not. It refers to both.
std::unique_ptr<transfer::Source> source_of(net::Stream& stream, std::uint64_t size,
                                            const std::optional<net::Memory>& memory, net::Packing packing);

/// Sends what announces a value, a Value or a Push, and its bytes behind it: none if they are shown in
/// memory, packed if that may be and is worth it.
template <class Announcement>
Result<void> send_value(net::Stream& stream, Announcement value, transfer::Pieces pieces, bool may_pack) {
  if (value.memory) return stream.write(value);
  if (!may_pack || !transfer::worth_packing(pieces)) return stream.write(value, pieces);
  value.packing = net::Packing::lz4;
  if (Result<void> sent = stream.write(value); !sent) return sent;
  return transfer::pack(pieces,
                        [&stream](std::span<const std::byte> bytes) { return stream.write_raw(bytes); });
}

/// What a peer's `form` is set to for a value of so many bytes.
std::string form_to_send(const ValueForm& form, std::uint64_t size);

/// Takes all that the source has. An error only if that did not come: bytes that make no value are a
/// `failure` that is held in its place. No value is begun with of more bytes than the machine has (0: nobody knows).
Result<ValueStore::Held> receive_value(transfer::Source& source, const std::string& form, std::uint64_t machine = formats::memory_here());

}  // namespace dflow::cluster
