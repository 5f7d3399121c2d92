#include "common/dns/response_opt.h"

#include <cstring>

namespace cairn {
namespace {

constexpr size_t kRdlengthOffset = 9;
constexpr size_t kInfoCodeOctets = 2;
constexpr size_t kTimeoutOctets = 2;
constexpr uint32_t kDnssecOkFlag = 0x8000;

// Writes options behind each other; whoever calls knows that they fit.
class OptionWriter {
 public:
  explicit OptionWriter(uint8_t* at) : at_(at) {}
  uint8_t* at() const { return at_; }

  void Put(EdnsOptionCode code, ByteView value) {
    Head(code, value.size());
    Bytes(value);
  }
  void Put(EdnsOptionCode code, uint16_t number, ByteView rest = {}) {
    Head(code, 2 + rest.size());
    StoreU16(at_, number);
    at_ += 2;
    Bytes(rest);
  }

 private:
  void Head(EdnsOptionCode code, size_t octets) {
    StoreU16(at_, static_cast<uint16_t>(code));
    StoreU16(at_ + 2, static_cast<uint16_t>(octets));
    at_ += kOptionHeaderOctets;
  }
  void Bytes(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  uint8_t* at_;
};

}  // namespace

void ResponseOpt::Explain(ExtendedError code, std::string_view text) {
  if (error_count_ == kMaxErrors) return;
  errors_[error_count_++] = {.code = code, .text = IsUtf8(AsBytes(text)) ? text : std::string_view()};
}

size_t ResponseOpt::FirmOctets() const {
  if (!present) return 0;
  size_t octets = kBareOptOctets;
  if (!nsid.empty()) octets += kOptionHeaderOctets + nsid.size();
  if (has_cookie) octets += kOptionHeaderOctets + kCookieOctets;
  if (keepalive_100ms != 0) octets += kOptionHeaderOctets + kTimeoutOctets;
  return octets;
}

size_t ResponseOpt::Write(Rcode rcode, std::span<uint8_t> out) const {
  if (!present) return 0;
  uint8_t* const start = out.data();
  start[0] = 0;  // the root owns OPT
  StoreU16(start + 1, rr::kOpt.value);
  StoreU16(start + 3, udp_payload_octets);
  StoreU32(start + 5, uint32_t{static_cast<uint16_t>(rcode)} >> 4 << 24 | (dnssec_ok ? kDnssecOkFlag : 0));

  OptionWriter options(start + kBareOptOctets);
  if (has_cookie) options.Put(EdnsOptionCode::kCookie, cookie);
  if (!nsid.empty()) options.Put(EdnsOptionCode::kNsid, AsBytes(nsid));
  if (keepalive_100ms != 0) options.Put(EdnsOptionCode::kTcpKeepalive, keepalive_100ms);
  for (const Error& error : std::span(errors_).first(error_count_)) {
    const size_t room = out.size() - static_cast<size_t>(options.at() - start);
    if (room < kOptionHeaderOctets + kInfoCodeOctets) break;
    const bool text_fits = room - kOptionHeaderOctets - kInfoCodeOctets >= error.text.size();
    options.Put(EdnsOptionCode::kExtendedError, static_cast<uint16_t>(error.code),
                AsBytes(text_fits ? error.text : std::string_view()));
  }
  const auto octets = static_cast<size_t>(options.at() - start);
  StoreU16(start + kRdlengthOffset, static_cast<uint16_t>(octets - kBareOptOctets));
  return octets;
}

}  // namespace cairn
