// A DNS message as values (RFC 1035 section 4): header, question, sections. `Message::Parse` is total on any
// octets and owns everything it returns; code on a hit path uses query_reader.h and message_writer.h, which
// allocate nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/dns/edns.h"
#include "common/dns/name.h"
#include "common/dns/rrset.h"
#include "common/dns/types.h"

namespace cairn {

inline constexpr size_t kHeaderOctets = 12;
inline constexpr size_t kMaxMessageOctets = 65535;
inline constexpr size_t kPlainUdpOctets = 512;  // without EDNS (RFC 1035 section 4.2.1)

// The first 12 octets (RFC 1035 section 4.1.1, RFC 4035 section 3 for AD and CD).
struct Header {
  uint16_t id = 0;
  bool response = false;  // QR
  Opcode opcode = Opcode::kQuery;
  bool authoritative = false;        // AA
  bool truncated = false;            // TC
  bool recursion_desired = false;    // RD
  bool recursion_available = false;  // RA
  bool authentic_data = false;       // AD
  bool checking_disabled = false;    // CD
  uint8_t rcode_low = 0;             // the four bits of the header; Message::rcode has all twelve
  friend bool operator==(const Header&, const Header&) = default;

  static Header FromFlags(uint16_t id, uint16_t flags);
  uint16_t Flags() const;
};

struct Question {
  Name qname;
  RrType qtype;
  RrClass qclass = kClassIn;
  std::string ToText() const;  // "www.example. A", class named unless IN
  friend bool operator==(const Question&, const Question&) = default;  // names without regard to case
};

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

struct Message {
  Header header;
  std::vector<Question> questions;
  std::vector<Record> answer;
  std::vector<Record> authority;
  std::vector<Record> additional;  // without OPT
  std::optional<Edns> edns;
  friend bool operator==(const Message&,
                         const Message&) = default;  // names without regard to case, RDATA octet for octet

  Rcode rcode() const;
  void set_rcode(Rcode rcode);  // needs `edns` for values above 15

  // Fails on anything RFC 1035 cannot hold: cut short, bad names, RDATA that does not fit its type, an OPT
  // that is broken, misplaced or the second, trailing octets. The Status says what and at which octet.
  static absl::StatusOr<Message> Parse(ByteView wire);
  // With compression. `limit` octets at most (a header's 12 at least): from the first RRset that does not
  // fit, sets are left out whole and TC is set (RFC 2181 section 9). Records of a set stand side by side.
  std::vector<uint8_t> ToWire(size_t limit = kMaxMessageOctets) const;
  // As dig prints it, for tests, traces and logs.
  std::string ToText() const;
};

}  // namespace cairn
