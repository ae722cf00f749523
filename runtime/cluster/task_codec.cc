#include "runtime/cluster/task_codec.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include <dflow/detail/task_node.h>

#include "runtime/cluster/program.h"
#include "runtime/cluster/value_forms.h"

namespace dflow::cluster {

namespace {

using dflow::detail::CallForm;
using dflow::detail::TaskReader;
using dflow::detail::TaskWriter;

/// Contiguous data of at least this size is sent from where it lies.
constexpr std::size_t kBorrowFrom = 4096;

/// How a place of code is written: a task names two, most of them in the executable.
enum class Written : std::uint8_t { nowhere, as_before, in_executable, in_library };

class BytesOfTask final : public TaskWriter {
 public:
  explicit BytesOfTask(const NameInput& name_input) : name_input_(name_input) {}

  void code(const void* address) override {
    CodePlace place = place_of(address);
    const bool known = before_ && before_->module == place.module && before_->check == place.check;
    const Written how = !address               ? Written::nowhere
                        : known                ? Written::as_before
                        : place.module.empty() ? Written::in_executable
                                               : Written::in_library;
    bytes_.write(static_cast<std::uint8_t>(how));
    if (how == Written::nowhere) return;
    bytes_.write(place.offset);
    if (how == Written::as_before) return;
    bytes_.write(place.check);
    if (how == Written::in_library) bytes_.write(place.module);
    before_ = std::move(place);
  }
  void input(Node& producer) override {
    const InputRef ref = name_input_(producer);
    bytes_.write(ref.inline_value);
    if (ref.inline_value) bytes_.write(ref.bytes);
    else bytes_.write(ref.index);
  }

 private:
  const NameInput& name_input_;
  std::optional<CodePlace> before_ = {};
};

class TaskFromBytes final : public TaskReader {
 public:
  TaskFromBytes(std::span<const std::byte> bytes, const FindInput& find_input, CommonArguments* common)
      : TaskReader(bytes), all_(bytes), find_input_(find_input), common_(common) {}

  const void* code() override { return code(1); }
  /// Of so many bytes.
  const void* code(std::size_t size) {
    const auto how = static_cast<Written>(bytes_.read<std::uint8_t>());
    if (how == Written::nowhere) return nullptr;
    if (how > Written::in_library) throw SerializeError("dflow: a task of another version of this program");
    place_.offset = bytes_.read<std::uint64_t>();
    if (how != Written::as_before) {
      place_.check = bytes_.read<std::uint64_t>();
      place_.module = how == Written::in_library ? bytes_.read<std::string>() : std::string();
    }
    return address_of(place_, size);
  }
  NodeRef input(const ValueForm& form) override {
    if (!bytes_.read<bool>()) return find_input_(bytes_.read<std::uint32_t>(), form);
    const auto value = bytes_.read<std::vector<std::byte>>();
    Reader reader(value);
    return hold_value(reader, form);
  }
  std::shared_ptr<const void> in_common(const ValueForm& form, Make make) override {
    if (!common_) return nullptr;
    const std::size_t from = bytes_.position();
    const CommonArguments::Found known = common_->find(form, all_.subspan(from));
    if (known.made) {
      bytes_.read_bytes(known.bytes);
      return known.made;
    }
    const Reader before = bytes_;
    try {
      const std::shared_ptr<const void> made = make(*this);
      common_->add(form, all_.subspan(from, bytes_.position() - from), made);
      return made;
    } catch (...) {  // the task meets it again where it makes the argument for itself
      bytes_ = before;
      return nullptr;
    }
  }

 private:
  std::span<const std::byte> all_;
  const FindInput& find_input_;
  CommonArguments* common_;
  CodePlace place_ = {};
};

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                         std::free);
  return name ? name.get() : type.name();
}

std::string cannot_cross(const dflow::detail::Obstacle* obstacle, const std::type_info& otherwise) {
  const std::string name = type_name(obstacle ? *obstacle->type : otherwise);
  if (name.find("lambda") != std::string::npos || name.find("::$_") != std::string::npos) {  // g++ and clang++
    return "a lambda with captures ('" + name + "') cannot be sent to another process: pass what it captures as arguments";
  }
  if (name.rfind("dflow::", 0) == 0 && name.find("Borrowed") != std::string::npos) {
    return "what dflow::borrow refers to stays in one process: pass it by value, or scatter() it";
  }
  return obstacle ? obstacle->why() : "'" + name + "' cannot be sent to another process";
}

}  // namespace

std::string write_task(Node& node, const NameInput& name_input) {
  const CallForm* form = node.call_form();
  if (!form || !form->write) {
    throw SerializeError("dflow: " + dflow::detail::describe(node) + ": " +
                         cannot_cross(form ? form->obstacle : nullptr, node.callable_type()));
  }
  BytesOfTask out(name_input);
  out.code(form);
  form->write(node, out);
  const std::vector<std::byte> bytes = out.bytes().take();
  if (bytes.size() > kMostArguments) {
    throw Error("dflow: the arguments of " + dflow::detail::describe(node) + " take " + std::to_string(bytes.size() >> 20) +
                " MiB, and a task can be sent with 32: scatter() what is large");
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Node* read_task(const std::string& bytes, const FindInput& find_input, CommonArguments* common) {
  TaskFromBytes in(std::as_bytes(std::span(bytes)), find_input, common);
  const auto* form = static_cast<const CallForm*>(in.code(sizeof(CallForm)));
  const bool aligned = reinterpret_cast<std::uintptr_t>(form) % alignof(CallForm) == 0;
  if (!form || !aligned || word_at(form) != CallForm::kMagic || !form->read) {
    throw SerializeError("dflow: a task of another program, or of another version of this one");
  }
  return form->read(in);
}

std::string type_of_value(const Node& node) {
  const ValueForm* form = node.value_form();
  return form ? type_of_value(*form) : "";
}

std::string type_of_value(const ValueForm& form) { return type_name(*form.type); }

void check_result_crosses(const Node& node) {
  const ValueForm* form = node.value_form();
  if (form && form->write) return;
  throw SerializeError("dflow: the result of " + dflow::detail::describe(node) + ": " +
                       cannot_cross(form ? form->obstacle : nullptr, typeid(node)));
}

ValueBytes write_value(Node& ended) {
  check_result_crosses(ended);
  const ValueForm* form = ended.value_form();
  ended.retain();
  ValueBytes value{Writer(kBorrowFrom), NodeRef(&ended)};
  form->write(ended, value.writer);
  return value;
}

}  // namespace dflow::cluster
