// The table of RR types: one row holds all we know of a type, that is its number, mnemonic, document and the
// fields of its RDATA. Reading, writing, comparing (rdata.cc) and the presentation form both ways
// (rdata_text_read.cc, rdata_text_print.cc) are loops over `fields`, so a new type is one row here and one
// line in zones/golden/every_type.zone. A type without a row is the row "blob": its octets are kept as they
// are (RFC 3597 section 3).
//
// Numbers and mnemonics: https://www.iana.org/assignments/dns-parameters (RFC 6895).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "common/dns/mnemonics.h"
#include "common/dns/types.h"

namespace cairn {

enum class FieldKind : uint8_t {
  // Fixed size.
  kU8,
  kU16,
  kU32,
  kU64,
  kPeriod,  // 32 bits of seconds; text may use the units of a TTL: "1h30m"
  kTime,    // 32 bits of RRSIG time; text is YYYYMMDDHHmmSS or seconds (RFC 4034 section 3.2)
  kType,    // an RR type
  kIp4,
  kIp6,
  kEui48,  // "00-00-5e-00-53-2a" (RFC 7043)
  kEui64,
  kLocator,  // 64 bits as four groups of hex digits: "2001:0db8:1140:1000" (RFC 6742)
  // Names.
  kName,
  kNames,  // none or more, up to the end
  // Strings.
  kString,          // a <character-string>: length octet and up to 255 octets (RFC 1035 section 3.3)
  kOptionalString,  // may be missing at the end
  kStrings,         // one or more, up to the end
  kText,            // all that is left, as one quoted string of any length
  kTag,             // a <character-string> of letters and digits, written without quotes (CAA)
  // Octets.
  kHex,         // all that is left
  kBase64,      // all that is left
  kSalt,        // length octet, octets in hex, "-" when empty (NSEC3)
  kHashedName,  // length octet, octets in base32hex without padding (NSEC3)
  kOpaque,      // all that is left, without any other text form than RFC 3597's
  // The odd ones, each of one document.
  kTypeBitmap,  // RFC 4034 section 4.1.2
  kNxtBitmap,   // RFC 2535 section 5.2
  kPorts,       // WKS, RFC 1035 section 3.4.2
  kLoc,         // RFC 1876
  kApl,         // RFC 3123
  kNsap,        // RFC 1706
  kAtmAddress,  // ATM Forum af-dans-0152
  kHip,         // lengths, algorithm, host identity tag and key (RFC 8005 section 5)
  kGateway,     // by the gateway type in the second octet (RFC 4025 section 2.3)
  kRelay,       // D bit, type and relay (RFC 8777 section 4)
  kA6Suffix,    // RFC 2874 section 3.1
  kA6Prefix,    // a name, absent when the prefix length is zero
  kSvcParams,   // RFC 9460 section 2.1
};

// What a message and the canonical form do with a name in RDATA.
enum class NameForm : uint8_t {
  kCompressed,    // RFC 1035 type: compressed by us, pointers followed on reading, canonically in lower case
  kDecompressed,  // as older software may have compressed it (RFC 3597 section 4); else like kFolded
  kFolded,        // never compressed; canonically in lower case (RFC 4034 section 6.2, RFC 6840 section 5.1)
  kVerbatim,      // never compressed, canonically as it is: all types since RFC 3597
};

// What an empty blob looks like in text.
enum class EmptyForm : uint8_t { kRefused, kOmitted, kDash };

struct Field {
  FieldKind kind = FieldKind::kOpaque;
  NameForm form = NameForm::kVerbatim;
  EmptyForm empty = EmptyForm::kRefused;
  bool additional = false;  // a host whose addresses go into the additional section
  std::string_view name{};  // as its document calls it, for error texts
  const Vocabulary* words = nullptr;
  std::span<const DigestLength> digests{};  // lengths by digest type, which is the octet right before
  uint8_t shortest = 0;                     // octets of a digest of any type
};

namespace field {

constexpr Field Plain(FieldKind kind, std::string_view name) { return {.kind = kind, .name = name}; }
constexpr Field U8(std::string_view name, const Vocabulary* words = nullptr) {
  return {.kind = FieldKind::kU8, .name = name, .words = words};
}
constexpr Field U16(std::string_view name, const Vocabulary* words = nullptr) {
  return {.kind = FieldKind::kU16, .name = name, .words = words};
}
constexpr Field U32(std::string_view name) { return Plain(FieldKind::kU32, name); }
constexpr Field U64(std::string_view name) { return Plain(FieldKind::kU64, name); }
constexpr Field Period(std::string_view name) { return Plain(FieldKind::kPeriod, name); }
constexpr Field Time(std::string_view name) { return Plain(FieldKind::kTime, name); }
constexpr Field Type(std::string_view name) { return Plain(FieldKind::kType, name); }
// A domain name; Host is one whose addresses a client will want next (RFC 1034 section 4.3.2 step 6).
constexpr Field Domain(std::string_view name, NameForm form) {
  return {.kind = FieldKind::kName, .form = form, .name = name};
}
constexpr Field Host(std::string_view name, NameForm form) {
  return {.kind = FieldKind::kName, .form = form, .additional = true, .name = name};
}
constexpr Field String(std::string_view name) { return Plain(FieldKind::kString, name); }
constexpr Field Strings(std::string_view name) { return Plain(FieldKind::kStrings, name); }
constexpr Field Text(std::string_view name, EmptyForm empty = EmptyForm::kRefused) {
  return {.kind = FieldKind::kText, .empty = empty, .name = name};
}
constexpr Field Hex(std::string_view name, EmptyForm empty = EmptyForm::kRefused) {
  return {.kind = FieldKind::kHex, .empty = empty, .name = name};
}
constexpr Field Base64(std::string_view name, EmptyForm empty = EmptyForm::kRefused) {
  return {.kind = FieldKind::kBase64, .empty = empty, .name = name};
}
constexpr Field Digest(std::string_view name, std::span<const DigestLength> digests, uint8_t shortest = 0) {
  return {.kind = FieldKind::kHex, .name = name, .digests = digests, .shortest = shortest};
}
constexpr Field Opaque() { return Plain(FieldKind::kOpaque, "RDATA"); }

}  // namespace field

struct RrTypeInfo {
  static constexpr size_t kMaxFields = 9;  // RRSIG

