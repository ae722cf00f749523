// Whether there are bars in the terminal.
#pragma once

#include <dflow/detail/export.h>

namespace dflow::local {

/// Progress bars stand below the cursor: who prints on the terminal clears them first; they are drawn again soon.
DFLOW_EXPORT bool bars_are_shown();

}  // namespace dflow::local
