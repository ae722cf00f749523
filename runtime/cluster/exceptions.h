// What a task threw, as bytes.
#pragma once

#include <exception>
#include <string>

namespace dflow::cluster {

/// With where it was thrown, if that is known: on `worker`, if nothing else is said.
std::string write_exception(const std::exception_ptr& error, const std::string& worker);

/// The same exception, of its own type if that is known here and there; else a RemoteError that names type, message and
/// worker. `origin_of` tells where it was thrown.
std::exception_ptr read_exception(const std::string& bytes, const std::string& worker);

}  // namespace dflow::cluster
