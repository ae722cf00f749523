// Which exceptions keep their type when they cross processes, by name: both ends run the same executable.
#include <dflow/exceptions.h>

#include <cxxabi.h>

#include <algorithm>
#include <any>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <ios>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <regex>
#include <sstream>
#include <system_error>
#include <typeinfo>
#include <variant>

namespace dflow::inline v0 {

namespace {

/// The categories that mean the same in every process: the standard's. A program's own are told by their
/// address alone.
const std::array<const std::error_category*, 4>& categories() {
  static const std::array all{&std::generic_category(), &std::system_category(), &std::iostream_category(),
                              &std::future_category()};
  return all;
}

void write_code(Writer& out, const std::error_code& code) {
  const auto found = std::ranges::find(categories(), &code.category());
  if (found == categories().end()) {
    throw SerializeError(std::string("an error of the category '") + code.category().name() +
                         "' means nothing to another process");
  }
  out.write(static_cast<unsigned char>(found - categories().begin()));
  out.write(code.value());
}

std::error_code read_code(Reader& in) {
  const auto category = in.read<unsigned char>();
  if (category >= categories().size()) in.fail("names no category of errors");
  return {in.read<int>(), *categories()[category]};
}

/// What the error was made with: its text without what the constructor adds, the code's message.
std::string own_text(const std::system_error& error) {
  std::string text = error.std::system_error::what();
  const std::string tail = ": " + error.code().message();
  if (text.ends_with(tail)) text.resize(text.size() - tail.size());
  return text;
}

/// An error whose constructor takes no text, or makes it of parts, with the text that came with it.
template <class E>
class WithText : public E {
 public:
  template <class... Parts>
  explicit WithText(std::string text, Parts&&... parts) : E(std::forward<Parts>(parts)...), text_(std::move(text)) {}
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};
using RegexError = WithText<std::regex_error>;
using CarriedMayHaveRun = WithText<MayHaveRun>;
using CarriedWorkerLost = WithText<WorkerLost>;

}  // namespace

template <>
struct Serialize<CarriedMayHaveRun> {
  using parts = detail::Types<>;
  static void write(Writer& out, const CarriedMayHaveRun& error) { out.write(std::string(error.what())); }
  static CarriedMayHaveRun read(Reader& in) { return CarriedMayHaveRun(in.read<std::string>(), "", ""); }
};

template <>
struct Serialize<CarriedWorkerLost> {
  using parts = detail::Types<>;
  static void write(Writer& out, const CarriedWorkerLost& error) {
    for (const std::string& text : {error.worker(), error.end(), error.last_words(), std::string(error.what())}) out.write(text);
  }
  static CarriedWorkerLost read(Reader& in) {
    const auto worker = in.read<std::string>();
    const auto end = in.read<std::string>();
    const auto last_words = in.read<std::string>();
    return CarriedWorkerLost(in.read<std::string>(), "", worker, end, last_words);
  }
};

/// Of a category that is a program's own, there is nothing to write.
template <>
struct Serialize<std::system_error> {
  using parts = detail::Types<>;
  static void write(Writer& out, const std::system_error& error) {
    write_code(out, error.code());
    out.write(own_text(error));
  }
  static std::system_error read(Reader& in) {
    const auto code = read_code(in);
    return {code, in.read<std::string>()};
  }
};

template <>
struct Serialize<std::ios_base::failure> {
  using parts = detail::Types<>;
  static void write(Writer& out, const std::ios_base::failure& error) {
    out.write(static_cast<const std::system_error&>(error));
  }
  static std::ios_base::failure read(Reader& in) {
    const auto code = read_code(in);
    return std::ios_base::failure(in.read<std::string>(), code);
  }
};

template <>
struct Serialize<std::filesystem::filesystem_error> {
  using parts = detail::Types<>;
  static void write(Writer& out, const std::filesystem::filesystem_error& error) {
    out.write(static_cast<const std::system_error&>(error));
    out.write(error.path1());
    out.write(error.path2());
  }
  static std::filesystem::filesystem_error read(Reader& in) {
    const auto code = read_code(in);
    const auto text = in.read<std::string>();
    const auto path = in.read<std::filesystem::path>();
    return {text, path, in.read<std::filesystem::path>(), code};
  }
};

template <>
struct Serialize<std::future_error> {
  using parts = detail::Types<>;
  static void write(Writer& out, const std::future_error& error) { out.write(error.code().value()); }
  static std::future_error read(Reader& in) {
    return std::future_error(static_cast<std::future_errc>(in.read<int>()));
  }
};

template <>
struct Serialize<RegexError> {
  using parts = detail::Types<>;
  static void write(Writer& out, const RegexError& error) {
    out.write(static_cast<int>(error.code()));
    out.write(std::string(error.what()));
  }
  static RegexError read(Reader& in) {
    const auto code = static_cast<std::regex_constants::error_type>(in.read<int>());
    return RegexError(in.read<std::string>(), code);
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

template <class Sent, class E>
Sent sent_as(const E& thrown) {
  if constexpr (std::is_same_v<E, std::regex_error>) return Sent(thrown.what(), thrown.code());
  else if constexpr (std::is_same_v<E, WorkerLost>) return Sent(thrown.what(), "", thrown.worker(), thrown.end(), thrown.last_words());
  else return Sent(thrown.what(), "", "");
}

/// Of a type that a handler for E catches, which arrives as an E or as what is derived from it.
template <class E, class Sent = E>
void write_caught(const std::exception_ptr& error, Writer& out) {
  try {
    std::rethrow_exception(error);
  } catch (const E& thrown) {
    if constexpr (std::is_same_v<E, Sent>) out.write(thrown);
    else out.write(sent_as<Sent>(thrown));
  }
}

constexpr ExceptionCodec kRegexError{&typeid(std::regex_error), write_caught<std::regex_error, RegexError>,
                                     read_thrown<RegexError>};
constexpr ExceptionCodec kMayHaveRun{&typeid(MayHaveRun), write_caught<MayHaveRun, CarriedMayHaveRun>,
                                     read_thrown<CarriedMayHaveRun>};
constexpr ExceptionCodec kWorkerLost{&typeid(WorkerLost), write_caught<WorkerLost, CarriedWorkerLost>,
                                     read_thrown<CarriedWorkerLost>};

/// Streams throw a class of the library's own, derived from what users catch; it has no name to ask by.
const ExceptionCodec& stream_failure() {
  static const ExceptionCodec codec = [] {
    ExceptionCodec result{&typeid(std::ios_base::failure), write_caught<std::ios_base::failure>,
                          read_thrown<std::ios_base::failure>};
    std::istringstream stream;
    stream.exceptions(std::ios_base::failbit);
    try {
      stream.setstate(std::ios_base::failbit);
    } catch (const std::ios_base::failure& thrown) {
      result.type = &typeid(thrown);
    }
    return result;
  }();
  return codec;
}

/// The names that the compiler gives types.
class Registry {
 public:
  Registry() {
    add<std::logic_error, std::invalid_argument, std::domain_error, std::length_error, std::out_of_range,
        std::runtime_error, std::range_error, std::overflow_error, std::underflow_error, std::system_error>();
    add<std::ios_base::failure, std::filesystem::filesystem_error, std::future_error, RegexError>();
    add<CarriedMayHaveRun, CarriedWorkerLost>();
    add(kRegexError);
    add(kMayHaveRun);
    add(kWorkerLost);
    add(stream_failure());
    add<std::exception, std::bad_exception, std::bad_alloc, std::bad_array_new_length, std::bad_cast,
        std::bad_typeid, std::bad_optional_access, std::bad_variant_access, std::bad_function_call,
        std::bad_any_cast, std::bad_weak_ptr>();
    add<Error, CancelledError, TimeoutError, InvalidStateError, SessionError, SerializeError, RemoteError>();
    add<std::string, bool, char, int, unsigned, long, unsigned long, long long, unsigned long long, float,
        double>();
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

/// An exception travels with the news of its task's end, to all who need it: it is no way to send data.
constexpr std::size_t kMostBytes = 1 << 20;

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    std::string text = known.what();
    if (text.size() <= kMostBytes) return text;
    const std::string rest = "... (" + std::to_string(text.size()) + " bytes in all)";
    return text.substr(0, kMostBytes) + rest;
  } catch (...) {
    return "";
  }
}

std::string readable(const std::string& name) {
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name.c_str(), nullptr, nullptr, nullptr), std::free);
  return text ? text.get() : name;
}

/// None where the type is not registered, or where it is and this one exception cannot be sent: its text can.
std::optional<std::vector<std::byte>> bytes_of(const std::exception_ptr& error) {
  const ExceptionCodec* codec = registry().find(error.__cxa_exception_type()->name());
  if (codec == nullptr) return std::nullopt;
  try {
    Writer out;
    codec->write(error, out);
    if (out.size() > kMostBytes) return std::nullopt;
    return out.take();
  } catch (...) {  // whatever the program's own code throws: the task has failed already, and is to say so
    return std::nullopt;
  }
}

std::exception_ptr error_of(const ExceptionCodec& codec, const std::vector<std::byte>& bytes) {
  Reader in(bytes);
  auto error = codec.read(in);
  if (in.remaining() != 0) in.fail("ends early");
  return error;
}

}  // namespace

