// What a peer sends: a frame's first bytes, and its header in Thrift's encoding.
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/net/messages.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dflow::net;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (size >= kPrefix) {
    const auto header = header_size(bytes.substr(0, kPrefix));
    if (header) REQUIRE(header.value() <= kMostHeader);
  }
  const auto message = decode_header(bytes);
  if (!message) return 0;
  const std::string frame = encode_frame(message.value());
  const auto again = decode_header(std::string_view(frame).substr(kPrefix));
  REQUIRE(again && again.value().index() == message.value().index() && encode_frame(again.value()) == frame);
  return 0;
}
