#include "runtime/net/messages.h"

#include <algorithm>
#include <memory>

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/transport/TBufferTransports.h>
#include <thrift/transport/TVirtualTransport.h>

#include "runtime/net/overload.h"
#include "wire_types.h"

namespace dflow::net {

namespace {

using apache::thrift::TConfiguration;
using apache::thrift::protocol::T_STRING;
using apache::thrift::protocol::TBinaryProtocolT;
using apache::thrift::protocol::TProtocolException;
using apache::thrift::protocol::TType;
using apache::thrift::transport::TMemoryBuffer;
using apache::thrift::transport::TVirtualTransport;

constexpr std::string_view kMagic = "dflw";

/// Where a frame is written: straight into the string that is sent.
class FrameBytes final : public TVirtualTransport<FrameBytes> {
 public:
  explicit FrameBytes(std::shared_ptr<TConfiguration> configuration) : TVirtualTransport(std::move(configuration)) {}
  void write(const std::uint8_t* bytes, std::uint32_t size) { frame.append(reinterpret_cast<const char*>(bytes), size); }

  std::string frame = {};
};
using FrameWriter = TBinaryProtocolT<FrameBytes>;

/// Takes no more messages at once than anybody sends: each has memory of its own, of some times its bytes if it is short.
class FrameReader final : public TBinaryProtocolT<TMemoryBuffer> {
 public:
  using TBinaryProtocolT::TBinaryProtocolT;
  std::uint32_t readListBegin_virt(TType& elements, std::uint32_t& count) override {
    const std::uint32_t read = readListBegin(elements, count);
    if (elements == T_STRING && count > kMostMessages) throw TProtocolException(TProtocolException::SIZE_LIMIT, "too many messages");
    return read;
  }
};

wire::Memory to_wire(const Memory& m) {
  wire::Memory memory;
  memory.process = m.process;
  memory.check_at = static_cast<std::int64_t>(m.check_at);
  memory.check = static_cast<std::int64_t>(m.check);
  for (const Memory::Piece& piece : m.pieces) {
    memory.addresses.push_back(static_cast<std::int64_t>(piece.address));
    memory.sizes.push_back(static_cast<std::int64_t>(piece.size));
  }
  return memory;
}

wire::Frame to_wire(const Message& message) {
  wire::Frame frame;
  std::visit(Overload{
                 [&](const Hello& m) {
                   wire::Hello hello;
                   hello.protocol = m.protocol;
                   hello.version = m.version;
                   hello.role = static_cast<std::int32_t>(m.role);
                   hello.program = m.program;
                   hello.name = m.name;
                   hello.host = m.host;
                   hello.address = m.address;
                   hello.threads = m.threads;
                   hello.pid = m.pid;
                   if (m.worker) hello.__set_worker(static_cast<std::int32_t>(*m.worker));
                   hello.secret = m.secret;
                   hello.resources = m.resources;
                   if (!m.machine.empty()) hello.__set_machine(m.machine);
                   hello.cluster = static_cast<std::int64_t>(m.cluster);
                   hello.id = static_cast<std::int32_t>(m.id);
                   hello.kept = static_cast<std::int64_t>(m.kept);
                   if (m.said != 0) hello.__set_said(static_cast<std::int64_t>(m.said));
                   if (m.line != 0) {
                     hello.__set_line(static_cast<std::int64_t>(m.line));
                     hello.__set_received(static_cast<std::int64_t>(m.received));
                   }
                   frame.__set_hello(hello);
                 },
                 [&](const Welcome& m) {
                   wire::Welcome welcome;
                   welcome.protocol = m.protocol;
                   welcome.version = m.version;
                   welcome.refusal = m.refusal;
                   welcome.id = static_cast<std::int32_t>(m.id);
                   if (!m.machine.empty()) welcome.__set_machine(m.machine);
                   if (!m.secret.empty()) welcome.__set_secret(m.secret);
                   welcome.cluster = static_cast<std::int64_t>(m.cluster);
                   welcome.heard = static_cast<std::int64_t>(m.heard);
                   if (m.line != 0) welcome.__set_line(static_cast<std::int64_t>(m.line));
                   if (m.received) welcome.__set_received(static_cast<std::int64_t>(*m.received));
                   if (m.heartbeat != 0) welcome.__set_heartbeat(static_cast<std::int32_t>(m.heartbeat));
                   if (m.silence != 0) welcome.__set_silence(static_cast<std::int32_t>(m.silence));
                   if (m.grace != 0) welcome.__set_grace(static_cast<std::int32_t>(m.grace));
                   if (m.later) welcome.__set_later(true);
                   frame.__set_welcome(welcome);
                 },
                 [&](const Batch&) {},  // is written as it is
                 [&](const Pull& m) {
                   wire::Pull pull;
                   for (const Pull::Wanted& wanted : m.values) {
                     pull.tasks.push_back(static_cast<std::int64_t>(wanted.task));
                     pull.versions.push_back(static_cast<std::int32_t>(wanted.version));
                   }
                   if (m.raw) pull.__set_raw(true);
                   if (m.packed) pull.__set_packed(true);
                   frame.__set_pull(pull);
                 },
                 [&](const Push& m) {
                   wire::Push push;
                   push.task = static_cast<std::int64_t>(m.task);
                   push.version = static_cast<std::int32_t>(m.version);
                   push.size = static_cast<std::int64_t>(m.size);
                   if (!m.form.empty()) push.__set_form(m.form);
                   if (m.memory) push.__set_memory(to_wire(*m.memory));
                   if (m.packing != Packing::none) push.__set_packing(static_cast<std::int32_t>(m.packing));
                   frame.__set_push(push);
                 },
                 [&](const Value& m) {
                   wire::Value value;
                   value.outcome = static_cast<std::int32_t>(m.outcome);
                   value.size = static_cast<std::int64_t>(m.size);
                   value.error = m.error;
                   if (!m.form.empty()) value.__set_form(m.form);
                   if (m.memory) value.__set_memory(to_wire(*m.memory));
                   if (m.packing != Packing::none) value.__set_packing(static_cast<std::int32_t>(m.packing));
                   frame.__set_value(value);
                 },
                 [&](const Taken&) { frame.__set_taken({}); },
             },
             message);
  return frame;
}

/// A wire::Frame with a wire::Batch, without a copy of its messages.
void write_batch(const Batch& batch, FrameWriter& out, std::string& frame) {
  using apache::thrift::protocol::T_BOOL;
  using apache::thrift::protocol::T_I64;
  using apache::thrift::protocol::T_LIST;
  using apache::thrift::protocol::T_STRING;
  using apache::thrift::protocol::T_STRUCT;
  constexpr std::size_t kAround = 32;  // bytes, about; and in front of each message four
  std::size_t size = frame.size() + kAround;
  for (const std::string& message : batch.messages) size += message.size() + 4;
  frame.reserve(size);
  out.writeFieldBegin("batch", T_STRUCT, 3);
  out.writeFieldBegin("messages", T_LIST, 1);
  out.writeListBegin(T_STRING, static_cast<std::uint32_t>(batch.messages.size()));
  for (const std::string& message : batch.messages) out.writeBinary(message);
  if (batch.heard) {
    out.writeFieldBegin("heard", T_I64, 2);
    out.writeI64(static_cast<std::int64_t>(*batch.heard));
  }
  if (batch.last) {
    out.writeFieldBegin("last", T_BOOL, 3);
    out.writeBool(true);
  }
  out.writeFieldStop();
  out.writeFieldStop();
}

Hello from_wire(wire::Hello& m) {
  Hello hello;
  hello.protocol = m.protocol;
  hello.version = std::move(m.version);
  hello.role = static_cast<Role>(m.role);
  hello.program = std::move(m.program);
  hello.name = std::move(m.name);
  hello.host = std::move(m.host);
  hello.address = std::move(m.address);
  hello.threads = m.threads;
  hello.pid = m.pid;
  if (m.__isset.worker) hello.worker = static_cast<std::uint32_t>(m.worker);
  hello.secret = std::move(m.secret);
  hello.resources = std::move(m.resources);
  hello.machine = std::move(m.machine);
  hello.cluster = static_cast<std::uint64_t>(m.cluster);
  hello.id = static_cast<std::uint32_t>(m.id);
  hello.kept = static_cast<std::uint64_t>(m.kept);
  hello.said = static_cast<std::uint64_t>(m.said);
  hello.line = static_cast<std::uint64_t>(m.line);
  hello.received = static_cast<std::uint64_t>(m.received);
  return hello;
}

/// Pieces that make up `size` bytes; an error for others.
formats::Result<std::optional<Memory>> from_wire(bool there, const wire::Memory& m, std::uint64_t size) {
  if (!there) return std::optional<Memory>();
  Memory memory{.process = m.process,
                .check_at = static_cast<std::uint64_t>(m.check_at),
                .check = static_cast<std::uint64_t>(m.check)};
  bool right = m.addresses.size() == m.sizes.size();
  for (std::size_t i = 0; right && i < m.sizes.size(); ++i) {
    const auto piece = static_cast<std::uint64_t>(m.sizes[i]);
    right = m.sizes[i] > 0 && piece <= size;
    size -= piece;
    memory.pieces.push_back({static_cast<std::uint64_t>(m.addresses[i]), piece});
  }
  if (!right || size != 0) return formats::Error{"a value in memory whose pieces are not its size"};
  return std::optional(std::move(memory));
}

formats::Result<Message> from_wire(const wire::Pull& m) {
  if (m.tasks.size() != m.versions.size()) return formats::Error{"a question for values without versions"};
  Pull pull{.raw = m.raw, .packed = m.packed};
  for (std::size_t i = 0; i < m.tasks.size(); ++i) {
    pull.values.push_back({static_cast<std::uint64_t>(m.tasks[i]), static_cast<std::uint32_t>(m.versions[i])});
  }
  return Message(std::move(pull));
}

bool known_packing(std::int32_t packing) { return packing >= 0 && packing <= static_cast<std::int32_t>(Packing::lz4); }

formats::Result<Message> from_wire(wire::Push& m) {
  if (m.size < 0) return formats::Error{"a value of negative size"};
  if (!known_packing(m.packing)) return formats::Error{"a value packed in a way that this version of dflow does not know"};
  Push push{.task = static_cast<std::uint64_t>(m.task),
            .version = static_cast<std::uint32_t>(m.version),
            .size = static_cast<std::uint64_t>(m.size),
            .form = std::move(m.form),
            .packing = static_cast<Packing>(m.packing)};
  formats::Result<std::optional<Memory>> memory = from_wire(m.__isset.memory, m.memory, push.size);
  if (!memory) return memory.error();
  push.memory = std::move(memory).value();
  return Message(std::move(push));
}

formats::Result<Message> from_wire(wire::Value& m) {
  constexpr auto kLast = static_cast<std::int32_t>(Value::Outcome::unreadable);
  if (m.size < 0 || m.outcome < 0 || m.outcome > kLast) return formats::Error{"an answer that is none"};
  if (!known_packing(m.packing)) return formats::Error{"a value packed in a way that this version of dflow does not know"};
  Value value{.outcome = static_cast<Value::Outcome>(m.outcome),
              .size = static_cast<std::uint64_t>(m.size),
              .error = std::move(m.error),
              .form = std::move(m.form),
              .packing = static_cast<Packing>(m.packing)};
  formats::Result<std::optional<Memory>> memory = from_wire(m.__isset.memory, m.memory, value.size);
  if (!memory) return memory.error();
  value.memory = std::move(memory).value();
  return Message(std::move(value));
}

formats::Result<Message> from_wire(wire::Frame& frame) {
  if (frame.__isset.batch) {
    Batch batch{.messages = std::move(frame.batch.messages), .last = frame.batch.last};
    if (frame.batch.__isset.heard) batch.heard = static_cast<std::uint64_t>(frame.batch.heard);
    return Message(std::move(batch));
  }
  if (frame.__isset.hello) return Message(from_wire(frame.hello));
  if (frame.__isset.welcome) {
    wire::Welcome& m = frame.welcome;
    Welcome welcome{m.protocol, std::move(m.version), std::move(m.refusal), static_cast<std::uint32_t>(m.id),
                    std::move(m.machine), std::move(m.secret), static_cast<std::uint64_t>(m.cluster),
                    static_cast<std::uint64_t>(m.heard), static_cast<std::uint64_t>(m.line)};
    if (m.__isset.received) welcome.received = static_cast<std::uint64_t>(m.received);
    welcome.heartbeat = static_cast<std::uint32_t>(std::max(m.heartbeat, 0));
    welcome.silence = static_cast<std::uint32_t>(std::max(m.silence, 0));
    welcome.grace = static_cast<std::uint32_t>(std::max(m.grace, 0));
    welcome.later = m.later;
    return Message(std::move(welcome));
  }
  if (frame.__isset.pull) return from_wire(frame.pull);
  if (frame.__isset.push) return from_wire(frame.push);
  if (frame.__isset.value) return from_wire(frame.value);
  if (frame.__isset.taken) return Message(Taken{});
  return formats::Error{"a frame of a kind that this version of dflow does not know"};
}

}  // namespace

std::string encode_frame(const Message& message) {
  static const auto configuration = std::make_shared<TConfiguration>();
  const auto buffer = std::make_shared<FrameBytes>(configuration);
  std::string& frame = buffer->frame;
  frame.assign(kPrefix, '\0');
  FrameWriter protocol(buffer);
  if (const auto* batch = std::get_if<Batch>(&message)) write_batch(*batch, protocol, frame);
  else to_wire(message).write(&protocol);
  frame.replace(0, kMagic.size(), kMagic);
  const std::size_t size = frame.size() - kPrefix;
  for (std::size_t i = 0; i < 4; ++i) frame[4 + i] = static_cast<char>(size >> (24 - 8 * i));
  return std::move(frame);
}

bool begins_frame(std::string_view bytes) { return bytes.starts_with(kMagic); }

formats::Result<std::size_t> header_size(std::string_view prefix) {
  if (prefix.size() < kPrefix || prefix.substr(0, kMagic.size()) != kMagic) {
    return formats::Error{"what answers there does not speak dflow's protocol: is it another service's port?"};
  }
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(prefix[4 + i]);
  if (size > kMostHeader) return formats::Error{"a frame whose header would have " + std::to_string(size) + " bytes"};
  return size;
}

formats::Result<Message> decode_header(std::string_view header) {
  // Thrift only reads the bytes, and never more than there are: counts are checked against what is left of the message.
  auto* bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(header.data()));
  const auto size = static_cast<std::uint32_t>(header.size());
  const auto configuration = std::make_shared<TConfiguration>(static_cast<int>(size));
  const auto buffer = std::make_shared<TMemoryBuffer>(bytes, size, TMemoryBuffer::OBSERVE, configuration);
  FrameReader protocol(buffer, static_cast<int>(size), static_cast<int>(size), false, true);
  wire::Frame frame;
  try {
    frame.read(&protocol);
  } catch (const std::exception& error) {
    return formats::Error{std::string("a damaged frame: ") + error.what()};
  }
  return from_wire(frame);
}

}  // namespace dflow::net
