#include "common/zone/zonemd.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "common/dns/binary_text.h"
#include "common/dns/case_folding.h"
#include "common/dns/rdata.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// SERIAL, scheme, hash algorithm, digest (RFC 8976 section 2.2).
struct ZonemdView {
  explicit ZonemdView(ByteView rdata)
      : serial(LoadU32(rdata.data())), scheme(rdata[4]), hash(rdata[5]), digest(rdata.subspan(6)) {}

  bool IsSupported() const {
    return scheme == kZonemdSimple && (hash == static_cast<uint8_t>(ZonemdHash::kSha384) ||
                                       hash == static_cast<uint8_t>(ZonemdHash::kSha512));
  }

  uint32_t serial;
  uint8_t scheme;
  uint8_t hash;
  ByteView digest;
};

std::string_view NameOf(ZonemdHash hash) { return hash == ZonemdHash::kSha384 ? "SHA-384" : "SHA-512"; }

class Digester {
 public:
  explicit Digester(ZonemdHash hash) : context_(EVP_MD_CTX_new()) {
    const EVP_MD* digest = hash == ZonemdHash::kSha384 ? EVP_sha384() : EVP_sha512();
    // A library without SHA-2 could not serve its users at all; there is no verdict to be given instead.
    if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), digest, nullptr) != 1) std::abort();
  }

  void Add(ByteView octets) { EVP_DigestUpdate(context_.get(), octets.data(), octets.size()); }
  std::vector<uint8_t> Finish() {
    std::vector<uint8_t> digest(EVP_MAX_MD_SIZE);
    unsigned octets = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &octets);
    digest.resize(octets);
    return digest;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

// Owner, type, class, TTL, RDLENGTH, RDATA of each record, in canonical form and order (RFC 4034 sections 6.2
// and 6.3, RFC 8976 section 3.3).
void AddRrset(Node node, NameView owner, RrsetView rrset, Digester& digester) {
  struct Member {
    std::vector<uint8_t> rdata;
    Ttl ttl;
  };
  std::vector<Member> members;
  for (const ByteView rdata : rrset) {
    if (node.IsApex() && rrset.type() == rr::kRrsig && RrType{LoadU16(rdata.data())} == rr::kZonemd) continue;
    members.push_back({CanonicalRdata(rrset.type(), rdata), node.TtlOf(rrset, rdata)});
  }
  std::sort(members.begin(), members.end(),
            [](const Member& a, const Member& b) { return a.rdata < b.rdata; });
  for (const Member& member : members) {
    std::array<uint8_t, 10> fixed;
    StoreU16(fixed.data(), rrset.type().value);
    StoreU16(fixed.data() + 2, kClassIn.value);
    StoreU32(fixed.data() + 4, member.ttl.seconds());
    StoreU16(fixed.data() + 8, static_cast<uint16_t>(member.rdata.size()));
    digester.Add(owner.wire());
    digester.Add(fixed);
    digester.Add(member.rdata);
  }
}

ZonemdCheck Told(ZonemdVerdict verdict, Severity severity, const TextPosition& where, std::string text) {
  return {.verdict = verdict,
          .complaints = {
              {.severity = severity, .where = where, .text = std::move(text) + " (RFC 8976 section 4)"}}};
}

// Of two records with one scheme and hash none counts (RFC 8976 section 2.2.3).
bool IsAlone(RrsetView zonemd, const ZonemdView& record) {
  return 1 == std::count_if(zonemd.begin(), zonemd.end(), [&](ByteView rdata) {
           const ZonemdView other(rdata);
           return other.scheme == record.scheme && other.hash == record.hash;
         });
}

}  // namespace

std::vector<uint8_t> ZoneDigest(const Zone& zone, ZonemdHash hash) {
  Digester digester(hash);
  NameBuffer buffer;
  for (const Node node : zone) {
    const NameView owner = node.OwnerInto(buffer);
    CopyLower(buffer.octets.data(), buffer.octets.data(), buffer.size);
    for (const RrsetView rrset : node) {
      if (!node.IsApex() || rrset.type() != rr::kZonemd) AddRrset(node, owner, rrset, digester);
    }
  }
  return digester.Finish();
}

std::string_view ToText(ZonemdVerdict verdict) {
  switch (verdict) {
    case ZonemdVerdict::kNotChecked:
      return "not checked";
    case ZonemdVerdict::kAbsent:
      return "none";
    case ZonemdVerdict::kMatches:
      return "matches";
    case ZonemdVerdict::kUnknown:
      return "unknown scheme or hash";
    case ZonemdVerdict::kMismatch:
      return "does not match";
  }
  return "";
}

ZonemdCheck CheckZonemd(const Zone& zone, ZonemdPolicy policy, const TextPosition& where) {
  if (policy == ZonemdPolicy::kOff) return {};
  const Severity unless_required = policy == ZonemdPolicy::kRequire ? Severity::kError : Severity::kWarning;
  const RrsetView zonemd = zone.apex_node().Find(rr::kZonemd);
  if (!zonemd) {
    if (policy == ZonemdPolicy::kCheck) return {.verdict = ZonemdVerdict::kAbsent, .complaints = {}};
    return Told(ZonemdVerdict::kAbsent, Severity::kError, where,
                "there is no ZONEMD record at the apex, and one is required");
  }
  std::string mismatch;
  for (const ByteView rdata : zonemd) {
    const ZonemdView record(rdata);
    if (!record.IsSupported() || !IsAlone(zonemd, record)) continue;
    if (record.serial != zone.serial()) {
      mismatch = fmt::format(
          "the ZONEMD record is of serial {}, the SOA has {}: the zone was changed after its digest "
          "was made",
          record.serial, zone.serial());
      continue;
    }
    const ZonemdHash hash{record.hash};
    const std::vector<uint8_t> digest = ZoneDigest(zone, hash);
    if (std::equal(digest.begin(), digest.end(), record.digest.begin(), record.digest.end()))
      return {.verdict = ZonemdVerdict::kMatches, .complaints = {}};
    std::string found;
    AppendHex(digest, found);
    mismatch = fmt::format(
        "the zone's {} digest is {} and not what its ZONEMD record says: it was changed or damaged "
        "after the digest was made",
        NameOf(hash), found);
  }
  if (!mismatch.empty()) return Told(ZonemdVerdict::kMismatch, Severity::kError, where, std::move(mismatch));
  return Told(
      ZonemdVerdict::kUnknown, unless_required, where,
      "no ZONEMD record has a scheme and hash that we know and that stands alone (SIMPLE with SHA-384 or "
      "SHA-512): the digest is not checked");
}

}  // namespace cairn
