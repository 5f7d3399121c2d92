#include "authoritative/serve_transfer.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "common/base/limits.h"
#include "common/dns/message.h"
#include "common/dns/message_writer.h"
#include "common/dns/rdata_fields.h"
#include "common/dns/rr_types.h"

namespace cairn {
namespace {

// Whether a packet asks for AXFR or IXFR, over UDP for IXFR, without reading it properly: that is done for
// those which do.
bool AsksForTransfer(ByteView packet, bool tcp) {
  const size_t end = std::min(packet.size(), kHeaderOctets + kMaxNameOctets + 2);
  size_t at = kHeaderOctets;
  while (at < end && packet[at] != 0) at += 1 + size_t{packet[at]};
  if (at + 3 > end) return false;
  const RrType qtype{LoadU16(packet.data() + at + 1)};
  return qtype == rr::kIxfr || (tcp && qtype == rr::kAxfr);
}

std::string KeyOf(NameView apex) { return std::string(AsText(Name(apex).ToLower().wire())); }

// The serial which an IXFR client says to have (RFC 1995 section 3); nullopt when it says none.
std::optional<uint32_t> SerialOfClient(ByteView packet) {
  const absl::StatusOr<Message> query = Message::Parse(packet);
  if (!query.ok() || query->authority.size() != 1 || query->authority[0].type != rr::kSoa)
    return std::nullopt;
  const std::vector<uint8_t>& soa = query->authority[0].rdata;
  return LoadU32(soa.data() + soa.size() - 20);  // after two names: SERIAL and four further integers
}

constexpr size_t kPointerLimit = 0x4000;  // an offset has 14 bits (RFC 1035 section 4.1.4)

// How many octets of `name` stand before `suffix`, when it ends in that, spelled alike: compression must not
// change letters (RFC 5936 section 3.4). nullopt for the root, since a pointer would be longer.
std::optional<size_t> OctetsBefore(NameView suffix, NameView name) {
  if (suffix.IsRoot()) return std::nullopt;
  size_t at = 0;
  while (name.size() - at > suffix.size()) at += 1 + size_t{name.data()[at]};
  const bool ends_in_it =
      name.size() - at == suffix.size() && std::memcmp(name.data() + at, suffix.data(), suffix.size()) == 0;
  return ends_in_it ? std::optional(at) : std::nullopt;
}

// RFC 1982 section 3.2: whether `theirs` is `ours` or newer.
bool UpToDate(uint32_t theirs, uint32_t ours) { return static_cast<int32_t>(theirs - ours) >= 0; }

}  // namespace

// ---- Who

TransferRules::TransferRules(const std::vector<ZoneOptions>& zones) {
  for (const ZoneOptions& zone : zones) {
    if (!zone.transfer.empty()) by_apex_.emplace(KeyOf(zone.name), zone.transfer);
  }
}

bool TransferRules::Allows(NameView apex, const IpAddress& client) const {
  const auto rules = by_apex_.find(KeyOf(apex));
  return rules != by_apex_.end() && std::ranges::any_of(rules->second, [&client](const TransferRule& rule) {
           return rule.net.Contains(client);
         });
}

// ---- What

// A running transfer's entry in Running.
class TransferService::Place {
 public:
  Place(std::shared_ptr<Running> running, const IpAddress& client)
      : running_(std::move(running)), client_(client) {
    ++running_->all;
    ++running_->per_client[client_];
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    --running_->all;
    if (--running_->per_client[client_] == 0) running_->per_client.erase(client_);
  }

 private:
  std::shared_ptr<Running> running_;
  const IpAddress client_;
};

// SOA, everything else, SOA again (RFC 5936 section 2.2): glue and occluded data too, names in the case of
// the zone file. One snapshot from the first message to the last. Each message repeats the question, so that
// every name can end in a pointer to the apex at octet 12; names of a record's RDATA (RFC 3597 section 4) may
// also end in one to its owner, as those of in-domain name servers do.
class TransferService::WholeZone final : public MessageSource {
 public:
  WholeZone(const Query& query, const QueryView& view, const ResponseOpt& opt,
            std::shared_ptr<const Zone> zone, bool soa_alone, std::unique_ptr<Place> place)
      : zone_(std::move(zone)),
        place_(std::move(place)),
        head_(query.packet.begin(),
              query.packet.begin() + static_cast<ptrdiff_t>(kHeaderOctets + view.question_octets)),
        opt_(opt),
        stage_(soa_alone ? Stage::kSoaAlone : Stage::kFirstSoa),
        node_(zone_->begin()),
        apex_at_(view.qname(query.packet).SameSpelling(zone_->apex()) ? kHeaderOctets : 0) {
    const Header header{.id = view.id, .response = true, .authoritative = true};
    StoreU16(head_.data() + 2, header.Flags());
    StoreU16(head_.data() + 4, 1);
  }

