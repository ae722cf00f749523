#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/result.h"

/// Documents in the sections of ELF files: each in a frame that says what it is, how long, and that it is
/// whole.
namespace dflow::formats {

inline constexpr std::size_t kFramedAlignment = 16;

struct FrameKind {
  std::string_view magic;  ///< eight bytes
  int version;             ///< the newest that can be read
  std::string_view what;   ///< "plan", for messages
};

/// The payload in a frame, padded with zeros to a multiple of `kFramedAlignment`.
std::string framed(const FrameKind& kind, std::string_view payload);

/// Hands over the payloads of frames that follow each other, each aligned to `kFramedAlignment`, with zeros
/// between: what a linker makes of the sections of its inputs. Stops at the first error, also of `take`, and
/// names its place.
Result<void> each_frame(const FrameKind& kind, std::string_view bytes,
                        const std::function<Result<void>(std::string_view payload)>& take);

/// What those frames hold, each read by `decode`.
template <class T>
Result<std::vector<T>> all_framed(const FrameKind& kind, std::string_view bytes,
                                  Result<T> (*decode)(std::string_view payload)) {
  std::vector<T> all;
  const auto read = each_frame(kind, bytes, [&](std::string_view payload) -> Result<void> {
    auto one = decode(payload);
    if (!one) return one.error();
    all.push_back(std::move(one).value());
    return {};
  });
  if (!read) return read.error();
  return all;
}

}  // namespace dflow::formats
