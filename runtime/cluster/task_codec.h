// A task as the bytes that one process sends and another makes it from.
#pragma once

#include <functional>
#include <string>

#include <dflow/detail/crossing.h>

#include "runtime/cluster/common_arguments.h"

namespace dflow::cluster {

using dflow::detail::Node;
using dflow::detail::NodeRef;

/// What stands in a task's bytes for the result of another.
struct InputRef {
  bool inline_value = false;
  std::uint32_t index = 0;        ///< In the task's list of inputs.
  std::vector<std::byte> bytes = {};  ///< Of an inline value.
};

/// Decides how an input crosses: by number, or as the value itself.
using NameInput = std::function<InputRef(Node& producer)>;

/// A task's arguments travel through the scheduler, and in one frame.
inline constexpr std::size_t kMostArguments = 32 << 20;

/// Throws SerializeError that names the type if the task cannot be sent, and Error if it is larger than that.
std::string write_task(Node& node, const NameInput& name_input);

/// Gives the ended node of the input `index`, whose value is of this form.
using FindInput = std::function<NodeRef(std::uint32_t index, const dflow::detail::ValueForm& form)>;

/// A new node that can run. Throws SerializeError for bytes that are no task of this program. `common`: of tasks with the same
/// inputs, all of which are there.
Node* read_task(const std::string& bytes, const FindInput& find_input, CommonArguments* common = nullptr);

/// What a value's bytes are; the pieces refer to the node's value where that saves a copy.
struct ValueBytes {
  Writer writer;
  NodeRef node;
};
/// Throws SerializeError that names the type if the node's result cannot be sent.
void check_result_crosses(const Node& node);
/// The same, of an ended node.
ValueBytes write_value(Node& ended);

/// "std::vector<long>", of a node with a value.
std::string type_of_value(const Node& node);
std::string type_of_value(const dflow::detail::ValueForm& form);

}  // namespace dflow::cluster
