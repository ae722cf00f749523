#include "compiler/flow/analyse.h"

#include <isl/cpp.h>
#include <isl/flow.h>
#include <isl/map.h>
#include <isl/options.h>
#include <isl/set.h>
#include <isl/space.h>
#include <isl/union_map.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "compiler/flow/copies.h"
#include "compiler/flow/domain.h"
#include "compiler/flow/isl_text.h"
#include "compiler/flow/print.h"
#include "compiler/flow/ragged.h"
#include "compiler/flow/refusal.h"

namespace dflow::compiler::flow {
namespace {

using formats::Error;
using formats::Result;

/// A few seconds; what takes longer is left to tier 2.
constexpr unsigned long kMaxOperations = 20'000'000;

/// The tuple of what a return statement hands out.
constexpr const char* kReturned = "out";

std::string statement_name(std::size_t statement) {
  return "s" + std::to_string(statement);
}
std::uint32_t number_of(std::size_t number) {
  return static_cast<std::uint32_t>(number);
}
std::string node_name(std::size_t node) {
  return "n" + std::to_string(node);
}

/// An argument of a task, as the flow analysis sees it: a statement of its own that only reads.
struct Sink {
  std::size_t statement = 0;
  std::size_t read = 0;
  std::size_t elements = 0;
};

/// One of the futures, or families of them, in what is returned.
struct Handed {
  std::vector<isl::set> levels;  ///< Elements by depth, from none on.
  std::map<std::uint32_t, isl::map> from, passed;
};

/// What is given from outside.
struct Giver {
  isl::set points;
  isl::map order;
  std::vector<isl::set> used;  ///< By arguments and results.
};

class Analysis {
 public:
  Analysis(isl::ctx context, const Records& records)
      : context_(context),
        records_(records),
        reads_(empty()),
        writes_(empty()),
        order_(empty()),
        excluded_(isl::set::empty(parameter_space())) {}

  Analysed run() {
    for (std::size_t i = 0; i < records_.statements.size(); ++i) add_statement(i);
    for (const Obligation& obligation : records_.obligations) check(obligation);
    const isl::union_flow flow =
        isl::union_access_info(reads_).set_must_source(writes_).set_schedule_map(order_).compute_flow();
    follow(flow.must_dependence().reverse(), flow.must_no_source());
    conclude();
    return std::move(result_);
  }

 private:
  isl::union_map empty() const { return isl::manage(isl_union_map_empty(parameter_space().release())); }
  isl::space parameter_space() const { return Domain(context_, records_, {}, "").points().space().params(); }

  void add_statement(std::size_t index) {
    const Statement& statement = records_.statements[index];
    Domain domain(context_, records_, statement.loops, statement_name(index));
    domain.restrict(statement.guard);
    for (const Access& write : statement.writes)
      writes_ = writes_.unite(domain.relation(write).to_union_map());
    const isl::map order = domain.order(statement.places, statement.loops.size(), width());
    order_ = order_.unite(order.to_union_map());
    for (std::size_t read = 0; read < statement.reads.size(); ++read) add_read(index, read);
    if (statement.kind == Statement::Kind::task) add_family(statement, domain.points(), order);
    if (statement.kind == Statement::Kind::given) givers_.emplace(given_node(statement), Giver{domain.points(), order, {}});
  }

  void add_read(std::size_t index, std::size_t number) {
    const Statement& statement = records_.statements[index];
    const Read& read = statement.reads[number];
    const bool copy = statement.kind == Statement::Kind::copy;
    if (copy && (statement.reads.size() != 1 || !read.range.empty()))
      throw Refusal("a copy of more than one thing");
    std::vector<std::size_t> loops = statement.loops;
    loops.insert(loops.end(), read.range.begin(), read.range.end());
    const std::string name = "r" + std::to_string(index) + "_" + std::to_string(number);
    sinks_[name] = {index, number, read.range.size()};
    Domain domain(context_, records_, loops, name);
    domain.restrict(statement.guard);
    for (const Access& access : read.accesses) reads_ = reads_.unite(domain.relation(access).to_union_map());
    order_ = order_.unite(domain.order(statement.places, statement.loops.size(), width()).to_union_map());
    if (statement.kind == Statement::Kind::result) {
      add_returned(index, statement, read);
    } else if (!read.range.empty() && !copy) {
      result_.ranges.push_back({number_of(statement.node), number_of(read.argument),
                                text(renamed(domain.points(), node_name(statement.node)))});
    }
  }

