// What dflow throws. Everything derives from a standard exception, so that `catch (const std::exception&)` suffices.
#pragma once

#include <stdexcept>
#include <string>

namespace dflow::inline v0 {

/// Base of dflow's own errors.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The task was cancelled before it started, or a task that it depends on was.
class CancelledError : public Error {
 public:
  using Error::Error;
};

/// A wait, or a task with `TaskOptions::timeout`, took longer than it was allowed to.
class TimeoutError : public Error {
 public:
  using Error::Error;
};

/// The call makes no sense in the present state: `get()` on an empty future, a value already consumed, a second end
/// of a task.
class InvalidStateError : public Error {
 public:
  using Error::Error;
};

/// Work was handed to an executor that has been shut down, or a future of an earlier session was used in a new one.
class SessionError : public Error {
 public:
  using Error::Error;
};

/// A task threw something that is no `std::exception` on another process, or of a type not known here.
class RemoteError : public Error {
 public:
  RemoteError(const std::string& type, const std::string& message, const std::string& worker)
      : Error(type + " on " + worker + ": " + message), type_(type), message_(message), worker_(worker) {}

  const std::string& type() const noexcept { return type_; }
  const std::string& message() const noexcept { return message_; }
  const std::string& worker() const noexcept { return worker_; }

 private:
  std::string type_, message_, worker_;
};

}  // namespace dflow::inline v0
