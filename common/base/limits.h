// Every cap in one place, with its unit, its reason, and the RFC or attack it answers. Those which an operator may set
// are defaults of options of the same name.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cairn::limits {

// --- Wire (both programs)
// Above this an OPT is refused: 16 000 options in one packet cost a server milliseconds (CVE-2026-41292).
inline constexpr size_t kMaxEdnsOptions = 32;
// Labels and pointers that the names of one message may cost its reader, together: so many, and more for each of its octets.
// Deep names written as two octets each cost 10 ms in 64 KiB (CVE-2024-8508, CVE-2026-44390, RFC 9267); those of real zones
// cost less than one step an octet. The compressor spends half, so that what it writes can be read.
inline constexpr size_t kNameSteps = 8192;
inline constexpr size_t kNameStepsPerOctet = 4;
// Never send or ask for what IP would fragment (RFC 9715).
inline constexpr uint16_t kUdpPayloadOctets = 1232;

// --- Sockets (both programs)
// Datagrams taken or sent by one system call: larger batches gain nothing, a batch of 8 costs 7 % more per query.
inline constexpr size_t kUdpBatch = 32;
// Batches one wake-up may take from one socket before the other sockets and timers of the loop have their turn.
inline constexpr int kUdpBatchesPerWake = 4;
// The longest datagram taken or given: an UPDATE or a reply to a client that advertised 4096 octets.
inline constexpr size_t kUdpDatagramOctets = 4096;
// Asked of the kernel for listening sockets, so that a burst waits instead of being lost (the system may grant less).
inline constexpr int kUdpSocketBufferOctets = 4 << 20;
// TCP connections of clients, and those of one address (IPv4) or /64 (IPv6): CVE-2018-5743, CVE-2019-6477.
inline constexpr size_t kTcpConnections = 1024;
inline constexpr size_t kTcpConnectionsPerAddress = 64;
// A client connection may be silent that long; the limit falls to the lower one at 80 % of the connections.
inline constexpr int64_t kTcpIdleMs = 10'000;
inline constexpr int64_t kTcpIdleUnderLoadMs = 1'000;
// From the first octet of a message to its last: senders of one octet a second hold a place no longer than this.
inline constexpr int64_t kTcpMessageMs = 2'000;
// Queries of one connection whose answers are not yet known; then its reading pauses (CVE-2018-5740 class).
inline constexpr size_t kTcpQueriesInFlight = 64;
// Answers a client has not taken yet; then its reading pauses (CVE-2024-0760).
inline constexpr size_t kTcpUnsentOctets = 256 * 1024;
// Without a single octet taken for that long the connection is closed.
inline constexpr int64_t kTcpStalledMs = 10'000;
// An answer over TCP is known by then or it never comes: the longest resolution and some reserve.
inline constexpr int64_t kTcpAnswerMs = 15'000;

// --- Zone transfers out, of one worker
// At once in all, and to one address: a secondary that opens many does not keep the others waiting.
inline constexpr size_t kTransfersOut = 10;
inline constexpr size_t kTransfersOutPerPeer = 4;

// --- Control socket
// Longest request line, and longest text a verb may answer with.
inline constexpr size_t kControlRequestOctets = 8 * 1024;
inline constexpr size_t kControlReplyOctets = 64 << 20;

// --- Metrics over HTTP
// Longest request, and connections at once (THREATS section 3, management over the web).
inline constexpr size_t kMetricsRequestOctets = 8 * 1024;
inline constexpr size_t kMetricsConnections = 16;
// Zones that have samples of their own in a report; with more it would be megabytes each time it is asked for.
inline constexpr size_t kMetricsZones = 1000;

// --- Resolver: what is kept of a reply (see resolver/finding.h)
// NS names of one zone cut (NRDelegation, CVE-2022-3204), addresses of one name, glue addresses of one referral.
inline constexpr size_t kMaxNsNames = 13;
inline constexpr size_t kMaxAddressesPerServer = 6;
inline constexpr size_t kMaxGlueAddresses = 26;
// Records of one RRset, and octets of its RDATA, in the cache (CVE-2024-1737); signatures of one set (KeyTrap,
// CVE-2023-50387); denial records of one reply (CVE-2023-50868).
inline constexpr size_t kMaxRrsetRecords = 256;
// Types the cache holds of one name. Whoever asks for hundreds cannot fill it with one name; the types which others need
// enter all the same (CVE-2024-1737).
inline constexpr uint8_t kMaxTypesPerName = 100;
inline constexpr size_t kMaxRrsetOctets = 65535;
inline constexpr size_t kMaxRrsigsPerRrset = 8;
inline constexpr size_t kMaxDenialRecords = 8;
// Aliases followed for one client question (CVE-2019-19331), and those taken out of one reply (CacheFlush).
inline constexpr int kMaxAliases = 11;

// --- Traces
// Events one trace holds; a question at its work limits makes some thousands. The rest is counted, not kept.
inline constexpr size_t kMaxTraceEvents = 16384;

// --- Answers of the authority
// Aliases (CNAME, DNAME) one answer follows through our zones; a longer chain is the client's to go on with.
inline constexpr size_t kMaxAliasLinks = 16;
// Targets whose addresses come along unasked; more is work for an attacker's MX set (CVE-2024-11187). Glue that a
// referral needs is not counted.
inline constexpr size_t kMaxAdditionalNames = 13;

// SHA-1 digests one answer may spend on NSEC3 hashes, 0.1 us each: two milliseconds; without iterations it never spends one
// in a hundred of them. Who hands in a zone chooses iterations, alias links and depth (RFC 9276 section 2.3, CVE-2023-50868).
inline constexpr size_t kNsec3DigestsPerAnswer = 16'384;
// A chain with more is not used: the most that any length of key was ever allowed (RFC 5155 section 10.3). Below it is: an
// answer with its NSEC3 tells validators with lower limits that it counts as unsigned, one without is bogus to them
// (RFC 9276 section 3.2).
inline constexpr uint16_t kNsec3Iterations = 2500;

// --- Zone files
// Text of one record or directive, all its lines in parentheses together: the longest RDATA written as \DDD takes 256 KiB.
// What is longer has lost a parenthesis.
inline constexpr size_t kZoneEntryOctets = 2 << 20;
// $INCLUDE inside $INCLUDE, and all of them in one zone: files that include each other twice would grow as 2^depth.
inline constexpr size_t kZoneIncludeDepth = 10;
inline constexpr size_t kZoneIncludes = 10'000;
// More records in a set, or more types at a name, are served and warned about: resolvers that bound what they cache refuse
// them (CVE-2024-1737; some from 100 of either on).
inline constexpr size_t kZoneRrsetRecords = 256;
inline constexpr size_t kZoneTypesPerName = 100;
// Records which all $GENERATE of a zone may make, and the text of one of them.
inline constexpr uint64_t kZoneGenerated = 1 << 20;
inline constexpr size_t kZoneGeneratedOctets = 4096;

}  // namespace cairn::limits
