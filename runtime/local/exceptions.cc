// Which exceptions keep their type when they cross processes, by name: both ends run the same executable.
#include <dflow/exceptions.h>

#include <cxxabi.h>

#include <any>
#include <cstdlib>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <typeinfo>
#include <variant>

namespace dflow::inline v0 {

template <>
struct Serialize<std::system_error> {
  using parts = detail::Types<>;
  static void write(Writer& out, const std::system_error& error) {
    out.write(error.code().category() == std::generic_category());
    out.write(error.code().value());
    std::string text = error.what();
    const std::string tail = ": " + error.code().message();  // which the constructor adds again
    if (text.ends_with(tail)) text.resize(text.size() - tail.size());
    out.write(text);
  }
  static std::system_error read(Reader& in) {
    const bool generic = in.read<bool>();
    const int value = in.read<int>();
    return {value, generic ? std::generic_category() : std::system_category(), in.read<std::string>()};
  }
};

/// Its text, a pointer to one of few constants, stays behind.
template <>
struct Serialize<std::bad_variant_access> {
  using parts = detail::Types<>;
  static void write(Writer&, const std::bad_variant_access&) {}
  static std::bad_variant_access read(Reader&) { return {}; }
};

template <>
struct Serialize<RemoteError> {
  using parts = detail::Types<>;
  static void write(Writer& out, const RemoteError& error) {
    for (const auto& text : {error.type(), error.message(), error.worker()}) out.write(text);
  }
  static RemoteError read(Reader& in) {
    const auto type = in.read<std::string>();
    const auto message = in.read<std::string>();
    return {type, message, in.read<std::string>()};
  }
};

namespace detail {
namespace {

/// The names that the compiler gives types.
class Registry {
 public:
  Registry() {
    add<std::logic_error, std::invalid_argument, std::domain_error, std::length_error, std::out_of_range,
        std::runtime_error, std::range_error, std::overflow_error, std::underflow_error, std::system_error>();
    add<std::exception, std::bad_exception, std::bad_alloc, std::bad_array_new_length, std::bad_cast,
        std::bad_typeid, std::bad_optional_access, std::bad_variant_access, std::bad_function_call,
        std::bad_any_cast, std::bad_weak_ptr>();
    add<Error, CancelledError, TimeoutError, InvalidStateError, SessionError, SerializeError, RemoteError>();
    add<std::string, bool, char, int, unsigned, long, unsigned long, long long, unsigned long long, double>();
  }

  void add(const ExceptionCodec& codec) {
    const std::scoped_lock lock(mutex_);
    codecs_.emplace(codec.type->name(), &codec);
  }
  const ExceptionCodec* find(const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = codecs_.find(name);
    return found == codecs_.end() ? nullptr : found->second;
  }

 private:
  template <class... E>
  void add() {
    (add(exception_codec<E>), ...);
  }

  mutable std::mutex mutex_;
  std::map<std::string, const ExceptionCodec*> codecs_;
};

/// Made by the first who asks, perhaps before `main`; never destroyed, since tasks may fail as long as
/// threads run.
Registry& registry() {
  static auto* const all = new Registry;  // NOLINT: see above
  return *all;
}

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "";
  }
}

std::string readable(const std::string& name) {
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, nullptr), std::free);
  return text ? text.get() : name;
}

}  // namespace

void register_exception(const ExceptionCodec& codec) {
  registry().add(codec);
}

void write_exception(const std::exception_ptr& error, Writer& out) {
  const std::string name = error.__cxa_exception_type()->name();
  const ExceptionCodec* codec = registry().find(name);
  Writer value;
  if (codec != nullptr) codec->write(error, value);
  out.write(name);
  out.write(message_of(error));
  write_flag(out, codec != nullptr);
  out.write(value.take());
}

std::exception_ptr pass_through_bytes(const std::exception_ptr& error) {
  if (registry().find(error.__cxa_exception_type()->name()) == nullptr) return error;
  Writer out;
  write_exception(error, out);
  const auto bytes = out.take();
  Reader in(bytes);
  return read_exception(in, "this process");
}

std::exception_ptr read_exception(Reader& in, const std::string& worker) {
  const auto name = in.read<std::string>();
  const auto message = in.read<std::string>();
  const bool has_value = read_flag(in);
  const auto bytes = in.read<std::vector<std::byte>>();
  const ExceptionCodec* codec = has_value ? registry().find(name) : nullptr;
  if (codec == nullptr) return std::make_exception_ptr(RemoteError(readable(name), message, worker));
  Reader value(bytes);
  auto error = codec->read(value);
  if (value.remaining() != 0) value.fail("ends early");
  return error;
}

}  // namespace detail

}  // namespace dflow::inline v0
