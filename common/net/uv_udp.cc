#include "common/net/uv_udp.h"

#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cairn {
namespace {

bool IsWildcard(const IpAddress& address) {
  return std::ranges::all_of(address.octets(), [](uint8_t octet) { return octet == 0; });
}

// Ancillary data that makes a datagram leave from `source`; returns its length.
size_t WriteSource(const IpAddress& source, uint32_t zone_index, PacketInfo& info) {
  msghdr header{};
  header.msg_control = info.octets.data();
  header.msg_controllen = info.octets.size();
  info.octets.fill(0);
  cmsghdr* control = CMSG_FIRSTHDR(&header);
  if (source.is_v6()) {
    in6_pktinfo v6{};
    std::memcpy(&v6.ipi6_addr, source.octets().data(), 16);
    v6.ipi6_ifindex = zone_index;
    control->cmsg_level = IPPROTO_IPV6;
    control->cmsg_type = IPV6_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof v6);
    std::memcpy(CMSG_DATA(control), &v6, sizeof v6);
    return CMSG_SPACE(sizeof v6);
  }
  in_pktinfo v4{};
  std::memcpy(&v4.ipi_spec_dst, source.octets().data(), 4);
  control->cmsg_level = IPPROTO_IP;
  control->cmsg_type = IP_PKTINFO;
  control->cmsg_len = CMSG_LEN(sizeof v4);
  std::memcpy(CMSG_DATA(control), &v4, sizeof v4);
  return CMSG_SPACE(sizeof v4);
}

}  // namespace

// ---- Receiving

UdpReceiveBatch::UdpReceiveBatch() {
  for (size_t i = 0; i < limits::kUdpBatch; ++i) {
    parts_[i] = {.iov_base = slots_[i].data(), .iov_len = slots_[i].size()};
    headers_[i] = {};
    headers_[i].msg_hdr.msg_name = &senders_[i];
    headers_[i].msg_hdr.msg_iov = &parts_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_control = infos_[i].octets.data();
  }
}

size_t UdpReceiveBatch::Receive(int fd, size_t most) {
  for (size_t i = 0; i < most; ++i) {
    headers_[i].msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    headers_[i].msg_hdr.msg_controllen = infos_[i].octets.size();
  }
  const int count = recvmmsg(fd, headers_.data(), static_cast<unsigned>(most), MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<size_t>(count) : 0;
}

IpAddress UdpReceiveBatch::AskedAddress(size_t i, const IpAddress& bound) const {
  const cmsghdr* control = CMSG_FIRSTHDR(&headers_[i].msg_hdr);
  if (control == nullptr) return bound;
  if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo v6;
    std::memcpy(&v6, CMSG_DATA(control), sizeof v6);
    return IpAddress::V6({v6.ipi6_addr.s6_addr, 16});
  }
  if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
    in_pktinfo v4;
    std::memcpy(&v4, CMSG_DATA(control), sizeof v4);
    return IpAddress::V4({reinterpret_cast<const uint8_t*>(&v4.ipi_spec_dst), 4});
  }
  return bound;
}

// The ancillary data received says, handed back, where to send from. Only the interface must not be pinned:
// the way back may be another one (link-local addresses carry theirs in the sender's address).
void UdpReceiveBatch::Address(size_t i, mmsghdr& header) const {
  const msghdr& from = headers_[i].msg_hdr;
  header.msg_hdr.msg_name = from.msg_name;
  header.msg_hdr.msg_namelen = from.msg_namelen;
  header.msg_hdr.msg_control = from.msg_controllen == 0 ? nullptr : from.msg_control;
  header.msg_hdr.msg_controllen = from.msg_controllen;
  cmsghdr* control = CMSG_FIRSTHDR(&header.msg_hdr);
  if (control == nullptr) return;
  const unsigned any_interface = 0;
  const size_t interface_at = control->cmsg_level == IPPROTO_IPV6 ? offsetof(in6_pktinfo, ipi6_ifindex)
                                                                  : offsetof(in_pktinfo, ipi_ifindex);
  std::memcpy(CMSG_DATA(control) + interface_at, &any_interface, sizeof any_interface);
}

// ---- Sending

namespace {

// Errors which speak of the way to one destination, not of the socket.
bool MeansNoRoute(int error) {
  return error == ENETUNREACH || error == EHOSTUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT ||
         error == EINVAL ||
         error == EPERM;  // EINVAL: from a loopback address to elsewhere; EPERM: a packet filter
}

}  // namespace

