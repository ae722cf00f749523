#include "far_strangers.h"

#include <algorithm>

#include "../corpus.h"

void far::Rows::turn() {
  std::cout << "turned\n";
  std::rotate(all.begin(), all.begin() + 1, all.end());
}

long far::Rows::total() const {
  long sum = 0;
  for (const Handle& each : all) sum += each.get();
  std::cout << "total " << sum << '\n';
  return sum;
}

void far::Maker::warm(int n) {
  std::cout << "warm " << ex.submit(corpus::mix, n, 1).get() << '\n';
}

far::Keeper::Keeper(const Handle& x) : kept(x.get()) {
  std::cout << "kept " << kept << '\n';
}

far::Ender::~Ender() {
  std::cout << "ended " << x.get() << '\n';
}

void far::Look::operator()(const Handle& x) const {
  std::cout << "looked " << x.get() << '\n';
}

void far::look(const Handle& x) {
  Look()(x);
}