  /// Which return statement, and which round of a loop, is not told: there is one at most.
  void add_returned(std::size_t index, const Statement& statement, const Read& read) {
    returns_[index] = read.argument;
    std::vector<isl::set> levels;
    for (std::size_t depth = 0; depth <= read.range.size(); ++depth) {
      std::vector<std::size_t> loops = statement.loops;
      loops.insert(loops.end(), read.range.begin(), read.range.begin() + static_cast<std::ptrdiff_t>(depth));
      Domain domain(context_, records_, loops, kReturned);
      domain.restrict(statement.guard);
      const auto elements = isl::manage(isl_set_project_out(domain.points().copy(), isl_dim_set, 0, number_of(statement.loops.size())));
      levels.push_back(renamed(elements, kReturned));
    }
    Handed& handed = handed_[read.argument];
    if (handed.levels.empty()) handed.levels = std::move(levels);
    else for (std::size_t depth = 0; depth < levels.size(); ++depth) handed.levels[depth] = handed.levels[depth].unite(levels[depth]);
  }

  void add_family(const Statement& statement, const isl::set& points, const isl::map& order) {
    const std::string name = node_name(statement.node);
    const auto same = [&](const Family& family) { return family.node == statement.node; };
    if (std::ranges::any_of(result_.families, same)) throw Refusal("a call stands in two places");
    const isl::set flags = limits_of_flags(context_, records_);
    const isl::set known = points.intersect_params(flags).coalesce().gist_params(flags);
    result_.families.push_back(
        {number_of(statement.node), variables_of(points), text(renamed(known, name)),
         text(isl::manage(isl_map_set_tuple_name(order.copy(), isl_dim_in, name.c_str()))),
         conditions_of(known)});
  }

  std::size_t width() const {
    std::size_t deepest = 0;
    for (const Statement& statement : records_.statements)
      deepest = std::max(deepest, statement.places.size());
    return deepest;
  }

  void check(const Obligation& obligation) {
    Domain domain(context_, records_, obligation.loops, "");
    domain.restrict(obligation.guard);
    const isl::set bad = domain.points().subtract(domain.set_of(obligation.condition)).params();
    if (obligation.throws) exclude_throwing(bad);
    else exclude(bad, obligation.what);
  }

  /// Nothing is said for these: the program throws.
  void exclude_throwing(const isl::set& parameters) {
    excluded_ = excluded_.unite(parameters.intersect(limits(context_, records_)));
  }

  /// Nothing is said for these parameters. Somewhere in a box of ordinary ones all must be well, though.
  void exclude(const isl::set& parameters, const std::string& what) {
    const isl::set bad = parameters.intersect(limits(context_, records_)).subtract(excluded_);
    if (!bad.intersect(limits(context_, records_, std::pair{4, 1000})).is_empty()) throw Refusal(what);
    excluded_ = excluded_.unite(bad);
  }

  /// From arguments through copies to tasks.
  void follow(const isl::union_map& sources, const isl::union_map& missing) {
    Copies copies(empty());
    isl::union_map arguments = empty();
    sources.foreach_map([&](const isl::map& map) {
      const Sink& sink = sinks_.at(map.domain_tuple_id().name());
      if (is_copy(sink.statement))
        return copies.add(renamed_domain(map, statement_name(sink.statement)));
      arguments = arguments.unite(map.to_union_map());
    });
    missing.foreach_map([&](const isl::map& map) {
      const Sink& sink = sinks_.at(map.domain_tuple_id().name());
      if (is_asked(sink.statement)) return exclude_throwing(map.domain().params());
      if (may_be_missing(map) || returns_.contains(sink.statement)) return;
      if (!is_copy(sink.statement)) return complain(map.domain());
      copies.add_unfilled(renamed(map.domain(), statement_name(sink.statement)));
    });
    const Copies::Origins origins = copies.origins(arguments);
    origins.unfilled.foreach_set([&](const isl::set& set) {
      const std::size_t reader = sinks_.at(isl_set_get_tuple_name(set.get())).statement;
      if (is_asked(reader)) return exclude_throwing(set.params());
      if (!returns_.contains(reader)) complain(set);
    });
    origins.found.foreach_map([&](const isl::map& map) { add_origin(map); });
  }

  bool is_copy(std::size_t statement) const {
    return records_.statements[statement].kind == Statement::Kind::copy;
  }
  bool is_asked(std::size_t statement) const {
    return records_.statements[statement].kind == Statement::Kind::asked;
  }
  bool may_be_missing(const isl::map& read) const {
    return records_.arrays.at(std::stoul(read.range_tuple_id().name().substr(1))).missing !=
           Array::Missing::wrong;
  }
  static std::size_t source_of(const isl::map& map) {
    return std::stoul(map.range_tuple_id().name().substr(1));
  }

  void complain(const isl::set& where) {
    exclude(where.params(), "an element is read that may never have been filled");
  }

