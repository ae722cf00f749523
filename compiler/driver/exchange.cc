#include "compiler/driver/exchange.h"

#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace dflow::compiler {
namespace {

void put(std::string& out, std::string_view name, std::string_view bytes) {
  out.append(name).append(" ").append(std::to_string(bytes.size())).append("\n").append(bytes).append("\n");
}

void put_flag(std::string& out, std::string_view name, bool value) {
  put(out, name, value ? "1" : "0");
}

struct Field {
  std::string_view name;
  std::string_view bytes;
};

/// Takes the first field off `text`.
std::optional<Field> take_field(std::string_view& text) {
  const auto line = text.find('\n');
  const auto blank = text.find(' ');
  if (line == std::string_view::npos || blank == std::string_view::npos || blank > line) return std::nullopt;
  std::size_t size = 0;
  const char* end = text.data() + line;
  const auto parsed = std::from_chars(text.data() + blank + 1, end, size);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  const std::string_view rest = text.substr(line + 1);
  if (size >= rest.size() || rest[size] != '\n') return std::nullopt;
  const Field field{text.substr(0, blank), rest.substr(0, size)};
  text = rest.substr(size + 1);
  return field;
}

using Setters = std::map<std::string_view, std::function<void(std::string_view)>>;

formats::Result<void> read_fields(std::string_view text, const Setters& setters) {
  while (const auto field = take_field(text)) {
    if (field->name == "end") return {};
    const auto setter = setters.find(field->name);
    if (setter == setters.end()) return formats::Error{"unknown field '" + std::string(field->name) + "'"};
    setter->second(field->bytes);
  }
  return formats::Error{"it ends too early"};
}

auto set(std::string& target) {
  return [&target](std::string_view bytes) { target = bytes; };
}

auto set(bool& target) {
  return [&target](std::string_view bytes) { target = bytes == "1"; };
}

}  // namespace

std::string to_text(const FrontendJob& job) {
  std::string out;
  put(out, "main_file", job.main_file);
  put(out, "directory", job.directory);
  for (const std::string& argument : job.arguments) put(out, "argument", argument);
  for (const std::string& word : job.compile) put(out, "compile", word);
  put(out, "errors", job.errors);
  for (const std::string& pass : job.passes) put(out, "pass", pass);
  for (const FrontendJob& neighbour : job.neighbours) put(out, "neighbour", to_text(neighbour));
  for (const std::string& word : job.command) put(out, "command", word);
  put(out, "compiler", job.compiler);
  put(out, "end", "");
  return out;
}

formats::Result<FrontendJob> job_from_text(std::string_view text) {
  FrontendJob job;
  formats::Result<void> neighbours;
  const auto add_neighbour = [&](std::string_view bytes) {
    auto neighbour = job_from_text(bytes);
    if (!neighbour) neighbours = neighbour.error();
    else job.neighbours.push_back(std::move(neighbour).value());
  };
  const auto read = read_fields(
      text, {{"main_file", set(job.main_file)},
             {"directory", set(job.directory)},
             {"argument", [&job](std::string_view bytes) { job.arguments.emplace_back(bytes); }},
             {"compile", [&job](std::string_view bytes) { job.compile.emplace_back(bytes); }},
             {"errors", set(job.errors)},
             {"pass", [&job](std::string_view bytes) { job.passes.emplace_back(bytes); }},
             {"neighbour", add_neighbour},
             {"command", [&job](std::string_view bytes) { job.command.emplace_back(bytes); }},
             {"compiler", set(job.compiler)}});
  if (!read) return read.error();
  if (!neighbours) return neighbours.error();
  return job;
}

std::string to_text(const FrontendResult& result) {
  std::string out;
  put_flag(out, "parsed", result.parsed);
  put(out, "first_error", result.first_error);
  put(out, "diagnostics", result.diagnostics);
  put_flag(out, "fatal", result.fatal);
  put_flag(out, "has_dflow", result.has_dflow);
  for (const RewrittenFile& file : result.files) {
    put(out, "path", file.path);
    put(out, "text", file.text);
  }
  put(out, "plan", result.plan_json);
  put(out, "end", "");
  return out;
}

formats::Result<FrontendResult> result_from_text(std::string_view text) {
  FrontendResult result;
  const auto add_text = [&result](std::string_view bytes) {
    if (!result.files.empty()) result.files.back().text = bytes;
  };
  const auto read = read_fields(
      text,
      {{"parsed", set(result.parsed)},
       {"first_error", set(result.first_error)},
       {"diagnostics", set(result.diagnostics)},
       {"fatal", set(result.fatal)},
       {"has_dflow", set(result.has_dflow)},
       {"path", [&result](std::string_view bytes) { result.files.push_back({std::string(bytes), ""}); }},
       {"text", add_text},
       {"plan", set(result.plan_json)}});
  if (!read) return read.error();
  return result;
}

}  // namespace dflow::compiler
