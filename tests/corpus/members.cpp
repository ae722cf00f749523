// Member functions as tasks (const, static, of a pointer to member) and as helpers; an object that keeps futures.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, a class with private members
// PARAMS: graph=Model::train 3 -- epochs=3
// PARAMS: graph=Model::train 0 -- epochs=0

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

class Layer {
 public:
  explicit Layer(long weight = 1) : weight_(weight) {}
  long forward(long x) const { return mix(x, weight_); }
  static long loss(long x, long y) { return x - y; }

 private:
  long weight_;
};

class Tape {
 public:
  Tape(dflow::Executor& ex, long input) : ex_(ex), last_(ex.submit(mix, input, input)) { steps_.push_back(last_); }
  void step(const Layer& layer) {
    last_ = ex_.submit(&Layer::forward, layer, last_);
    steps_.push_back(last_);
  }
  Handle last() const { return last_; }
  Handle first() const { return steps_.front(); }
  std::size_t length() const { return steps_.size(); }

 private:
  dflow::Executor& ex_;
  std::vector<Handle> steps_;
  Handle last_;
};

struct Model {
  [[dflow::graph]] static Handle train(dflow::Executor& ex, int epochs) {
    Tape tape(ex, 5);
    for (int i = 0; i < epochs; ++i) tape.step(Layer(i));
    auto loss = ex.submit(&Layer::loss, tape.last(), tape.first());
    for (std::size_t i = 0; i < tape.length(); ++i) loss = ex.submit(Layer::loss, loss, tape.last());
    return loss;
  }
};

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int epochs = corpus::argument(argc, argv, 1, 3);
  const long first = mix(5, 5);
  long last = first;
  for (int i = 0; i < epochs; ++i) last = Layer(i).forward(last);
  long loss = last - first;
  for (int i = 0; i <= epochs; ++i) loss -= last;
  corpus::same("train", Model::train(ex, epochs).get(), loss);
  return corpus::result();
}
