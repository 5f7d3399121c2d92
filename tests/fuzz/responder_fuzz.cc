// Any packet at all to a Responder that serves zones with every corner of RFC 1034 section 4.3.2. The
// property: silence to what is no query (QR set, RFC 1035 section 4.1.1), else one reply that Message::Parse
// accepts, with the query's ID and QR set, within the size its transport allows; and over UDP the same reply
// in a batch as alone, and out of the answer cache as composed. Cookies, NSID, names of class CHAOS and a
// rate limit are on: a limited client gets the same, TC without data, or silence.
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "authoritative/responder.h"
#include "authoritative/zone_loader.h"
#include "common/dns/binary_text.h"
#include "common/dns/message.h"
#include "common/dnssec/nsec3_hash.h"

namespace {

using namespace cairn;

constexpr std::string_view kZone =
    "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\n@ 60 MX 1 ns\n@ 60 NSEC a NS SOA MX NSEC\nns 60 A 192.0.2.1\nns "
    "60 AAAA 2001:db8::1\n"
    "@ 60 RRSIG SOA 13 1 60 20300101000000 20260101000000 1 @ AAAA\n"  // what makes it a signed zone
    "a 60 CNAME b\nb 60 CNAME a\n*.w 60 CNAME x.w\n*.w2 60 TXT x\nd 60 DNAME w2\nl 60 DNAME d.l\n"
    "c 60 NS ns.c\nc 60 NS ns\nns.c 60 A 192.0.2.2\nc 60 DS 1 13 2 "
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n"
    "a 60 NSEC w2 CNAME NSEC\nw2 60 NSEC @ NSEC\nx.e 60 A 192.0.2.3\n"
    "big 60 TXT "
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaa "
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    "bbbbbbbbbbbb "
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    "cccccccccccc "
    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
    "dddddddddddd\n";

// The same with NSEC3, under "n3.": some names have one and some have none, as if in opt-out spans.
std::string Nsec3ZoneText() {
  std::string text(kZone);
  text += "@ 60 NSEC3PARAM 1 0 1 AB\n";
  for (const char* name : {"n3.", "w2.n3.", "*.w2.n3.", "d.n3."}) {
    const uint8_t salt[] = {0xab};
    std::string hash;
    AppendBase32Hex(HashOwnerName(Name::Literal(name), 1, salt), hash);
    text += hash + " 60 NSEC3 1 1 1 AB " + hash + " A RRSIG\n";
  }
  return text;
}

// Time stands still, so that equal inputs get equal replies.
class StillClock final : public Clock {
 public:
  Instant Now() const override { return Instant(std::chrono::hours(1)); }
  WallTime Wall() const override { return {1'800'000'000}; }
};

const std::shared_ptr<const ZoneSet>& Zones() {
  static const auto* const set = [] {
    std::vector<std::shared_ptr<const Zone>> zones;
    for (const char* apex : {"z.", "c.z.", "."}) {
      LoadedZone loaded = LoadZoneText(Name::Literal(apex), kZone, "zone");
      if (loaded.zone == nullptr) std::abort();
      zones.push_back(std::move(loaded.zone));
    }
    LoadedZone hashed = LoadZoneText(Name::Literal("n3."), Nsec3ZoneText(), "zone");
    if (hashed.zone == nullptr || hashed.zone->denial() != Denial::kNsec3) std::abort();
    zones.push_back(std::move(hashed.zone));
    return new std::shared_ptr<const ZoneSet>(ZoneSet::Of(std::move(zones)));
  }();
  return *set;
}

Responder* Serving(ResponderOptions options, const Clock* clock) {
  auto* made = new Responder(std::move(options), clock);
  made->SetZones(Zones());
  return made;
}

Responder& TheResponder() {
  static const StillClock clock;
  static Responder* const responder = Serving({.edns = {.nsid = "ns1.fra"},
                                               .identity = {.identity = "ns1.fra", .version = "fuzzed"},
                                               .rate_limit = {.responses_per_second = 1, .burst = 3}},
                                              &clock);
  return *responder;
}

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckReply(ByteView packet, const Query& query, size_t limit) {
  const bool silent = packet.size() < kHeaderOctets || (packet[2] & 0x80) != 0;
  Require(silent == (query.reply_octets == 0));
  Require(silent == query.dropped);
  if (silent) return;
  const ByteView reply(query.reply.data(), query.reply_octets);
  Require(reply.size() <= limit);
  Require(reply[0] == packet[0] && reply[1] == packet[1] && (reply[2] & 0x80) != 0);
  Require(Message::Parse(reply).ok());
}

// The account of this client is empty from the fourth reply on about one subject.
void CheckLimitedReply(ByteView packet) {
  static std::array<uint8_t, 4096> reply;
  Query query;
  query.packet = packet;
  query.to.client.address = IpAddress::Literal("192.0.2.1");
  query.reply = reply;
  TheResponder().OnQueries({&query, 1});
  if (query.reply_octets != 0) {
    CheckReply(packet, query, 1232);
  } else {
    Require(query.dropped);
  }
}

std::vector<uint8_t> ReplyOf(Responder& responder, ByteView packet) {
  std::vector<uint8_t> reply(4096);
  Query query;
  query.packet = packet;
  query.reply = reply;
  responder.OnQueries({&query, 1});
  reply.resize(query.reply_octets);
  return reply;
}

void CheckKeptAnswer(ByteView packet) {
  static Responder* const composing = Serving({}, nullptr);
  static Responder* const keeping = Serving({.answer_cache_octets = size_t{1} << 18}, nullptr);
  const std::vector<uint8_t> composed = ReplyOf(*composing, packet);
  for (int i = 0; i < 3; ++i) {  // missed, kept, copied
    const std::vector<uint8_t> reply = ReplyOf(*keeping, packet);
    Require(reply.empty() == composed.empty());
    if (!reply.empty()) Require(Message::Parse(reply)->ToWire() == Message::Parse(composed)->ToWire());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const replies = new std::array<std::array<uint8_t, 65535>, 3>;
  const ByteView packet(data, size);
  std::array<Query, 2> batch;
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i].packet = packet;
    batch[i].to.client.address = IpAddress::Literal("127.0.0.1");  // no limit
    batch[i].reply = std::span((*replies)[i]).first(4096);
  }
  TheResponder().OnQueries(batch);
  for (const Query& query : batch) CheckReply(packet, query, 1232);
  Require(batch[0].reply_octets == batch[1].reply_octets &&
          std::equal((*replies)[0].begin(), (*replies)[0].begin() + batch[0].reply_octets,
                     (*replies)[1].begin()));

  Query query;
  query.packet = packet;
  query.tcp = true;
  query.reply = (*replies)[2];
  TheResponder().OnQueries({&query, 1});
  CheckReply(packet, query, kMaxMessageOctets);
  CheckLimitedReply(packet);
  CheckKeptAnswer(packet);
  return 0;
}
