// Generated code's side of graph functions: which call is active, and how a skeleton is started.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <dflow/detail/export.h>
#include <dflow/detail/site.h>

namespace dflow::inline v0 {
class Executor;
}

namespace dflow::inline v0::detail {

/// The first statement of a graph function: what is submitted until its end belongs to this call, unless this call is
/// part of an outer one or of a task.
class DFLOW_EXPORT GraphScope {
 public:
  explicit GraphScope(const GraphSite& site);
  ~GraphScope();
  GraphScope(const GraphScope&) = delete;
  GraphScope& operator=(const GraphScope&) = delete;

 private:
  bool entered_ = false;
};

/// What of a parameter the graph's shape depends on.
enum class Need { none, size, value };

/// The values given on the command line for a dry run, as text: "n" -> "4", "xs.size" -> "10", "xs" -> "[1,2,3]"; of containers in
/// containers "rows" -> "[[1,2],[3]]", or "rows.size" -> "2", "rows[0]" -> "[1,2]", "rows[1].size" -> "1".
class DFLOW_EXPORT Parameters {
 public:
  explicit Parameters(std::map<std::string, std::string> values);
  ~Parameters();

  /// A value of type T for the parameter `name`: parsed, sized, or default-constructed where it is not needed.
  /// Throws std::invalid_argument that names the parameter when it is needed and missing, or does not fit.
  template <class T>
  T make(const char* name, Need need) const {
    if constexpr (std::is_same_v<T, bool>) {
      return number(name, need, 0, 1) != 0;
    } else if constexpr (std::is_enum_v<T>) {
      return static_cast<T>(make<std::underlying_type_t<T>>(name, need));
    } else if constexpr (std::is_integral_v<T>) {
      constexpr long long least = std::is_signed_v<T> ? static_cast<long long>(std::numeric_limits<T>::min()) : 0;
      constexpr unsigned long long most = static_cast<unsigned long long>(std::numeric_limits<T>::max());
      return static_cast<T>(number(name, need, least, most));
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(real(name, need));
    } else if constexpr (std::is_same_v<T, std::string>) {
      return text(name, need);
    } else if constexpr (kContainer<T>) {
      T container{};
      fill(container, name, need);
      return container;
    } else {
      refuse_if_needed(name, need);
      return T{};
    }
  }

 private:
  template <class T>
  static constexpr bool kContainer = requires(T& t) { t.resize(std::size_t{}); typename T::value_type; };

  template <class T>
  void fill(T& container, const std::string& name, Need need) const {
    using Element = typename T::value_type;
    constexpr bool nested = kContainer<Element> && !std::is_same_v<Element, std::string>;
    if (const std::optional<std::vector<std::string>> elements = list(name)) {
      if constexpr (nested || std::is_arithmetic_v<Element> || std::is_same_v<Element, std::string>) {
        for (const std::string& element : *elements) container.push_back(only(name, element).make<Element>(name.c_str(), Need::value));
        return;
      }
    }
    container.resize(size(name, nested && need == Need::value ? Need::size : need));
    if constexpr (kContainer<Element>) {
      std::size_t i = 0;
      for (auto& element : container) fill(element, element_of(name, i++), nested && need == Need::value ? need : Need::none);
    }
  }

  // What every program with graphs would compile anew is the runtime's.
  static Parameters only(const std::string& name, const std::string& value);
  static std::string element_of(const std::string& name, std::size_t index);
  long long number(const std::string& name, Need need, long long least, unsigned long long most) const;
  double real(const std::string& name, Need need) const;
  std::string text(const std::string& name, Need need) const;
  std::size_t size(const std::string& name, Need need) const;
  std::optional<std::vector<std::string>> list(const std::string& name) const;
  void refuse_if_needed(const std::string& name, Need need) const;

  std::map<std::string, std::string> values_;
};

/// A graph function's skeleton, registered before `main`: the function itself, to be called with a recording executor.
class DFLOW_EXPORT GraphEntry {
 public:
  using Run = void (*)(Executor& executor, Parameters& parameters);
  GraphEntry(const char* name, Run run);

  const char* name;
  Run run;
  const GraphEntry* next;
};

}  // namespace dflow::inline v0::detail
