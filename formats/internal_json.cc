#include "formats/internal_json.h"

#include <utility>

namespace dflow::formats::internal {
namespace {

// Nothing that dflow writes comes near these; they keep a hostile document from overrunning the stack (CBOR
// is read recursively) or from taking quadratic time (the keys of an object are searched one by one).
constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxKeys = 256;
constexpr std::size_t kMaxMessage = 240;

/// The library's message without its "[json.exception.parse_error.101] ", and of bounded length.
std::string plain_message(const char* what) {
  std::string message = what;
  if (const auto end = message.find("] "); message.starts_with('[') && end != std::string::npos)
    message.erase(0, end + 2);
  if (message.size() > kMaxMessage) message = message.substr(0, kMaxMessage) + "...";
  return message;
}

/// Builds the document as the library's parser reports it.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  explicit TreeBuilder(const std::vector<Watch>& watches) : watches_(watches) {}

  Json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { throw Malformed("a byte string where none was expected"); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    Open& object = open_.back();
    if (object.value.size() >= kMaxKeys) throw Malformed("an object of too many keys");
    if (object.value.contains(value)) throw Malformed("the key \"" + value.substr(0, 80) + "\" stands twice");
    object.key = std::move(value);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& problem) override {
    throw Malformed(plain_message(problem.what()));
  }

 private:
  struct Open {
    Json value;
    std::string key;                  // of the member being read
    const Watch* elements = nullptr;  // who takes this array's elements
    std::string path;                 // of such an array
    std::size_t taken = 0;
  };

  bool open(Json empty) {
    if (open_.size() >= kMaxDepth) throw Malformed("nested too deeply");
    Open next{std::move(empty), {}, nullptr, {}, 0};
    if (next.value.is_array() && (next.elements = watch_at("[]")) != nullptr) next.path = path(true);
    open_.push_back(std::move(next));
    return true;
  }

  bool close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(value));
  }

  bool add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Open& parent = open_.back();
    if (parent.elements != nullptr) {
      parent.elements->take(Cursor(value, parent.path, parent.taken++));
    } else if (parent.value.is_array()) {
      parent.value.push_back(std::move(value));
    } else {
      if (const Watch* watch = watch_at("")) watch->take(Cursor(value, watch->path));
      parent.value[parent.key] = std::move(value);
    }
    return true;
  }

  /// The place of the value now being read; the indices of elements only if asked for.
  std::string path(bool indices) const {
    std::string all;
    for (const Open& open : open_) {
      if (open.value.is_array())
        all += indices ? "[" + std::to_string(open.elements != nullptr ? open.taken : open.value.size()) + "]"
                       : "[]";
      else
        all += (all.empty() ? "" : ".") + open.key;
    }
    return all;
  }

  /// Who watches that value. Nothing is watched far below the root, where values are many.
  const Watch* watch_at(std::string_view suffix) const {
    constexpr std::size_t kDeepest = 3;
    if (watches_.empty() || open_.empty() || open_.size() > kDeepest || !open_.back().value.is_object())
      return nullptr;
    const std::string place = path(false) + std::string(suffix);
    for (const Watch& watch : watches_)
      if (watch.path == place) return &watch;
    return nullptr;
  }

  const std::vector<Watch>& watches_;
  std::vector<Open> open_;
  Json root_;
};

}  // namespace

std::string Cursor::path() const {
  std::string path = parent_ != nullptr ? parent_->path() : std::string();
  if (!path.empty() && !name_.empty()) path += '.';
  path += name_;
  if (index_ != kNoIndex) path += '[' + std::to_string(index_) + ']';
  return path;
}

void Cursor::fail(const std::string& expected) const {
  const std::string where = path();
  std::string found = value_.is_primitive() ? value_.dump(-1, ' ', true, Json::error_handler_t::replace)
                                            : std::string("an ") + value_.type_name();
  if (found.size() > 80) found = found.substr(0, 80) + "...";
  throw Malformed((where.empty() ? "the document" : where) + ": expected " + expected + ", found " + found);
}

void Cursor::refuse(const std::string& what) const {
  throw Malformed(path() + ": " + what);
}

Cursor Cursor::field(std::string_view key) const {
  if (!value_.is_object()) fail("an object");
  const auto member = value_.find(std::string(key));
  if (member == value_.end()) fail("the key \"" + std::string(key) + "\"");
  return Cursor(*member, key, kNoIndex, this);
}

bool Cursor::has(std::string_view key) const {
  if (!value_.is_object()) fail("an object");
  return value_.contains(std::string(key));
}

std::size_t Cursor::size() const {
  if (!value_.is_array()) fail("an array");
  return value_.size();
}

Cursor Cursor::element(std::size_t index) const {
  if (index >= size()) fail("an array of more than " + std::to_string(index) + " elements");
  return Cursor(value_[index], "", index, this);
}

std::string Cursor::string() const {
  if (!value_.is_string()) fail("a string");
  return value_.get<std::string>();
}

bool Cursor::boolean() const {
  if (!value_.is_boolean()) fail("true or false");
  return value_.get<bool>();
}

double Cursor::number() const {
  if (!value_.is_number()) fail("a number");
  return value_.get<double>();
}

Json parse_document(std::string_view bytes, Encoding encoding, const std::vector<Watch>& watches) {
  TreeBuilder builder(watches);
  const auto format = encoding == Encoding::json ? nlohmann::detail::input_format_t::json
                                                 : nlohmann::detail::input_format_t::cbor;
  if (!Json::sax_parse(bytes.begin(), bytes.end(), &builder, format)) throw Malformed("it cannot be read");
  return builder.take();
}

void check_version(const Cursor& version, int newest, std::string_view what) {
  const auto found = version.integer<std::uint64_t>(1);
  if (found <= static_cast<std::uint64_t>(newest)) return;
  throw Malformed("a " + std::string(what) + " of version " + std::to_string(found) +
                  ", and this dflow reads up to version " + std::to_string(newest) + ": use a newer dflow");
}

}  // namespace dflow::formats::internal
