#pragma once

/// Marks what the runtime's shared library offers to headers and generated code.
#define DFLOW_EXPORT __attribute__((visibility("default")))
