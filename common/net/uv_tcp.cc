#include "common/net/uv_tcp.h"

#include <fmt/format.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <deque>

#include "common/base/status.h"

namespace cairn {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLengthOctets = 2;   // before each message (RFC 7766 section 8)
constexpr size_t kHeaderOctets = 12;  // of a DNS message (RFC 1035 section 4.1.1): nothing shorter is one
constexpr int kBacklog = 1024;
constexpr milliseconds kSweepInterval{250};

// Messages of a long answer that are prepared together. Each such piece is one turn of the loop, so that
// transfers and queries share the thread.
constexpr size_t kSourcePieceOctets = 64 * 1024;

// Limits count an IPv6 client by its /64, of which it has 2^64 addresses.
IpAddress AddressBlock(const IpAddress& address) {
  if (!address.is_v6()) return address;
  std::array<uint8_t, 16> octets{};
  std::copy_n(address.octets().begin(), 8, octets.begin());
  return IpAddress::V6(octets);
}

}  // namespace

struct TcpService::Handle {
  uv_tcp_t socket;
  TcpService* service;
};

// ---- One connection

// Lives from accept until the callback of its uv_close.
class TcpConnection {
 public:
  TcpConnection(TcpConnections& all, TcpService& service) : all_(all), service_(&service) {}

  bool Accept(uv_stream_t* listening);
  void Start();
  void Close();

  // An answer that was not ready when its query was read.
  void Reply(ByteView message);
  void ReplyAll(std::unique_ptr<MessageSource> messages);
  // Writes what waits and goes on with queries that had to wait.
  void Flush();

  bool Evictable() const { return in_flight_ == 0 && !Unsent(); }
  bool InMidMessage() const { return !unread_.empty(); }
  size_t HeldOctets() const { return unread_.size() + unsent_.size() + being_written_.size(); }
  uint64_t* Overdue(Instant now, Duration idle_limit);

  uint64_t id = 0;
  IpAddress block;
  std::list<TcpConnection*>::iterator place;
  const TcpService* service() const { return service_; }

 private:
  friend class TcpConnections;

  void OnRead(ssize_t count, const uint8_t* octets);
  void Consume();
  size_t Consume(ByteView input);
  size_t TakeBatch(ByteView input, size_t& batch);
  void HandOver(size_t count);
  void AppendFramed(ByteView message, std::vector<uint8_t>& to);
  void QueueForFlush();
  void Write();
  void TakeFromSource();
  void StartWrite();
  void OnWritten(int status);
  void ReadOrPause();
  void Touch();
  bool TakesTooLong(Instant now);

  bool Unsent() const { return !unsent_.empty() || writing_ || !sources_.empty(); }
  bool MayTakeMore() const {
    return !finished_ && !closing_ && in_flight_ < all_.limits_.queries_in_flight &&
           unsent_.size() + being_written_.size() <= all_.limits_.unsent_octets;
  }

  TcpConnections& all_;
  TcpService* service_;
  uv_tcp_t socket_;
  uv_write_t request_;
  Endpoint client_;
  IpAddress local_;
  uint32_t zone_index_ = 0;

  std::vector<uint8_t> unread_;         // the beginning of a message, or, while reading pauses, whole ones
  std::vector<uint8_t> unsent_;         // answers in their frames
  std::vector<uint8_t> being_written_;  // held still for uv_write
  std::deque<std::unique_ptr<MessageSource>> sources_;  // long answers, one after the other
  size_t in_flight_ = 0;
  size_t last_write_queue_ = 0;
  uint64_t waited_octets_ =
      0;  // given to the system since answers began to wait for the client; 0: none waits
  bool reading_ = false;
  bool writing_ = false;
  bool finished_ = false;  // nothing more is read: the client said so (half-close), or sent what is no DNS
  bool closing_ = false;
  bool held_back_ = false;  // `unread_` may have whole messages: there were answers enough for one write
  bool queued_ = false;     // for FlushReplies
  Instant active_at_{};
  Instant message_began_at_{};
  Instant write_progress_at_{};
  Instant waits_since_{};
};

bool TcpConnection::Accept(uv_stream_t* listening) {
  uv_tcp_init(all_.loop_.handle(), &socket_);
  socket_.data = this;
  if (uv_accept(listening, reinterpret_cast<uv_stream_t*>(&socket_)) != 0) return false;
  sockaddr_storage address{};
  int octets = sizeof address;
  if (uv_tcp_getpeername(&socket_, reinterpret_cast<sockaddr*>(&address), &octets) != 0) return false;
  client_ = FromSystem(reinterpret_cast<const sockaddr&>(address));
  zone_index_ = ZoneIndex(reinterpret_cast<const sockaddr&>(address));
  octets = sizeof address;
  if (uv_tcp_getsockname(&socket_, reinterpret_cast<sockaddr*>(&address), &octets) != 0) return false;
  local_ = FromSystem(reinterpret_cast<const sockaddr&>(address)).address;
  block = AddressBlock(client_.address);
  return true;
}

