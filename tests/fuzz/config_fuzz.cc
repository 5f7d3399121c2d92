// Configuration text: any octets give a document or complaints with positions, never neither; and what the
// schema of these options prints after reading reads back to the same text.
#include <cstdlib>

#include "common/config/schema.h"

namespace {

using namespace cairn;  // NOLINT: one file

struct Peer {
  std::string name;
  std::vector<Endpoint> addresses;
};
struct Options {
  bool flag = false;
  uint16_t port = 53;
  size_t octets = 1 << 20;
  Duration time = std::chrono::hours(1);
  std::string text;
  Name zone;
  std::vector<Peer> peers;
};

void Declare(ConfigSchema& schema, Options& options) {
  ConfigSchema& section = schema.Section("s", "a section");
  section.Flag("flag", options.flag, "");
  section.Number<uint16_t>("port", options.port, 1, 65535, "");
  section.Octets("octets", options.octets, 0, size_t{1} << 40, "");
  section.Time("time", options.time, Duration(0), std::chrono::hours(100000), "");
  section.Text("text", options.text, "");
  section.DomainName("zone", options.zone, "");
  schema.List<Peer>(
      "peers", options.peers,
      [](ConfigSchema& item, Peer& peer) {
        item.Text("name", peer.name, "");
        item.Endpoints("addresses", peer.addresses, 53, "");
      },
      "");
}

std::string ReadAndPrint(std::string_view text, Complaints& complaints) {
  const auto document = ReadConfigText(text, "fuzz", complaints);
  if (!document) {
    if (!HasErrors(complaints)) std::abort();
    return {};
  }
  Options options;
  ConfigSchema schema;
  Declare(schema, options);
  schema.Read(*document, complaints);
  return schema.Print();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* octets, size_t size) {
  Complaints complaints;
  const std::string printed = ReadAndPrint(cairn::AsText({octets, size}), complaints);
  if (HasErrors(complaints)) return 0;
  Complaints again;
  if (ReadAndPrint(printed, again) != printed || HasErrors(again)) std::abort();
  return 0;
}
