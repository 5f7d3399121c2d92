#include "common/service/server_identity.h"

#include <array>
#include <cstring>

namespace cairn {
namespace {

constexpr std::string_view kHostnameBind("\10hostname\4bind\0", 15);
constexpr std::string_view kIdServer("\2id\6server\0", 11);
constexpr std::string_view kVersionBind("\7version\4bind\0", 14);
constexpr std::string_view kVersionServer("\7version\6server\0", 16);

}  // namespace

std::string_view TextFor(const ServerIdentity& identity, const QueryView& view) {
  if (view.qclass != kClassCh || (view.qtype != rr::kTxt && view.qtype != rr::kAny)) return {};
  const std::string_view qname = AsText(view.qname_folded().wire());
  if (qname == kHostnameBind || qname == kIdServer) return identity.identity;
  if (qname == kVersionBind || qname == kVersionServer) return identity.version;
  return {};
}

void AddIdentity(NameView qname, std::string_view text, MessageWriter& out) {
  std::array<uint8_t, 1 + ResponseOpt::kMaxNsidOctets> txt;  // one character-string (RFC 1035 section 3.3.14)
  txt[0] = static_cast<uint8_t>(text.size());
  std::memcpy(txt.data() + 1, text.data(), text.size());
  out.SetAuthoritative(true);
  out.StartSection(Section::kAnswer);
  out.AddRecord(qname, rr::kTxt, kClassCh, Ttl(), ByteView(txt).first(1 + text.size()));
}

}  // namespace cairn
