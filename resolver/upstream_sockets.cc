#include "resolver/upstream_sockets.h"

#include <algorithm>
#include <array>
#include <string>

#include "common/base/status.h"

namespace cairn {
namespace {

// Ports above the well-known ones, without those where a reply to us would look like another protocol's
// request to whoever listens on this machine: SSDP, mDNS, LLMNR.
constexpr uint16_t kLowestPort = 1024;
constexpr std::array<uint16_t, 3> kForeignPorts = {1900, 5353, 5355};
// A port may be taken by somebody else; so many in a row mean that we have run out of something.
constexpr int kPortDraws = 16;
// Queries before a socket is given up for a fresh port. Drawn between the two, so that nobody can count
// along.
constexpr uint32_t kFewestUses = 256;
constexpr uint32_t kMostUses = 1024;
// For how many queries a slot has its place in the window at the most.
constexpr uint32_t kMostDraws = 4;
// How often to draw again when a drawn slot has no socket and none can be opened.
constexpr int kSlotDraws = 64;

uint16_t DrawPort(Random& random) {
  while (true) {
    const auto port = static_cast<uint16_t>(kLowestPort + random.Below(65536 - kLowestPort));
    if (std::find(kForeignPorts.begin(), kForeignPorts.end(), port) == kForeignPorts.end()) return port;
  }
}

}  // namespace

struct UdpQuery::Slot final : UdpReceiver {
  UpstreamSockets* pool = nullptr;
  std::unique_ptr<UdpSocket> socket;
  IpAddress own;
  uint16_t port = 0;
  uint32_t uses_left = 0;
  absl::InlinedVector<UdpQuery*, 2> waiting;

  UdpQuery* Find(uint16_t id) const {
    for (UdpQuery* query : waiting)
      if (query->id_ == id) return query;
    return nullptr;
  }

  void OnDatagram(UdpSocket& /*socket*/, const Endpoint& from, ByteView datagram) override {
    if (datagram.size() < 2) return;
    // What is called below runs the resolution on, and that may draw this very slot again.
    UpstreamSockets& sockets = *pool;
    sockets.receiving_ = this;
    if (UdpQuery* query = Find(LoadU16(datagram.data()))) {
      query->OnDatagram(from, datagram);
    } else {
      const auto same_server = [&from](const UdpQuery* other) { return other->server_ == from; };
      const auto missed = std::find_if(waiting.begin(), waiting.end(), same_server);
      if (missed != waiting.end()) (*missed)->OnWrongId(datagram);
    }
    sockets.receiving_ = nullptr;
  }

