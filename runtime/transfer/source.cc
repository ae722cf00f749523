#include "runtime/transfer/source.h"

#include <algorithm>
#include <array>

#include "runtime/transfer/landing.h"

namespace dflow::transfer {

void Source::read(std::span<std::byte> into) {
  if (broken_.empty() && into.size() > left_) broken_ = "a value that is shorter than was said";
  if (broken_.empty()) {
    prepare_landing(into);
    if (const formats::Result<void> filled = fill(into); !filled) broken_ = filled.message();
  }
  if (!broken_.empty()) throw Broken(broken_);
  left_ -= into.size();
}

formats::Result<void> Source::skip() {
  std::array<std::byte, 4096> nowhere;
  try {
    while (left_ > 0) read(std::span(nowhere).first(std::min<std::uint64_t>(left_, nowhere.size())));
  } catch (const Broken& broken) {
    return formats::Error{broken.what()};
  }
  return {};
}

}  // namespace dflow::transfer
