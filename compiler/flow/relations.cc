#include "compiler/flow/relations.h"

#include <isl/aff.h>
#include <isl/cpp.h>
#include <isl/map.h>
#include <isl/options.h>
#include <isl/set.h>
#include <isl/union_map.h>
#include <isl/union_set.h>

#include <unordered_map>

#include "compiler/flow/isl_text.h"

namespace dflow::compiler::flow {

using ir::Family;
using ir::Output;
using ir::Use;

/// isl's objects for the texts.
struct Relations::Access {
  static constexpr unsigned long kMostOperations = 5'000'000;  ///< A question: a second or so.

  explicit Access(const std::string& assumptions) : context(isl_ctx_alloc(), isl_ctx_free) {
    isl_options_set_on_error(context.get(), ISL_ON_ERROR_CONTINUE);
    isl_ctx_set_max_operations(context.get(), kMostOperations);
    allowed = isl::set(isl::ctx(context.get()), assumptions);
  }

  /// To read a text takes longer than most questions about it.
  template <class Object>
  Object read(const std::string& text, std::unordered_map<std::string, Object>& known) const {
    if (const auto found = known.find(text); found != known.end()) return found->second;
    return known.emplace(text, Object(isl::ctx(context.get()), text).intersect_params(allowed)).first->second;
  }
  isl::map map(const std::string& text) const { return read(text, maps); }
  isl::set set(const std::string& text) const { return read(text, sets); }
  /// What all allowed parameters have is not repeated.
  std::string text(const isl::set& set) const {
    return taken(isl_set_to_str(isl::manage(isl_set_gist_params(set.copy(), allowed.copy())).get()));
  }
  std::string text(const isl::map& map) const {
    return taken(isl_map_to_str(isl::manage(isl_map_gist_params(map.copy(), allowed.copy())).get()));
  }
  isl::set domain(const Family& family) const { return set(family.domain); }

  /// Without the elements' places: from instances to instances.
  isl::map instances(const Use& use) const {
    isl::map relation = map(use.relation);
    if (use.elements == 0) return relation;
    const auto own = static_cast<unsigned>(isl_map_dim(relation.get(), isl_dim_in)) - use.elements;
    const std::string name = "n" + std::to_string(use.consumer);
    auto* less = isl_map_project_out(relation.release(), isl_dim_in, own, use.elements);
    return isl::manage(isl_map_set_tuple_name(less, isl_dim_in, name.c_str()));
  }
  isl::set handed_out(std::uint32_t producer, const std::vector<Output>& outputs,
                      const isl::set& like) const {
    isl::set all = like.subtract(like);
    for (const Output& output : outputs)
      if (output.producer == producer) all = all.unite(map(output.relation).range());
    return all;
  }

  /// All that a family's instances among `points` read, argument by argument; the family goes by the name of
  /// `as`, and the argument by a number before the indices.
  isl::union_map sources(const Reading& reading, std::uint32_t as, const isl::set& points) const;
  isl::union_set elements(const Reading& reading, std::uint32_t as, const isl::set& points) const;

  std::unique_ptr<isl_ctx, void (*)(isl_ctx*)> context;
  isl::set allowed;
  mutable std::unordered_map<std::string, isl::map> maps;  // behind the context: they end before it
  mutable std::unordered_map<std::string, isl::set> sets;

