#include "compiler/flow/flat_rows.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <regex>

#include "compiler/flow/domain.h"
#include "compiler/flow/launch_code.h"

namespace dflow::compiler::flow {
namespace {

/// No text for it.
struct Unspoken {};

using Name = std::function<std::string(std::size_t)>;

std::string spelled(const Expr& expr, const Name& parameter, const Name& variable) {
  const auto part = [&](std::size_t i) { return spelled(expr.operands[i], parameter, variable); };
  switch (expr.op) {
    case Op::constant:
      return std::to_string(expr.number);
    case Op::parameter:
      return parameter(static_cast<std::size_t>(expr.number));
    case Op::variable:
      return variable(static_cast<std::size_t>(expr.number));
    case Op::add:
      return "(" + part(0) + " + " + part(1) + ")";
    case Op::subtract:
      return "(" + part(0) + " - " + part(1) + ")";
    case Op::multiply:
      return part(0) + " * " + part(1);
    case Op::maximum:
      return "::dflow::detail::index_max(" + part(0) + ", " + part(1) + ")";
    default:
      throw Unspoken{};
  }
}

class Texts {
 public:
  Texts(const Records& written, const Delinearised& rows) : written_(written), rows_(rows), symbols_(parameter_symbols(written.parameters)) {}

  Flattened run(const std::vector<formats::Family>& families) {
    for (std::size_t i = 0; i < written_.statements.size(); ++i) {
      const Statement& before = written_.statements[i];
      const Statement& after = rows_.records.statements.at(i);
      if (!is_shown(before)) continue;
      if (before.kind != Statement::Kind::task && before.loops != after.loops) throw Unspoken{};
      const auto node = static_cast<std::uint32_t>(before.node);
      if (before.loops != after.loops) add_loops(node, before, after, std::ranges::find(families, node, &formats::Family::node)->variables);
      for (std::size_t read = 0; read < before.reads.size(); ++read) {
        if (before.reads[read].range == after.reads.at(read).range) continue;
        FlatRows flat = rows_of(before.reads[read].range, after.reads[read].range);
        if (before.kind == Statement::Kind::task) add({node, static_cast<std::uint32_t>(before.reads[read].argument)}, std::move(flat), made_.arguments);
        else add(before.reads[read].argument, std::move(flat), made_.returned);
      }
    }
    return std::move(made_);
  }

 private:
  template <class Key>
  static void add(const Key& key, FlatRows flat, std::map<Key, FlatRows>& all) {
    const auto [found, fresh] = all.emplace(key, flat);
    if (!fresh && !(found->second == flat)) throw Unspoken{};
  }

  const Split* split_of(std::size_t loop) const {
    const auto found = std::ranges::find(rows_.splits, loop, &Split::loop);
    return found == rows_.splits.end() ? nullptr : &*found;
  }

  /// A loop's number from those that stand for it.
  std::string number(std::size_t loop, const Name& parameter, const Name& variable) const {
    const Split* split = split_of(loop);
    if (split == nullptr) return variable(loop);
    const auto width = spelled(split->width, parameter, [](std::size_t) -> std::string { throw Unspoken{}; });
    return "(" + number(split->outer, parameter, variable) + " * (" + width + ") + " + number(split->inner, parameter, variable) + ")";
  }