void TcpConnection::Start() {
  uv_tcp_nodelay(&socket_, 1);
  active_at_ = all_.loop_.clock().Now();
  ReadOrPause();
}

void TcpConnection::Close() {
  if (closing_) return;
  closing_ = true;
  if (id != 0) all_.Remove(*this);
  uv_close(reinterpret_cast<uv_handle_t*>(&socket_),
           [](uv_handle_t* handle) { delete static_cast<TcpConnection*>(handle->data); });
}

void TcpConnection::Touch() {
  active_at_ = all_.loop_.clock().Now();
  all_.by_activity_.splice(all_.by_activity_.end(), all_.by_activity_, place);
}

void TcpConnection::ReadOrPause() {
  if (closing_) return;
  const bool wanted = MayTakeMore() && !held_back_;
  if (wanted == reading_) return;
  reading_ = wanted;
  auto* stream = reinterpret_cast<uv_stream_t*>(&socket_);
  if (!wanted) {
    ++all_.counters_.tcp_paused;
    uv_read_stop(stream);
    return;
  }
  message_began_at_ = all_.loop_.clock().Now();  // while we did not read, the rest could not come
  uv_read_start(
      stream,
      [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
        const TcpConnections& all = static_cast<TcpConnection*>(handle->data)->all_;
        *buffer = uv_buf_init(reinterpret_cast<char*>(all.slab_.get()), TcpConnections::kSlabOctets);
      },
      [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
        static_cast<TcpConnection*>(handle->data)
            ->OnRead(count, reinterpret_cast<const uint8_t*>(buffer->base));
      });
}

void TcpConnection::OnRead(ssize_t count, const uint8_t* octets) {
  if (count == 0) return;
  if (count == UV_EOF) {  // half-close: what was asked is still answered (RFC 7766 section 6.2.4)
    finished_ = true;
    unread_.clear();
    Write();
    return;
  }
  if (count < 0) return Close();

  const ByteView input(octets, static_cast<size_t>(count));
  if (unread_.empty()) {
    const size_t consumed = Consume(input);
    unread_.assign(input.begin() + static_cast<ptrdiff_t>(consumed), input.end());
    message_began_at_ = all_.loop_.clock().Now();
  } else {
    unread_.insert(unread_.end(), input.begin(), input.end());
    Consume();
  }
  Write();
}

void TcpConnection::Consume() {
  const size_t consumed = Consume(unread_);
  if (consumed == 0) return;
  unread_.erase(unread_.begin(), unread_.begin() + static_cast<ptrdiff_t>(consumed));
  if (unread_.empty()) unread_.shrink_to_fit();
  message_began_at_ = all_.loop_.clock().Now();
}

// Hands over whole messages while there is room for their answers; returns how many octets they took.
size_t TcpConnection::Consume(ByteView input) {
  size_t consumed = 0;
  held_back_ = false;
  while (MayTakeMore()) {
    held_back_ = all_.output_.size() > all_.limits_.unsent_octets && consumed < input.size();
    if (held_back_) break;
    size_t batch = 0;
    const size_t taken = TakeBatch(input.subspan(consumed), batch);
    if (batch == 0) break;
    HandOver(batch);
    consumed += taken;
  }
  if (consumed > 0) Touch();
  return finished_ ? input.size() : consumed;
}

// Fills the shared queries with messages of `input`; returns the octets they take. A length that no message
// can have ends the reading: the stream has lost its frame, and nothing behind it can be trusted.
size_t TcpConnection::TakeBatch(ByteView input, size_t& batch) {
  const size_t most = std::min(all_.queries_.size(), all_.limits_.queries_in_flight - in_flight_);
  const auto idle_limit = std::chrono::duration_cast<milliseconds>(all_.IdleLimit());
  size_t taken = 0;
  while (batch < most && input.size() - taken >= kLengthOctets) {
    const size_t length = LoadU16(input.data() + taken);
    if (length < kHeaderOctets) {
      finished_ = true;
      break;
    }
    if (input.size() - taken - kLengthOctets < length) break;
    all_.queries_[batch] = {
        .packet = input.subspan(taken + kLengthOctets, length),
        .to = {.listener = &service_->listener_,
               .connection = id,
               .client = client_,
               .local = local_,
               .zone_index = zone_index_},
        .tcp = true,
        .idle_limit_100ms = static_cast<uint16_t>(idle_limit.count() / 100),
        .reply = {all_.replies_.get() + batch * TcpConnections::kReplyStride, TcpConnections::kReplyOctets},
    };
    taken += kLengthOctets + length;
    ++batch;
  }
  return taken;
}

