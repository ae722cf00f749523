#include "tools/dflow/held_signals.h"

#include <atomic>

namespace dflow::tools {
namespace {

constexpr std::array kHeld = {SIGINT, SIGTERM, SIGHUP};

// A signal handler can reach nothing else.
std::atomic<pid_t> running_child{0};
std::atomic<int> arrived{0};

/// The skeleton that the child runs has nothing to lose, and may have handlers of its own.
void end_child() {
  if (const pid_t child = running_child; child > 0) ::kill(child, SIGKILL);
}

void on_signal(int number) {
  arrived = number;
  end_child();
}

}  // namespace

HeldSignals::HeldSignals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (std::size_t i = 0; i < kHeld.size(); ++i) {
    ::sigaction(kHeld[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(kHeld[i], &action, nullptr);  // nohup stays nohup
  }
}

HeldSignals::~HeldSignals() {
  for (std::size_t i = 0; i < kHeld.size(); ++i) ::sigaction(kHeld[i], &before_[i], nullptr);
  if (const int number = arrived.exchange(0); number != 0) ::raise(number);
}

void HeldSignals::set_child(pid_t child) {
  running_child = child;
  if (arrived != 0) end_child();  // it came before the child had a number
}

}  // namespace dflow::tools
