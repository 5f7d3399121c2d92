#include "common/dns/types.h"

#include <array>
#include <charconv>
#include <utility>

#include "common/dns/case_folding.h"

namespace cairn {
namespace {

template <typename T>
using Mnemonics = std::pair<T, std::string_view>;

constexpr std::array kClassNames = std::to_array<Mnemonics<RrClass>>({
    {kClassIn, "IN"},
    {kClassCh, "CH"},
    {RrClass{4}, "HS"},
    {kClassNone, "NONE"},
    {kClassAny, "ANY"},
});

constexpr std::array kRcodeNames = std::to_array<Mnemonics<Rcode>>({
    {Rcode::kNoError, "NOERROR"},
    {Rcode::kFormErr, "FORMERR"},
    {Rcode::kServFail, "SERVFAIL"},
    {Rcode::kNxDomain, "NXDOMAIN"},
    {Rcode::kNotImp, "NOTIMP"},
    {Rcode::kRefused, "REFUSED"},
    {Rcode::kYxDomain, "YXDOMAIN"},
    {Rcode::kYxRrset, "YXRRSET"},
    {Rcode::kNxRrset, "NXRRSET"},
    {Rcode::kNotAuth, "NOTAUTH"},
    {Rcode::kNotZone, "NOTZONE"},
    {Rcode::kBadVers, "BADVERS"},
    {Rcode::kBadCookie, "BADCOOKIE"},
});

constexpr std::array kOpcodeNames = std::to_array<Mnemonics<Opcode>>({
    {Opcode::kQuery, "QUERY"},
    {Opcode::kIquery, "IQUERY"},
    {Opcode::kStatus, "STATUS"},
    {Opcode::kNotify, "NOTIFY"},
    {Opcode::kUpdate, "UPDATE"},
    {Opcode::kDso, "DSO"},
});

template <typename T, size_t N>
std::string NameOf(const std::array<Mnemonics<T>, N>& names, T value, std::string_view prefix,
                   unsigned number) {
  for (const auto& [known, name] : names) {
    if (known == value) return std::string(name);
  }
  return std::string(prefix) + std::to_string(number);
}

bool SameWord(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ToLower(static_cast<uint8_t>(a[i])) != ToLower(static_cast<uint8_t>(b[i]))) return false;
  }
  return true;
}

}  // namespace

std::string RrClass::ToText() const { return NameOf(kClassNames, *this, "CLASS", value); }

std::optional<RrClass> RrClass::FromText(std::string_view text) {
  for (const auto& [known, name] : kClassNames) {
    if (SameWord(name, text)) return known;
  }
  constexpr std::string_view kPrefix = "CLASS";  // RFC 3597 section 5
  if (text.size() <= kPrefix.size() || !SameWord(text.substr(0, kPrefix.size()), kPrefix))
    return std::nullopt;
  uint16_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + kPrefix.size(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return RrClass{number};
}

std::string ToText(Rcode rcode) { return NameOf(kRcodeNames, rcode, "RCODE", static_cast<unsigned>(rcode)); }

std::string ToText(Opcode opcode) {
  return NameOf(kOpcodeNames, opcode, "OPCODE", static_cast<unsigned>(opcode));
}

}  // namespace cairn