  RrType type;
  std::string_view mnemonic;
  std::string_view document;

  constexpr RrTypeInfo(RrType type_in, std::string_view mnemonic_in, std::string_view document_in,
                       std::initializer_list<Field> fields_in)
      : type(type_in), mnemonic(mnemonic_in), document(document_in) {
    for (const Field& field : fields_in) fields_[field_count_++] = field;
  }
  constexpr std::span<const Field> fields() const { return {fields_.data(), field_count_}; }
  // No form in text but RFC 3597's: what we do not know, meta types, NULL.
  constexpr bool IsOpaque() const { return fields_[0].kind == FieldKind::kOpaque; }

 private:
  std::array<Field, kMaxFields> fields_{};
  size_t field_count_ = 0;
};

namespace rr_table {

using namespace field;  // NOLINT(google-build-using-namespace): for the rows below, and nothing else is here
using enum NameForm;
using enum EmptyForm;
namespace v = vocabulary;
using K = FieldKind;

// clang-format off
inline constexpr RrTypeInfo kRrTypes[] = {
    {RrType{1},   "A",          "RFC 1035 3.4.1",  {Plain(K::kIp4, "address")}},
    {RrType{2},   "NS",         "RFC 1035 3.3.11", {Host("name server", kCompressed)}},
    {RrType{3},   "MD",         "RFC 1035 3.3.4",  {Host("mail agent", kCompressed)}},
    {RrType{4},   "MF",         "RFC 1035 3.3.5",  {Host("mail agent", kCompressed)}},
    {RrType{5},   "CNAME",      "RFC 1035 3.3.1",  {Domain("canonical name", kCompressed)}},
    {RrType{6},   "SOA",        "RFC 1035 3.3.13", {Domain("primary server", kCompressed), Domain("mailbox", kCompressed),
                                                    U32("serial"), Period("refresh"), Period("retry"), Period("expire"),
                                                    Period("minimum")}},
    {RrType{7},   "MB",         "RFC 1035 3.3.3",  {Host("mail host", kCompressed)}},
    {RrType{8},   "MG",         "RFC 1035 3.3.6",  {Domain("mailbox", kCompressed)}},
    {RrType{9},   "MR",         "RFC 1035 3.3.8",  {Domain("mailbox", kCompressed)}},
    {RrType{10},  "NULL",       "RFC 1035 3.3.10", {Opaque()}},
    {RrType{11},  "WKS",        "RFC 1035 3.4.2",  {Plain(K::kIp4, "address"), U8("protocol", &v::kIpProtocol),
                                                    Plain(K::kPorts, "ports")}},
    {RrType{12},  "PTR",        "RFC 1035 3.3.12", {Domain("name", kCompressed)}},
    {RrType{13},  "HINFO",      "RFC 1035 3.3.2",  {String("CPU"), String("OS")}},
    {RrType{14},  "MINFO",      "RFC 1035 3.3.7",  {Domain("responsible mailbox", kCompressed),
                                                    Domain("error mailbox", kCompressed)}},
    {RrType{15},  "MX",         "RFC 1035 3.3.9",  {U16("preference"), Host("exchange", kCompressed)}},
    {RrType{16},  "TXT",        "RFC 1035 3.3.14", {Strings("text")}},
    {RrType{17},  "RP",         "RFC 1183 2",      {Domain("mailbox", kDecompressed), Domain("text name", kDecompressed)}},
    {RrType{18},  "AFSDB",      "RFC 1183 1",      {U16("subtype"), Host("host", kDecompressed)}},
    {RrType{19},  "X25",        "RFC 1183 3.1",    {String("PSDN address")}},
    {RrType{20},  "ISDN",       "RFC 1183 3.2",    {String("ISDN address"), Plain(K::kOptionalString, "subaddress")}},
    {RrType{21},  "RT",         "RFC 1183 3.3",    {U16("preference"), Host("intermediate host", kDecompressed)}},
    {RrType{22},  "NSAP",       "RFC 1706",        {Plain(K::kNsap, "NSAP address")}},
    {RrType{23},  "NSAP-PTR",   "RFC 1348",        {Domain("owner", kVerbatim)}},
    {RrType{24},  "SIG",        "RFC 2931",        {Type("type covered"), U8("algorithm", &v::kAlgorithm), U8("labels"),
                                                    Period("original TTL"), Time("expiration"), Time("inception"),
                                                    U16("key tag"), Domain("signer", kDecompressed), Base64("signature")}},
    {RrType{25},  "KEY",        "RFC 2535 3",      {U16("flags", &v::kKeyFlags), U8("protocol", &v::kKeyProtocol),
                                                    U8("algorithm", &v::kAlgorithm), Base64("key", kOmitted)}},
    {RrType{26},  "PX",         "RFC 2163 4",      {U16("preference"), Domain("RFC 822 domain", kDecompressed),
                                                    Domain("X.400 domain", kDecompressed)}},
    {RrType{27},  "GPOS",       "RFC 1712",        {String("longitude"), String("latitude"), String("altitude")}},
    {RrType{28},  "AAAA",       "RFC 3596 2",      {Plain(K::kIp6, "address")}},
    {RrType{29},  "LOC",        "RFC 1876",        {Plain(K::kLoc, "location")}},
    {RrType{30},  "NXT",        "RFC 2535 5",      {Domain("next name", kDecompressed), Plain(K::kNxtBitmap, "types")}},
    {RrType{31},  "EID",        "Nimrod DNS",      {Hex("endpoint identifier")}},
    {RrType{32},  "NIMLOC",     "Nimrod DNS",      {Hex("locator")}},
    {RrType{33},  "SRV",        "RFC 2782",        {U16("priority"), U16("weight"), U16("port"),
                                                    Host("target", kDecompressed)}},
    {RrType{34},  "ATMA",       "af-dans-0152",    {Plain(K::kAtmAddress, "ATM address")}},
    {RrType{35},  "NAPTR",      "RFC 3403 4",      {U16("order"), U16("preference"), String("flags"), String("services"),
                                                    String("regexp"), Domain("replacement", kDecompressed)}},
    {RrType{36},  "KX",         "RFC 2230 3",      {U16("preference"), Host("exchanger", kFolded)}},
    {RrType{37},  "CERT",       "RFC 4398 2",      {U16("type", &v::kCertType), U16("key tag"),
                                                    U8("algorithm", &v::kAlgorithm), Base64("certificate")}},
    {RrType{38},  "A6",         "RFC 2874 3",      {U8("prefix length"), Plain(K::kA6Suffix, "address suffix"),
                                                    {.kind = K::kA6Prefix, .form = kFolded, .name = "prefix name"}}},
    {RrType{39},  "DNAME",      "RFC 6672 2.1",    {Domain("target", kFolded)}},
    {RrType{40},  "SINK",       "Kitchen sink",    {U8("meaning"), U8("coding"), U8("subcoding"), Base64("data", kOmitted)}},
    {RrType{41},  "OPT",        "RFC 6891 6.1",    {Opaque()}},
    {RrType{42},  "APL",        "RFC 3123",        {Plain(K::kApl, "address prefixes")}},
    {RrType{43},  "DS",         "RFC 4034 5",      {U16("key tag"), U8("algorithm", &v::kAlgorithm),
                                                    U8("digest type", &v::kDigestType), Digest("digest", digest::kDs)}},
    {RrType{44},  "SSHFP",      "RFC 4255 3",      {U8("algorithm"), U8("fingerprint type"),
                                                    Digest("fingerprint", digest::kSshfp)}},
    {RrType{45},  "IPSECKEY",   "RFC 4025 2",      {U8("precedence"), U8("gateway type"), U8("algorithm"),
                                                    Plain(K::kGateway, "gateway"), Base64("public key", kOmitted)}},
    {RrType{46},  "RRSIG",      "RFC 4034 3",      {Type("type covered"), U8("algorithm", &v::kAlgorithm), U8("labels"),
                                                    Period("original TTL"), Time("expiration"), Time("inception"),
                                                    U16("key tag"), Domain("signer", kFolded), Base64("signature")}},
    {RrType{47},  "NSEC",       "RFC 4034 4",      {Domain("next name", kVerbatim), Plain(K::kTypeBitmap, "types")}},
    {RrType{48},  "DNSKEY",     "RFC 4034 2",      {U16("flags"), U8("protocol"), U8("algorithm", &v::kAlgorithm),
                                                    Base64("public key")}},
    {RrType{49},  "DHCID",      "RFC 4701 3",      {Base64("identifier")}},
    {RrType{50},  "NSEC3",      "RFC 5155 3",      {U8("hash algorithm"), U8("flags"), U16("iterations"),
                                                    Plain(K::kSalt, "salt"), Plain(K::kHashedName, "next hashed name"),
                                                    Plain(K::kTypeBitmap, "types")}},
    {RrType{51},  "NSEC3PARAM", "RFC 5155 4",      {U8("hash algorithm"), U8("flags"), U16("iterations"),
                                                    Plain(K::kSalt, "salt")}},
    {RrType{52},  "TLSA",       "RFC 6698 2",      {U8("usage", &v::kTlsaUsage), U8("selector", &v::kTlsaSelector),
                                                    U8("matching type", &v::kTlsaMatching),
                                                    Hex("association data")}},
    {RrType{53},  "SMIMEA",     "RFC 8162 2",      {U8("usage", &v::kTlsaUsage), U8("selector", &v::kTlsaSelector),
                                                    U8("matching type", &v::kTlsaMatching),
                                                    Hex("association data")}},
    {RrType{55},  "HIP",        "RFC 8005 5",      {Plain(K::kHip, "host identity"),
                                                    Plain(K::kNames, "rendezvous servers")}},
    {RrType{56},  "NINFO",      "Zone status",     {Strings("text")}},
    {RrType{57},  "RKEY",       "RKEY",            {U16("flags"), U8("protocol"), U8("algorithm", &v::kAlgorithm),
                                                    Base64("key", kOmitted)}},
    {RrType{58},  "TALINK",     "Trust history",   {Domain("previous name", kVerbatim), Domain("next name", kVerbatim)}},
    {RrType{59},  "CDS",        "RFC 7344 3.1",    {U16("key tag"), U8("algorithm", &v::kAlgorithm),
                                                    U8("digest type", &v::kDigestType), Digest("digest", digest::kDs)}},
    {RrType{60},  "CDNSKEY",    "RFC 7344 3.2",    {U16("flags"), U8("protocol"), U8("algorithm", &v::kAlgorithm),
                                                    Base64("public key")}},
    {RrType{61},  "OPENPGPKEY", "RFC 7929 2",      {Base64("key")}},
    {RrType{62},  "CSYNC",      "RFC 7477 2",      {U32("serial"), U16("flags"), Plain(K::kTypeBitmap, "types")}},
    {RrType{63},  "ZONEMD",     "RFC 8976 2",      {U32("serial"), U8("scheme"), U8("hash algorithm"),
                                                    Digest("digest", digest::kZonemd, digest::kShortestZonemd)}},
    {RrType{64},  "SVCB",       "RFC 9460 2",      {U16("priority"), Host("target", kVerbatim),
                                                    Plain(K::kSvcParams, "parameters")}},
    {RrType{65},  "HTTPS",      "RFC 9460 9",      {U16("priority"), Host("target", kVerbatim),
                                                    Plain(K::kSvcParams, "parameters")}},
    {RrType{66},  "DSYNC",      "RFC 9859 2",      {Type("type"), U8("scheme", &v::kDsyncScheme), U16("port"),
                                                    Domain("target", kVerbatim)}},
    {RrType{67},  "HHIT",       "RFC 9886",        {Base64("entity tag")}},
    {RrType{68},  "BRID",       "RFC 9886",        {Base64("broadcast identifier")}},
    {RrType{99},  "SPF",        "RFC 7208 3.1",    {Strings("text")}},
    {RrType{100}, "UINFO",      "IANA reserved",   {Opaque()}},
    {RrType{101}, "UID",        "IANA reserved",   {Opaque()}},
    {RrType{102}, "GID",        "IANA reserved",   {Opaque()}},
    {RrType{103}, "UNSPEC",     "IANA reserved",   {Opaque()}},
    {RrType{104}, "NID",        "RFC 6742 2.1",    {U16("preference"), Plain(K::kLocator, "node identifier")}},
    {RrType{105}, "L32",        "RFC 6742 2.2",    {U16("preference"), Plain(K::kIp4, "locator")}},
    {RrType{106}, "L64",        "RFC 6742 2.3",    {U16("preference"), Plain(K::kLocator, "locator")}},
    {RrType{107}, "LP",         "RFC 6742 2.4",    {U16("preference"), Domain("name", kVerbatim)}},
    {RrType{108}, "EUI48",      "RFC 7043 3",      {Plain(K::kEui48, "address")}},
    {RrType{109}, "EUI64",      "RFC 7043 4",      {Plain(K::kEui64, "address")}},
    {RrType{128}, "NXNAME",     "RFC 9824 3",      {Opaque()}},
    {RrType{249}, "TKEY",       "RFC 2930",        {Opaque()}},
    {RrType{250}, "TSIG",       "RFC 8945",        {Opaque()}},
    {RrType{251}, "IXFR",       "RFC 1995",        {Opaque()}},
    {RrType{252}, "AXFR",       "RFC 5936",        {Opaque()}},
    {RrType{253}, "MAILB",      "RFC 1035 3.2.3",  {Opaque()}},
    {RrType{254}, "MAILA",      "RFC 1035 3.2.3",  {Opaque()}},
    {RrType{255}, "ANY",        "RFC 8482",        {Opaque()}},
    {RrType{256}, "URI",        "RFC 7553 4",      {U16("priority"), U16("weight"), Text("target")}},
    {RrType{257}, "CAA",        "RFC 8659 4",      {U8("flags"), Plain(K::kTag, "tag"), Text("value", kOmitted)}},
    {RrType{258}, "AVC",        "AVC",             {Strings("text")}},
    {RrType{259}, "DOA",        "DOA over DNS",    {U32("enterprise"), U32("type"), U8("location"), String("media type"),
                                                    Base64("data", kDash)}},
    {RrType{260}, "AMTRELAY",   "RFC 8777 4",      {U8("precedence"), Plain(K::kRelay, "relay")}},
    {RrType{261}, "RESINFO",    "RFC 9606 4",      {Strings("text")}},
    {RrType{262}, "WALLET",     "WALLET",          {Strings("text")}},
    {RrType{263}, "CLA",        "DNS for BP",      {Strings("text")}},
    {RrType{264}, "IPN",        "DNS for BP",      {U64("node number")}},
    {RrType{32768}, "TA",       "DNSSEC TA",       {U16("key tag"), U8("algorithm", &v::kAlgorithm),
                                                    U8("digest type", &v::kDigestType), Digest("digest", digest::kDs)}},
    {RrType{32769}, "DLV",      "RFC 4431",        {U16("key tag"), U8("algorithm", &v::kAlgorithm),
                                                    U8("digest type", &v::kDigestType), Digest("digest", digest::kDs)}},
};
// clang-format on

// The row of every type that has none.
inline constexpr RrTypeInfo kBlob{RrType{0}, "", "RFC 3597", {Opaque()}};

}  // namespace rr_table

using rr_table::kRrTypes;

// The row of `type`, or the row "blob" (whose mnemonic is empty). One load.
const RrTypeInfo& InfoOf(RrType type);

}  // namespace cairn
