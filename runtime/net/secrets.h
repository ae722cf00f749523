// Secrets that let processes know each other.
#pragma once

#include <string>
#include <string_view>

namespace dflow::net {

/// A secret for one purpose, made of another: who knows it does not learn that one.
std::string derived_secret(std::string_view secret, std::string_view purpose);

/// Takes as long for a good guess as for a bad one.
bool same_secret(std::string_view a, std::string_view b);

}  // namespace dflow::net
