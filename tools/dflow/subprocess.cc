#include "tools/dflow/subprocess.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "tools/dflow/held_signals.h"

extern char** environ;

namespace dflow::tools {
namespace {

using formats::Error;
using formats::Result;

constexpr long kMaxOutput = 1L << 30;
constexpr long kMaxErrors = 1L << 14;

/// Files rather than pipes: neither side ever waits for the other.
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
File temporary_file() {
  return {std::tmpfile(), &std::fclose};
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!changes.contains(std::string(text.substr(0, text.find('='))))) environment.emplace_back(text);
  }
  for (const auto& [name, value] : changes)
    if (!value.empty()) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// What dflow itself ignores, a child gets back as it was.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGXFSZ);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

class Redirections {
 public:
  Redirections(std::FILE* in, std::FILE* out, std::FILE* err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, ::fileno(in), 0);
    ::posix_spawn_file_actions_adddup2(&actions_, ::fileno(out), 1);
    ::posix_spawn_file_actions_adddup2(&actions_, ::fileno(err), 2);
  }
  Redirections(const Redirections&) = delete;
  Redirections& operator=(const Redirections&) = delete;
  ~Redirections() { ::posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

/// At most the last `most` bytes of a file.
std::string tail(std::FILE* file, long most) {
  std::fseek(file, 0, SEEK_END);
  const long size = std::ftell(file);
  if (size <= 0) return {};
  std::fseek(file, size > most ? size - most : 0, SEEK_SET);
  std::string text(static_cast<std::size_t>(size > most ? most : size), '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  return text;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

Result<Outcome> run(const Command& command) {
  const File in = temporary_file(), out = temporary_file(), err = temporary_file();
  if (!in || !out || !err) return Error{std::string("cannot make a temporary file: ") + std::strerror(errno)};
  std::fwrite(command.input.data(), 1, command.input.size(), in.get());
  if (std::fflush(in.get()) != 0)
    return Error{std::string("cannot fill a temporary file: ") + std::strerror(errno)};
  std::rewind(in.get());

  std::vector<std::string> arguments = command.arguments, environment = environment_with(command.environment);
  const Redirections redirections(in.get(), out.get(), err.get());
  const SpawnAttributes attributes;
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, arguments[0].c_str(), redirections.get(), attributes.get(),
                                    pointers(arguments).data(), pointers(environment).data());
  if (failed != 0) return Error{"cannot start " + arguments[0] + ": " + std::strerror(failed)};

  HeldSignals::set_child(child);
  const int status = wait_for(child);
  HeldSignals::set_child(0);
  return Outcome{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                 .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                 .output = tail(out.get(), kMaxOutput),
                 .errors = tail(err.get(), kMaxErrors)};
}

std::string describe_signal(int signal) {
  return "signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

}  // namespace dflow::tools