void TcpConnection::HandOver(size_t count) {
  in_flight_ += count;
  all_.counters_.tcp_queries += count;
  service_->handler_.OnQueries({all_.queries_.data(), count});
  for (size_t i = 0; i < count; ++i) {
    const Query& query = all_.queries_[i];
    if (query.reply_octets == 0) {
      if (query.dropped) --in_flight_;
      continue;
    }
    --in_flight_;
    ++all_.counters_.tcp_answers;
    AppendFramed(query.reply.first(query.reply_octets), all_.output_);
  }
}

void TcpConnection::AppendFramed(ByteView message, std::vector<uint8_t>& to) {
  const size_t at = to.size();
  to.resize(at + kLengthOctets + message.size());
  StoreU16(to.data() + at, static_cast<uint16_t>(message.size()));
  std::memcpy(to.data() + at + kLengthOctets, message.data(), message.size());
}

void TcpConnection::Reply(ByteView message) {
  if (in_flight_ > 0) --in_flight_;
  if (!message.empty()) {
    ++all_.counters_.tcp_answers;
    AppendFramed(message, unsent_);
  }
  QueueForFlush();
}

void TcpConnection::ReplyAll(std::unique_ptr<MessageSource> messages) {
  sources_.push_back(std::move(messages));
  QueueForFlush();
}

void TcpConnection::QueueForFlush() {
  if (queued_) return;
  queued_ = true;
  all_.replied_.push_back(id);
}

void TcpConnection::Flush() {
  queued_ = false;
  Touch();
  if (!unread_.empty() && MayTakeMore()) Consume();
  Write();
}

// Gives the system the answers of this read and those which waited, in one call; keeps what it does not take.
void TcpConnection::Write() {
  std::vector<uint8_t>& output = all_.output_;
  if (!writing_ && (!unsent_.empty() || !output.empty())) {
    std::array<uv_buf_t, 2> buffers;
    unsigned count = 0;
    for (std::vector<uint8_t>* part : {&unsent_, &output}) {
      if (part->empty()) continue;
      buffers[count++] =
          uv_buf_init(reinterpret_cast<char*>(part->data()), static_cast<unsigned>(part->size()));
    }
    const int written = uv_try_write(reinterpret_cast<uv_stream_t*>(&socket_), buffers.data(), count);
    if (written < 0 && written != UV_EAGAIN) {
      output.clear();
      return Close();
    }
    size_t gone = written > 0 ? static_cast<size_t>(written) : 0;
    const size_t of_unsent = std::min(gone, unsent_.size());
    unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<ptrdiff_t>(of_unsent));
    gone -= of_unsent;
    output.erase(output.begin(), output.begin() + static_cast<ptrdiff_t>(gone));
  }
  unsent_.insert(unsent_.end(), output.begin(), output.end());
  output.clear();
  if (unsent_.empty() && !writing_) TakeFromSource();
  if (!Unsent()) {
    waited_octets_ = 0;
    unsent_.shrink_to_fit();
    if (finished_ && in_flight_ == 0) return Close();
  }
  if (!unsent_.empty() && !writing_) StartWrite();
  if (held_back_ && MayTakeMore()) QueueForFlush();  // it took all at once: nothing else would wake us
  ReadOrPause();
}

// The query of a source is in flight until its last message is written.
void TcpConnection::TakeFromSource() {
  while (!sources_.empty() && unsent_.size() < kSourcePieceOctets) {
    const std::span<uint8_t> room(all_.replies_.get(), TcpConnections::kReplyOctets);
    const size_t octets = sources_.front()->Next(room);
    if (octets > 0) {
      AppendFramed(room.first(octets), unsent_);
      continue;
    }
    sources_.pop_front();
    ++all_.counters_.tcp_answers;
    if (in_flight_ > 0) --in_flight_;
  }
}

