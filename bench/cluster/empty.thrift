// The smallest service there is, to measure what a call costs.
namespace cpp dflow.bench

service Empty {
  void call()
}
