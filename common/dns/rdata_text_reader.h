// What the readers of single fields share while one RDATA is read from text: its tokens, its origin, the
// octets so far, and how a mistake is worded. A field reader appends its octets, or fails with the column of
// what it did not understand.
#pragma once

#include <string>
#include <string_view>

#include "common/dns/name.h"
#include "common/dns/rdata_buffer.h"
#include "common/dns/rr_types.h"
#include "common/dns/text_tokens.h"

namespace cairn {

class RdataTextReader {
 public:
  RdataTextReader(RrType type_in, TextTokens& tokens_in, NameView origin_in, RdataBuffer& out_in)
      : type(type_in), tokens(tokens_in), origin(origin_in), out(out_in) {}

  const RrType type;
  TextTokens& tokens;
  const NameView origin;
  RdataBuffer& out;
  std::string_view field_name;  // of the field that is being read

  // The current token, which is then consumed. False when the entry has none left: "... is missing".
  bool Take(Token& token);
  // "MX preference "x": expected a number from 0 to 65535".
  bool Bad(const Token& token, std::string_view expected);
  // "MX preference is missing" and the like, about no token in particular.
  bool BadField(std::string_view what);

  // Fields that the odd types are made of.
  bool Number(uint64_t most, uint64_t& value);
  bool Name();
  bool Ip4();
  bool Ip6();

 private:
  std::string FieldTitle() const;
};

// Decimal digits only, at most `most`.
bool NumberFromText(std::string_view text, uint64_t most, uint64_t& value);

// loc_text.cc: degrees, minutes, seconds, altitude, size and precisions (RFC 1876 section 3).
bool ReadLocText(RdataTextReader& in);
// False when the octets are outside of what the text can say.
bool AppendLocText(ByteView location, std::string& out);

// svcb_text.cc: service parameters (RFC 9460 sections 2.1, 7, 8 and appendix A).
bool ReadSvcParamsText(RdataTextReader& in);
bool AppendSvcParamsText(ByteView params, std::string& out);

}  // namespace cairn
