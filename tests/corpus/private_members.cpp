// Private members: tasks, helpers and types of a class that only it and its friend see; values whose members are private
// and that have no default.
// BOUNDARIES: 0
// REPLICABLE: yes
// WORKERS: compiled, classes with private members
// SENDABLE: yes
// PARAMS: graph=Account::graph 3 -- years=3
// GRAPH: 9 tasks, 8 edges
// PARAMS: graph=Account::graph 0 -- years=0
// PARAMS: graph=audit 4 -- times=4

#include <dflow/dflow.h>

#include "corpus.h"

using corpus::mix;
using Handle = dflow::Future<long>;

class Account {
 public:
  [[dflow::graph]] static Handle graph(dflow::Executor& ex, int years) {
    auto balance = ex.submit(open, 100);
    for (int i = 0; i < years; ++i) balance = step(ex, balance, i);
    // One task reads the balance, another is told of it by the first.
    return ex.submit(&Account::close, Account{}, ex.submit(value_of, balance));
  }
  static long expected(int years) {
    long balance = 100;
    for (int i = 0; i < years; ++i) balance = mix(balance, i);
    return Account{}.close(balance);
  }
  friend dflow::Future<long> audit(dflow::Executor& ex, int times);

 private:
  class Entry {
   public:
    explicit Entry(long value) : value_(value), digits_(std::to_string(value)) {}
    long value() const { return std::to_string(value_) == digits_ ? value_ : -1; }

   private:
    long value_;
    const std::string digits_;
  };
  [[dflow::task]] static Entry open(long value) { return Entry(value); }
  [[dflow::task]] static Entry after(const Entry& last, const Entry& more) { return Entry(mix(last.value(), more.value())); }
  [[dflow::task]] static long value_of(const Entry& entry) { return entry.value(); }
  [[dflow::task]] long close(long value) const { return mix(value, fee_); }

  static dflow::Future<Entry> step(dflow::Executor& ex, const dflow::Future<Entry>& balance, int i) {
    return ex.submit(after, balance, ex.submit(open, i));
  }

  long fee_ = 7;
};

[[dflow::graph]] Handle audit(dflow::Executor& ex, int times) {
  Account account;
  Handle value = ex.submit(Account::value_of, ex.submit(Account::open, 5));
  for (; account.fee_ < 7 + times; ++account.fee_) value = ex.submit(&Account::close, account, value);
  return value;
}

int main(int argc, char** argv) {
  dflow::Executor ex(argc, argv);
  const int n = corpus::argument(argc, argv, 1, 3);
  long value = 5;
  for (int i = 0; i < n; ++i) value = mix(value, 7 + i);
  corpus::same("account", Account::graph(ex, n).get(), Account::expected(n));
  corpus::same("audit", audit(ex, n).get(), value);
  return corpus::result();
}
