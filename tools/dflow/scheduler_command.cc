#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>

#include "formats/file.h"
#include "formats/json_text.h"
#include "formats/printable.h"
#include "runtime/cluster/admission.h"
#include "runtime/cluster/handshake.h"
#include "runtime/cluster/home.h"
#include "runtime/cluster/scheduler_server.h"
#include "runtime/cluster/spill_file.h"
#include "tools/dflow/cluster_commands.h"
#include "tools/dflow/service.h"
#include "tools/dflow/text.h"

namespace dflow::tools {

namespace {

using formats::Error;
using formats::Result;

constexpr std::chrono::seconds kToLeave{5};

/// HOST:PORT in a file, while the scheduler runs.
class AddressFile {
 public:
  explicit AddressFile(std::string path) : path_(std::move(path)) {}
  AddressFile(const AddressFile&) = delete;
  AddressFile& operator=(const AddressFile&) = delete;
  ~AddressFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Result<void> write(const std::string& address) const {
    if (path_.empty()) return {};
    return formats::write_file_atomically(path_, address + '\n');
  }

 private:
  std::string path_;
};

void tell(const std::string& address, bool json) {
  std::string line = "DFLOW_SCHEDULER=" + address;
  if (json) {
    line = R"({"address": )";
    formats::append_json_string(line, address);
    line += text({", \"pid\": ", std::to_string(::getpid()), "}"});
  }
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

/// Whoever listens at all of a machine's addresses is reached by its name.
net::Address as_others_see(net::Address address, const net::Credentials* credentials) {
  const bool everywhere = address.host == "0.0.0.0" || address.host == "::";
  if (!everywhere || !credentials) return address;
  const net::Certificate own = credentials->own();
  const std::string name = cluster::host_name();
  if (own.names(name) || own.hosts.empty()) address.host = name;
  else address.host = own.hosts.front();
  return address;
}

}  // namespace

Result<int> run_scheduler(const SchedulerOptions& options) {
  if (options.silence < 3 * options.heartbeat) {
    return Error{"--silence (DFLOW_SILENCE) has to be at least three times --heartbeat (DFLOW_HEARTBEAT): one heartbeat that is "
                 "late would end a member"};
  }
  const cluster::Pulse pulse{.heartbeat = options.heartbeat, .silence = options.silence, .grace = options.grace};
  if (const std::string why = cluster::why_no_spilling(options.spill); !why.empty()) return Error{"--spill-dir: " + why};
  const EndSignals signals;
  raise_file_limit();
  Result<cluster::Admission> admission = cluster::admission_at(options.host, net::CertificateRole::scheduler);
  if (!admission) return admission.error();
  if (admission.value().revocations && !admission.value().revocations->any()) {
    std::fprintf(stderr, "dflow: %s/config names no list of revoked certificates: nobody is refused for having one (`revoked = FILE` names it)\n",
                 admission.value().security.c_str());
  }
  const bool keeps = options.journal != "none";
  const bool by_port = options.journal.empty();
  Result<std::string> journal = by_port ? cluster::home_folder("journal") : Result<std::string>(options.journal);
  if (!journal) return journal.error();
  // Whoever knew the one that was killed here is to find this one, or to be told what is lost.
  const Result<std::string> known = options.port != 0 ? cluster::secret_of_scheduler(options.port) : Result<std::string>("");
  if (!known) return known.error();
  const std::string secret = known.value().empty() ? cluster::fresh_secret() : known.value();
  Result<std::unique_ptr<cluster::SchedulerServer>> server = cluster::SchedulerServer::start(
      {.address = {.host = options.host, .port = options.port},
       .secret = secret,
       .credentials = admission.value().credentials,
       .revocations = admission.value().revocations,
       .settings = {.heartbeat = options.heartbeat, .silence = pulse.most()},
       .end_asked = &EndSignals::end,
       .agents = true,
       .pulse = pulse,
       .journal = keeps ? journal.value() : "",
       .journal_by_port = by_port,
       .payloads = {.folder = options.spill},
       .tell = [](const std::string& what) { std::fprintf(stderr, "dflow: %s\n", formats::printable(what).c_str()); }});
  if (!server) return server.error();
  const net::Address address = as_others_see(server.value()->address(), admission.value().credentials.get());
  std::optional<Result<cluster::SecretFile>> key;
  if (!admission.value().credentials) key.emplace(cluster::SecretFile::create(address.port, secret));
  if (key && !*key) return key->error();
  const AddressFile file(options.address_file);
  if (Result<void> written = file.write(address.text()); !written) return written.error();
  tell(address.text(), options.json);
  signals.wait_for_end();
  server.value()->end_for_good();
  server.value()->dismiss_workers();
  if (!server.value()->await_departures(kToLeave)) {
    std::fprintf(stderr, "dflow: some workers or agents did not end when they were told to\n");
  }
  return 0;
}

}  // namespace dflow::tools
