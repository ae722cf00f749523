#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "runtime/core/pool.h"

namespace dflow::core {

/// From numbers that count upwards to places: four bytes a number, in pages that go when their last number
/// goes. Iterates in order.
class IdTable {
 public:
  Index find(std::uint64_t number) const {
    const Page* page = page_of(number / page_size);
    return page ? page->places[number % page_size] : none;
  }

  /// `number` is not in the table.
  void add(std::uint64_t number, Index place) {
    Page* page = page_of(number / page_size);
    if (!page) {
      auto& slot = pages_[number / page_size];
      slot = std::make_unique<Page>();
      slot->places.fill(none);
      last_ = page = slot.get();
      last_key_ = number / page_size;
    }
    page->places[number % page_size] = place;
    ++page->used;
    ++size_;
  }

  /// `number` is in the table.
  void remove(std::uint64_t number) {
    Page* page = page_of(number / page_size);
    page->places[number % page_size] = none;
    --size_;
    if (--page->used > 0) return;
    pages_.erase(number / page_size);
    last_ = nullptr;
  }

  template <class F>
  void for_each(F&& f) const {
    for (const auto& [key, page] : pages_) {
      for (const Index place : page->places) {
        if (place != none) f(place);
      }
    }
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return pages_.size() * (sizeof(Page) + 64); }

 private:
  static constexpr std::uint64_t page_size = 1024;
  struct Page {
    std::array<Index, page_size> places;
    std::uint32_t used = 0;
  };

  Page* page_of(std::uint64_t key) const {
    if (last_ && last_key_ == key) return last_;
    const auto found = pages_.find(key);
    if (found == pages_.end()) return nullptr;
    last_key_ = key;
    return last_ = found->second.get();
  }

  std::map<std::uint64_t, std::unique_ptr<Page>> pages_;
  mutable Page* last_ = nullptr;  ///< Neighbours are asked for together.
  mutable std::uint64_t last_key_ = 0;
  std::size_t size_ = 0;
};

}  // namespace dflow::core
