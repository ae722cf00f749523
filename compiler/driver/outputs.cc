#include "compiler/driver/outputs.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "formats/file.h"
#include "formats/plan.h"

namespace dflow::compiler {
namespace {

/// The text that stands for `source`: rewritten if it was, else what is on disk.
std::string text_of(const std::string& source, const FrontendResult& result) {
  std::error_code error;
  for (const RewrittenFile& file : result.files) {
    if (std::filesystem::equivalent(file.path, source, error)) return file.text;
  }
  auto text = formats::read_file(source);
  return text ? std::move(text).value() : "";
}

formats::Result<void> put(const std::string& path, const std::string& text) {
  if (path != "-") return formats::write_file_atomically(path, text);
  std::cout << text << std::flush;
  return {};
}

}  // namespace

void Outputs::add(const std::string& source, const FrontendResult& result) {
  sources_.push_back({source, result.plan_json, text_of(source, result)});
}

formats::Result<void> Outputs::write(const Options& options) const {
  if (!options.plan.empty()) {
    const auto text = plan();
    if (!text) return text.error();
    if (auto done = put(options.plan, text.value()); !done) return done;
  }
  return options.emit_cpp.empty() ? formats::Result<void>{} : put(options.emit_cpp, code());
}

formats::Result<std::string> Outputs::plan() const {
  std::vector<formats::Plan> plans;
  for (const Source& source : sources_) {
    if (source.plan_json.empty()) continue;
    auto plan = formats::plan_from_json(source.plan_json);
    if (!plan)
      return formats::Error{"the frontend's plan of '" + source.name + "' cannot be read: " + plan.message()};
    plans.push_back(std::move(plan).value());
  }
  return formats::plan_to_json(plans.size() == 1 ? plans.front() : formats::merge_plans(plans)) + "\n";
}

std::string Outputs::code() const {
  if (sources_.size() == 1) return sources_.front().text;
  std::string all;
  for (const Source& source : sources_) all += "// ---- " + source.name + " ----\n" + source.text;
  return all;
}

}  // namespace dflow::compiler
