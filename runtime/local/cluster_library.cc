#include "runtime/local/cluster_library.h"

#include <dlfcn.h>

#include <cstdlib>

#include <dflow/errors.h>

namespace dflow::local {

namespace {

constexpr const char* kName = "libdflow-cluster.so." DFLOW_SOVERSION;

/// Beside this library, whatever the search path is: the two are built for each other.
std::string library_path() {
  Dl_info self{};
  if (::dladdr(reinterpret_cast<const void*>(&library_path), &self) == 0 || !self.dli_fname) return kName;
  const std::string own = self.dli_fname;
  const std::size_t slash = own.rfind('/');
  return slash == std::string::npos ? kName : own.substr(0, slash + 1) + kName;
}

const ClusterLibrary& open_library() {
  const std::string path = library_path();
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    throw Error("dflow: running on several processes needs " + std::string(kName) + " beside libdflow.so: " + ::dlerror());
  }
  using Entry = const ClusterLibrary* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, "dflow_cluster_library"));
  if (!entry) throw Error("dflow: " + path + " is no part of this dflow: it has no dflow_cluster_library");
  return *entry();
}

}  // namespace

const ClusterLibrary& cluster_library() {
  static const ClusterLibrary& library = open_library();
  return library;
}

bool inside_worker() noexcept {
  static const bool inside = [] {
    const char* value = std::getenv("DFLOW_WORKER");
    return value && *value != '\0';
  }();
  return inside;
}

}  // namespace dflow::local
