#include "compiler/frontend/edits.h"

#include <algorithm>
#include <cstdio>
#include <ranges>
#include <tuple>
#include <utility>

namespace dflow::compiler {
namespace {

constexpr std::string_view kSite = "site";
/// A part of the site at the same place.
constexpr std::string_view kLevel = "level";

/// One insertion and its place among those at the same offset: ends of ranges first, the inner before the outer;
/// then points; then beginnings, the outer first.
struct Insertion {
  unsigned offset;
  int phase;
  long nesting;
  std::size_t order;
  std::string_view text;

  auto key() const { return std::tuple(offset, phase, nesting, order); }
};

std::vector<Insertion> insertions(const std::vector<Edit>& edits) {
  std::vector<Insertion> result;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const Edit& edit = edits[i];
    if (edit.begin == edit.end) {
      result.push_back({edit.begin, 1, 0, i, edit.before});
      continue;
    }
    result.push_back({edit.begin, 2, -static_cast<long>(edit.end), i, edit.before});
    result.push_back({edit.end, 0, -static_cast<long>(edit.begin), edits.size() - i, edit.after});
  }
  std::ranges::sort(result, {}, &Insertion::key);
  return result;
}

}  // namespace

void Proposals::propose(const TextRange& key, std::string_view kind, std::vector<Edit> edits) {
  const auto [found, inserted] = votes_.try_emplace(Key{key, std::string(kind)});
  Vote& vote = found->second;
  if (inserted) {
    vote = {.edits = std::move(edits), .refused = false, .order = votes_.size()};
  } else if (vote.edits != edits) {
    vote.refused = true;
  }
}

void Proposals::propose_site(const TextRange& key, std::string task, std::string file, int line, int column) {
  const auto [found, inserted] = sites_.try_emplace(key);
  if (inserted) {
    found->second = {std::move(task), cpp_literal(file) + ", " + std::to_string(line) + ", " + std::to_string(column)};
    votes_.try_emplace(Key{key, std::string(kSite)}, Vote{{}, false, votes_.size() + 1});
  } else if (found->second.task != task) {
    found->second.task.clear();
  }
}

void Proposals::refuse(const TextRange& key, std::string_view kind) {
  const auto [found, inserted] = votes_.try_emplace(Key{key, std::string(kind)});
  if (inserted) found->second.order = votes_.size();
  found->second.refused = true;
}

std::map<std::string, std::vector<Edit>> Proposals::agreed() const {
  std::vector<const std::pair<const Key, Vote>*> ordered;
  for (const auto& entry : votes_) {
    if (!entry.second.refused) ordered.push_back(&entry);
  }
  std::ranges::sort(ordered, {}, [](const auto* entry) { return entry->second.order; });

  std::map<std::string, std::vector<Edit>> result;
  for (const auto* entry : ordered) {
    if (entry->first.kind == kLevel) continue;
    auto& edits = result[entry->first.range.file];
    std::ranges::copy(entry->second.edits, std::back_inserter(edits));
    if (entry->first.kind != kSite) continue;
    const auto site = sites_.find(entry->first.range);
    if (site == sites_.end()) continue;
    const unsigned at = entry->first.range.begin;
    const auto vote = votes_.find(Key{entry->first.range, std::string(kLevel)});
    const std::string level = vote == votes_.end() || vote->second.refused ? "" : ", " + vote->second.edits.front().before;
    edits.push_back({at, at, "::dflow::detail::site<" + cpp_literal(site->second.task) + ", " + site->second.rest + level + ">, ", ""});
  }
  return result;
}

std::string cpp_literal(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      char octal[5];
      std::snprintf(octal, sizeof octal, "\\%03o", byte);
      result += octal;
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string apply_edits(std::string_view text, const std::vector<Edit>& edits) {
  std::string result;
  std::size_t done = 0;
  for (const Insertion& insertion : insertions(edits)) {
    const auto upto = std::min<std::size_t>(insertion.offset, text.size());
    result.append(text.substr(done, upto - done));
    result.append(insertion.text);
    done = upto;
  }
  return result.append(text.substr(done));
}

}  // namespace dflow::compiler