void register_exception(const ExceptionCodec& codec) {
  registry().add(codec);
}

void write_exception(const std::exception_ptr& error, Writer& out) {
  const auto bytes = bytes_of(error);
  out.write(std::string(error.__cxa_exception_type()->name()));
  out.write(message_of(error));
  write_flag(out, bytes.has_value());
  out.write(bytes.value_or(std::vector<std::byte>()));
}

std::exception_ptr pass_through_bytes(const std::exception_ptr& error) {
  const auto bytes = bytes_of(error);
  return bytes ? error_of(*registry().find(error.__cxa_exception_type()->name()), *bytes) : error;
}

std::exception_ptr read_exception(Reader& in, const std::string& worker) {
  const auto name = in.read<std::string>();
  const auto message = in.read<std::string>();
  const bool has_value = read_flag(in);
  const auto bytes = in.read<std::vector<std::byte>>();
  const ExceptionCodec* codec = has_value ? registry().find(name) : nullptr;
  const auto text_alone = [&] { return std::make_exception_ptr(RemoteError(readable(name), message, worker)); };
  if (codec == nullptr) return text_alone();
  try {
    return error_of(*codec, bytes);
  } catch (const SerializeError&) {
    throw;
  } catch (...) {  // the program's own code cannot make it here
    return text_alone();
  }
}

}  // namespace detail

}  // namespace dflow::inline v0
