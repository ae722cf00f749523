// A value that comes from another process, on its way into the store.
#pragma once

#include <string>

#include "runtime/cluster/value_store.h"
#include "runtime/transfer/stream_source.h"

namespace dflow::cluster {

using formats::Result;

/// Of values of at least this size the object is made while they come; the bytes of smaller ones are kept until a task
/// reads them.
inline constexpr std::uint64_t kMadeWhileComing = 64 << 10;

/// What a peer's `form` is set to for a value of so many bytes.
std::string form_to_send(const ValueForm& form, std::uint64_t size);

/// Takes all that the source has. An error only if that did not come: bytes that make no value are a `failure` that is
/// held in its place.
Result<ValueStore::Held> receive_value(transfer::Source& source, const std::string& form);

}  // namespace dflow::cluster
