#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/result.h"

/// Reading of JSON and CBOR that somebody else wrote. The only header with the JSON library: for the sources
/// of formats/ alone. Inside, what is wrong is thrown as `Malformed`; `guarded` turns it into a Result at the
/// edge.
namespace dflow::formats::internal {

using Json = nlohmann::ordered_json;

struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Calls `read`, whose result it returns, and turns whatever it throws into an error.
template <class Read>
auto guarded(Read read) -> Result<decltype(read())> {
  try {
    return read();
  } catch (const Malformed& problem) {
    return Error{problem.what()};
  } catch (const std::bad_alloc&) {
    return Error{"it does not fit into memory"};
  } catch (const std::exception& problem) {
    return Error{problem.what()};
  }
}

/// A place in a document, which knows its path so that a message can name it.
class Cursor {
 public:
  explicit Cursor(const Json& value, std::string_view name = "", std::size_t index = kNoIndex)
      : value_(value), name_(name), index_(index) {}

  Cursor field(std::string_view key) const;  ///< which must be there
  bool has(std::string_view key) const;
  std::size_t size() const;  ///< of an array
  Cursor element(std::size_t index) const;

  std::string string() const;
  bool boolean() const;
  double number() const;
  bool is_null() const { return value_.is_null(); }

  /// An integer between `least` and `most`.
  template <class T>
  T integer(T least = 0, T most = std::numeric_limits<T>::max()) const {
    if (value_.is_number_unsigned()) {
      const auto found = value_.get<std::uint64_t>();
      if (std::cmp_less_equal(found, most) && std::cmp_greater_equal(found, least))
        return static_cast<T>(found);
    } else if (value_.is_number_integer()) {
      const auto found = value_.get<std::int64_t>();
      if (std::cmp_less_equal(found, most) && std::cmp_greater_equal(found, least))
        return static_cast<T>(found);
    }
    fail("an integer from " + std::to_string(least) + " to " + std::to_string(most));
  }

  template <class Read>
  auto each(Read read) const {
    std::vector<decltype(read(*this))> all;
    const std::size_t count = size();
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) all.push_back(read(element(i)));
    return all;
  }

  [[noreturn]] void fail(const std::string& expected) const;  ///< says what was found instead
  [[noreturn]] void refuse(const std::string& what) const;    ///< for what no one value shows

 private:
  static constexpr std::size_t kNoIndex = std::numeric_limits<std::size_t>::max();

  Cursor(const Json& value, std::string_view name, std::size_t index, const Cursor* parent)
      : value_(value), name_(name), index_(index), parent_(parent) {}
  std::string path() const;

  const Json& value_;
  std::string_view name_;
  std::size_t index_;
  const Cursor* parent_ = nullptr;
};

/// Handed each value at `path` ("dflow.version"), or each element of the arrays there ("dflow.tasks[]",
/// "graphs[].tasks[]"), as soon as it is read. Elements are then forgotten, so that a document of a million
/// of them needs little memory.
struct Watch {
  std::string path;
  std::function<void(const Cursor& value)> take;
};

enum class Encoding { json, cbor };

/// The document in `bytes`, of bounded depth and width. Throws Malformed.
Json parse_document(std::string_view bytes, Encoding encoding, const std::vector<Watch>& watches = {});

/// Throws if `version` is one that only a later dflow can read; `what` is a "plan", for example.
void check_version(const Cursor& version, int newest, std::string_view what);

}  // namespace dflow::formats::internal
