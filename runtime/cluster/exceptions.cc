#include "runtime/cluster/exceptions.h"

#include <span>
#include <vector>

#include <dflow/exceptions.h>

namespace dflow::cluster {

std::string write_exception(const std::exception_ptr& error) {
  Writer out;
  detail::write_exception(error, out);
  const std::vector<std::byte> bytes = out.take();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::exception_ptr read_exception(const std::string& bytes, const std::string& worker) {
  try {
    Reader in(std::as_bytes(std::span(bytes)));
    return detail::read_exception(in, worker);
  } catch (...) {
    return std::current_exception();  // the bytes are damaged, and that says so
  }
}

}  // namespace dflow::cluster
