// Exceptions that another process sends.
#include <cstdint>
#include <span>
#include <vector>

#include <dflow/exceptions.h>

#include "tests/fuzz/require.h"

namespace {

std::exception_ptr read(std::span<const std::byte> bytes) {
  dflow::Reader in(bytes);
  return dflow::detail::read_exception(in, "worker-1");
}

std::vector<std::byte> written(const std::exception_ptr& error) {
  dflow::Writer out;
  dflow::detail::write_exception(error, out);
  return out.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::exception_ptr error;
  try {
    error = read(std::as_bytes(std::span(data, size)));
  } catch (const dflow::SerializeError&) {
    return 0;
  }
  REQUIRE(error);
  // Twice: a text may have had a zero in it, where what() ends.
  const std::vector<std::byte> bytes = written(read(written(error)));
  REQUIRE(written(read(bytes)) == bytes);
  return 0;
}