  void add_origin(const isl::map& map) {
    const Statement& source = records_.statements[source_of(map)];
    const Sink& sink = sinks_.at(map.domain_tuple_id().name());
    if (is_asked(sink.statement)) {
      const bool there = source.kind == Statement::Kind::task || source.kind == Statement::Kind::given;
      return there ? void() : exclude_throwing(map.domain().params());
    }
    if (source.kind == Statement::Kind::task) return void(edges_.emplace_back(sink, source.node, map));
    if (source.kind == Statement::Kind::given) return void(given_edges_.emplace_back(sink, given_node(source), map));
    if (source.kind == Statement::Kind::copy) return;  // of what may be missing, and was
    if (returns_.contains(sink.statement)) return;  // an empty future may be returned
    const bool may = std::ranges::all_of(source.writes, [&](const Access& write) {
      return records_.arrays.at(write.array).missing != Array::Missing::wrong;
    });
    if (!may) exclude(map.domain().params(), "an element is read after it was taken away");
  }

  void conclude() {
    const isl::set possible = limits(context_, records_);
    if (possible.is_subset(excluded_)) throw Refusal("there is no input for which it is known");
    const isl::set good = excluded_.complement().gist(possible).coalesce();
    const isl::set flags = limits_of_flags(context_, records_), known = good.intersect(flags);
    for (const auto& [sink, producer, map] : edges_)
      add_edge(sink, producer, map.intersect_params(known).coalesce().gist_params(flags));
    for (const auto& [sink, giver, map] : given_edges_) add_given(sink, giver, map.intersect_params(known).coalesce().gist_params(flags));
    for (const auto& [leaf, handed] : handed_) add_returned(leaf, handed);
    for (const auto& [node, giver] : givers_) add_giver(node, giver);
    std::ranges::sort(result_.edges, {},
                      [](const Dependence& e) { return std::tuple(e.consumer, e.argument, e.producer); });
    std::ranges::sort(result_.families, {}, &Family::node);
    const isl::set assumed = good.gist(possible);
    result_.assumptions = text(assumed);
    result_.assumed = conditions_of(assumed);
    if (std::ranges::find(result_.assumed, "") != result_.assumed.end()) result_.assumed.clear();
    const auto symbols = parameter_symbols(records_.parameters);
    for (std::size_t i = 0; i < symbols.size(); ++i)
      if (used_.contains(symbols[i])) result_.symbols.push_back({records_.parameters[i].name, symbols[i]});
    result_.flags = flags_text(symbols);
  }

  /// "[b] -> { : 0 <= b <= 1 }"
  std::string flags_text(const std::vector<std::string>& symbols) const {
    std::string names, limits;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
      const Parameter& parameter = records_.parameters[i];
      if (parameter.least != 0 || parameter.most != 1 || !used_.contains(symbols[i])) continue;
      names += (names.empty() ? "" : ", ") + symbols[i];
      limits += (limits.empty() ? "0 <= " : " and 0 <= ") + symbols[i] + " <= 1";
    }
    return "[" + names + "] -> { : " + limits + " }";
  }

  void add_edge(const Sink& sink, std::size_t producer, const isl::map& map) {
    if (map.is_empty()) return;
    if (const auto found = returns_.find(sink.statement); found != returns_.end()) {
      const auto loops = number_of(records_.statements[sink.statement].loops.size());
      const auto elements = named(isl::manage(isl_map_project_out(map.copy(), isl_dim_in, 0, loops)), kReturned, node_name(producer));
      const auto [made, added] = handed_.at(found->second).from.emplace(number_of(producer), elements);
      if (!added) made->second = made->second.unite(elements);
      return;
    }
    const Statement& consumer = records_.statements[sink.statement];
    const isl::map edge = named(map, node_name(consumer.node), node_name(producer));
    if (!edge.is_single_valued()) throw Refusal("an argument comes from several tasks at once");
    result_.edges.push_back({number_of(consumer.node), number_of(consumer.reads[sink.read].argument),
                             number_of(producer), number_of(sink.elements), text(edge), lines_of(edge)});
  }

  void add_returned(std::size_t leaf, const Handed& handed) {
    Returned returned;
    returned.domain = text(handed.levels.back());
    returned.leaf = leaf;
    for (const auto& [producer, map] : handed.from) {
      returned.from.push_back(text(map.coalesce()));
      returned.producers.push_back(producer);
    }
    for (const auto& [node, map] : handed.passed) {
      returned.passed.push_back(text(map.coalesce()));
      returned.givers.push_back(node);
    }
    for (std::size_t depth = 1; depth < handed.levels.size(); ++depth) returned.levels.push_back(text(handed.levels[depth].coalesce()));
    result_.returns.push_back(std::move(returned));
  }

  static std::uint32_t given_node(const Statement& statement) { return kFirstGiven + number_of(statement.node); }

