#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "formats/result.h"

namespace dflow::formats {

/// Somewhere bytes go, piece by piece. An implementation keeps its first failure and reports it at its end,
/// so that those who produce text need not look after every piece.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write(std::string_view bytes) = 0;
};

/// Collects the bytes in a string.
class StringSink : public ByteSink {
 public:
  void write(std::string_view bytes) override { text_.append(bytes); }
  const std::string& text() const& { return text_; }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

/// Writes through a buffer to a file descriptor that it does not own, such as standard output.
class DescriptorSink : public ByteSink {
 public:
  DescriptorSink(int descriptor, std::string name) : descriptor_(descriptor), name_(std::move(name)) {}

  void write(std::string_view bytes) override;

  /// Writes what is still in the buffer; the first error of any write.
  Result<void> flush();

 private:
  void put(std::string_view bytes);

  int descriptor_;
  std::string name_;
  std::string buffer_;
  std::string error_;
};

/// A file that appears whole or not at all: the bytes go to a temporary file in the same directory, which
/// `commit()` forces to the disk and renames. Until then, and after any failure (a full disk), an older file
/// of that name stays as it was; the destructor removes what was not committed. A symbolic link stays and its
/// target is replaced; an existing file's permissions are kept. What is not a regular file (a pipe,
/// /dev/stdout) is written straight. Not thread-safe. A process that writes under RLIMIT_FSIZE must ignore
/// SIGXFSZ to be told of it.
class AtomicFile : public ByteSink {
 public:
  static Result<AtomicFile> create(const std::string& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile() override;

  void write(std::string_view bytes) override { sink_.write(bytes); }
  Result<void> commit();

 private:
  AtomicFile(int descriptor, const std::string& shown, std::string target, std::string temporary);
  Result<void> fail(const char* step);
  void discard();

  int descriptor_;
  std::string shown_;      // the name the user gave
  std::string target_;     // that name with symbolic links followed
  std::string temporary_;  // empty when the target is written straight
  DescriptorSink sink_;
};

/// Replaces `path` by a file with these bytes, or leaves it as it is and says why.
Result<void> write_file_atomically(const std::string& path, std::string_view bytes);

inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{8} << 30;

/// The bytes of a file (or a pipe) of at most `max_bytes`.
Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes = kMaxFileBytes);

}  // namespace dflow::formats
