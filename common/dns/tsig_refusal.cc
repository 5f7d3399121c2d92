#include "common/dns/tsig_refusal.h"

#include <array>
#include <cstring>

#include "common/dns/wire_reader.h"

namespace cairn {
namespace {

constexpr uint16_t kBadKey = 17;
constexpr size_t kTimeAndFudgeOctets = 8;

}  // namespace

bool AddBadKey(ByteView packet, size_t tsig_offset, MessageWriter& out) {
  WireReader wire(packet, kHeaderOctets);
  wire.Seek(tsig_offset);
  std::array<uint8_t, kMaxNameOctets> key;
  const size_t key_octets = wire.NameInto(key.data());
  wire.Skip(2 + 2 + 4);  // TYPE, CLASS, TTL
  wire.Narrow(wire.U16());
  // RFC 8945 section 4.2; algorithm, time and fudge come back as they are.
  std::array<uint8_t, kMaxNameOctets + kTimeAndFudgeOctets + 8> rdata;
  const size_t algorithm_octets = wire.UncompressedNameInto(rdata.data());
  const ByteView time_and_fudge = wire.Bytes(kTimeAndFudgeOctets);
  wire.Skip(wire.U16());  // the MAC
  const uint16_t original_id = wire.U16();
  wire.U16();             // error
  wire.Skip(wire.U16());  // other data
  if (!wire.ok() || wire.remaining() != 0) return false;

  uint8_t* at = rdata.data() + algorithm_octets;
  std::memcpy(at, time_and_fudge.data(), kTimeAndFudgeOctets);
  at += kTimeAndFudgeOctets;
  StoreU16(at, 0);  // no MAC: what nobody can check is not signed
  StoreU16(at + 2, original_id);
  StoreU16(at + 4, kBadKey);
  StoreU16(at + 6, 0);
  out.StartSection(Section::kAdditional);
  const bool fits =
      out.AddRecord(NameView::FromValidWire(key.data(), static_cast<uint8_t>(key_octets)), rr::kTsig,
                    kClassAny, Ttl(), ByteView(rdata).first(algorithm_octets + kTimeAndFudgeOctets + 8));
  if (!fits) out.SetTruncated();  // RFC 8945 section 5.3
  return true;
}

}  // namespace cairn
