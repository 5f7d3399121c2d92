// Words that stand for numbers in RDATA fields: DNSSEC algorithms, CERT types, TLSA acronyms and the like. A
// field of rr_types.h points at its vocabulary; numbers are accepted everywhere a word is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace cairn {

struct NumberName {
  uint16_t number;
  std::string_view name;
};

struct Vocabulary {
  std::span<const NumberName> names;
  bool printed = false;   // whether the word or the number is what we print
  bool combined = false;  // words joined by '|' are or-ed together: the flags of KEY (RFC 2535 section 7.1)

  std::optional<uint16_t> Number(std::string_view text) const;  // any case
  std::string_view Name(uint16_t number) const;                 // empty when there is none
};

// How many octets a digest of some type has; types that are not listed may have any length.
struct DigestLength {
  uint8_t digest_type;
  uint8_t octets;
};

namespace vocabulary {

// https://www.iana.org/assignments/dns-sec-alg-numbers; the "NSEC3" spellings are older common usage.
inline constexpr NumberName kAlgorithmNames[] = {
    {0, "DELETE"},           {1, "RSAMD5"},           {2, "DH"},         {3, "DSA"},
    {5, "RSASHA1"},          {6, "DSA-NSEC3-SHA1"},   {6, "NSEC3DSA"},   {7, "RSASHA1-NSEC3-SHA1"},
    {7, "NSEC3RSASHA1"},     {8, "RSASHA256"},        {10, "RSASHA512"}, {12, "ECC-GOST"},
    {13, "ECDSAP256SHA256"}, {14, "ECDSAP384SHA384"}, {15, "ED25519"},   {16, "ED448"},
    {17, "SM2SM3"},          {23, "ECC-GOST12"},      {252, "INDIRECT"}, {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"},
};
inline constexpr Vocabulary kAlgorithm{kAlgorithmNames};

inline constexpr NumberName kDigestTypeNames[] = {
    {1, "SHA-1"},   {1, "SHA1"},   {2, "SHA-256"}, {2, "SHA256"}, {3, "GOST"},
    {4, "SHA-384"}, {4, "SHA384"}, {5, "GOST12"},  {6, "SM3"},
};
inline constexpr Vocabulary kDigestType{kDigestTypeNames};

// RFC 4398 section 2.1.
inline constexpr NumberName kCertTypeNames[] = {
    {1, "PKIX"}, {2, "SPKI"},   {3, "PGP"},     {4, "IPKIX"}, {5, "ISPKI"},
    {6, "IPGP"}, {7, "ACPKIX"}, {8, "IACPKIX"}, {253, "URI"}, {254, "OID"},
};
inline constexpr Vocabulary kCertType{.names = kCertTypeNames, .printed = true};

// RFC 2535 section 7.1.
inline constexpr NumberName kKeyFlagNames[] = {
    {0x4000, "NOCONF"}, {0x8000, "NOAUTH"}, {0xc000, "NOKEY"}, {0x2000, "FLAG2"}, {0x1000, "EXTEND"},
    {0x0800, "FLAG4"},  {0x0400, "FLAG5"},  {0x0000, "USER"},  {0x0100, "ZONE"},  {0x0200, "HOST"},
    {0x0200, "ENTITY"}, {0x0300, "NTYP3"},  {0x0080, "FLAG8"}, {0x0040, "FLAG9"}, {0x0020, "FLAG10"},
    {0x0010, "FLAG11"}, {0, "SIG0"},        {1, "SIG1"},       {2, "SIG2"},       {3, "SIG3"},
    {4, "SIG4"},        {5, "SIG5"},        {6, "SIG6"},       {7, "SIG7"},       {8, "SIG8"},
    {9, "SIG9"},        {10, "SIG10"},      {11, "SIG11"},     {12, "SIG12"},     {13, "SIG13"},
    {14, "SIG14"},      {15, "SIG15"},
};
inline constexpr Vocabulary kKeyFlags{.names = kKeyFlagNames, .combined = true};

inline constexpr NumberName kKeyProtocolNames[] = {
    {0, "NONE"}, {1, "TLS"}, {2, "EMAIL"}, {3, "DNSSEC"}, {4, "IPSEC"}, {255, "ALL"},
};
inline constexpr Vocabulary kKeyProtocol{kKeyProtocolNames};

// RFC 7218.
inline constexpr NumberName kTlsaUsageNames[] = {
    {0, "PKIX-TA"}, {1, "PKIX-EE"}, {2, "DANE-TA"}, {3, "DANE-EE"}, {255, "PrivCert"},
};
inline constexpr Vocabulary kTlsaUsage{kTlsaUsageNames};
inline constexpr NumberName kTlsaSelectorNames[] = {{0, "Cert"}, {1, "SPKI"}, {255, "PrivSel"}};
inline constexpr Vocabulary kTlsaSelector{kTlsaSelectorNames};
inline constexpr NumberName kTlsaMatchingNames[] = {
    {0, "Full"}, {1, "SHA2-256"}, {2, "SHA2-512"}, {255, "PrivMatch"}};
inline constexpr Vocabulary kTlsaMatching{kTlsaMatchingNames};

// RFC 9859 section 2.1.
inline constexpr NumberName kDsyncSchemeNames[] = {{1, "NOTIFY"}};
inline constexpr Vocabulary kDsyncScheme{.names = kDsyncSchemeNames, .printed = true};

// RFC 1035 section 3.4.2 takes words for protocols and ports from RFC 1010; these are the ones still met.
inline constexpr NumberName kIpProtocolNames[] = {{1, "ICMP"}, {6, "TCP"}, {17, "UDP"}};
inline constexpr Vocabulary kIpProtocol{kIpProtocolNames};
inline constexpr NumberName kPortNames[] = {
    {7, "ECHO"},    {9, "DISCARD"}, {13, "DAYTIME"}, {20, "FTP-DATA"}, {21, "FTP"},     {22, "SSH"},
    {23, "TELNET"}, {25, "SMTP"},   {37, "TIME"},    {43, "WHOIS"},    {43, "NICNAME"}, {53, "DOMAIN"},
    {69, "TFTP"},   {79, "FINGER"}, {80, "HTTP"},    {110, "POP3"},    {111, "SUNRPC"}, {119, "NNTP"},
    {123, "NTP"},   {143, "IMAP"},  {161, "SNMP"},   {443, "HTTPS"},
};
inline constexpr Vocabulary kPort{kPortNames};

}  // namespace vocabulary

namespace digest {

// RFC 3658, RFC 4509, RFC 5933, RFC 6605, RFC 9558, RFC 9563.
inline constexpr DigestLength kDs[] = {{1, 20}, {2, 32}, {3, 32}, {4, 48}, {5, 32}, {6, 32}};
// RFC 4255 section 3.1.2, RFC 6594.
inline constexpr DigestLength kSshfp[] = {{1, 20}, {2, 32}};
// RFC 6698 section 2.1.3. Not demanded when read: certificate associations that match nothing are the zone
// checks' matter.
inline constexpr DigestLength kTlsa[] = {{1, 32}, {2, 64}};
// RFC 8976 sections 2.2.4 and 5.3.
inline constexpr DigestLength kZonemd[] = {{1, 48}, {2, 64}};
inline constexpr uint8_t kShortestZonemd = 12;

}  // namespace digest

}  // namespace cairn
