#include "runtime/cluster/arrival.h"

#include <new>
#include <stdexcept>

#include "runtime/transfer/memory.h"
#include "runtime/transfer/stream_source.h"

namespace dflow::cluster {

namespace {

using formats::Error;

Error no_memory(std::uint64_t size) {
  return Error{"there is no memory for its " + std::to_string(size) + " bytes"};
}

Result<ValueStore::Held> receive_bytes(transfer::Source& source) {
  const std::uint64_t size = source.left();
  auto bytes = std::make_shared<Buffer>();
  try {
    bytes->resize(size);
    source.read(*bytes);
  } catch (const transfer::Source::Broken& broken) {
    return Error{broken.what()};
  } catch (const std::exception&) {
    return no_memory(size);
  }
  return ValueStore::Held{.bytes = std::move(bytes)};
}

Result<ValueStore::Held> receive_object(transfer::Source& source, const ValueForm& form) {
  const std::uint64_t size = source.left();
  ValueStore::Held held;
  try {
    Reader in(source, size);
    held.object = hold_value(in, form);
  } catch (const std::bad_alloc&) {
    if (source.broken().empty()) return no_memory(size);
  } catch (...) {
    held.failure = std::current_exception();
  }
  if (!source.broken().empty()) return Error{source.broken()};
  return held;
}

}  // namespace

std::unique_ptr<transfer::Source> source_of(net::Stream& stream, std::uint64_t size,
                                            const std::optional<net::Memory>& memory, net::Packing packing) {
  if (memory) return std::make_unique<transfer::MemorySource>(*memory, size);
  if (packing == net::Packing::none) return std::make_unique<transfer::StreamSource>(stream, size);
  return std::make_unique<transfer::UnpackingSource>(
      [&stream](std::span<std::byte> into) { return stream.read_raw(into); }, size);
}

std::string form_to_send(const ValueForm& form, std::uint64_t size) {
  return size < kMadeWhileComing ? std::string() : form_name(form);
}

Result<ValueStore::Held> receive_value(transfer::Source& source, const std::string& form_name, std::uint64_t machine) {
  if (!formats::fits_into_machine(source.left(), machine)) return no_memory(source.left());
  const ValueForm* form = source.left() < kMadeWhileComing ? nullptr : form_of(form_name);
  return form && form->hold ? receive_object(source, *form) : receive_bytes(source);
}

}  // namespace dflow::cluster
