// How values cross processes: Serialize<T>, the point to customise, and the Writer and Reader that it works
// on. The bytes are specified in docs/values.md. Numbers, strings, the standard's containers and aggregates
// are built in; dflowc says how to take apart the other classes that a program sends.
#pragma once

#include <dflow/detail/serialize_basic.h>
#include <dflow/detail/serialize_core.h>
#include <dflow/detail/serialize_parts.h>
#include <dflow/detail/serialize_reader.h>
#include <dflow/detail/serialize_std.h>
#include <dflow/detail/serialize_writer.h>

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
