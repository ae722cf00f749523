// What can be tuned, with the reason for each default.
#pragma once

#include <cstdint>

#include "runtime/core/ids.h"

namespace dflow::core {

struct Settings {
  /// Workers that may die under one task before it fails with `worker_lost`.
  std::uint8_t allowed_failures = 3;

  /// Workers that may die with one task before they have begun it: nobody is to blame for that, unless it never
  /// ends, as with a task whose very bytes kill whoever reads them.
  std::uint8_t allowed_losses = 100;

  /// Drivers send `Tick` this often; workers send `Heartbeat` this often.
  Duration tick = std::chrono::milliseconds(100);
  Duration heartbeat = std::chrono::milliseconds(500);

  /// A worker not heard of for so long is given up and fenced off. 0: never.
  Duration silence = std::chrono::seconds(10);

  /// Two members that reach the scheduler and not each other are waited for so long, where nothing can be computed without
  /// the network between them.
  Duration apart = std::chrono::seconds(60);

  /// Say what a journal has to keep.
  bool journal = false;
  /// Attempts' numbers are greater: nothing that a predecessor gave out is mistaken for them.
  std::uint32_t epoch = 0;
  /// After a restart, workers may take so long to come back before what they held is computed again. Drivers give clients as
  /// long, then say `ClientLeft`.
  Duration recovery = std::chrono::seconds(15);

  /// Work sent ahead to a worker, beyond one task a thread: enough that it never waits for the scheduler (a
  /// round trip is far below this), little enough that few tasks have to be called back when others run dry.
  Duration ahead = std::chrono::milliseconds(5);
  std::uint32_t max_ahead = 1000;  ///< Tasks, however short they are.

  /// Tasks without inputs that follow each other go to one worker until it has so much more to do than the one with
  /// least: what is read together then lies together. Room that is filled up is left alone until there is so much again.
  Duration run = std::chrono::microseconds(200);

  /// Tasks that take no longer, as far as is known, may be sent to a worker before their inputs have been made there: such a
  /// chain does not wait for the scheduler between its tasks, which takes about as long. Longer ones are better placed when
  /// they are ready.
  Duration short_run_time = std::chrono::microseconds(100);
  /// So many of them to one worker, which are more than end there until the scheduler has heard of it and answered. 0: none.
  std::uint32_t max_following = 64;

  /// How long a task of an unknown function is expected to take.
  Duration unknown_run_time = std::chrono::microseconds(500);

  /// Between two workers.
  double bytes_per_second = 1e9;
  Duration latency = std::chrono::microseconds(100);

  /// Workers say `TaskStarted`. Off where whoever watches them knows what ran in a worker that died.
  bool report_starts = true;

  /// Workers keep values of fewer bytes in memory: to write one to a disk would cost more than it frees.
  std::uint64_t smallest_spilled = 1024;
  /// What a worker needs for each value beside its bytes, wherever those are. Measured: 620 for one in memory, 400 for one on a disk.
  std::uint64_t value_record = 400;

  /// Holders named with an input.
  std::uint32_t max_sources = 4;
};

}  // namespace dflow::core
