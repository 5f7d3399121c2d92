#include "common/zonefile/zone_writer.h"

#include <iterator>

#include "common/dns/rdata_text.h"
#include "fmt/format.h"

namespace cairn {

void AppendZoneLine(NameView owner, Ttl ttl, RrClass rr_class, RrType type, ByteView rdata,
                    std::string& out) {
  fmt::format_to(std::back_inserter(out), "{} {} {} {} ", owner.ToText(), ttl.seconds(), rr_class.ToText(),
                 type.ToText());
  AppendRdataText(type, rdata, out);
  if (out.back() == ' ') out.pop_back();  // an APL without items
  out += '\n';
}

}  // namespace cairn