  size_t Next(std::span<uint8_t> out) override;

 private:
  enum class Stage { kFirstSoa, kSoaAlone, kNodes, kLastSoa, kDone };

  void AddNodes();
  bool EnterNode();
  bool AddSoa();
  void SetOwner(Node node);
  bool AddRecord(RrType type, Ttl ttl, ByteView rdata);
  void PutOwner();
  void PutRdata(RrType type, ByteView rdata);
  void PutNameInRdata(NameView name);
  void PutBeforePointer(ByteView octets, size_t target);
  void Put(ByteView octets);

  const std::shared_ptr<const Zone> zone_;
  const std::unique_ptr<Place> place_;
  std::vector<uint8_t> head_;  // header and question
  ResponseOpt opt_;            // of the first message
  Stage stage_;

  // Where the next record stands.
  Zone::Iterator node_;
  bool in_node_ = false;
  Node::RrsetIterator rrset_;
  RrsetView::Iterator rdata_;
  NameBuffer owner_buffer_;
  NameView owner_;

  // What pointers may lead to in this message; 0 is nothing.
  size_t apex_at_;
  size_t owner_at_ = 0;

  // The message being written.
  std::span<uint8_t> out_;
  size_t size_ = 0;
  uint16_t records_ = 0;
};

size_t TransferService::WholeZone::Next(std::span<uint8_t> out) {
  if (stage_ == Stage::kDone) return 0;
  out_ = out.first(out.size() - opt_.FirmOctets());
  std::memcpy(out_.data(), head_.data(), head_.size());
  size_ = head_.size();
  records_ = 0;
  owner_at_ = 0;
  if (stage_ == Stage::kFirstSoa || stage_ == Stage::kSoaAlone) {
    AddSoa();
    stage_ = stage_ == Stage::kSoaAlone ? Stage::kDone : Stage::kNodes;
  }
  if (stage_ == Stage::kNodes) AddNodes();
  if (stage_ == Stage::kLastSoa && AddSoa()) stage_ = Stage::kDone;
  if (records_ == 0) {  // a record that no message can hold: the client sees that the end is missing
    stage_ = Stage::kDone;
    return 0;
  }
  StoreU16(out.data() + 6, records_);
  StoreU16(out.data() + 8, 0);
  StoreU16(out.data() + 10, opt_.present ? 1 : 0);
  const size_t octets = size_ + opt_.Write(Rcode::kNoError, out.subspan(size_));
  opt_.present = false;  // the first message alone has an OPT (RFC 5936 section 2.2.5)
  return octets;
}

// As many records as fit; goes on in the middle of a set.
void TransferService::WholeZone::AddNodes() {
  for (; node_ != zone_->end(); ++node_, in_node_ = false) {
    if (!in_node_ && !EnterNode()) continue;
    const Node node = *node_;
    while (rrset_ != node.end()) {
      const RrsetView rrset = *rrset_;
      const bool is_soa = rrset.type() == rr::kSoa;
      for (; rdata_ != rrset.end(); ++rdata_) {
        if (!is_soa && !AddRecord(rrset.type(), node.TtlOf(rrset, *rdata_), *rdata_)) return;
      }
      ++rrset_;
      if (rrset_ != node.end()) rdata_ = (*rrset_).begin();
    }
  }
  stage_ = Stage::kLastSoa;
}

// False when the node has no records: an empty non-terminal.
bool TransferService::WholeZone::EnterNode() {
  const Node node = *node_;
  if (node.empty()) return false;
  in_node_ = true;
  rrset_ = node.begin();
  rdata_ = (*rrset_).begin();
  SetOwner(node);
  return true;
}

bool TransferService::WholeZone::AddSoa() {
  in_node_ = false;
  SetOwner(zone_->apex_node());
  return AddRecord(rr::kSoa, zone_->soa().ttl(), zone_->soa().front());
}

void TransferService::WholeZone::SetOwner(Node node) {
  owner_ = node.OwnerInto(owner_buffer_);
  owner_at_ = 0;
}

bool TransferService::WholeZone::AddRecord(RrType type, Ttl ttl, ByteView rdata) {
  constexpr size_t kFixedOctets = 10;
  if (out_.size() - size_ < owner_.size() + kFixedOctets + rdata.size()) return false;
  PutOwner();
  uint8_t* fixed = out_.data() + size_;
  StoreU16(fixed, type.value);
  StoreU16(fixed + 2, kClassIn.value);
  StoreU32(fixed + 4, ttl.seconds());
  size_ += kFixedOctets;
  const size_t rdata_at = size_;
  PutRdata(type, rdata);
  StoreU16(fixed + 8, static_cast<uint16_t>(size_ - rdata_at));
  ++records_;
  return true;
}

// Later records of a node point to the first.
void TransferService::WholeZone::PutOwner() {
  if (owner_at_ != 0) return PutBeforePointer({}, owner_at_);
  const std::optional<size_t> before_apex = OctetsBefore(zone_->apex(), owner_);
  if (apex_at_ != 0 && before_apex == 0) {
    owner_at_ = apex_at_;
    return PutBeforePointer({}, apex_at_);
  }
  if (size_ < kPointerLimit && !owner_.IsRoot()) owner_at_ = size_;
  if (apex_at_ != 0 && before_apex) return PutBeforePointer(owner_.wire().first(*before_apex), apex_at_);
  Put(owner_.wire());
}

void TransferService::WholeZone::PutRdata(RrType type, ByteView rdata) {
  size_t at = 0;
  for (const Field& field : InfoOf(type).fields()) {
    const FieldExtent extent = ExtentOf(field, rdata.first(at), rdata.subspan(at));
    const ByteView octets = rdata.subspan(at, extent.octets);
    if (field.kind == FieldKind::kName && field.form == NameForm::kCompressed) {
      PutNameInRdata(NameView::FromValidWire(octets.data(), octets.size()));
    } else {
      Put(octets);
    }
    at += extent.octets;
  }
}

void TransferService::WholeZone::PutNameInRdata(NameView name) {
  for (const auto& [suffix, at] : {std::pair(owner_, owner_at_), std::pair(zone_->apex(), apex_at_)}) {
    const std::optional<size_t> before = at == 0 ? std::nullopt : OctetsBefore(suffix, name);
    if (before) return PutBeforePointer(name.wire().first(*before), at);
  }
  Put(name.wire());
}

void TransferService::WholeZone::PutBeforePointer(ByteView octets, size_t target) {
  Put(octets);
  StoreU16(out_.data() + size_, static_cast<uint16_t>(0xC000 | target));
  size_ += 2;
}

void TransferService::WholeZone::Put(ByteView octets) {
  if (!octets.empty()) std::memcpy(out_.data() + size_, octets.data(), octets.size());
  size_ += octets.size();
}

// ---- The service

void TransferService::Set(std::shared_ptr<const ZoneSet> zones, std::shared_ptr<const TransferRules> rules) {
  zones_ = std::move(zones);
  rules_ = std::move(rules);
}

// Stretches between transfers stay batches.
void TransferService::OnQueries(std::span<Query> batch) {
  size_t passed = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    if (!AsksForTransfer(batch[i].packet, batch[i].tcp)) continue;
    if (i > passed) next_.OnQueries(batch.subspan(passed, i - passed));
    Answer(batch[i]);
    passed = i + 1;
  }
  if (passed < batch.size()) next_.OnQueries(batch.subspan(passed));
}

