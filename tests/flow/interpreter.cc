#include "tests/flow/interpreter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <sstream>

namespace dflow::compiler::flow::test {
namespace {

using Cell = std::pair<std::size_t, Point>;  ///< An array and subscripts.
/// What a task made, or (no node) what came in from outside or may be missing.
struct Value {
  std::optional<std::size_t> node;
  Point index;
};

class Machine {
 public:
  Machine(const Records& records, const Point& parameters, std::int64_t horizon)
      : records_(records), parameters_(parameters), horizon_(horizon), variables_(records.loops.size()) {}

  Run run() {
    for (const Statement& statement : records_.statements) {
      nest(statement.loops, 0, [&] {
        if (evaluate(statement.guard) != 0)
          instances_.push_back({time_of(statement), &statement, variables_});
      });
    }
    std::ranges::stable_sort(instances_, {}, [](const auto& instance) { return std::get<0>(instance); });
    for (const auto& [time, statement, variables] : instances_) {
      variables_ = variables;
      execute(*statement);
    }
    for (const Obligation& obligation : records_.obligations) {
      nest(obligation.loops, 0, [&] {
        if (evaluate(obligation.guard) != 0 && evaluate(obligation.condition) == 0) result_.fine = false;
      });
    }
    return std::move(result_);
  }

 private:
  void nest(const std::vector<std::size_t>& loops, std::size_t depth, const std::function<void()>& body) const {
    if (depth == loops.size()) return body();
    const Loop& loop = records_.loops[loops[depth]];
    const std::int64_t end = loop.end ? evaluate(*loop.end) : horizon_ + 1;
    for (std::int64_t i = evaluate(loop.first); loop.step > 0 ? i < end : i > end; i += loop.step) {
      variables_[loops[depth]] = i;
      nest(loops, depth + 1, body);
      variables_[loops[depth]] = i;
      if (is_last(loop)) return;
    }
  }
  bool is_last(const Loop& loop) const {
    return std::ranges::any_of(loop.exits, [&](const Expr& exit) { return evaluate(exit) != 0; });
  }

  Point time_of(const Statement& statement) const {
    Point time;
    for (std::size_t i = 0; i < statement.places.size(); ++i) {
      time.push_back(static_cast<std::int64_t>(statement.places[i]));
      if (i >= statement.loops.size()) continue;
      const std::int64_t value = variables_[statement.loops[i]];
      time.push_back(records_.loops[statement.loops[i]].step > 0 ? value : -value);
    }
    return time;
  }

  Point index_of(const std::vector<std::size_t>& loops) const {
    Point index;
    for (const std::size_t loop : loops) index.push_back(variables_[loop]);
    return index;
  }

  void execute(const Statement& statement) {
    const Point index = index_of(statement.loops);
    is_task_ = statement.kind == Statement::Kind::task;
    bad_ = false;
    if (statement.kind == Statement::Kind::task) result_.tasks.emplace_back(statement.node, index);
    std::optional<Value> copied;
    for (const Read& read : statement.reads) {
      nest(read.range, 0, [&] {
        const auto value = look(read);
        copied = value;
        if (statement.kind != Statement::Kind::task || !value) return;
        Point consumer = index;
        for (const std::size_t loop : read.range) consumer.push_back(variables_[loop]);
        result_.edges.insert({statement.node, read.argument, *value->node, consumer, value->index});
      });
    }
    const bool copy = statement.kind == Statement::Kind::copy;
    for (const Access& write : statement.writes) {
      if (evaluate(write.guard) == 0) continue;
      memory_.erase(cell_of(write));
      if (statement.kind == Statement::Kind::task) memory_[cell_of(write)] = Value{statement.node, index};
      if (copy && copied) memory_[cell_of(write)] = *copied;
      poisoned_.erase(cell_of(write));
      if (copy && bad_) poisoned_.insert(cell_of(write));
      if (copy && !bad_ && !copied) memory_[cell_of(write)] = Value{};
    }
  }

  std::optional<Value> look(const Read& read) {
    for (const Access& access : read.accesses) {
      if (evaluate(access.guard) == 0) continue;
      const Cell cell = cell_of(access);
      const auto found = memory_.find(cell);
      if (found != memory_.end()) return found->second.node ? std::optional(found->second) : std::nullopt;
      const bool wrong =
          records_.arrays[access.array].missing == Array::Missing::wrong || poisoned_.contains(cell);
      if (wrong) bad_ = true;
      if (wrong && is_task_) result_.fine = false;
    }
    return std::nullopt;
  }

  Cell cell_of(const Access& access) const {
    Point subscripts;
    for (const Expr& subscript : access.subscripts) subscripts.push_back(evaluate(subscript));
    return {access.array, subscripts};
  }

