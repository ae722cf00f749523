#pragma once

#include <string>

namespace dflow::compiler {

/// Where dflow's parts are: beside the running dflowc when installed, else where they were built.
struct Installation {
  std::string self;          ///< the running dflowc
  std::string frontend;      ///< dflowc-frontend
  std::string include_dir;   ///< holds dflow/dflow.h
  std::string library_dir;   ///< holds libdflow.so
  std::string resource_dir;  ///< Clang's own headers, as found when dflowc was built
};

Installation find_installation();

/// Whether every compiler searches this directory for headers of its own accord.
bool is_standard_include(const std::string& directory);
bool is_standard_library(const std::string& directory);

}  // namespace dflow::compiler