  /// What isl gives up on is not proved.
  template <class Question>
  bool proved(Question question) const {
    isl_ctx_reset_operations(context.get());
    try {
      return question();
    } catch (const isl::exception&) {
      return false;
    }
  }
  template <class Work>
  auto computed(Work work) const -> decltype(work()) {
    isl_ctx_reset_operations(context.get());
    try {
      return work();
    } catch (const isl::exception&) {
      return std::nullopt;
    }
  }
};

namespace {

std::string tuple(std::uint32_t node) {
  return "n" + std::to_string(node);
}

isl::set named(const isl::set& set, std::uint32_t node) {
  return isl::manage(isl_set_set_tuple_name(set.copy(), tuple(node).c_str()));
}
isl::map reader_named(const isl::map& map, std::uint32_t node) {
  return isl::manage(isl_map_set_tuple_name(map.copy(), isl_dim_in, tuple(node).c_str()));
}

/// The same instances with any elements behind their indices.
isl::set with_elements(const isl::set& set, std::uint32_t elements) {
  if (elements == 0) return set;
  const std::string name = isl_set_get_tuple_name(set.get());
  return isl::manage(
      isl_set_set_tuple_name(isl_set_add_dims(set.copy(), isl_dim_set, elements), name.c_str()));
}
/// The same, and each element is the other's of the same place.
isl::map with_elements(const isl::map& map, std::uint32_t elements) {
  if (elements == 0) return map;
  const std::string in = isl_map_get_tuple_name(map.get(), isl_dim_in),
                    out = isl_map_get_tuple_name(map.get(), isl_dim_out);
  const int own_in = isl_map_dim(map.get(), isl_dim_in), own_out = isl_map_dim(map.get(), isl_dim_out);
  auto* made = isl_map_add_dims(isl_map_add_dims(map.copy(), isl_dim_in, elements), isl_dim_out, elements);
  for (int i = 0; i < static_cast<int>(elements); ++i)
    made = isl_map_equate(made, isl_dim_in, own_in + i, isl_dim_out, own_out + i);
  made = isl_map_set_tuple_name(made, isl_dim_in, in.c_str());
  return isl::manage(isl_map_set_tuple_name(made, isl_dim_out, out.c_str()));
}

}  // namespace

isl::union_map Relations::Access::sources(const Reading& reading, std::uint32_t as, const isl::set& points) const {
  isl::union_map all = isl::manage(isl_union_map_empty(isl_set_get_space(allowed.get())));
  for (const Use* use : reading.uses) {
    isl::map read =
        reader_named(map(use->relation), as).intersect_domain(with_elements(points, use->elements));
    const std::string argument = "a" + std::to_string(use->argument);
    read = isl::manage(isl_map_set_tuple_name(read.release(), isl_dim_in, argument.c_str()));
    all = all.unite(read.to_union_map());
  }
  return all;
}

isl::union_set Relations::Access::elements(const Reading& reading, std::uint32_t as, const isl::set& points) const {
  isl::union_set all = isl::manage(isl_union_set_empty(isl_set_get_space(allowed.get())));
  for (const formats::ElementRange* range : reading.ranges) {
    const isl::set there = named(set(range->domain), as).intersect(with_elements(points, 1));
    const std::string argument = "a" + std::to_string(range->argument);
    all = all.unite(isl::manage(isl_set_set_tuple_name(there.copy(), argument.c_str())).to_union_set());
  }
  return all;
}

Relations::Relations(const std::string& assumptions) : access_(std::make_unique<Access>(assumptions)) {}
Relations::~Relations() = default;

bool Relations::one_to_one(const Use& use) const {
  return access_->proved([&] {
    const isl::map relation = access_->map(use.relation);
    return relation.is_single_valued() && relation.is_injective();
  });
}

bool Relations::within(const Use& use, const Family& consumer, const Family& producer) const {
  return access_->proved([&] {
    const isl::map relation = access_->instances(use);
    return relation.domain().is_subset(access_->domain(consumer)) &&
           relation.range().is_subset(access_->domain(producer));
  });
}

bool Relations::forward(const Use& use, const Family& consumer, const Family& producer) const {
  return access_->proved([&] {
    const isl::map read = access_->instances(use), when = access_->map(consumer.order);
    // From the time of each consumer to that of its producer.
    const isl::map times = read.apply_domain(when).apply_range(access_->map(producer.order));
    auto* later = isl_map_lex_gt(isl_set_get_space(times.range().get()));
    return times.is_subset(isl::manage(later));
  });
}

bool Relations::by_all(const Use& use, const Family& consumer) const {
  return access_->proved([&] { return access_->domain(consumer).is_subset(access_->instances(use).domain()); });
}

bool Relations::same_round(const Use& use) const {
  return access_->proved([&] {
    const isl::map relation = access_->map(use.relation);
    if (isl_map_dim(relation.get(), isl_dim_in) <= static_cast<int>(use.elements) ||
        isl_map_dim(relation.get(), isl_dim_out) == 0)
      return true;
    const isl::map same = isl::manage(isl_map_equate(relation.copy(), isl_dim_in, 0, isl_dim_out, 0));
    return relation.is_subset(same);
  });
}

bool Relations::separate(const Use& left, const Use& right) const {
  return access_->proved([&] {
    return access_->map(left.relation).domain().is_disjoint(access_->map(right.relation).domain());
  });
}

bool Relations::covered(const Use& use, const std::vector<const Use*>& others,
                        const std::vector<Output>& outputs) const {
  return access_->proved([&] {
    const isl::set read = access_->map(use.relation).range();
    isl::set elsewhere = access_->handed_out(use.producer, outputs, read);
    for (const Use* other : others) elsewhere = elsewhere.unite(access_->map(other->relation).range());
    return read.is_subset(elsewhere);
  });
}

bool Relations::kept_inside(const Use& use, const std::vector<Output>& outputs) const {
  return access_->proved([&] {
    const isl::set read = access_->map(use.relation).range();
    return read.is_disjoint(access_->handed_out(use.producer, outputs, read));
  });
}

bool Relations::after(const Use& last, const Use& other, const InputsOf& inputs_of) const {
  return access_->proved([&] {
    const isl::map shared = access_->instances(last).apply_range(access_->instances(other).reverse());
    if (shared.is_empty()) return true;
    isl::map known = shared.subtract(shared);
    for (const Use* use : inputs_of(last.consumer)) {
      if (use->producer == other.consumer) known = known.unite(access_->instances(*use));
      for (const Use* before : inputs_of(use->producer))
        if (before->producer == other.consumer)
          known = known.unite(access_->instances(*use).apply_range(access_->instances(*before)));
    }
    return shared.is_subset(known);
  });
}

std::optional<std::string> Relations::needed(const Family& family, const std::vector<const Use*>& readers,
                                             const std::vector<ir::Returned>& returned) const {
  return access_->computed([&]() -> std::optional<std::string> {
    const isl::set all = access_->domain(family);
    isl::set read = all.subtract(all);
    for (const ir::Returned& each : returned)
      read = read.unite(access_->handed_out(family.node, each.outputs, all));
    for (const Use* use : readers) read = read.unite(access_->map(use->relation).range());
    if (all.is_subset(read)) return std::nullopt;
    return access_->text(all.intersect(read).coalesce());
  });
}

std::optional<Relations::Narrowed> Relations::narrowed(const Reading& reading, const std::string& domain) const {
  return access_->computed([&]() -> std::optional<Narrowed> {
    const isl::set kept = access_->set(domain);
    Narrowed made{access_->text(access_->map(reading.family.order).intersect_domain(kept)), {}, {}};
    for (const Use* use : reading.uses)
      made.uses.push_back(
          access_->text(access_->map(use->relation).intersect_domain(with_elements(kept, use->elements))));
    for (const formats::ElementRange* range : reading.ranges)
      made.ranges.push_back(access_->text(access_->set(range->domain).intersect(with_elements(kept, 1))));
    return made;
  });
}

bool Relations::repeats(const Reading& earlier, const Reading& later) const {
  const std::uint32_t node = earlier.family.node;
  return access_->proved([&] {
    if (earlier.family.variables.size() != later.family.variables.size()) return false;
    const isl::set points = named(access_->domain(later.family), node);
    if (!points.is_subset(access_->domain(earlier.family))) return false;
    const isl::map first = access_->map(earlier.family.order).intersect_domain(points);
    const isl::map second = reader_named(access_->map(later.family.order), node);
    const isl::map times = second.reverse().apply_range(first);
    if (!times.is_subset(isl::manage(isl_map_lex_gt(isl_set_get_space(times.range().get()))))) return false;
    return access_->sources(earlier, node, points).is_equal(access_->sources(later, node, points)) &&
           access_->elements(earlier, node, points).is_equal(access_->elements(later, node, points));
  });
}

std::optional<std::string> Relations::same_indices(const Family& from, const Family& to) const {
  return access_->computed([&]() -> std::optional<std::string> {
    const isl::map same = isl::manage(isl_set_identity(access_->domain(from).release()));
    return access_->text(
        isl::manage(isl_map_set_tuple_name(same.copy(), isl_dim_out, tuple(to.node).c_str())));
  });
}

std::optional<std::string> Relations::reversed(const Use& link) const {
  return access_->computed(
      [&]() -> std::optional<std::string> { return access_->text(access_->map(link.relation).reverse()); });
}

std::optional<Use> Relations::redirected(const Use& use, std::uint32_t producer) const {
  return access_->computed([&]() -> std::optional<Use> {
    Use made = use;
    made.producer = producer;
    made.relation = access_->text(isl::manage(
        isl_map_set_tuple_name(access_->map(use.relation).release(), isl_dim_out, tuple(producer).c_str())));
    return made;
  });
}

bool Relations::pairs(const Use& use, const Family& consumer, const Family& producer) const {
  return one_to_one(use) && by_all(use, consumer) && access_->proved([&] {
           const isl::map relation = access_->map(use.relation);
           if (!access_->domain(producer).is_subset(relation.range())) return false;
           const auto where = isl::manage(isl_pw_multi_aff_from_map(relation.copy()));
           const auto plain = isl::manage(
               isl_pw_multi_aff_coalesce(isl_pw_multi_aff_gist(where.copy(), relation.domain().release())));
           return isl_pw_multi_aff_n_piece(plain.get()) == 1;
         });
}

std::optional<Use> Relations::through(const Use& link, const Use& use) const {
  return access_->computed([&]() -> std::optional<Use> {
    Use made = use;
    made.consumer = link.consumer;
    made.relation = access_->text(
        with_elements(access_->map(link.relation), use.elements).apply_range(access_->map(use.relation)));
    return made;
  });
}

std::optional<formats::ElementRange> Relations::through(const Use& link,
                                                        const formats::ElementRange& range) const {
  return access_->computed([&]() -> std::optional<formats::ElementRange> {
    const isl::map back = with_elements(access_->map(link.relation), 1).reverse();
    return formats::ElementRange{link.consumer, range.argument,
                                 access_->text(access_->set(range.domain).apply(back))};
  });
}

std::optional<std::string> Relations::through(const Use& link, const std::string& at) const {
  return access_->computed([&]() -> std::optional<std::string> {
    return at.empty() ? link.relation
                      : access_->text(access_->map(link.relation).apply_range(access_->map(at)));
  });
}

}  // namespace dflow::compiler::flow
