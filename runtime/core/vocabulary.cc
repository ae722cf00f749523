// Shows that each header of the vocabulary can be included alone and can be sent.
#include "runtime/core/actions.h"
#include "runtime/core/codec.h"
#include "runtime/core/events.h"
#include "runtime/core/ledger.h"
#include "runtime/core/settings.h"
#include "runtime/core/worker_actions.h"
#include "runtime/core/worker_events.h"

namespace dflow::core {

template std::string encode(const Event&);
template std::string encode(const Action&);
template std::string encode(const Fact&);
template formats::Result<Event> decode(std::string_view);
template formats::Result<Action> decode(std::string_view);
template formats::Result<Report> decode(std::string_view);
template formats::Result<Fact> decode(std::string_view);

}  // namespace dflow::core
