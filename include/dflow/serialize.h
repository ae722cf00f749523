// How values cross processes: Serialize<T>, the point to customise, and the Writer and Reader that it works
// on (in detail/serialize_core.h). The bytes are specified in docs/values.md. dflowc generates Serialize<T>
// for the types that a program sends; numbers, strings and the standard's containers are built in.
#pragma once

#include <dflow/detail/serialize_basic.h>
#include <dflow/detail/serialize_core.h>
#include <dflow/detail/serialize_std.h>

namespace dflow::inline v0 {

/// The value's bytes.
template <Serializable T>
std::vector<std::byte> to_bytes(const T& value) {
  Writer writer;
  writer.write(value);
  return writer.take();
}

/// The value that the bytes stand for. Throws SerializeError unless they are one whole value of T and nothing
/// more.
template <Serializable T>
T from_bytes(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  T value = reader.read<T>();
  if (reader.remaining() != 0) reader.fail("ends early");
  return value;
}

}  // namespace dflow::inline v0
