// What the driver's tests link in place of dflow's runtime.
namespace dflow {
inline namespace v0 {
int runtime_answer();
int runtime_answer() {
  return 42;
}
}  // namespace v0
}  // namespace dflow