void TransferService::Answer(Query& query) {
  QueryView view;
  ReadQuery(query.packet, view);
  if (view.verdict != QueryVerdict::kAnswer || view.has_tsig) return next_.OnQueries({&query, 1});

  std::shared_ptr<const Zone> zone;
  const Rcode rcode = Judge(query, view, zone);
  // A forged address can ask for IXFR over UDP: who is refused is refused under the rate limit.
  if (!query.tcp && rcode != Rcode::kNoError) return next_.OnQueries({&query, 1});
  ResponseOpt opt;
  const CookieStanding standing = edns_.Begin(query, view, opt);
  if (!query.tcp && edns_.Demand(query, view, standing) != CookieAnswer::kNone)
    return next_.OnQueries({&query, 1});
  if (rcode != Rcode::kNoError) {
    ++counters_.refused;
    return AnswerAtOnce(query, view, opt, rcode, nullptr);
  }
  if (!query.tcp) return AnswerOverUdp(query, view, opt, standing, *zone);
  ++counters_.started;
  std::optional<uint32_t> theirs;
  if (view.qtype == rr::kIxfr) theirs = SerialOfClient(query.packet);
  const bool soa_alone = theirs && UpToDate(*theirs, zone->serial());
  auto place = std::make_unique<Place>(running_, query.to.client.address);
  query.to.listener->ReplyAll(
      query.to, std::make_unique<WholeZone>(query, view, opt, std::move(zone), soa_alone, std::move(place)));
}

