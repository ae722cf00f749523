// What libdflow calls in this library, which it opens when a cluster is asked for.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <dflow/errors.h>

#include "runtime/cluster/admission.h"
#include "runtime/cluster/client_session.h"
#include "runtime/cluster/own_cluster.h"
#include "runtime/cluster/program.h"
#include "runtime/cluster/reconnect.h"
#include "runtime/cluster/worker_process.h"
#include "runtime/local/cluster_library.h"
#include "runtime/transfer/machine.h"

namespace dflow::cluster {

namespace {

net::Hello hello_of_client(std::string secret, std::string program = program_id()) {
  return {.role = net::Role::client,
          .program = std::move(program),
          .name = "client-" + std::to_string(::getpid()),
          .host = host_name(),
          .pid = ::getpid(),
          .secret = std::move(secret)};
}

std::chrono::seconds patience_or_throw() {
  const Result<std::chrono::seconds> found = patience();
  if (!found) throw Error("dflow: " + found.message());
  return found.value();
}

std::unique_ptr<detail::Session> open_inside_worker(const local::ClusterRequest& request, detail::Session& local) {
  WorkerProcess* worker = this_worker_process();
  if (!worker) {
    throw Error("dflow: an Executor was made before main(), by a static object: worker processes make those as well, before they can run "
                "tasks; make it in main() or in a function that main() calls");
  }
  ClientSession::Options options{.scheduler = worker->settings().scheduler,
                                 .self = hello_of_client(worker->settings().secret, worker->settings().program),
                                 .credentials = worker->settings().credentials,
                                 .by_level = request.by_level,
                                 .inside_worker = true,
                                 .worker = [worker] { return worker->id(); },
                                 .blocked = [worker](detail::Node& task) { worker->blocked(task); },
                                 .unblocked = [worker](detail::Node& task) { worker->unblocked(task); },
                                 .overran = [worker](detail::Node& task) { worker->overran(task); },
                                 .body_over = [worker](detail::Node& task) { worker->body_over(task); },
                                 .traced = [worker] { return worker->traced(); },
                                 .submitted = [worker](core::TaskId outer, TracedTask task) {
                                   worker->note_submitted(outer, std::move(task));
                                 },
                                 .patience = patience_or_throw()};
  auto session = std::make_unique<ClientSession>(std::move(options), local);
  worker->before_end([inner = session.get()] { inner->settle(); });
  return session;
}

/// A cluster that serves others as well.
std::unique_ptr<detail::Session> join_cluster(const local::ClusterRequest& request, detail::Session& local) {
  Result<net::Address> address = net::parse_address(request.scheduler);
  if (!address) throw Error("dflow: DFLOW_SCHEDULER: " + address.message());
  Result<Admission> admission = admission_to(address.value(), net::CertificateRole::client);
  if (!admission) throw Error("dflow: " + admission.message());
  transfer::let_read(::getpid());
  const auto files = std::make_shared<const OwnFiles>();
  const bool usual = request.allowed_failures == core::Settings().allowed_failures;
  auto session = std::make_unique<ClientSession>(
      ClientSession::Options{.scheduler = address.value(),
                             .self = hello_of_client(admission.value().secret, files->key()),
                             .credentials = admission.value().credentials,
                             .by_level = request.by_level,
                             .trace = request.trace,
                             .allowed_failures = static_cast<std::uint8_t>(usual ? 0 : request.allowed_failures),
                             .files = files,
                             .patience = patience_or_throw()},
      local);
  try {
    session->connect();
  } catch (const Error& error) {
    throw Error(std::string(error.what()) + "; `dflow up` starts a cluster and prints the DFLOW_SCHEDULER to use");
  }
  return session;
}

std::unique_ptr<detail::Session> open(const local::ClusterRequest& request, detail::Session& local) {
  if (request.inside_worker) return open_inside_worker(request, local);
  if (!request.scheduler.empty()) return join_cluster(request, local);
  transfer::let_read(::getpid());
  auto own = std::make_shared<OwnCluster>(request);
  auto session = std::make_unique<ClientSession>(
      ClientSession::Options{.scheduler = own->address(),
                             .self = hello_of_client(own->secret()),
                             .workers = own->workers(),
                             .by_level = request.by_level,
                             .trace = request.trace,
                             .ended = [own]() mutable { own.reset(); }},
      local);
  session->connect();
  own->start_workers();
  return session;
}

/// A program that a task starts is no worker, and has no business with this one's secret, board or memory, nor with how its C library is
/// tuned. It has as many threads, though: the other workers' tasks may start programs, too.
void clean_environment() {
  if (const char* before = std::getenv("DFLOW_WORKER_TUNABLES")) {
    if (*before) ::setenv("GLIBC_TUNABLES", before, 1);
    else ::unsetenv("GLIBC_TUNABLES");
  }
  std::vector<std::string> told;
  for (char** each = environ; *each; ++each) {
    const std::string_view variable = *each;
    if (variable.starts_with("DFLOW_WORKER")) told.emplace_back(variable.substr(0, variable.find('=')));
  }
  for (const std::string& name : told) ::unsetenv(name.c_str());
}

int run_worker() {
  Result<WorkerSettings> settings = WorkerSettings::from_environment();
  if (!settings) throw Error(settings.message());
  clean_environment();
  transfer::let_read(::getppid());  // and so its other workers
  WorkerProcess worker(std::move(settings).value());
  Result<int> code = worker.run();
  if (!code) throw Error(code.message());
  return code.value();
}

}  // namespace

}  // namespace dflow::cluster

extern "C" DFLOW_EXPORT const dflow::local::ClusterLibrary* dflow_cluster_library() {
  static constexpr dflow::local::ClusterLibrary library{.open = dflow::cluster::open,
                                                        .run_worker = dflow::cluster::run_worker};
  return &library;
}
