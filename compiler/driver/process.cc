#include "compiler/driver/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <sstream>

extern char** environ;

namespace dflow::compiler {
namespace {

constexpr std::array kHeld = {SIGINT, SIGTERM, SIGHUP};

// A signal handler can reach nothing else.
std::atomic<pid_t> running_child{0};
std::atomic<int> held_signal{0};

void on_signal(int number) {
  held_signal = number;
  if (const pid_t child = running_child; child > 0) kill(child, number);
}

class SpawnSettings {
 public:
  explicit SpawnSettings(const Command& command) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    redirect(STDOUT_FILENO, command.output);
    redirect(STDERR_FILENO, command.errors);
    if (!command.directory.empty()) posix_spawn_file_actions_addchdir_np(&actions_, command.directory.c_str());
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void redirect(int descriptor, const std::string& path) {
    if (path.empty()) return;
    posix_spawn_file_actions_addopen(&actions_, descriptor, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

Outcome wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return {.exit_code = 1};
  }
  if (WIFSIGNALED(status)) return {.exit_code = 128 + WTERMSIG(status), .signal = WTERMSIG(status)};
  return {.exit_code = WEXITSTATUS(status)};
}

bool is_program(const std::string& path) {
  return access(path.c_str(), X_OK) == 0;
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-_=+./,:@%").find(c) != std::string_view::npos;
}

std::string quoted(const std::string& word) {
  bool plain = !word.empty();
  for (const char c : word) plain = plain && is_plain(c);
  if (plain) return word;
  std::string text = "'";
  for (const char c : word) text.append(c == '\'' ? "'\\'" : "").append(1, c);
  return text.append("'");
}

}  // namespace

Outcome run(const Command& command) {
  std::vector<char*> words{const_cast<char*>(command.program.c_str())};
  for (const std::string& word : command.arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const SpawnSettings settings(command);
  pid_t child = 0;
  const int failed = posix_spawn(&child, command.program.c_str(), settings.actions(), settings.attributes(),
                                 words.data(), environ);
  if (failed != 0) return {.exit_code = failed == ENOENT ? 127 : 126, .spawn_error = failed};
  running_child = child;
  if (held_signal != 0) kill(child, held_signal);  // it came before the child had a number
  const Outcome outcome = wait_for(child);
  running_child = 0;
  return outcome;
}

void hold_termination_signals() {
  struct sigaction action{};
  action.sa_handler = on_signal;
  for (const int number : kHeld) {
    struct sigaction before{};
    sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);  // nohup stays nohup
  }
}

bool interrupted() {
  return held_signal != 0;
}

void finish_interrupted() {
  if (!interrupted()) return;
  signal(held_signal, SIG_DFL);
  raise(held_signal);
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::istringstream directories(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    std::string candidate = directory.empty() ? "." : directory;
    candidate.append("/").append(name);
    if (is_program(candidate)) return candidate;
  }
  return "";
}

std::string shown(const Command& command) {
  std::string line = quoted(command.program);
  for (const std::string& word : command.arguments) line.append(" ").append(quoted(word));
  return line;
}

}  // namespace dflow::compiler
