#include "tools/dflow/cluster_address.h"

#include <unistd.h>

#include <cstdlib>

#include "formats/file.h"
#include "runtime/cluster/home.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

using formats::Error;
using formats::Result;

constexpr std::size_t kMostAddress = 300;

Result<std::string> note() {
  Result<std::string> home = cluster::home();
  if (!home) return home.error();
  return home.value() + "/up";
}

/// The option takes its value from the variable where it is left out.
std::string origin_of(const std::string& given) {
  if (given.empty()) return "the last `dflow up`";
  const char* variable = std::getenv("DFLOW_SCHEDULER");
  return variable && given == variable ? "DFLOW_SCHEDULER" : "--scheduler";
}

}  // namespace

std::string noted_cluster() {
  const Result<std::string> file = note();
  if (!file) return "";
  Result<std::string> address = formats::read_file(file.value(), kMostAddress);
  return address ? address.value().substr(0, address.value().find('\n')) : "";
}

Result<void> note_cluster(const std::string& address) {
  const Result<std::string> file = note();
  if (!file) return file.error();
  return formats::write_file_atomically(file.value(), address + '\n');
}

void forget_cluster() {
  if (const Result<std::string> file = note()) ::unlink(file.value().c_str());
}

Result<ClusterAddress> cluster_address(const std::string& given) {
  const std::string address = given.empty() ? noted_cluster() : given;
  if (address.empty()) {
    return Error{"no cluster is up here: `dflow up` starts one, --scheduler=HOST:PORT names another"};
  }
  Result<net::Address> parsed = net::parse_address(address);
  const std::string origin = origin_of(given);
  if (!parsed) return Error{text({origin, ": ", parsed.message()})};
  return ClusterAddress{.address = std::move(parsed).value(), .origin = origin};
}

std::string unreachable(const ClusterAddress& address, const std::string& why, std::string_view advice) {
  return text({why, " (the address is from ", address.origin, "): ", advice});
}

}  // namespace dflow::tools
