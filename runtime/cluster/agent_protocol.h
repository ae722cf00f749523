// What travels between agents and the scheduler, and what clients are asked for their sake: the files of programs.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "runtime/cluster/audience.h"
#include "runtime/cluster/board.h"
#include "runtime/core/codec.h"
#include "runtime/core/task_spec.h"

namespace dflow::cluster {

/// Files travel in pieces of this size; the last is shorter.
inline constexpr std::uint64_t kPieceOfFile = 1 << 20;

struct ProgramFile {
  std::string name = {};  ///< Without folders.
  std::uint64_t size = 0;
  std::string hash = {};  ///< As `hash_of_file` gives it.
  static constexpr std::tuple fields{&ProgramFile::name, &ProgramFile::size, &ProgramFile::hash};
  bool operator==(const ProgramFile&) const = default;
};

/// What a program's workers are made of: the executable first, then the libraries that not every machine has.
struct ProgramFiles {
  std::vector<ProgramFile> files = {};
  static constexpr std::tuple fields{&ProgramFiles::files};
  bool operator==(const ProgramFiles&) const = default;
};

// ---- to clients, and their answers

/// An agent is to run workers of the client's program: what are its files? Answered by `FilesOffered`.
struct FilesWanted {
  static constexpr std::tuple<> fields{};
};
struct FilesOffered {
  ProgramFiles files = {};
  std::string error = {};
  static constexpr std::tuple fields{&FilesOffered::files, &FilesOffered::error};
};

/// From an agent, through the scheduler, to a client: answered by a `Piece` of the same number.
struct PieceWanted {
  std::uint64_t number = 0;
  std::string program = {};
  std::string file = {};
  std::uint64_t offset = 0;
  static constexpr std::tuple fields{&PieceWanted::number, &PieceWanted::program, &PieceWanted::file,
                                     &PieceWanted::offset};
};
struct Piece {
  std::uint64_t number = 0;
  std::string bytes = {};
  std::string error = {};
  static constexpr std::tuple fields{&Piece::number, &Piece::bytes, &Piece::error};
};

// ---- to agents

/// What the names of an agent's workers begin with.
inline std::string names_of_agent(const std::string& host, std::uint32_t agent) {
  return host + '-' + std::to_string(agent) + '-';
}

/// Keep workers of this program alive, until `StopProgram`.
struct StartProgram {
  std::string program = {};
  ProgramFiles files = {};
  std::string user = {};    ///< Whose program it is; empty: the agent's own user's.
  std::string secret = {};  ///< What its workers know each other by; empty: the scheduler's.
  static constexpr std::tuple fields{&StartProgram::program, &StartProgram::files, &StartProgram::user,
                                     &StartProgram::secret};
};
struct StopProgram {
  std::string program = {};
  static constexpr std::tuple fields{&StopProgram::program};
};
/// Of a worker, which may be another agent's.
struct WorkerNews {
  enum class What : std::uint8_t {
    joined,
    retired,  ///< It is about to end for good.
    replace,  ///< Kill it, another takes its place.
    arrived,  ///< It has reached the scheduler, and joins once it is set up.
  };
  What what = What::joined;
  std::string program = {};
  std::string worker = {};
  static constexpr std::tuple fields{&WorkerNews::what, &WorkerNews::program, &WorkerNews::worker};
};
/// Pass on all that the program's workers have printed until now; answered by `OutputFlushed`.
struct FlushOutput {
  std::uint64_t number = 0;
  std::string program = {};
  static constexpr std::tuple fields{&FlushOutput::number, &FlushOutput::program};
};
/// The cluster is taken down.
struct EndAgent {
  static constexpr std::tuple<> fields{};
};

// ---- from agents

struct ProcessMemory {
  std::int64_t pid = 0;
  std::uint64_t bytes = 0;
  static constexpr std::tuple fields{&ProcessMemory::pid, &ProcessMemory::bytes};
};
/// When it joins, and every second.
struct AgentReport {
  std::uint32_t workers = 0;  ///< Of each program.
  std::uint32_t threads = 0;  ///< Of each worker.
  std::uint64_t memory = 0;   ///< Of the agent's own process, in bytes.
  std::vector<ProcessMemory> processes = {};
  static constexpr std::tuple fields{&AgentReport::workers, &AgentReport::threads, &AgentReport::memory,
                                     &AgentReport::processes};
};
struct ProcessEnded {
  std::int64_t pid = 0;
  ProcessEnd end = {};
  static constexpr std::tuple fields{&ProcessEnded::pid, &ProcessEnded::end};
};
/// Whole lines that a worker printed.
struct WorkerPrinted {
  std::string program = {};
  std::string worker = {};
  bool is_error = false;
  std::string text = {};
  std::uint64_t left_out = 0;  ///< As of `Printed`.
  Audience clients = {};
  static constexpr std::tuple fields{&WorkerPrinted::program, &WorkerPrinted::worker,   &WorkerPrinted::is_error,
                                     &WorkerPrinted::text,    &WorkerPrinted::left_out, &WorkerPrinted::clients};
};
/// Everything up to the question is on its way.
struct OutputFlushed {
  std::uint64_t number = 0;
  static constexpr std::tuple fields{&OutputFlushed::number};
};
/// Workers of this program cannot be started here, or one of them cannot, and why.
struct ProgramFailed {
  std::string program = {};
  std::string reason = {};
  static constexpr std::tuple fields{&ProgramFailed::program, &ProgramFailed::reason};
};

/// To a scheduler that may not know: the agent runs workers of this program. Whether of the right files, its clients tell.
struct ProgramHosted {
  std::string program = {};
  ProgramFiles files = {};
  static constexpr std::tuple fields{&ProgramHosted::program, &ProgramHosted::files};
};

using ToAgent = std::variant<StartProgram, StopProgram, Piece, WorkerNews, FlushOutput, EndAgent>;
using FromAgent = std::variant<AgentReport, PieceWanted, ProcessEnded, WorkerPrinted, OutputFlushed, ProgramFailed, ProgramHosted>;

}  // namespace dflow::cluster