  std::int64_t evaluate(const Expr& expr) const {
    const auto part = [&](std::size_t i) { return evaluate(expr.operands[i]); };
    switch (expr.op) {
      case Op::constant:
        return expr.number;
      case Op::parameter:
        return parameters_.at(static_cast<std::size_t>(expr.number));
      case Op::variable:
        return variables_.at(static_cast<std::size_t>(expr.number));
      case Op::add:
        return part(0) + part(1);
      case Op::subtract:
        return part(0) - part(1);
      case Op::multiply:
        return part(0) * part(1);
      case Op::divide:
        return part(0) / part(1);
      case Op::remainder:
        return part(0) % part(1);
      case Op::floor_divide:
        return part(0) / part(1) - (part(0) % part(1) != 0 && (part(0) < 0) != (part(1) < 0) ? 1 : 0);
      case Op::minimum:
        return std::min(part(0), part(1));
      case Op::maximum:
        return std::max(part(0), part(1));
      case Op::select:
        return part(0) != 0 ? part(1) : part(2);
      case Op::less:
        return part(0) < part(1);
      case Op::less_equal:
        return part(0) <= part(1);
      case Op::equal:
        return part(0) == part(1);
      case Op::both:
        return part(0) != 0 && part(1) != 0;
      case Op::either:
        return part(0) != 0 || part(1) != 0;
      case Op::negation:
        return part(0) == 0;
      case Op::some: {
        bool found = false;
        const Point outer = variables_;
        nest({static_cast<std::size_t>(expr.operands[0].number)}, 0, [&] { found = found || part(1) != 0; });
        variables_ = outer;
        return found;
      }
      case Op::total: {
        std::int64_t sum = part(3);
        const std::int64_t count = part(1);
        for (std::int64_t i = 0; i < count; ++i) {
          variables_[static_cast<std::size_t>(expr.operands[0].number)] = i;
          sum += part(2);
        }
        return sum;
      }
    }
    return 0;
  }

  const Records& records_;
  const Point& parameters_;
  std::int64_t horizon_;
  mutable Point variables_;
  std::vector<std::tuple<Point, const Statement*, Point>> instances_;
  std::map<Cell, Value> memory_;
  std::set<Cell> poisoned_;  ///< Copied from what nobody had filled.
  bool bad_ = false;
  bool is_task_ = true;
  Run result_;
};

std::string text_of(const Point& point) {
  std::string text = "[";
  for (const auto x : point) text += (text.size() > 1 ? "," : "") + std::to_string(x);
  return text + "]";
}

std::string text_of(const Edge& edge) {
  const auto& [consumer, argument, producer, to, from] = edge;
  return "n" + std::to_string(consumer) + text_of(to) + "." + std::to_string(argument) + " <- n" +
         std::to_string(producer) + text_of(from);
}

std::vector<Point> must(formats::Result<std::vector<Point>> points) {
  EXPECT_TRUE(points) << points.message();
  return points ? std::move(points).value() : std::vector<Point>();
}

}  // namespace

Run interpret(const Records& records, const Point& parameters, std::int64_t horizon) {
  return Machine(records, parameters, horizon).run();
}

Run enumerate(const Dependences& dependences, const std::vector<Parameter>& names, const Point& parameters) {
  Run run;
  Values values;
  for (const formats::Symbol& symbol : dependences.symbols) {
    const auto known = std::ranges::find(names, symbol.parameter, &Parameter::name);
    values[symbol.symbol] = parameters.at(static_cast<std::size_t>(known - names.begin()));
  }
  std::vector<std::pair<Point, std::pair<std::size_t, Point>>> timed;
  for (const Family& family : dependences.families) {
    const std::size_t depth = family.variables.size();
    EXPECT_EQ(must(points_of(family.domain, values)).size(), must(points_of(family.order, values)).size());
    for (const Point& pair : must(points_of(family.order, values))) {
      const auto middle = pair.begin() + static_cast<std::ptrdiff_t>(depth);
      timed.push_back({Point(middle, pair.end()), {family.node, Point(pair.begin(), middle)}});
    }
  }
  std::ranges::sort(timed);
  for (auto& [time, task] : timed) run.tasks.push_back(std::move(task));
  for (const Dependence& edge : dependences.edges) {
    const auto family = std::ranges::find(dependences.families, edge.consumer, &Family::node);
    for (const Point& pair : must(points_of(edge.relation, values))) {
      const auto middle =
          pair.begin() + static_cast<std::ptrdiff_t>(family->variables.size() + edge.elements);
      run.edges.insert({edge.consumer, edge.argument, edge.producer, Point(pair.begin(), middle),
                        Point(middle, pair.end())});
    }
  }
  run.fine = allows(dependences.assumptions, values).value();
  return run;
}

std::string difference(const Records& records, const Dependences& dependences, const Point& parameters,
                       std::int64_t horizon) {
  const Run real = interpret(records, parameters, horizon),
            claimed = enumerate(dependences, records.parameters, parameters);
  std::ostringstream out;
  if (real.fine != claimed.fine)
    out << "assumed to be " << (claimed.fine ? "fine" : "not fine") << " and is not so\n";
  if (!real.fine || !claimed.fine) return out.str();
  if (real.tasks != claimed.tasks)
    out << claimed.tasks.size() << " tasks, not " << real.tasks.size() << ", or in another order\n";
  for (const Edge& edge : real.edges)
    if (!claimed.edges.contains(edge)) out << "missing: " << text_of(edge) << "\n";
  for (const Edge& edge : claimed.edges)
    if (!real.edges.contains(edge)) out << "invented: " << text_of(edge) << "\n";
  return out.str();
}

}  // namespace dflow::compiler::flow::test
