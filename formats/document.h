#pragma once

#include <string_view>
#include <variant>

#include "formats/labels.h"
#include "formats/plan.h"
#include "formats/recording.h"
#include "formats/result.h"

namespace dflow::formats {

/// Whatever a file with graphs may hold.
using Document = std::variant<Plan, Recording, LabelledGraphs>;

/// Finds out what `bytes` are (an ELF file with plans, a plan as JSON, CBOR or frames, a recording, labelled
/// graphs) and reads them. The plans of an ELF file are merged.
Result<Document> read_document(std::string_view bytes);

}  // namespace dflow::formats
