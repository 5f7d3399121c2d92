// Questions to a Responder and its replies in the reader's language.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authoritative/responder.h"
#include "authoritative/zone_loader.h"
#include "common/dns/message.h"
#include "gtest/gtest.h"
#include "tests/support/source_path.h"

namespace cairn::testing {

struct Asked {
  std::string_view qname;
  std::string_view qtype;
  std::optional<uint16_t> edns_octets;  // with EDNS, of that payload size
  bool dnssec_ok = false;
  bool tcp = false;
};

inline std::vector<uint8_t> PacketFor(const Asked& asked) {
  Message message;
  message.header.id = 4711;
  message.questions.push_back({.qname = Name::Literal(asked.qname), .qtype = *RrType::FromText(asked.qtype)});
  if (asked.edns_octets) {
    message.edns =
        Edns{.udp_payload_octets = *asked.edns_octets, .dnssec_ok = asked.dnssec_ok, .options = {}};
  }
  return message.ToWire();
}

// The reply to one packet; empty when there is none.
inline std::vector<uint8_t> ReplyTo(Responder& responder, ByteView packet, bool tcp = false) {
  std::vector<uint8_t> reply(tcp ? kMaxMessageOctets : 4096);
  Query query;
  query.packet = packet;
  query.tcp = tcp;
  query.reply = reply;
  responder.OnQueries({&query, 1});
  reply.resize(query.reply_octets);
  return reply;
}

// "aa noerror; answer www.example. A; authority ...; additional ...": flags that are set, RCODE, and each
// section's sets as OWNER TYPE, a count when there are several records. OPT is left out.
inline std::string Summary(const Message& message) {
  std::string text;
  if (message.header.authoritative) text += "aa ";
  if (message.header.truncated) text += "tc ";
  for (const char c : ToText(message.rcode())) text += static_cast<char>(ToLower(static_cast<uint8_t>(c)));
  const std::pair<const char*, const std::vector<Record>*> sections[] = {
      {"answer", &message.answer}, {"authority", &message.authority}, {"additional", &message.additional}};
  for (const auto& [name, records] : sections) {
    const char* before = "";
    if (!records->empty()) text += std::string("; ") + name + " ";
    for (const Rrset& rrset : GroupIntoRrsets(*records)) {
      text += before + rrset.owner.ToText() + " " + rrset.type.ToText();
      if (rrset.rdatas.size() > 1) text += " (" + std::to_string(rrset.rdatas.size()) + ")";
      before = ", ";
    }
  }
  return text;
}

inline std::string Ask(Responder& responder, const Asked& asked) {
  const std::vector<uint8_t> reply = ReplyTo(responder, PacketFor(asked), asked.tcp);
  if (reply.empty()) return "nothing";
  const absl::StatusOr<Message> message = Message::Parse(reply);
  return message.ok() ? Summary(*message) : message.status().ToString();
}

inline std::shared_ptr<const Zone> Served(LoadedZone loaded) {
  for (const Complaint& complaint : loaded.complaints) {
    if (complaint.severity == Severity::kError) ADD_FAILURE() << complaint.ToText();
  }
  return std::move(loaded.zone);
}
inline std::shared_ptr<const Zone> GoldenZone(std::string_view apex, const std::string& file) {
  return Served(LoadZone(Name::Literal(apex), testing::SourcePath("zones/golden/" + file)));
}
inline std::shared_ptr<const Zone> ZoneOf(std::string_view apex, std::string_view text) {
  return Served(LoadZoneText(Name::Literal(apex), text, "zone"));
}

}  // namespace cairn::testing
