#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "formats/file.h"
#include "tools/dflow/subprocess.h"

namespace dflow::tools {

/// Runs the built `dflow` in a directory of its own.
class ToolTest : public ::testing::Test {
 protected:
  ToolTest()
      : folder_(std::filesystem::temp_directory_path() / ("dflow-tool-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(folder_);
  }
  ~ToolTest() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ / name; }

  std::string file(const std::string& name, const std::string& bytes) const {
    EXPECT_TRUE(formats::write_file_atomically(path(name), bytes));
    return path(name);
  }

  static Outcome dflow(std::vector<std::string> arguments,
                       std::map<std::string, std::string> environment = {}) {
    arguments.insert(arguments.begin(), DFLOW_TOOL);
    auto outcome =
        run({.arguments = std::move(arguments), .input = {}, .environment = std::move(environment)});
    EXPECT_TRUE(outcome) << outcome.message();
    EXPECT_EQ(outcome.value().signal, 0) << outcome.value().errors;
    return std::move(outcome).value();
  }

  /// The one line that a failing run prints, without "dflow: error: "; checks that nothing else was printed.
  static std::string error_of(std::vector<std::string> arguments,
                              std::map<std::string, std::string> environment = {}) {
    const Outcome outcome = dflow(std::move(arguments), std::move(environment));
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.output, "");
    const auto at = outcome.errors.find("dflow: error: ");
    EXPECT_NE(at, std::string::npos) << outcome.errors;
    if (at == std::string::npos) return outcome.errors;
    const std::string line = outcome.errors.substr(at + 14);
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "more than one line: " << line;
    return line.substr(0, line.size() - 1);
  }

  std::filesystem::path folder_;
};

}  // namespace dflow::tools
