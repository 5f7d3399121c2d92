// A hash map of bounded weight which forgets by SIEVE (Zhang et al., NSDI 2024): entries stand in order of
// arrival, a hand moves from the oldest to the newest, spares those used since it last came by, and takes the
// first that was not. One bit and two links an entry; a use moves nothing. Pointers to values stay valid
// until the entry is removed. Not thread safe; which entry is forgotten follows from the calls alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/container/node_hash_map.h"

namespace cairn {

template <typename Key, typename Value, typename Hash, typename Eq>
class SieveMap {
 public:
  SieveMap(size_t max_weight, Hash hash) : max_weight_(max_weight), map_(0, std::move(hash)) {}
  SieveMap(const SieveMap&) = delete;
  SieveMap& operator=(const SieveMap&) = delete;

  // Counts as a use. `K` is anything Hash and Eq take.
  template <typename K>
  Value* Find(const K& key) {
    const auto found = map_.find(key);
    if (found == map_.end()) return nullptr;
    found->second.used = true;
    return &found->second.value;
  }
  template <typename K>
  const Value* Peek(const K& key) const {
    const auto found = map_.find(key);
    return found == map_.end() ? nullptr : &found->second.value;
  }

  // Adds or replaces; what is too heavy for the map as a whole is not taken.
  Value* Put(const Key& key, Value value, size_t weight) {
    if (weight > max_weight_) return nullptr;
    const auto [at, fresh] = map_.try_emplace(key);
    Node& node = at->second;
    if (fresh) {
      node.key = &at->first;
      Link(node);
    }
    weight_ += weight - node.weight;
    node.weight = weight;
    node.value = std::move(value);
    while (weight_ > max_weight_) EvictOneExcept(node);
    return &node.value;
  }

  template <typename K>
  bool Erase(const K& key) {
    const auto found = map_.find(key);
    if (found == map_.end()) return false;
    Remove(found->second);
    return true;
  }
  template <typename Condition>
  size_t EraseIf(Condition condition) {
    size_t erased = 0;
    for (Node* node = newest_; node != nullptr;) {
      Node* next = node->older;
      if (condition(*node->key, node->value)) {
        Remove(*node);
        ++erased;
      }
      node = next;
    }
    return erased;
  }

  // From the newest to the oldest arrival.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Node* node = newest_; node != nullptr; node = node->older) visit(*node->key, node->value);
  }

  size_t size() const { return map_.size(); }
  size_t weight() const { return weight_; }
  uint64_t evicted() const { return evicted_; }

 private:
  struct Node {
    Value value{};
    const Key* key = nullptr;
    Node* newer = nullptr;
    Node* older = nullptr;
    size_t weight = 0;
    bool used = false;
  };

  void Link(Node& node) {
    node.older = newest_;
    (newest_ == nullptr ? oldest_ : newest_->newer) = &node;
    newest_ = &node;
  }

  void Remove(Node& node) {
    if (hand_ == &node) hand_ = node.newer;
    (node.newer == nullptr ? newest_ : node.newer->older) = node.older;
    (node.older == nullptr ? oldest_ : node.older->newer) = node.newer;
    weight_ -= node.weight;
    const Key* key = node.key;
    map_.erase(*key);
  }

  // Each step clears a mark or ends, so two rounds suffice. `kept` alone fits, so somebody else is there.
  void EvictOneExcept(const Node& kept) {
    while (true) {
      if (hand_ == nullptr) hand_ = oldest_;
      Node* candidate = hand_;
      hand_ = candidate->newer;
      if (candidate == &kept || std::exchange(candidate->used, false)) continue;
      Remove(*candidate);
      ++evicted_;
      return;
    }
  }

  const size_t max_weight_;
  absl::node_hash_map<Key, Node, Hash, Eq> map_;
  Node* newest_ = nullptr;
  Node* oldest_ = nullptr;
  Node* hand_ = nullptr;  // the next to be looked at; none: the oldest
  size_t weight_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace cairn
