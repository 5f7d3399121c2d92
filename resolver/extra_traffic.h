// What a worker may send upstream beyond what it must: copies of questions to measure other servers (probes),
// and second queries when a reply is late (hedges). Each kind earns a share of every question sent, saves up
// to a few, and when it has none left nothing extra is sent: under attack or on a bad link, upstream traffic
// grows by that share and no more.
#pragma once

#include <algorithm>
#include <cstdint>

namespace cairn {

class ExtraTraffic {
 public:
  // The share, in percent, of which so many queries may be saved: enough for chance not to empty the savings,
  // and not so much that they make a wave. With 0 percent there is never anything to spend.
  ExtraTraffic(uint32_t percent, uint32_t most_saved)
      : percent_(percent), most_saved_(most_saved * kOne), saved_(percent == 0 ? 0 : most_saved_) {}
  void OnQuestion() { saved_ = std::min(saved_ + percent_, most_saved_); }

  bool Has(uint32_t queries) const { return saved_ >= queries * kOne; }
  bool IsFull() const { return percent_ != 0 && saved_ == most_saved_; }
  // False when nothing is left.
  bool Take() {
    if (!Has(1)) return false;
    saved_ -= kOne;
    return true;
  }

 private:
  static constexpr uint32_t kOne = 100;  // percent
  const uint32_t percent_;
  const uint32_t most_saved_;
  uint32_t saved_;
};

}  // namespace cairn
