#include "runtime/cluster/exceptions.h"

#include <span>
#include <vector>

#include <dflow/exceptions.h>
#include <dflow/origin.h>

#include "runtime/local/origins.h"

namespace dflow::cluster {

std::string write_exception(const std::exception_ptr& error, const std::string& worker) {
  Writer out;
  detail::write_exception(error, out);
  Origin origin = origin_of(error).value_or(Origin{});
  out.write(origin.worker.empty() ? worker : origin.worker);
  out.write(origin.stack);
  const std::vector<std::byte> bytes = out.take();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::exception_ptr read_exception(const std::string& bytes, const std::string& worker) {
  try {
    Reader in(std::as_bytes(std::span(bytes)));
    std::exception_ptr error = detail::read_exception(in, worker);
    auto where = in.read<std::string>();
    local::note_origin(error, std::move(where), in.read<std::vector<std::string>>());
    return error;
  } catch (...) {
    return std::current_exception();  // the bytes are damaged, and that says so
  }
}

}  // namespace dflow::cluster
