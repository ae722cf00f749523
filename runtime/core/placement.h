#pragma once

#include "runtime/core/fleet.h"
#include "runtime/core/graph.h"
#include "runtime/core/settings.h"

namespace dflow::core {

/// Where a ready task with inputs would start soonest: what the worker has to do already, and then the bytes it would
/// have to fetch. Looked at are the holders of the first few inputs, and the worker with least to do: more
/// would cost more than it gains. `but` is passed over unless it is the only one. `none` if there is no
/// usable worker.
///
/// The chosen worker may have no room: waiting there is then expected to be shorter than fetching elsewhere.
Index soonest(const Graph& graph, const Fleet& fleet, const Settings& settings, Index task, Index but);

/// How long `worker` would fetch what `task` needs and it does not hold.
Duration fetch_time(const Graph& graph, const Settings& settings, Index task, Index worker);

/// Whether it pays that `thief` takes `task` from `victim`, where it waits: compute against transfer.
bool worth_stealing(const Graph& graph, const Fleet& fleet, const Settings& settings, Index task,
                    Index victim, Index thief, bool sent);

}  // namespace dflow::core
