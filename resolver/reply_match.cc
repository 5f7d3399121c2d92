#include "resolver/reply_match.h"

#include <algorithm>
#include <cstring>

#include "common/dns/case_folding.h"
#include "common/dns/message.h"

namespace cairn {
namespace {

constexpr size_t kTypeAndClassOctets = 4;

// Servers from before EDNS may answer FORMERR or NOTIMP with the header alone. They hold no data that could
// be believed; all they cause is the question asked once more without EDNS (RFC 6891 section 7).
bool IsBareRefusal(ByteView packet, const Header& header) {
  const Rcode rcode{header.rcode_low};
  const bool refusal = rcode == Rcode::kFormErr || rcode == Rcode::kNotImp;
  return refusal && packet.size() == kHeaderOctets && LoadU16(packet.data() + 4) == 0;
}

}  // namespace

std::string_view ToText(Mismatch mismatch) {
  switch (mismatch) {
    case Mismatch::kNone:
      return "it matches";
    case Mismatch::kTooShort:
      return "it is shorter than a header";
    case Mismatch::kNotAResponse:
      return "QR is not set";
    case Mismatch::kOpcode:
      return "the opcode differs";
    case Mismatch::kQuestionCount:
      return "it does not have exactly one question";
    case Mismatch::kQuestion:
      return "the question differs";
    case Mismatch::kSpelling:
      return "the question is spelled differently";
    case Mismatch::kMalformed:
      return "it cannot be read";
    case Mismatch::kCookieMissing:
      return "it lacks the cookie which this server sends";
    case Mismatch::kCookieForeign:
      return "its client cookie is not ours";
  }
  return "it does not match";
}

Mismatch MatchReply(ByteView packet, ByteView question) {
  if (packet.size() < kHeaderOctets) return Mismatch::kTooShort;
  const Header header = Header::FromFlags(LoadU16(packet.data()), LoadU16(packet.data() + 2));
  if (!header.response) return Mismatch::kNotAResponse;
  if (header.opcode != Opcode::kQuery) return Mismatch::kOpcode;
  if (IsBareRefusal(packet, header)) return Mismatch::kNone;
  if (LoadU16(packet.data() + 4) != 1) return Mismatch::kQuestionCount;
  // The first name of a message cannot be compressed, so the question must stand there as we sent it.
  if (packet.size() < kHeaderOctets + question.size()) return Mismatch::kQuestion;
  const ByteView theirs = packet.subspan(kHeaderOctets, question.size());
  if (std::memcmp(theirs.data(), question.data(), question.size()) == 0) return Mismatch::kNone;
  const size_t name_octets = question.size() - kTypeAndClassOctets;
  const auto same_letter = [](uint8_t a, uint8_t b) { return ToLower(a) == ToLower(b); };
  const bool same_name = std::equal(theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(name_octets),
                                    question.begin(), same_letter);
  const bool same_tail =
      std::memcmp(theirs.data() + name_octets, question.data() + name_octets, kTypeAndClassOctets) == 0;
  return same_name && same_tail ? Mismatch::kSpelling : Mismatch::kQuestion;
}

}  // namespace cairn
