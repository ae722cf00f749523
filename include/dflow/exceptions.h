// Exceptions that keep their type from process to process.
#pragma once

#include <exception>
#include <string>
#include <typeinfo>

#include <dflow/detail/export.h>
#include <dflow/serialize.h>

namespace dflow::inline v0 {

namespace detail {

/// How exceptions of one type become bytes and exceptions again. One constant a type.
struct ExceptionCodec {
  const std::type_info* type;
  void (*write)(const std::exception_ptr& error, Writer& out);
  std::exception_ptr (*read)(Reader& in);
};

template <class E>
void write_thrown(const std::exception_ptr& error, Writer& out) {
  static_assert(Serializable<E>, "dflow: exceptions of this type cannot be sent to another process");
  try {
    std::rethrow_exception(error);
  } catch (const E& thrown) {
    out.write(E(thrown));  // ends with this function: nothing of it may be borrowed
  }
}

template <class E>
std::exception_ptr read_thrown(Reader& in) {
  return std::make_exception_ptr(in.read<E>());
}

template <class E>
inline constexpr ExceptionCodec exception_codec{&typeid(E), write_thrown<E>, read_thrown<E>};

/// Remembers the codec for the whole program. Thread-safe; a type registered twice is no error.
DFLOW_EXPORT void register_exception(const ExceptionCodec& codec);

/// Registers before `main`: dflowc makes one for each type of the user's that it sees thrown.
class DFLOW_EXPORT ExceptionEntry {
 public:
  explicit ExceptionEntry(const ExceptionCodec& codec) { register_exception(codec); }
};

/// Appends the exception: the name of its type, its message, and the exception itself if its type is
/// registered.
DFLOW_EXPORT void write_exception(const std::exception_ptr& error, Writer& out);

/// DFLOW_SERIALIZE: the exception after it was bytes. One whose type is not registered stays as it is.
DFLOW_EXPORT std::exception_ptr pass_through_bytes(const std::exception_ptr& error);

/// The exception that the bytes tell of; a RemoteError on `worker` where its type is not registered here or
/// there. Throws SerializeError for bytes that are none.
DFLOW_EXPORT std::exception_ptr read_exception(Reader& in, const std::string& worker);

}  // namespace detail

/// Lets a task that throws an E in another process fail with an E here. For types that dflowc did not see
/// thrown, and in plain builds; what the standard and dflow throw is known. Call it in every process, so
/// before `main` does much else: a worker runs static initialisers, not `main`.
///
///     const bool known = dflow::register_exception<BadSensor>();
///
/// Thread-safe. Always true.
template <class E>
bool register_exception() {
  detail::register_exception(detail::exception_codec<E>);
  return true;
}

}  // namespace dflow::inline v0
