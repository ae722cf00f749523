// What a task threw, as bytes.
#pragma once

#include <exception>
#include <string>

namespace dflow::cluster {

std::string write_exception(const std::exception_ptr& error);

/// The same exception, of its own type if that is known here and there; else a RemoteError that names type, message and
/// worker.
std::exception_ptr read_exception(const std::string& bytes, const std::string& worker);

}  // namespace dflow::cluster
