// Counts words: one task a text, then a tree of merges.
//
//     word_count FILE...        prints each word and how often it occurs, most frequent first

#include <dflow/dflow.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using Counts = std::map<std::string, long>;

[[dflow::task]] Counts count_words(const std::string& text) {
  Counts counts;
  std::string word;
  for (const char c : text + ' ') {
    if (std::isalpha(static_cast<unsigned char>(c))) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!word.empty()) {
      ++counts[word];
      word.clear();
    }
  }
  return counts;
}

[[dflow::task]] Counts merge(Counts a, const Counts& b) {
  for (const auto& [word, count] : b) a[word] += count;
  return a;
}

[[dflow::graph]] dflow::Future<Counts> word_count(dflow::Executor& ex, const std::vector<std::string>& texts) {
  auto parts = ex.map(count_words, texts);
  return ex.reduce(merge, std::move(parts));
}

std::string read_file(const std::string& name) {
  std::ifstream file(name);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) throw std::runtime_error("cannot read " + name);
  return text.str();
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  if (argc < 2) {
    std::cerr << "usage: word_count FILE...\n";
    return 2;
  }
  std::vector<std::string> texts;
  for (int i = 1; i < argc; ++i) texts.push_back(read_file(argv[i]));

  const auto counts = word_count(ex, texts);
  std::vector<std::pair<std::string, long>> words(counts.get().begin(), counts.get().end());
  std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  for (const auto& [word, count] : words) std::cout << count << ' ' << word << '\n';
} catch (const std::exception& error) {
  std::cerr << "word_count: " << error.what() << '\n';
  return 1;
}
