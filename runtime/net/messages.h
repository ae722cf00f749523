// What dflow's processes send each other, as plain values. `wire.thrift` says how they look on the wire.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/result.h"

namespace dflow::net {

/// Raised with each change that older processes would misread.
inline constexpr std::int32_t kProtocol = 13;

enum class Role : std::int32_t { client = 1, worker, peer, agent, tool };

struct Hello {
  std::int32_t protocol = kProtocol;
  std::string version = {};
  Role role = Role::client;
  std::string program = {};  ///< Build id of the executable.
  std::string name = {};
  std::string host = {};
  std::string address = {};  ///< HOST:PORT where a worker gives its values away.
  std::int32_t threads = 0;
  std::int64_t pid = 0;
  std::optional<std::uint32_t> worker = {};  ///< Of a client inside a worker: whose tasks it submits.
  std::string secret = {};
  std::map<std::string, double> resources = {};  ///< What a worker has of what tasks ask for.
  std::string machine = {};  ///< Processes with the same may read each other's memory; empty: with nobody's.
  std::uint64_t cluster = 0;  ///< Not 0: it was a member of this cluster under `id`, and would be again.
  std::uint32_t id = 0;
  std::uint64_t kept = 0;     ///< So many of a client's messages are in the journal, for all it knows,
  std::uint64_t said = 0;     ///< of so many that it has said.
  std::uint64_t line = 0;     ///< Not 0: its connection of this name broke, and would be resumed; a newcomer's (no `id`): is to
                              ///< have this name, and may have it already, if the answer did not reach him.
  std::uint64_t received = 0; ///< So many messages have come on it.
};

struct Welcome {
  std::int32_t protocol = kProtocol;
  std::string version = {};
  std::string refusal = {};  ///< Not empty: the connection ends here, and why.
  std::uint32_t id = 0;
  std::string machine = {};
  std::string secret = {};  ///< For peers of the same program; empty: that of the greeting.
  std::uint64_t cluster = 0;  ///< Not 0: a scheduler that takes this one's place will know its members.
  std::uint64_t heard = 0;    ///< To a client that is back: so many of its messages have been heard.
  std::uint64_t line = 0;     ///< Not 0: the connection may be resumed when it breaks, under this name.
  std::optional<std::uint64_t> received = {};  ///< It is resumed: so many messages have come on it.
  std::uint32_t heartbeat = 0;  ///< Milliseconds; 0: nothing is said for its own sake.
  std::uint32_t silence = 0;    ///< Milliseconds without a word after which a connection counts as broken; 0: never.
  std::uint32_t grace = 0;      ///< Milliseconds in which one that broke may be resumed.
  bool later = false;           ///< It refuses for now: who comes again may be let in.
};

struct Batch {
  std::vector<std::string> messages;
  std::optional<std::uint64_t> heard = {};  ///< On a connection that may be resumed: so many messages have come from there.
  bool last = false;                        ///< The connection ends on purpose.
};

struct Pull {
  struct Wanted {
    std::uint64_t task = 0;
    std::uint32_t version = 0;
  };
  std::vector<Wanted> values = {};
  bool raw = false;     ///< Its bytes are to follow the answer, not to be read from memory.
  bool packed = false;  ///< They may be packed.
};

/// How the bytes that follow are packed; their announced size is that which they have when they are unpacked.
enum class Packing : std::int32_t { none, lz4 };

/// Where a value's bytes lie in a process of this machine, in place of bytes that follow.
struct Memory {
  struct Piece {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
  };
  std::int64_t process = 0;
  std::uint64_t check_at = 0;  ///< Where `check` stands in that process, and in no other.
  std::uint64_t check = 0;
  std::vector<Piece> pieces = {};
};

struct Push {
  std::uint64_t task = 0;
  std::uint32_t version = 0;
  std::uint64_t size = 0;
  std::string form = {};  ///< Not empty: names what makes an object of the bytes while they come.
  std::optional<Memory> memory = {};
  Packing packing = Packing::none;
};

struct Value {
  /// `unreadable` answers a Push of what lies in memory.
  enum class Outcome : std::int32_t { here, gone, cannot_cross, unreadable };
  Outcome outcome = Outcome::here;
  std::uint64_t size = 0;
  std::string error = {};
  std::string form = {};  ///< As in Push.
  std::optional<Memory> memory = {};
  Packing packing = Packing::none;
};

/// What was shown in memory has been read.
struct Taken {};

using Message = std::variant<Hello, Welcome, Batch, Pull, Push, Value, Taken>;

/// The largest header that is sent or taken.
inline constexpr std::size_t kMostHeader = 64 << 20;
/// The messages in a batch.
inline constexpr std::size_t kMostMessages = 1 << 16;

/// The largest header of a greeting and its answer.
inline constexpr std::size_t kMostGreeting = 64 << 10;

/// A frame's first bytes: magic and the size of the header.
inline constexpr std::size_t kPrefix = 8;

/// The whole frame up to the raw bytes.
std::string encode_frame(const Message& message);

/// Whether these are the first bytes of a frame: four are enough.
bool begins_frame(std::string_view bytes);

/// The header's size from a frame's first bytes; an error for what is no frame of dflow's, or too large a one.
formats::Result<std::size_t> header_size(std::string_view prefix);

formats::Result<Message> decode_header(std::string_view header);

}  // namespace dflow::net
