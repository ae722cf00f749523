// Records written by hand, as a program would read.
#pragma once

#include <functional>

#include "compiler/flow/records.h"

namespace dflow::compiler::flow::test {

class Builder {
 public:
  Records records;

  Expr parameter(const std::string& name, std::int64_t most = 1'000'000) {
    records.parameters.push_back({name, 0, most});
    return Expr::parameter(records.parameters.size() - 1);
  }
  std::size_t array(const std::string& name, std::size_t dimensions,
                    Array::Missing missing = Array::Missing::wrong) {
    records.arrays.push_back({name, dimensions, missing});
    return records.arrays.size() - 1;
  }
  std::size_t loop(const std::string& name, Expr first, std::optional<Expr> end, std::int64_t step = 1) {
    records.loops.push_back({name, std::move(first), std::move(end), step});
    return records.loops.size() - 1;
  }
  void each(const std::string& name, Expr first, std::optional<Expr> end,
            const std::function<void(Expr)>& body, std::int64_t step = 1) {
    const std::size_t id = loop(name, std::move(first), std::move(end), step);
    loops_.push_back(id);
    places_.push_back(0);
    const Expr before = guard_;
    body(Expr::variable(id));
    guard_ = before;
    places_.pop_back();
    loops_.pop_back();
    ++places_.back();
  }
  /// Of the loop around: this round is its last, and what follows in it is left out.
  void leave(const Expr& condition) {
    records.loops[loops_.back()].exits.push_back(both(guard_, condition));
    guard_ = both(guard_, negation(condition));
  }
  std::size_t current_loop() const { return loops_.back(); }
  const std::vector<Expr>& exits() const { return records.loops[loops_.back()].exits; }
  void when(const Expr& condition, const std::function<void()>& body) {
    const Expr before = guard_;
    guard_ = both(guard_, condition);
    body();
    guard_ = before;
  }
  /// Nodes are numbered as they come.
  void task(std::vector<Access> writes, std::vector<Access> reads) {
    Statement made = statement(Statement::Kind::task);
    made.node = nodes_++;
    made.writes = std::move(writes);
    for (std::size_t i = 0; i < reads.size(); ++i) made.reads.push_back({{reads[i]}, {}, i});
    add(std::move(made));
  }
  void reduce(Access write, Access read, std::size_t element) {
    Statement made = statement(Statement::Kind::task);
    made.node = nodes_++;
    made.writes = {std::move(write)};
    made.reads = {{{std::move(read)}, {element}, 0}};
    add(std::move(made));
  }
  void copy(Access write, std::vector<Access> from) {
    Statement made = statement(Statement::Kind::copy);
    made.writes = {std::move(write)};
    made.reads = {{std::move(from), {}, 0}};
    add(std::move(made));
  }
  void clear(Access write) {
    Statement made = statement(Statement::Kind::clear);
    made.writes = {std::move(write)};
    add(std::move(made));
  }
  void oblige(Expr condition, const std::string& what) {
    records.obligations.push_back({loops_, guard_, std::move(condition), what, 0});
  }

 private:
  Statement statement(Statement::Kind kind) const {
    Statement made;
    made.kind = kind;
    made.loops = loops_;
    made.places = places_;
    made.guard = guard_;
    return made;
  }
  void add(Statement made) {
    records.statements.push_back(std::move(made));
    ++places_.back();
  }

  std::vector<std::size_t> loops_, places_{0};
  Expr guard_ = always();
  std::size_t nodes_ = 0;
};

inline Access at(std::size_t array, std::vector<Expr> subscripts, Expr guard = always()) {
  return {array, std::move(subscripts), std::move(guard)};
}

}  // namespace dflow::compiler::flow::test