size_t SendBatch(int fd, mmsghdr* headers, size_t count, std::vector<size_t>* no_route) {
  size_t sent = 0;
  for (size_t next = 0; next < count;) {
    const int taken = sendmmsg(fd, headers + next, static_cast<unsigned>(count - next), MSG_DONTWAIT);
    if (taken > 0) {
      sent += static_cast<size_t>(taken);
      next += static_cast<size_t>(taken);
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      break;
    } else if (errno != EINTR) {
      if (no_route != nullptr && MeansNoRoute(errno)) no_route->push_back(next);
      ++next;
    }
  }
  return sent;
}

UdpOutbox::~UdpOutbox() {
  tell_no_route_ = nullptr;
  Flush();
  std::erase(waiting_, this);
}

void UdpOutbox::Add(const Endpoint& to, uint32_t zone_index, const IpAddress* source, ByteView datagram) {
  if (queue_.empty()) waiting_.push_back(this);
  Waiting& entry = queue_.emplace_back();
  entry.to = ToSystem(to, zone_index);
  entry.info_octets = source == nullptr ? 0 : WriteSource(*source, zone_index, entry.info);
  entry.begin = octets_.size();
  entry.octets = datagram.size();
  octets_.insert(octets_.end(), datagram.begin(), datagram.end());
}

size_t UdpOutbox::Flush() {
  size_t sent = 0;
  std::array<mmsghdr, limits::kUdpBatch> headers;
  std::array<iovec, limits::kUdpBatch> parts;
  for (size_t next = 0; next < queue_.size();) {
    const size_t count = std::min(queue_.size() - next, limits::kUdpBatch);
    for (size_t i = 0; i < count; ++i) {
      Waiting& entry = queue_[next + i];
      parts[i] = {.iov_base = octets_.data() + entry.begin, .iov_len = entry.octets};
      headers[i] = {};
      headers[i].msg_hdr.msg_name = &entry.to;
      headers[i].msg_hdr.msg_namelen = entry.to.octets;
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_hdr.msg_control = entry.info_octets == 0 ? nullptr : entry.info.octets.data();
      headers[i].msg_hdr.msg_controllen = entry.info_octets;
    }
    std::vector<size_t> no_route;  // allocates only when there is one
    const size_t taken = SendBatch(fd_, headers.data(), count, tell_no_route_ ? &no_route : nullptr);
    for (const size_t index : no_route) tell_no_route_(FromSystem(queue_[next + index].to.any));
    counters_.udp_send_failures += count - taken;
    sent += taken;
    next += count;
  }
  queue_.clear();
  octets_.clear();
  return sent;
}

// ---- Waiting

struct UvPoll::Handle {
  uv_poll_t poll;   // asks the system
  uv_idle_t again;  // does not
  Readable readable;
  void* owner;
  int open = 2;

  void Watch() {
    uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* watched, int, int) {
      auto& handle = *static_cast<Handle*>(watched->data);
      if (!handle.readable(handle.owner)) return;
      uv_poll_stop(watched);
      uv_idle_start(&handle.again, [](uv_idle_t* idle) { static_cast<Handle*>(idle->data)->CallAgain(); });
    });
  }
  void CallAgain() {
    if (readable(owner)) return;
    uv_idle_stop(&again);
    Watch();
  }
  static void OnClosed(uv_handle_t* closed) {
    auto* handle = static_cast<Handle*>(closed->data);
    if (--handle->open == 0) delete handle;
  }
};

UvPoll::UvPoll(UvLoop& loop, int fd, Readable readable, void* owner)
    : handle_(new Handle{.poll = {}, .again = {}, .readable = readable, .owner = owner}) {
  handle_->poll.data = handle_->again.data = handle_;
  uv_poll_init(loop.handle(), &handle_->poll, fd);
  uv_idle_init(loop.handle(), &handle_->again);
  handle_->Watch();
}

UvPoll::~UvPoll() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll), &Handle::OnClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->again), &Handle::OnClosed);
}

// ---- Serving