  void add_given(const Sink& sink, std::uint32_t node, const isl::map& map) {
    if (map.is_empty()) return;
    const Statement& reader = records_.statements[sink.statement];
    const bool returned = returns_.contains(sink.statement);
    const auto loops = returned ? number_of(reader.loops.size()) : 0;
    const auto whole = isl::manage(isl_map_project_out(map.copy(), isl_dim_in, 0, loops));
    const isl::map edge = named(whole, returned ? kReturned : node_name(reader.node), node_name(node));
    Giver& giver = givers_.at(node);
    giver.used.push_back(edge.range());
    if (returned) {
      const auto [made, added] = handed_.at(returns_.at(sink.statement)).passed.emplace(node, edge);
      if (!added) made->second = made->second.unite(edge);
    } else {
      if (!edge.is_single_valued()) throw Refusal("an argument comes from several tasks at once");
      result_.given_edges.push_back({number_of(reader.node), number_of(reader.reads[sink.read].argument), node, number_of(sink.elements), text(edge), {}});
    }
  }

  /// Of parameters only that which is used, of what is made here all.
  void add_giver(std::uint32_t node, const Giver& giver) {
    const auto& made = std::ranges::find_if(records_.statements, [&](const Statement& each) {
      return each.kind == Statement::Kind::given && given_node(each) == node;
    });
    if (giver.used.empty() && !made->made) return;
    isl::set all = renamed(giver.points, node_name(node));
    if (!made->made) {
      all = giver.used.front();
      for (const isl::set& each : giver.used) all = all.unite(each);
    }
    all = all.coalesce();
    result_.given.push_back({node, variables_of(giver.points), text(all),
                             text(isl::manage(isl_map_set_tuple_name(giver.order.copy(), isl_dim_in, node_name(node).c_str()))), {}});
  }

  static isl::map named(const isl::map& map, const std::string& from, const std::string& to) {
    const auto half =
        isl::manage(isl_map_set_tuple_name(map.coalesce().release(), isl_dim_in, from.c_str()));
    return isl::manage(isl_map_set_tuple_name(half.copy(), isl_dim_out, to.c_str()));
  }

  static isl::set renamed(const isl::set& set, const std::string& name) {
    return isl::manage(isl_set_set_tuple_name(set.copy(), name.c_str()));
  }
  static isl::map renamed_domain(const isl::map& map, const std::string& name) {
    return isl::manage(isl_map_set_tuple_name(map.copy(), isl_dim_in, name.c_str()));
  }
  /// With the parameters that matter to it alone.
  std::string text(const isl::set& object) {
    const isl::set brief = isl::manage(isl_set_drop_unused_params(object.copy()));
    note_parameters(isl::manage(isl_set_get_space(brief.get())));
    return taken(isl_set_to_str(brief.get()));
  }
  std::string text(const isl::map& object) {
    const isl::map brief = isl::manage(isl_map_drop_unused_params(object.copy()));
    note_parameters(isl::manage(isl_map_get_space(brief.get())));
    return taken(isl_map_to_str(brief.get()));
  }
  void note_parameters(const isl::space& space) {
    for (int i = 0; i < isl_space_dim(space.get(), isl_dim_param); ++i)
      used_.insert(isl_space_get_dim_name(space.get(), isl_dim_param, static_cast<unsigned>(i)));
  }

  isl::ctx context_;
  const Records& records_;
  isl::union_map reads_, writes_, order_;
  isl::set excluded_;
  std::map<std::string, Sink> sinks_;
  std::set<std::string> used_;  ///< Parameters that some text mentions.
  std::vector<std::tuple<Sink, std::size_t, isl::map>> edges_;
  std::map<std::size_t, std::size_t> returns_;  ///< Of statements: the leaf.
  std::map<std::size_t, Handed> handed_;        ///< By leaf.
  std::map<std::uint32_t, Giver> givers_;       ///< By node.
  std::vector<std::tuple<Sink, std::uint32_t, isl::map>> given_edges_;
  Analysed result_;
};

}  // namespace

Result<Analysed> analyse(const Records& records) {
  const std::unique_ptr<isl_ctx, void (*)(isl_ctx*)> context(isl_ctx_alloc(), isl_ctx_free);
  isl_options_set_on_error(context.get(), ISL_ON_ERROR_CONTINUE);
  isl_ctx_set_max_operations(context.get(), kMaxOperations);
  try {
    const Delinearised rows = plain_subscripts(records);
    Analysed result = Analysis(isl::ctx(context.get()), rows.records).run();
    if (rows.renumbered) result.flat = flattened(records, rows, result.families);
    return result;
  } catch (const Refusal& refusal) {
    return Error{refusal.what()};
  } catch (const isl::exception&) {
    const bool long_ = isl_ctx_last_error(context.get()) == isl_error_quota;
    return Error{long_ ? "its dependences take too long to compute" : "its dependences cannot be computed"};
  }
}

}  // namespace dflow::compiler::flow