void TcpConnection::StartWrite() {
  writing_ = true;
  being_written_.swap(unsent_);
  unsent_.clear();
  write_progress_at_ = all_.loop_.clock().Now();
  if (waited_octets_ == 0) waits_since_ = write_progress_at_;
  waited_octets_ += being_written_.size();
  request_.data = this;
  const uv_buf_t buffer = uv_buf_init(reinterpret_cast<char*>(being_written_.data()),
                                      static_cast<unsigned>(being_written_.size()));
  uv_write(
      &request_, reinterpret_cast<uv_stream_t*>(&socket_), &buffer, 1,
      [](uv_write_t* request, int status) { static_cast<TcpConnection*>(request->data)->OnWritten(status); });
  // Of it the system may have taken a part already.
  last_write_queue_ = uv_stream_get_write_queue_size(reinterpret_cast<uv_stream_t*>(&socket_));
}

void TcpConnection::OnWritten(int status) {
  writing_ = false;
  being_written_ = {};
  if (closing_) return;
  if (status != 0) return Close();
  Flush();
}

// Which limit of time the connection has run into, as the counter of its kind; nullptr when none.
uint64_t* TcpConnection::Overdue(Instant now, Duration idle_limit) {
  UvNetworkCounters& counters = all_.counters_;
  if (Unsent()) return TakesTooLong(now) ? &counters.tcp_slow_readers : nullptr;
  const Duration silent = now - active_at_;
  if (in_flight_ > 0) return silent > milliseconds(limits::kTcpAnswerMs) ? &counters.tcp_unanswered : nullptr;
  if (InMidMessage() && now - message_began_at_ > all_.limits_.message) return &counters.tcp_slow_messages;
  return silent > idle_limit ? &counters.tcp_idle : nullptr;
}

// Whether the client has taken nothing for too long, or too little since its answers began to wait.
bool TcpConnection::TakesTooLong(Instant now) {
  const size_t queue = uv_stream_get_write_queue_size(reinterpret_cast<uv_stream_t*>(&socket_));
  if (queue != last_write_queue_) {
    last_write_queue_ = queue;
    write_progress_at_ = now;
  }
  const TcpLimits& limits = all_.limits_;
  if (now - write_progress_at_ > limits.stalled) return true;
  const Duration over = now - waits_since_ - limits.stalled;
  if (over <= Duration::zero()) return false;
  const auto least = static_cast<uint64_t>(std::chrono::duration<double>(over).count() *
                                           static_cast<double>(limits.least_octets_per_second));
  return waited_octets_ - queue < least;
}

// ---- All connections of a thread

TcpConnections::TcpConnections(UvLoop& loop, const TcpLimits& limits, UvNetworkCounters& counters)
    : loop_(loop),
      limits_(limits),
      counters_(counters),
      sweep_(loop.timers()),
      slab_(std::make_unique_for_overwrite<uint8_t[]>(kSlabOctets)),
      replies_(std::make_unique_for_overwrite<uint8_t[]>(limits::kUdpBatch * kReplyStride)) {}

void TcpConnections::Accept(TcpService& service) {
  auto connection = std::make_unique<TcpConnection>(*this, service);
  TcpConnection& newcomer = *connection.release();  // from here on its close callback frees it
  if (!newcomer.Accept(reinterpret_cast<uv_stream_t*>(&service.handle_->socket)) ||
      !MakeRoom(newcomer.block)) {
    ++counters_.tcp_refused;
    return newcomer.Close();
  }
  ++counters_.tcp_accepted;
  newcomer.id = Enrol(newcomer);
  newcomer.Start();
  if (!sweep_.pending()) sweep_.Set(loop_.clock().Now() + kSweepInterval, [this] { Sweep(); });
}

bool TcpConnections::MakeRoom(const IpAddress& block) {
  const auto of_block = per_block_.find(block);
  const bool block_full = of_block != per_block_.end() && of_block->second >= limits_.connections_per_address;
  if (!block_full && size() < limits_.connections) return true;
  TcpConnection* evicted = OldestEvictable(block_full ? &block : nullptr);
  if (evicted == nullptr) return false;
  ++counters_.tcp_evicted;
  evicted->Close();
  return true;
}

// An idle one rather than one in the middle of a message: both did least for longest.
TcpConnection* TcpConnections::OldestEvictable(const IpAddress* block) {
  TcpConnection* in_mid_message = nullptr;
  for (TcpConnection* connection : by_activity_) {
    if (!connection->Evictable() || (block != nullptr && connection->block != *block)) continue;
    if (!connection->InMidMessage()) return connection;
    if (in_mid_message == nullptr) in_mid_message = connection;
  }
  return in_mid_message;
}

uint64_t TcpConnections::Enrol(TcpConnection& connection) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[index];
  slot.connection = &connection;
  slot.generation += slot.generation == UINT32_MAX ? 2 : 1;  // never 0: an id of 0 means UDP
  ++per_block_[connection.block];
  connection.place = by_activity_.insert(by_activity_.end(), &connection);
  return uint64_t{slot.generation} << 32 | index;
}

