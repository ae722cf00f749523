// What runs in a worker's process, for whoever has to know when it has died of it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "runtime/cluster/journal_files.h"
#include "runtime/core/task_spec.h"

namespace dflow::cluster {

/// A body that had begun and not ended.
struct RunningBody {
  core::TaskId id{};
  core::Attempt attempt{};
  static constexpr std::tuple fields{&RunningBody::id, &RunningBody::attempt};
  bool operator==(const RunningBody&) const = default;
};

/// How a worker's process ended.
struct ProcessEnd {
  core::WorkerEnd how = {};
  std::vector<RunningBody> running = {};  ///< What its board said.
  static constexpr std::tuple fields{&ProcessEnd::how, &ProcessEnd::running};
};

/// Memory that a worker shares with whoever has started it: the worker writes down which bodies run, which costs it nothing,
/// and the other reads it when the worker's process has ended, however it did. So nobody has to be told of each body before it
/// begins. One process writes, one thread at a time; the other reads once the writer is no more. One word goes the other way: how much
/// memory the worker may have, which changes while it runs.
class Board {
 public:
  static constexpr std::size_t kMost = 255;  ///< Bodies.

  /// A fresh one. None if this process may open no more files.
  static std::optional<Board> make();
  /// That of the process which has started this one, from its descriptor, which is closed. None if it is no board.
  static std::optional<Board> join(int descriptor);

  Board(Board&& other) noexcept;
  Board& operator=(Board&& other) noexcept;
  ~Board();

  /// To be given to a worker, by who has made it.
  int descriptor() const noexcept { return file_.number(); }

  /// False if there is no place left.
  bool add(const RunningBody& body) noexcept;
  void remove(const RunningBody& body) noexcept;
  std::vector<RunningBody> bodies() const;

  /// By who has made it: so many bytes may the worker's process have in memory from now on.
  void allow(std::uint64_t bytes) noexcept { lines_->memory.store(bytes, std::memory_order_relaxed); }
  /// By the worker; 0: nobody has said anything.
  std::uint64_t allowed() const noexcept { return lines_->memory.load(std::memory_order_relaxed); }

 private:
  struct Line {
    std::atomic<std::uint64_t> id;  ///< 0: there is nothing here.
    std::atomic<std::uint32_t> attempt;
  };
  struct Lines {
    std::atomic<std::uint64_t> kind;
    std::array<Line, kMost> all;
    std::atomic<std::uint64_t> memory;  ///< That the worker may have.
  };

  Board(File file, Lines* lines) : file_(std::move(file)), lines_(lines) {}
  static_assert(sizeof(Lines) == 4096);
  static Lines* map(int descriptor);

  File file_;
  Lines* lines_ = nullptr;
};

}  // namespace dflow::cluster
