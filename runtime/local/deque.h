// A work-stealing deque of nodes.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <dflow/detail/node.h>

namespace dflow::local {

using detail::Node;

/// The owner pushes and pops at the bottom, any thread steals at the top. D. Chase, Y. Lev, "Dynamic circular
/// work-stealing deque", SPAA 2005, with the orderings of N. M. Lê et al., PPoPP 2013, written with sequentially
/// consistent accesses instead of fences where thieves and owner meet (ThreadSanitizer does not know fences).
class Deque {
 public:
  Deque() : ring_(keep(kFirstCapacity)) {}
  Deque(const Deque&) = delete;
  Deque& operator=(const Deque&) = delete;

  void push(Node* node) {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
    Ring* ring = ring_.load(std::memory_order_relaxed);
    if (bottom - seen_top_ >= ring->capacity) [[unlikely]] {
      seen_top_ = top_.load(std::memory_order_acquire);
      if (bottom - seen_top_ >= ring->capacity) ring = grow(*ring, seen_top_, bottom);
    }
    ring->put(bottom, node);
    bottom_.store(bottom + 1, std::memory_order_release);
  }

  Node* pop() {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed) - 1;
    if (bottom < top_.load(std::memory_order_relaxed)) return nullptr;  // empty, and only the owner can change that
    Ring* ring = ring_.load(std::memory_order_relaxed);
    bottom_.store(bottom, std::memory_order_seq_cst);
    std::int64_t top = top_.load(std::memory_order_seq_cst);
    if (top > bottom) {
      bottom_.store(bottom + 1, std::memory_order_relaxed);
      return nullptr;
    }
    Node* node = ring->get(bottom);
    if (top < bottom) return node;
    if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst)) node = nullptr;
    bottom_.store(bottom + 1, std::memory_order_relaxed);
    return node;
  }

  /// The owner's hint that it will soon pop again: another core may have written the node.
  void prefetch() const {
    const Ring* ring = ring_.load(std::memory_order_relaxed);
    const auto* node = reinterpret_cast<const char*>(ring->get(bottom_.load(std::memory_order_relaxed) - 1));
    __builtin_prefetch(node);
    __builtin_prefetch(node + 64);
  }

  Node* steal() {
    std::int64_t top = top_.load(std::memory_order_seq_cst);
    const std::int64_t bottom = bottom_.load(std::memory_order_seq_cst);
    if (top >= bottom) return nullptr;
    Node* node = ring_.load(std::memory_order_acquire)->get(top);
    if (!top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst)) return nullptr;
    return node;
  }

  /// Takes up to half of the nodes, oldest first. Only on deques whose owner never pops: then nobody but other thieves
  /// takes nodes, and moving the top claims them all.
  template <std::size_t N>
  std::size_t steal_many(std::array<Node*, N>& nodes) {
    std::int64_t top = top_.load(std::memory_order_seq_cst);
    const std::int64_t bottom = bottom_.load(std::memory_order_seq_cst);
    if (top >= bottom) return 0;
    const std::int64_t count = std::min<std::int64_t>((bottom - top + 1) / 2, N);
    const Ring* ring = ring_.load(std::memory_order_acquire);
    for (std::int64_t i = 0; i < count; ++i) nodes[static_cast<std::size_t>(i)] = ring->get(top + i);
    if (!top_.compare_exchange_strong(top, top + count, std::memory_order_seq_cst)) return 0;
    return static_cast<std::size_t>(count);
  }

  bool empty() const noexcept {
    return top_.load(std::memory_order_seq_cst) >= bottom_.load(std::memory_order_seq_cst);
  }

 private:
  static constexpr std::int64_t kFirstCapacity = 256;

  struct Ring {
    explicit Ring(std::int64_t size) : capacity(size), slots(new std::atomic<Node*>[static_cast<std::size_t>(size)]) {}
    void put(std::int64_t i, Node* node) { slots[index(i)].store(node, std::memory_order_release); }
    Node* get(std::int64_t i) const { return slots[index(i)].load(std::memory_order_acquire); }
    std::size_t index(std::int64_t i) const { return static_cast<std::size_t>(i & (capacity - 1)); }
    std::int64_t capacity;
    std::unique_ptr<std::atomic<Node*>[]> slots;
  };

  Ring* keep(std::int64_t capacity) { return rings_.emplace_back(std::make_unique<Ring>(capacity)).get(); }

  /// Old rings are kept: a thief may still read them. Together they are no larger than the new one.
  Ring* grow(const Ring& old, std::int64_t top, std::int64_t bottom) {
    Ring* ring = keep(2 * old.capacity);
    for (std::int64_t i = top; i < bottom; ++i) ring->put(i, old.get(i));
    ring_.store(ring, std::memory_order_release);
    return ring;
  }

  std::vector<std::unique_ptr<Ring>> rings_;  // before ring_, which its constructor fills
  alignas(64) std::atomic<std::int64_t> top_{0};
  alignas(64) std::atomic<std::int64_t> bottom_{0};
  std::int64_t seen_top_ = 0;  ///< The owner's: a top seen earlier, never beyond the real one.
  std::atomic<Ring*> ring_;
};

}  // namespace dflow::local
