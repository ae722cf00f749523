// The file that says which certificates are used: whatever it holds is understood whole, or refused with its line.
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/cluster/security_files.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using dflow::cluster::SecurityFiles;
  const auto files = SecurityFiles::parse({reinterpret_cast<const char*>(data), size}, "/folder");
  if (!files) {
    REQUIRE(files.message().starts_with("/folder/config:"));
    return 0;
  }
  REQUIRE(files.value().authority.starts_with('/'));
  for (const auto& [role, file] : files.value().certificates) REQUIRE(file.starts_with('/'));
  // Written down again, it says the same.
  std::string text = "authority = " + files.value().authority + "\n";
  if (!files.value().revoked.empty()) text += "revoked = " + files.value().revoked + "\n";
  for (const auto& [role, file] : files.value().certificates)
    text += std::string(dflow::net::name_of(role)) + "=" + file + " # a comment\n";
  const auto again = SecurityFiles::parse(text, "/elsewhere");
  REQUIRE(again && again.value().authority == files.value().authority && again.value().revoked == files.value().revoked &&
          again.value().certificates == files.value().certificates);
  return 0;
}
