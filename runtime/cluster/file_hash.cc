#include "runtime/cluster/file_hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace dflow::cluster {

namespace {

constexpr std::size_t kAtOnce = 1 << 20;

std::string hexadecimal(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  std::string text;
  for (const unsigned char byte : canonical.digest) {
    for (const int shift : {4, 0}) text += "0123456789abcdef"[byte >> shift & 15];
  }
  return text;
}

}  // namespace

Result<HashedFile> hash_of_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return formats::Error{path + ": " + std::strerror(errno)};
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(state.get());
  HashedFile result;
  std::vector<char> buffer(kAtOnce);
  ssize_t got = 0;
  while ((got = ::read(file, buffer.data(), buffer.size())) > 0 || (got < 0 && errno == EINTR)) {
    if (got < 0) continue;
    XXH3_128bits_update(state.get(), buffer.data(), static_cast<std::size_t>(got));
    result.size += static_cast<std::uint64_t>(got);
  }
  const int problem = errno;
  ::close(file);
  if (got < 0) return formats::Error{path + ": " + std::strerror(problem)};
  result.hash = hexadecimal(XXH3_128bits_digest(state.get()));
  return result;
}

}  // namespace dflow::cluster
