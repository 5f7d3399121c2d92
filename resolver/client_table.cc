#include "resolver/client_table.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cairn {

ClientTable::ClientTable(const ClientLimits& limits, Random& random)
    : limits_(limits), shares_(0, KeyedEndpointHash{SipKey::Draw(random)}) {}

ClientTable::Refusal ClientTable::Consider(const IpAddress& address, bool verified, Instant now) {
  const auto share = shares_.find(ShareOf(address, verified));
  const size_t most = verified ? limits_.per_verified_address : limits_.per_address;
  if (share != shares_.end() && share->second >= most) return Refusal::kShareTaken;
  const bool full = taken_ >= limits_.clients && WhoGivesWay(now) == nullptr;
  return full ? Refusal::kTableFull : Refusal::kNone;
}

ClientTable::Seat* ClientTable::WhoGivesWay(Instant now) {
  if (taken_ < limits_.clients) return nullptr;
  CountSlow(now);
  return slow_ > limits_.clients / 2 ? earliest_ : nullptr;
}

ClientTable::Seat& ClientTable::Take(ClientQuery client, bool verified, Instant now) {
  if (empty_.empty()) empty_.push_back(&seats_.emplace_back());
  Seat& seat = *empty_.back();
  empty_.pop_back();
  seat.share = ShareOf(client.to.client.address, verified);
  seat.client = std::move(client);
  seat.since = now;
  seat.answered = false;
  seat.slow = false;
  seat.earlier = latest_;
  seat.later = nullptr;
  (latest_ ? latest_->later : earliest_) = &seat;
  latest_ = &seat;
  if (!earliest_fast_) earliest_fast_ = &seat;
  ++shares_[seat.share];
  ++taken_;
  return seat;
}

void ClientTable::Free(Seat& seat) {
  if (earliest_fast_ == &seat) earliest_fast_ = seat.later;
  (seat.earlier ? seat.earlier->later : earliest_) = seat.later;
  (seat.later ? seat.later->earlier : latest_) = seat.earlier;
  if (seat.slow) --slow_;
  const auto share = shares_.find(seat.share);
  if (--share->second == 0) shares_.erase(share);
  --taken_;
  empty_.push_back(&seat);
}

void ClientTable::CancelAll() {
  for (Seat& seat : seats_) seat.work.CancelAll();
}

// IPv6 clients have a /64 each and may be any address of it.
Endpoint ClientTable::ShareOf(const IpAddress& address, bool verified) {
  Endpoint share{.address = address, .port = verified ? uint16_t{1} : uint16_t{0}};
  if (address.is_v6()) {
    std::array<uint8_t, 16> network{};
    std::copy_n(address.octets().begin(), 8, network.begin());
    share.address = IpAddress::V6(network);
  }
  return share;
}

// They became slow in the order they came: each is looked at once.
void ClientTable::CountSlow(Instant now) {
  for (; earliest_fast_ && now - earliest_fast_->since >= limits_.slow;
       earliest_fast_ = earliest_fast_->later) {
    earliest_fast_->slow = true;
    ++slow_;
  }
}

}  // namespace cairn
