// A query to a server as it leaves: header, question and OPT, the spelling of the name drawn at random when
// replies have to repeat it (0x20). The ID is drawn together with the port, by upstream_sockets.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "common/base/bytes.h"
#include "common/base/random.h"
#include "common/dns/edns.h"
#include "common/dns/message.h"
#include "resolver/upstream_cookies.h"

namespace cairn {

inline constexpr size_t kQuestionTailOctets = 4;  // QTYPE and QCLASS
inline constexpr size_t kOptionHeadOctets = 4;
inline constexpr size_t kMaxQueryOctets = kHeaderOctets + kMaxNameOctets + kQuestionTailOctets +
                                          kBareOptOctets + kOptionHeadOctets + kMaxCookieOctets;

// The octets, and the question in them to compare replies with.
struct OutgoingQuery {
  std::array<uint8_t, kMaxQueryOctets> octets;
  size_t size = 0;
  size_t question_octets = 0;
  std::optional<UpstreamCookie> cookie;

  std::span<uint8_t> message() { return {octets.data(), size}; }
  ByteView question() const { return {octets.data() + kHeaderOctets, question_octets}; }
};

struct OutgoingQuerySpec {
  const Question& question;
  bool recursion_desired = false;                // of a forwarder: others are asked for what they know
  Random* spelling = nullptr;                    // draws it; nullptr: as the question has it
  std::optional<uint16_t> udp_payload_octets{};  // nothing: without EDNS, and without cookie
  std::optional<UpstreamCookie> cookie{};
};
OutgoingQuery WriteQuery(const OutgoingQuerySpec& spec);

}  // namespace cairn
