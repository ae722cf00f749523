#pragma once

#include <string>
#include <string_view>

#include "formats/result.h"

namespace dflow::compiler {

/// A directory of this process alone, below $TMPDIR; gone with the object.
class TemporaryDirectory {
 public:
  static formats::Result<TemporaryDirectory> create();

  TemporaryDirectory(TemporaryDirectory&& other) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();

  const std::string& path() const { return path_; }

  /// A path in it that was not given out before; ends with `suffix`.
  std::string new_path(std::string_view suffix);

  /// A new file in it with this text.
  formats::Result<std::string> new_file(std::string_view suffix, std::string_view text);

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
  int count_ = 0;
};

}  // namespace dflow::compiler