  // One query a call may end here and take others with it, so each is looked for anew.
  void OnNoRoute(UdpSocket& /*socket*/, const Endpoint& to) override {
    UpstreamSockets& sockets = *pool;
    sockets.receiving_ = this;
    const auto lost = [&to](const UdpQuery* query) { return query->server_ == to; };
    for (auto at = std::find_if(waiting.begin(), waiting.end(), lost); at != waiting.end();
         at = std::find_if(waiting.begin(), waiting.end(), lost)) {
      UdpQuery* query = *at;
      query->Forget();
      query->OnNoRoute();
    }
    sockets.receiving_ = nullptr;
  }
};

bool UdpQuery::Draw(const Endpoint& server) {
  Forget();
  Slot* slot = sockets_.DrawSlot(sockets_.FamilyOf(server.address));
  if (slot == nullptr) return false;
  do {
    id_ = sockets_.random_.U16();
  } while (slot->Find(id_) != nullptr);  // ends: the caps on work keep far fewer than 65536 queries here
  server_ = server;
  slot_ = slot;
  slot->waiting.push_back(this);
  ++sockets_.waiting_;
  return true;
}

const IpAddress& UdpQuery::own_address() const { return slot_->own; }

void UdpQuery::Send(std::span<uint8_t> message) {
  StoreU16(message.data(), id_);
  slot_->socket->Send(server_, message);
}

void UdpQuery::Forget() {
  if (slot_ == nullptr) return;
  slot_->waiting.erase(std::find(slot_->waiting.begin(), slot_->waiting.end(), this));
  slot_ = nullptr;
  --sockets_.waiting_;
}

uint16_t UdpQuery::local_port() const { return slot_ == nullptr ? uint16_t{0} : slot_->port; }

UpstreamSockets::UpstreamSockets(Network& network, Random& random, const ResolverOptions& options)
    : network_(network), random_(random) {
  const auto prepare = [this, &options](Family& family) {
    family.size = std::max<size_t>(options.upstream_sockets, 1);
    family.slots = std::make_unique<Slot[]>(family.size);
    for (size_t i = 0; i < family.size; ++i) family.slots[i].pool = this;
  };
  if (options.ipv4) prepare(v4_);
  if (options.ipv6) prepare(v6_);
  for (const IpAddress& address : options.outgoing) FamilyOf(address).addresses.push_back(address);
  if (v4_.addresses.empty()) v4_.addresses.push_back(IpAddress::Literal("0.0.0.0"));
  if (v6_.addresses.empty()) v6_.addresses.push_back(IpAddress::Literal("::"));
}

UpstreamSockets::~UpstreamSockets() = default;

absl::Status UpstreamSockets::Check() {
  absl::Status failure = Err(absl::StatusCode::kFailedPrecondition, "neither ipv4 nor ipv6 is enabled");
  bool one_opened = false;
  for (Family* family : {&v4_, &v6_}) {
    if (!family->slots) continue;
    absl::Status opened = Open(*family, family->slots[0]);
    one_opened = one_opened || opened.ok();
    if (!opened.ok()) failure = std::move(opened);
  }
  return one_opened ? absl::OkStatus() : failure;
}

size_t UpstreamSockets::open_sockets() const {
  size_t open = 0;
  for (const Family* family : {&v4_, &v6_})
    for (size_t i = 0; i < family->size; ++i) open += family->slots[i].socket != nullptr;
  return open;
}

UpstreamSockets::Slot* UpstreamSockets::DrawSlot(Family& family) {
  if (!family.slots) return nullptr;
  for (int draws = 0; draws < kSlotDraws; ++draws) {
    Place& place = family.window[random_.Below(kWindow)];
    if (place.draws_left == 0 || place.slot >= family.size)
      place = {.slot = random_.Below(family.size),
               .draws_left = static_cast<uint32_t>(1 + random_.Below(kMostDraws))};
    --place.draws_left;
    Slot& slot = family.slots[place.slot];
    if (slot.uses_left == 0 && slot.waiting.empty() && &slot != receiving_) slot.socket.reset();
    if (!slot.socket) {
      const absl::Status opened = Open(family, slot);
      if (absl::IsResourceExhausted(opened)) Shrink(family);
      if (!opened.ok()) {  // another slot may still have its socket
        place.draws_left = 0;
        continue;
      }
    }
    if (slot.uses_left > 0) --slot.uses_left;
    return &slot;
  }
  return nullptr;
}

// What lies beyond the new end is closed, unless queries are on their way from there; the rest of the slots
// open their sockets when they are drawn.
void UpstreamSockets::Shrink(Family& family) {
  size_t open = 0;
  for (size_t i = 0; i < family.size; ++i) open += family.slots[i].socket != nullptr;
  const size_t smaller = std::max<size_t>(open - open / 8, 1);
  for (size_t i = family.size; i-- > smaller;) {
    Slot& slot = family.slots[i];
    if (slot.waiting.empty() && &slot != receiving_) slot.socket.reset();
  }
  family.size = smaller;
}

absl::Status UpstreamSockets::Open(Family& family, Slot& slot) {
  const IpAddress from = family.addresses[random_.Below(family.addresses.size())];
  absl::Status failure;
  for (int draws = 0; draws < kPortDraws; ++draws) {
    const Endpoint local{from, DrawPort(random_)};
    absl::StatusOr<std::unique_ptr<UdpSocket>> opened = network_.OpenUdp(local, slot);
    if (opened.ok()) {
      slot.socket = *std::move(opened);
      slot.own = from;
      slot.port = local.port;
      slot.uses_left = static_cast<uint32_t>(kFewestUses + random_.Below(kMostUses - kFewestUses));
      return absl::OkStatus();
    }
    failure = opened.status();
  }
  return failure;
}

}  // namespace cairn
