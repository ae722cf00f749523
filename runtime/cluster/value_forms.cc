#include "runtime/cluster/value_forms.h"

#include <span>
#include <vector>

#include "runtime/cluster/program.h"

namespace dflow::cluster {

std::string form_name(const ValueForm& form) {
  try {
    const CodePlace place = place_of(&form);
    Writer out;
    out.write(place.module);
    out.write(place.check);
    out.write(place.offset);
    const std::vector<std::byte> bytes = out.take();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  } catch (const SerializeError&) {
    return {};  // the value goes as bytes alone
  }
}

const ValueForm* form_of(const std::string& name) {
  if (name.empty()) return nullptr;
  try {
    Reader in(std::as_bytes(std::span(name)));
    CodePlace place;
    place.module = in.read<std::string>();
    place.check = in.read<std::uint64_t>();
    place.offset = in.read<std::uint64_t>();
    const auto* form = static_cast<const ValueForm*>(address_of(place, sizeof(ValueForm)));
    const bool aligned = reinterpret_cast<std::uintptr_t>(form) % alignof(ValueForm) == 0;
    return form && aligned && word_at(form) == ValueForm::kMagic ? form : nullptr;
  } catch (const SerializeError&) {
    return nullptr;
  }
}

NodeRef hold_value(Reader& in, const ValueForm& form) {
  if (!form.hold) throw SerializeError("dflow: a value came whose type cannot be sent");
  detail::Node* node = form.hold(in);
  node->state_.store(detail::State::done, std::memory_order_release);
  node->dependents.store(detail::closed(), std::memory_order_release);
  node->release_from_runtime();
  return NodeRef(node);
}

}  // namespace dflow::cluster
