// How the values of a type are made from their bytes, named so that another process of the program finds it.
#pragma once

#include <string>

#include <dflow/detail/crossing.h>

namespace dflow::cluster {

using dflow::detail::NodeRef;
using dflow::detail::ValueForm;

/// Where the form lies in the program. Empty if that cannot be said.
std::string form_name(const ValueForm& form);
/// Null for what names no form of this program's.
const ValueForm* form_of(const std::string& name);

/// An ended node around the value that is read; it belongs to nobody but who holds it.
NodeRef hold_value(Reader& in, const ValueForm& form);

}  // namespace dflow::cluster