  void add_loops(std::uint32_t node, const Statement& before, const Statement& after, const std::vector<std::string>& names) {
    const auto variable = [&](std::size_t loop) {
      const auto place = static_cast<std::size_t>(std::ranges::find(after.loops, loop) - after.loops.begin());
      return own_name(names.at(place));
    };
    const auto parameter = [&](std::size_t index) {
      const std::string& name = written_.parameters[index].name;
      const bool plain = std::ranges::all_of(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
      if (!plain) throw Unspoken{};
      made_.parameters.insert(name);
      return "static_cast<::dflow::detail::Index>(" + name + ")";
    };
    std::vector<std::string>& loops = made_.loops[node];
    for (const std::size_t loop : before.loops) loops.push_back(number(loop, parameter, variable));
  }

  FlatRows rows_of(const std::vector<std::size_t>& before, const std::vector<std::size_t>& after) {
    if (before.size() != 1) throw Unspoken{};
    FlatRows flat;
    const auto parameter = [&](std::size_t index) {
      if (std::ranges::find(made_.symbols, symbols_[index], &formats::Symbol::symbol) == made_.symbols.end())
        made_.symbols.push_back({written_.parameters[index].name, symbols_[index]});
      return own_name(symbols_[index]);
    };
    const auto constant = [](std::size_t) -> std::string { throw Unspoken{}; };
    std::map<std::size_t, std::string> names{{before[0], "dflow_e"}};
    const Loop& loop = written_.loops[before[0]];
    flat.length = spelled(loop.end.value(), parameter, constant);
    for (const Split& split : rows_.splits) {
      const auto whole = names.find(split.loop);
      if (whole == names.end()) continue;
      const std::string width = "(" + spelled(split.width, parameter, constant) + ")", of = whole->second;
      for (const auto& [part, sign] : {std::pair(split.outer, " / "), std::pair(split.inner, " % ")}) {
        const std::string name = "dflow_f" + std::to_string(names.size());
        flat.parts.emplace_back(name, of + sign + width);
        names[part] = name;
      }
    }
    for (const std::size_t each : after) flat.indices.push_back(names.at(each));
    flat.number = number(before[0], parameter, [&](std::size_t each) { return names.at(each); });
    return flat;
  }

  const Records& written_;
  const Delinearised& rows_;
  std::vector<std::string> symbols_;
  Flattened made_;
};

/// Where the parenthesis that opens before `at` closes, and what commas part until there.
std::size_t read_arguments(const std::string& text, std::size_t at, std::vector<std::string>& arguments) {
  int depth = 0;
  for (std::size_t begin = at;; ++at) {
    if (text.at(at) == '(') ++depth;
    const bool end = depth == 0 && text[at] == ')';
    if (text[at] == ')') --depth;
    if (!end && (depth != 0 || text[at] != ',')) continue;
    arguments.push_back(text.substr(begin, at - begin));
    if (end) return at;
    begin = at + 1;
  }
}

}  // namespace

std::string FlatRows::number_of(const std::vector<std::string>& places) const {
  static const std::regex kIndex("\\bdflow_f[0-9]+\\b");
  std::string text;
  auto rest = number.begin();
  for (std::sregex_iterator name(number.begin(), number.end(), kIndex), end; name != end; ++name) {
    text.append(rest, number.begin() + name->position());
    const auto place = static_cast<std::size_t>(std::ranges::find(indices, name->str()) - indices.begin());
    text += "(" + places.at(place) + ")";
    rest = number.begin() + name->position() + name->length();
  }
  return text.append(rest, number.end());
}

std::string FlatRows::visited(const std::string& statements, const std::string& visit) const {
  std::string text;
  std::size_t done = 0;
  for (std::size_t at = statements.find(visit + "("); at != std::string::npos; at = statements.find(visit + "(", done)) {
    std::vector<std::string> arguments;
    const std::size_t begin = at + visit.size() + 1, end = read_arguments(statements, begin, arguments);
    const auto own = arguments.end() - static_cast<std::ptrdiff_t>(indices.size());
    const std::string flat = number_of({own, arguments.end()});
    text += statements.substr(done, begin - done);
    for (auto each = arguments.begin(); each != own; ++each) text += *each + ", ";
    text += flat;
    done = end;
  }
  return text + statements.substr(done);
}

std::optional<Flattened> flattened(const Records& written, const Delinearised& rows, const std::vector<formats::Family>& families) {
  if (rows.uneven) return std::nullopt;
  try {
    return Texts(written, rows).run(families);
  } catch (const Unspoken&) {
    return std::nullopt;
  }
}

}  // namespace dflow::compiler::flow
