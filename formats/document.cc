#include "formats/document.h"

#include "formats/elf.h"
#include "formats/graph_json.h"
#include "formats/internal_json.h"

namespace dflow::formats {
namespace {

using internal::Json;

enum class Kind { unknown, plan, recording, labelled };

/// Reads keys only until one tells the formats apart: a recording has "traceEvents" or "dflow", a plan
/// "source" or graphs with "signature", labelled graphs have "tasks".
class KindFinder final : public nlohmann::json_sax<Json> {
 public:
  Kind kind() const { return kind_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool start_array(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return depth_-- > 0; }
  bool end_array() override { return depth_-- > 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  bool key(string_t& key) override {
    if (depth_ == 1 && (key == "traceEvents" || key == "dflow")) return found(Kind::recording);
    if (depth_ == 1 && key == "source") return found(Kind::plan);
    if (depth_ == 1 && key == "graphs") fallback_ = Kind::labelled;
    if (depth_ == 3 && (key == "signature" || key == "segments")) return found(Kind::plan);
    if (depth_ == 3 && (key == "tasks" || key == "edges")) return found(Kind::labelled);
    return true;
  }

  void finish() {
    if (kind_ == Kind::unknown) kind_ = fallback_;
  }

 private:
  bool found(Kind kind) {
    kind_ = kind;
    return false;
  }

  Kind kind_ = Kind::unknown;
  Kind fallback_ = Kind::unknown;  // {"graphs":[]}
  int depth_ = 0;
};

Kind kind_of_json(std::string_view text) {
  KindFinder finder;
  std::ignore = Json::sax_parse(text.begin(), text.end(), &finder);
  finder.finish();
  return finder.kind();
}

template <class T>
Result<Document> document(Result<T> read, std::string_view what) {
  if (!read) return Error{std::string(what) + ": " + read.message()};
  return Document(std::move(read).value());
}

Result<Plan> merged(Result<std::vector<Plan>> plans) {
  if (!plans) return plans.error();
  return merge_plans(plans.value());
}

Result<Document> read_json(std::string_view text) {
  switch (kind_of_json(text)) {
    case Kind::plan:
      return document(plan_from_json(text), "not a valid plan");
    case Kind::recording:
      return document(parse_recording(text), "not a valid recording");
    case Kind::labelled:
      return document(parse_graph_json(text), "not a valid graph");
    case Kind::unknown:
      break;
  }
  // Reading it as a graph says where the JSON breaks off.
  return document(parse_graph_json(text), "neither a plan, a recording nor a graph");
}

bool starts_json(std::string_view bytes) {
  const auto first = bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (bytes[first] == '{' || bytes[first] == '[');
}

bool starts_cbor_map(std::string_view bytes) {
  return !bytes.empty() && static_cast<unsigned char>(bytes[0]) >> 5 == 5;
}

}  // namespace

Result<Document> read_document(std::string_view bytes) {
  if (bytes.empty()) return Error{"an empty file"};
  if (is_elf(bytes)) {
    auto plan = merged(plans_in_elf(bytes));
    if (!plan) return plan.error();
    return Document(std::move(plan).value());
  }
  if (bytes.starts_with(kFrameMagic)) return document(merged(decode_frames(bytes)), "not a valid plan");
  if (starts_json(bytes)) return read_json(bytes);
  if (starts_cbor_map(bytes)) return document(plan_from_cbor(bytes), "not a valid plan");
  return Error{"neither an ELF file, nor a plan, a recording or a graph as dflow writes them"};
}

}  // namespace dflow::formats
