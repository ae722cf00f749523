// The headers of what dflow's processes send each other. A frame is the bytes "dflw", the header's size (32 bits, big
// endian), a Frame in Thrift's binary protocol, and as many raw bytes as the header announces. See docs/formats.md.
namespace cpp dflow.net.wire

// The first frame on a connection, from who opened it.
struct Hello {
  1: i32 protocol
  2: string version
  3: i32 role
  4: string program         // Build id of the executable.
  5: string name
  6: string host
  7: string address         // HOST:PORT where a worker gives its values away.
  8: i32 threads
  9: i64 pid
  10: optional i32 worker   // Of a client inside a worker: whose tasks it submits.
  11: binary secret
  12: map<string, double> resources  // What a worker has of what tasks ask for.
  13: optional string machine  // Processes with the same may read each other's memory.
  14: i64 cluster           // Not 0: it was a member of this cluster, and would be again.
  15: i32 id                // Under this id.
  16: i64 kept              // So many of a client's messages are in the journal, for all it knows.
  17: optional i64 line     // Its connection of this name broke, and would be resumed.
  18: optional i64 received // So many messages have come on it.
  19: optional i64 said     // So many messages a client has said that are to be kept.
}

// The answer; the last frame if it refuses.
struct Welcome {
  1: i32 protocol
  2: string version
  3: string refusal
  4: i32 id
  5: optional string machine
  6: optional binary secret  // For peers of the same program.
  7: i64 cluster  // Not 0: a scheduler that takes this one's place will know its members.
  8: i64 heard    // To a client that is back: so many of its messages have been heard.
  9: optional i64 line       // The connection may be resumed when it breaks, under this name.
  10: optional i64 received  // It is resumed: so many messages have come on it.
  11: optional i32 heartbeat // Milliseconds: both sides say something so often;
  12: optional i32 silence   // who says nothing for so long counts as gone;
  13: optional i32 grace     // and may resume a connection that broke for so long.
  14: optional bool later    // It refuses for now: who comes again may be let in.
}

// Events and actions of the scheduler, each as runtime/core/codec.h writes them.
struct Batch {
  1: list<binary> messages
  2: optional i64 heard  // On a connection that may be resumed: so many messages have come from there.
  3: optional bool last  // The connection ends on purpose.
}

// To a worker: give me these values. Answered by a Value for each, in order.
struct Pull {
  1: list<i64> tasks
  2: list<i32> versions
  3: optional bool raw  // Its bytes are to follow the answer, not to be read from memory.
  4: optional bool packed  // They may be packed.
}

// Where a value's bytes lie in a process of this machine, in place of bytes that follow. They stay there until the next
// frame from whom they are shown to, or the connection's end.
struct Memory {
  1: i64 process
  2: i64 check_at           // Where `check` stands in that process, and in no other.
  3: i64 check
  4: list<i64> addresses
  5: list<i64> sizes
}

// To a worker: keep this value. `size` raw bytes follow. Answered by a Value without bytes.
struct Push {
  1: i64 task
  2: i32 version
  3: i64 size
  4: optional binary form   // What makes an object of the bytes, of large values.
  5: optional Memory memory
  6: optional i32 packing   // 1: LZ4; `size` is that of the bytes when they are unpacked.
}

// `size` raw bytes follow.
struct Value {
  1: i32 outcome
  2: i64 size
  3: string error
  4: optional binary form
  5: optional Memory memory
  6: optional i32 packing
}

// What was shown in memory has been read. Not answered.
struct Taken {
}

union Frame {
  1: Hello hello
  2: Welcome welcome
  3: Batch batch
  4: Pull pull
  5: Push push
  6: Value value
  7: Taken taken
}