UdpService::UdpService(UvLoop& loop, Descriptor fd, Listener& listener, QueryHandler& handler,
                       UdpBuffers& buffers, UvNetworkCounters& counters)
    : fd_(std::move(fd)),
      bound_(LocalEndpoint(fd_.get()).address),
      wildcard_(IsWildcard(bound_)),
      listener_(listener),
      handler_(handler),
      buffers_(buffers),
      counters_(counters),
      outbox_(fd_.get(), buffers.waiting, counters),
      poll_(
          loop, fd_.get(), [](void* service) { return static_cast<UdpService*>(service)->OnReadable(); },
          this) {
  if (!wildcard_) return;
  const int on = 1;
  if (bound_.is_v6()) {
    setsockopt(fd_.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  } else {
    setsockopt(fd_.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  }
}

// A batch that is not full has emptied the socket; what came meanwhile wakes us again.
bool UdpService::OnReadable() {
  for (int batch = 0; batch < limits::kUdpBatchesPerWake; ++batch) {
    const size_t count = buffers_.received.Receive(fd_.get(), limits::kUdpBatch);
    if (count > 0) AnswerBatch(count);
    if (count < limits::kUdpBatch) return false;
  }
  return true;
}

void UdpService::AnswerBatch(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const sockaddr& from = buffers_.received.from(i);
    // A datagram cut off by its slot is no query: an empty packet, which every handler drops.
    buffers_.queries[i] = {
        .packet = buffers_.received.whole(i) ? buffers_.received.datagram(i) : ByteView{},
        .to = {.listener = &listener_,
               .client = FromSystem(from),
               .local = wildcard_ ? buffers_.received.AskedAddress(i, bound_) : bound_,
               .zone_index = ZoneIndex(from)},
        .reply = buffers_.replies[i],
    };
  }
  counters_.udp_queries += count;
  handler_.OnQueries({buffers_.queries.data(), count});
  SendReplies(count);
}

void UdpService::SendReplies(size_t count) {
  size_t replies = 0;
  for (size_t i = 0; i < count; ++i) {
    if (buffers_.queries[i].reply_octets == 0) continue;
    iovec& part = buffers_.parts[replies];
    part = {.iov_base = buffers_.queries[i].reply.data(), .iov_len = buffers_.queries[i].reply_octets};
    mmsghdr& header = buffers_.headers[replies++];
    header = {};
    header.msg_hdr.msg_iov = &part;
    header.msg_hdr.msg_iovlen = 1;
    buffers_.received.Address(i, header);
  }
  const size_t sent = SendBatch(fd_.get(), buffers_.headers.data(), replies);
  counters_.udp_answers += sent;
  counters_.udp_send_failures += replies - sent;
}

void UdpService::Reply(const ReplyTo& to, ByteView message) {
  if (message.empty()) return;
  outbox_.Add(to.client, to.zone_index, wildcard_ ? &to.local : nullptr, message);
  counters_.udp_answers += 1;
}

// ---- Asking

UvUdpSocket::UvUdpSocket(UvLoop& loop, Descriptor fd, UdpReceiver& receiver, UdpBuffers& buffers,
                         UvNetworkCounters& counters)
    : fd_(std::move(fd)),
      local_(LocalEndpoint(fd_.get())),
      receiver_(receiver),
      buffers_(buffers),
      outbox_(fd_.get(), buffers.waiting, counters),
      no_route_timer_(loop.timers()),
      poll_(loop, fd_.get(), &UvUdpSocket::Readable, this) {
  outbox_.OnNoRoute([this](const Endpoint& to) {
    no_route_.push_back(to);
    if (!no_route_timer_.pending()) no_route_timer_.Set(Instant(), [this] { TellNoRoute(); });
  });
}

// From a turn of the loop of its own: what the receiver does then may send again, or destroy other sockets.
void UvUdpSocket::TellNoRoute() {
  const std::vector<Endpoint> unreachable = std::exchange(no_route_, {});
  for (const Endpoint& to : unreachable) receiver_.OnNoRoute(*this, to);
}

bool UvUdpSocket::Readable(void* socket) {
  static_cast<UvUdpSocket*>(socket)->OnReadable();
  return false;
}

void UvUdpSocket::OnReadable() {
  constexpr size_t kBatch = limits::kUdpBatch / 2;  // replies to one of many sockets rarely come in crowds
  for (int batch = 0; batch < limits::kUdpBatchesPerWake; ++batch) {
    const size_t count = buffers_.received.Receive(fd_.get(), kBatch);
    for (size_t i = 0; i < count; ++i) {
      if (!buffers_.received.whole(i)) continue;
      const Endpoint from = FromSystem(buffers_.received.from(i));
      receiver_.OnDatagram(*this, from, buffers_.received.datagram(i));
    }
    if (count < kBatch) return;
  }
}

}  // namespace cairn
