// Who speaks for a client, a worker or an agent in tests of the scheduler's process.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/cluster/agent_protocol.h"
#include "runtime/cluster/protocol.h"
#include "runtime/cluster/reconnect.h"

namespace dflow::cluster {

using namespace std::chrono_literals;

/// Somebody who has joined, and what the scheduler has told him.
template <class Told>
class Member {
 public:
  Member(const net::Address& scheduler, const net::Hello& hello) : hello_(hello) {
    Result<Greeted> greeted = greet(scheduler, hello);
    EXPECT_TRUE(greeted) << greeted.message();
    welcome_ = greeted.value().welcome;
    connection_ = std::make_unique<net::Connection>(std::move(greeted.value().stream), bonds_of(welcome_));
    connection_->start({.received = [this](const std::vector<std::string>& messages) { received(messages); },
                        .closed = [](const std::string&) {},
                        .broken = [](const std::string&) {}});
  }

  std::uint32_t id() const { return welcome_.id; }
  template <class Said>
  void say(const Said& message) {
    connection_->send(core::encode(message));
  }
  /// Waits for the next message of that kind.
  template <class M>
  M await() {
    std::unique_lock lock(mutex_);
    std::optional<M> found;
    const bool came = changed_.wait_for(lock, 30s, [&] {
      for (auto each = told_.begin(); each != told_.end() && !found; ++each) {
        if (M* message = std::get_if<M>(&*each)) found = *message;
        if (found) each = told_.erase(each);
        if (found) break;
      }
      return found.has_value();
    });
    EXPECT_TRUE(came) << "waited in vain";
    return came ? *found : M{};
  }
  /// Waits for the next tasks that it is told to run, by themselves or together.
  std::vector<core::RunTask> await_orders() {
    std::unique_lock lock(mutex_);
    std::vector<core::RunTask> orders;
    const bool came = changed_.wait_for(lock, 30s, [&] {
      const auto next = std::ranges::find_if(told_, [&](Told& message) {
        if (auto* one = std::get_if<core::RunTask>(&message)) orders = {*one};
        if (auto* several = std::get_if<RunTasks>(&message)) orders = several->tasks;
        return !orders.empty();
      });
      if (next != told_.end()) told_.erase(next);
      return !orders.empty();
    });
    EXPECT_TRUE(came) << "waited in vain";
    return orders;
  }
  /// Among what has come and was not awaited.
  template <class M>
  bool was_told() {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(told_, [](const Told& message) { return std::holds_alternative<M>(message); });
  }
  void leave() { connection_->finish(); }
  /// What he says to the scheduler that takes this one's place.
  net::Hello back(std::uint64_t kept = 0, std::uint64_t said = 0) const {
    net::Hello hello = hello_;
    hello.kept = kept;
    hello.said = std::max(kept, said);
    hello.cluster = welcome_.cluster;
    hello.id = welcome_.id;
    hello.line = welcome_.line;
    return hello;
  }

 private:
  void received(const std::vector<std::string>& messages) {
    const std::lock_guard lock(mutex_);
    for (const std::string& bytes : messages) told_.push_back(core::decode<Told>(bytes).value());
    changed_.notify_all();
  }

  net::Hello hello_;
  net::Welcome welcome_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Told> told_;
  std::unique_ptr<net::Connection> connection_;
};
using Client = Member<ToClient>;
using Worker = Member<ToWorker>;
using AgentMember = Member<ToAgent>;

inline const net::Hello kClient{.role = net::Role::client, .program = "p", .name = "c", .host = "h"};
inline const net::Hello kWorker{.role = net::Role::worker, .program = "p", .name = "w", .host = "h", .address = "127.0.0.1:1", .threads = 1};

inline net::Hello inside(const Worker& worker) {
  net::Hello hello = kClient;
  hello.worker = worker.id();
  return hello;
}

}  // namespace dflow::cluster
