// What of a client's query its answer depends on, kept while the answer is being found; and the messages that
// go back. The hit path (cached_answer.h) writes straight from the packet; everything else goes through here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "common/base/bytes.h"
#include "common/dns/message.h"
#include "common/dns/query_reader.h"
#include "common/dns/response_opt.h"
#include "common/net/network.h"
#include "resolver/alias_chain.h"

namespace cairn {

struct ClientQuery {
  ReplyTo to;
  bool tcp = false;
  uint16_t id = 0;
  Opcode opcode = Opcode::kQuery;
  bool recursion_desired = false;
  bool checking_disabled = false;
  uint16_t udp_payload_octets = 512;          // what it takes
  ResponseOpt opt;                            // of the answer, so far
  absl::InlinedVector<uint8_t, 64> question;  // as it came, case included; empty when it could not be read
  uint8_t qname_octets = 0;
  bool verified = false;  // its address is its own: it came over TCP, or with a cookie of ours (RFC 7873)

  static ClientQuery From(const Query& query, const QueryView& view, const ResponseOpt& opt);
  size_t AnswerLimit() const;  // how large the answer may be
};

// RFC 6891 section 6.2.3, RFC 9715: over UDP the smaller of what the client takes and what we send, and 512
// to a client without EDNS.
size_t AnswerLimit(bool tcp, const ResponseOpt& opt, uint16_t client_octets);

// A message without records: an error, or a truncated answer.
struct BareReply {
  Rcode rcode = Rcode::kNoError;
  bool truncated = false;
  std::optional<ExtendedError> why{};  // told to clients which speak EDNS
  std::string_view text{};             // of that; empty: in general words
};
size_t WriteBareReply(const ClientQuery& query, const BareReply& reply, std::span<uint8_t> out);

// The answer, by whole RRsets, with TC when not all of them fit that are needed (RFC 2181 section 9).
size_t WriteAnswer(const ClientQuery& query, const CollectedAnswer& answer, std::span<uint8_t> out);

// NOTAUTH with BADKEY, to a query signed with a key (RFC 8945 section 5.2.1); its TSIG stands at
// `tsig_offset` of `packet`.
size_t WriteUnknownKey(const ClientQuery& query, ByteView packet, size_t tsig_offset, std::span<uint8_t> out);

// A name of class CHAOS that tells who we are.
size_t WriteIdentity(const ClientQuery& query, std::string_view text, std::span<uint8_t> out);

// RFC 8482 section 4.2: ANY is answered with one HINFO that says so, not with all there is.
size_t WriteMinimalAny(const ClientQuery& query, std::span<uint8_t> out);

}  // namespace cairn
