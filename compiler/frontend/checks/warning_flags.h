// What the flags say of dflow's warnings and remarks. Plain values: no Clang.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dflow::compiler {

/// One of dflow's warnings, -Wdflow-NAME.
struct Warning {
  /// Besides -Wdflow, which turns all on: -Wdflow-cluster is for what is right in one process only.
  enum class Group { on_by_default, off_by_default, cluster };
  std::string_view name;
  Group group = Group::off_by_default;
};

enum class Level { off, warning, error };

/// As Clang reads its own: a later flag wins over an earlier one, -Werror=X also turns X on, -Wno-error=X
/// keeps X a warning whatever -Werror says, -w turns off what is not an error by its own name.
class WarningFlags {
 public:
  /// Those of `arguments` that are about dflow, and -w, -Werror, -Wno-error; the rest is ignored.
  WarningFlags(std::span<const Warning> known, const std::vector<std::string>& arguments);

  Level level(std::string_view name) const;
  bool remarks() const { return remarks_; }  ///< -Rdflow

  /// A message for each flag that names no warning.
  const std::vector<std::string>& unknown() const { return unknown_; }

  /// The level of those messages, which the host compiler calls -Wunknown-warning-option.
  bool quiet() const { return quiet_; }

 private:
  struct Setting {
    bool on = false;
    enum class Error { by_default, yes, no } error = Error::by_default;
  };
  void take(const std::string& argument);
  void set(const std::string& argument, std::string_view group, void (*change)(Setting&));
  std::string nearest(std::string_view name) const;

  std::span<const Warning> known_;
  std::map<std::string_view, Setting> settings_;
  std::vector<std::string> unknown_;
  bool all_errors_ = false;
  bool quiet_ = false;
  bool remarks_ = false;
};

/// A flag for dflow's own diagnostics, which Clang does not know.
bool is_dflow_diagnostic_flag(std::string_view argument);

}  // namespace dflow::compiler
