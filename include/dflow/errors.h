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

/// A task with `TaskOptions::once` cannot be tried (again): it may have run, or has and its result is lost.
class MayHaveRun : public Error {
 public:
  MayHaveRun(const std::string& task, const std::string& what)
      : Error("dflow: " + task + " cannot be had: " + what + "; TaskOptions::once forbids to run it again") {}
};

/// On a cluster: the workers that ran the task died, one after another, and it is not tried any more.
class WorkerLost : public Error {
 public:
  WorkerLost(const std::string& task, const std::string& worker, const std::string& end, const std::string& last_words)
      : Error("dflow: " + task + " is not tried any more: workers died under it again and again. The last one, " + worker +
              ", " + end + (last_words.empty() ? "" : "; its last lines:\n" + last_words)),
        worker_(worker), end_(end), last_words_(last_words) {}

  const std::string& worker() const noexcept { return worker_; }
  /// "was killed by signal 11 (Segmentation fault)".
  const std::string& end() const noexcept { return end_; }
  /// The last lines of its standard error.
  const std::string& last_words() const noexcept { return last_words_; }

 private:
  std::string worker_, end_, last_words_;
};

}  // namespace dflow::inline v0
