#pragma once
// What the driver's tests include in place of dflow.
namespace dflow {
inline namespace v0 {
int runtime_answer();
}
}  // namespace dflow
