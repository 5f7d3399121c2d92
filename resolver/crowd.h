// How many are at one place at the same time: queries on their way to one server, fetches waiting in vain at
// one zone cut (THREATS section 1, random subdomains). Whoever comes when it is full is turned away at once,
// so that a dead zone under a flood costs its askers an early SERVFAIL and nobody else anything.
#pragma once

#include <cstdint>
#include <utility>

#include "absl/container/node_hash_map.h"

namespace cairn {

template <typename Key, typename Hash, typename Eq>
class Crowd {
 public:
  Crowd(uint32_t most, Hash hash) : most_(most), places_(0, std::move(hash)) {}
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  template <typename K>
  bool IsFull(const K& key) const {
    const auto place = places_.find(key);
    return place != places_.end() && place->second >= most_;
  }
  size_t size() const { return places_.size(); }

  // One who is there, for as long as this lives.
  class Visitor {
   public:
    explicit Visitor(Crowd& crowd) : crowd_(crowd) {}
    ~Visitor() {
      if (place_ != nullptr && --place_->second == 0)
        crowd_.places_.erase(crowd_.places_.find(place_->first));
    }
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;
    // Once; further calls change nothing.
    void Enter(const Key& key) {
      if (place_ != nullptr) return;
      place_ = &*crowd_.places_.try_emplace(key, 0).first;
      ++place_->second;
    }

   private:
    Crowd& crowd_;
    std::pair<const Key, uint32_t>* place_ = nullptr;
  };

 private:
  const uint32_t most_;
  absl::node_hash_map<Key, uint32_t, Hash, Eq> places_;
};

}  // namespace cairn