void TcpConnections::Remove(TcpConnection& connection) {
  const auto index = static_cast<uint32_t>(connection.id);
  slots_[index].connection = nullptr;
  free_slots_.push_back(index);
  const auto of_block = per_block_.find(connection.block);
  if (--of_block->second == 0) per_block_.erase(of_block);
  by_activity_.erase(connection.place);
}

TcpConnection* TcpConnections::Find(uint64_t id) {
  const auto index = static_cast<uint32_t>(id);
  if (index >= slots_.size() || slots_[index].generation != id >> 32) return nullptr;
  return slots_[index].connection;
}

void TcpConnections::CloseAllOf(const TcpService& service) {
  for (auto next = by_activity_.begin(); next != by_activity_.end();) {
    TcpConnection* connection = *next++;
    if (connection->service() == &service) connection->Close();
  }
}

void TcpConnections::Reply(const ReplyTo& to, ByteView message) {
  TcpConnection* connection = Find(to.connection);
  if (connection != nullptr) connection->Reply(message);
}

void TcpConnections::ReplyAll(const ReplyTo& to, std::unique_ptr<MessageSource> messages) {
  TcpConnection* connection = Find(to.connection);
  if (connection != nullptr) connection->ReplyAll(std::move(messages));
}

// A flush may hand queries over which are answered by Reply at once: until nobody waits any more. What can be
// handed over is bounded by what was read before.
void TcpConnections::FlushReplies() {
  for (size_t i = 0; i < replied_.size(); ++i) {
    TcpConnection* connection = Find(replied_[i]);
    if (connection != nullptr) connection->Flush();
  }
  replied_.clear();
}

size_t TcpConnections::HeldOctets() const {
  size_t octets = output_.size();
  for (const TcpConnection* connection : by_activity_) octets += connection->HeldOctets();
  return octets;
}

// The whole limit up to 40 % of the connections, then falling in a straight line to the lower one at 80 %.
Duration TcpConnections::IdleLimit() const {
  const double load = static_cast<double>(size()) / static_cast<double>(limits_.connections);
  const double pressure = std::clamp((load - 0.4) / 0.4, 0.0, 1.0);
  const auto range = static_cast<double>((limits_.idle - limits_.idle_under_load).count());
  return limits_.idle - Duration(static_cast<int64_t>(pressure * range));
}

void TcpConnections::Sweep() {
  const Instant now = loop_.clock().Now();
  const Duration idle_limit = IdleLimit();
  for (auto next = by_activity_.begin(); next != by_activity_.end();) {
    TcpConnection* connection = *next++;
    uint64_t* const kind = connection->Overdue(now, idle_limit);
    if (kind == nullptr) continue;
    ++*kind;
    connection->Close();
  }
  if (!by_activity_.empty()) sweep_.Set(now + kSweepInterval, [this] { Sweep(); });
}

// ---- The listening socket

TcpService::TcpService(Listener& listener, QueryHandler& handler, TcpConnections& connections)
    : listener_(listener), handler_(handler), connections_(connections), handle_(new Handle{{}, this}) {}

absl::StatusOr<std::unique_ptr<TcpService>> TcpService::Listen(UvLoop& loop, Descriptor fd,
                                                               Listener& listener, QueryHandler& handler,
                                                               TcpConnections& connections) {
  const Endpoint local = LocalEndpoint(fd.get());
  auto service = std::unique_ptr<TcpService>(new TcpService(listener, handler, connections));
  uv_tcp_t& socket = service->handle_->socket;
  uv_tcp_init(loop.handle(), &socket);
  socket.data = service->handle_;
  int error = uv_tcp_open(&socket, fd.get());
  if (error == 0) {
    fd.Release();  // now the handle's
    error = uv_listen(reinterpret_cast<uv_stream_t*>(&socket), kBacklog, [](uv_stream_t* stream, int status) {
      TcpService& self = *static_cast<Handle*>(stream->data)->service;
      if (status == 0) {
        self.connections_.Accept(self);
      } else {
        ++self.connections_.counters_
              .tcp_refused;  // libuv has closed it, so that a lack of descriptors never spins
      }
    });
  }
  if (error == 0) return service;
  return Err(absl::StatusCode::kUnavailable,
             fmt::format("{}: cannot listen over TCP: {}", local.ToText(), uv_strerror(error)));
}

TcpService::~TcpService() {
  connections_.CloseAllOf(*this);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->socket),
           [](uv_handle_t* socket) { delete static_cast<Handle*>(socket->data); });
}

}  // namespace cairn