// The SOA alone, from the account of the same answer to QTYPE SOA.
void TransferService::AnswerOverUdp(Query& query, const QueryView& view, const ResponseOpt& opt,
                                    CookieStanding standing, const Zone& zone) {
  ++counters_.over_udp;
  using Verdict = ResponseRateLimiter::Verdict;
  Verdict verdict = Verdict::kSend;
  if (clock_ != nullptr && standing != CookieStanding::kValid) {
    const LookupResult soa = lookup::Answer{zone.apex_node(), zone.soa(), false};
    verdict = limiter_.Take(query.to.client.address, SubjectOf(zone, soa), clock_->Now());
  }
  query.dropped = verdict == Verdict::kDrop;
  if (!query.dropped)
    AnswerAtOnce(query, view, opt, Rcode::kNoError, verdict == Verdict::kSend ? &zone : nullptr);
}

// A refusal; or the SOA of a zone, or TC in its place.
void TransferService::AnswerAtOnce(Query& query, const QueryView& view, const ResponseOpt& opt, Rcode rcode,
                                   const Zone* soa_of) {
  const size_t udp_limit =
      view.has_edns ? std::min(view.udp_payload_octets, opt.udp_payload_octets) : kPlainUdpOctets;
  MessageWriter out(query.reply, query.tcp ? kMaxMessageOctets : udp_limit);
  out.Begin({.id = view.id, .response = true, .recursion_desired = view.recursion_desired()});
  out.AddQuestionOctets(query.packet.subspan(kHeaderOctets, view.question_octets), view.qname_octets);
  out.Reserve(opt.FirmOctets());
  out.StartSection(Section::kAnswer);
  if (soa_of == nullptr) {
    if (rcode == Rcode::kNoError) out.SetTruncated();
  } else {
    const RrsetView soa = soa_of->soa();
    out.SetAuthoritative(true);
    const bool fits = out.AddRecord(view.qname(query.packet), rr::kSoa, kClassIn, soa.ttl(), soa.front());
    if (!fits) out.SetTruncated();
  }
  out.AddOpt(opt, rcode);
  query.reply_octets = out.Finish();
}

// RFC 5936 section 2.2.1: NOTAUTH for what is no apex of ours, REFUSED by policy; SERVFAIL when there is
// nothing to give.
Rcode TransferService::Judge(const Query& query, const QueryView& view, std::shared_ptr<const Zone>& zone) {
  const NameView apex = view.qname_folded();
  if (view.qclass != kClassIn || !rules_->Allows(apex, query.to.client.address)) return Rcode::kRefused;
  const ZoneSet::Entry* entry = zones_->Find(apex);
  if (entry == nullptr) return Rcode::kNotAuth;
  if (entry->zone == nullptr) return Rcode::kServFail;
  if (query.tcp && !HasPlaceFor(query.to.client.address)) return Rcode::kRefused;
  zone = entry->zone;
  return Rcode::kNoError;
}

bool TransferService::HasPlaceFor(const IpAddress& client) const {
  const auto of_client = running_->per_client.find(client);
  const size_t already = of_client == running_->per_client.end() ? 0 : of_client->second;
  return running_->all < limits::kTransfersOut && already < limits::kTransfersOutPerPeer;
}

}  // namespace cairn
