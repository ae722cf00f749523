#include "runtime/cluster/cluster_link.h"

#include <unistd.h>

#include <chrono>

#include "runtime/cluster/admission.h"
#include "runtime/cluster/handshake.h"

namespace dflow::cluster {

namespace {

using namespace std::chrono_literals;
using formats::Error;

constexpr auto kForAnswer = 10s;

}  // namespace

Result<ClusterLink> ClusterLink::connect(const net::Address& address) {
  Result<Admission> admission = admission_to(address, net::CertificateRole::client);
  if (!admission) return admission.error();
  Result<Greeted> greeted = greet(address, {.role = net::Role::tool,
                                            .name = "tool-" + std::to_string(::getpid()),
                                            .host = host_name(),
                                            .pid = ::getpid(),
                                            .secret = admission.value().secret},
                                  admission.value().credentials.get());
  if (!greeted) return greeted.error();
  greeted.value().stream->set_read_timeout(kForAnswer);
  return ClusterLink(std::move(greeted.value().stream));
}

Result<ClusterStatus> ClusterLink::status() {
  if (Result<void> sent = stream_->write(net::Batch{{core::encode(FromTool(StatusWanted{}))}}); !sent) return sent.error();
  Result<net::Message> answer = stream_->read();
  if (!answer) return Error{"the scheduler does not answer: " + answer.message()};
  const auto* batch = std::get_if<net::Batch>(&answer.value());
  if (!batch || batch->messages.empty()) return Error{"the scheduler's answer is none"};
  Result<ToTool> told = core::decode<ToTool>(batch->messages.front());
  if (!told) return told.error();
  return std::get<ClusterStatus>(std::move(told).value());
}

Result<void> ClusterLink::end() { return stream_->write(net::Batch{{core::encode(FromTool(EndCluster{}))}}); }

}  // namespace dflow::cluster
