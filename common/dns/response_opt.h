// The OPT of a response (RFC 6891 section 7), gathered while the query is worked on and written last, without
// allocating: NSID (RFC 5001), COOKIE (RFC 7873), tcp-keepalive (RFC 7828), extended errors (RFC 8914).
//
// Options a client asked for are firm: room is kept for them (MessageWriter::Reserve), and they are bounded,
// so that header, the longest question and OPT fit 512 octets and a response can always be truncated.
// Extended errors take what room is left: they give way before any other data does (RFC 8914 section 3).
//
//   ResponseOpt opt = edns.Begin(query, view);          // common/service/edns_responder.h
//   out.Reserve(opt.FirmOctets());
//   opt.Explain(ExtendedError::kProhibited, "not in the access list");
//   out.AddOpt(opt, Rcode::kRefused);
//
// OPT is the last record, so that a message can also be kept without it and given another at each use.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/dns/edns.h"
#include "common/dns/types.h"

namespace cairn {

struct ResponseOpt {
  static constexpr size_t kMaxNsidOctets = 128;
  static constexpr size_t kCookieOctets = 24;  // the client's 8 and ours (RFC 9018 section 4)
  static constexpr size_t kMaxErrors = 2;

  bool present = false;  // the query had one: otherwise nothing is written, whatever stands below
  bool dnssec_ok = false;
  uint16_t udp_payload_octets = 1232;  // what we can take
  uint16_t keepalive_100ms = 0;        // how long the client may keep its connection silent; 0: not told
  std::string_view nsid;               // borrowed, at most kMaxNsidOctets; empty: not told
  bool has_cookie = false;
  std::array<uint8_t, kCookieOctets> cookie;  // when has_cookie

  // One more extended error, in the order of importance; a third is dropped. `text` is borrowed until Write,
  // one line for people, left out when it is not UTF-8.
  void Explain(ExtendedError code, std::string_view text);

  // What to keep free for Write: OPT and its firm options; 0 when there is no OPT.
  size_t FirmOctets() const;
  // At the start of `out`, which has room for FirmOctets() or more. Returns the octets written.
  size_t Write(Rcode rcode, std::span<uint8_t> out) const;

 private:
  struct Error {
    ExtendedError code;
    std::string_view text;
  };
  std::array<Error, kMaxErrors> errors_;
  uint8_t error_count_ = 0;
};

}  // namespace cairn
