// Text of zone files to records in wire form: octets of text a second on one core, time and allocations for
// each record. The generated zones are like those of registries and hosters; the root zone is read where
// CAIRN_ROOT_ZONE names it.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "common/dns/rdata_text.h"
#include "common/zonefile/zone_reader.h"
#include "common/zonefile/zone_writer.h"
#include "fmt/format.h"
#include "tests/support/allocation_counter.h"

namespace cairn {
namespace {

constexpr size_t kTextOctets = 64 << 20;

// Names of the lengths that registries have.
std::string Label(uint32_t i) {
  static constexpr std::string_view kWords[] = {"shop",      "online", "garden", "news",
                                                "my-little", "tech",   "photo",  "bank"};
  return fmt::format("{}{}-{:x}", kWords[i % 8], kWords[i / 8 % 8], i);
}

// Each domain: two NS lines, sometimes DS, sometimes glue, as registries print them.
std::string Delegations() {
  std::string text = "$ORIGIN example.\n$TTL 86400\n";
  for (uint32_t i = 0; text.size() < kTextOctets; ++i) {
    const std::string name = Label(i);
    text += fmt::format(
        "{0}.example. 86400 IN NS ns1.host{1}.example.\n{0}.example. 86400 IN NS ns2.host{1}.example.\n",
        name, i % 5000);
    if (i % 4 == 0) {
      text += fmt::format(
          "{0}.example. 86400 IN DS {1} 13 2 "
          "D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469D{1:04X}\n",
          name, i % 65536);
    }
    if (i % 8 == 0) {
      text += fmt::format(
          "ns1.{0}.example. 86400 IN A 192.0.2.{1}\nns1.{0}.example. 86400 IN AAAA 2001:db8::{1:x}\n", name,
          i % 250);
    }
  }
  return text;
}

// Owners and TTLs left out, relative names, as people write them.
std::string Hosting() {
  std::string text = "$TTL 1h\n";
  for (uint32_t i = 0; text.size() < kTextOctets; ++i) {
    text += fmt::format(
        "$ORIGIN {}.example.\n@\tNS\tns1.host.example.\n\tNS\tns2.host.example.\n\tMX\t10 mail\n"
        "\tTXT\t\"v=spf1 mx -all\"\nwww\tA\t192.0.2.{}\nmail\tA\t198.51.100.{}\n",
        Label(i), i % 250, i % 250);
  }
  return text;
}

std::string RootZone() {
  const char* path = std::getenv("CAIRN_ROOT_ZONE");
  std::ostringstream text;
  if (path != nullptr) text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void Read(benchmark::State& state, const std::string& text) {
  if (text.empty()) return state.SkipWithError("CAIRN_ROOT_ZONE names no zone file");
  const testing::AllocationCounter allocations;
  size_t records = 0;
  for (auto _ : state) {
    ZoneReaderOptions options;
    options.origin = Name::Literal("example.");
    ZoneReader reader = ZoneReader::FromText(text, "bench", std::move(options));
    ZoneRecord record;
    while (reader.Next(record)) {
      benchmark::DoNotOptimize(record.rdata.data());
      ++records;
    }
    if (!reader.complaints().empty()) return state.SkipWithError(reader.complaints()[0].ToText().c_str());
  }
  const double count = static_cast<double>(records);
  state.SetBytesProcessed(static_cast<int64_t>(text.size() * static_cast<size_t>(state.iterations())));
  state.SetItemsProcessed(static_cast<int64_t>(records));
  state.counters["time/record"] =
      benchmark::Counter(count, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["allocations/record"] = static_cast<double>(allocations.count()) / count;
}

void ReadDelegations(benchmark::State& state) {
  static const std::string text = Delegations();
  Read(state, text);
}
BENCHMARK(ReadDelegations)->Unit(benchmark::kMillisecond);

void ReadHosting(benchmark::State& state) {
  static const std::string text = Hosting();
  Read(state, text);
}
BENCHMARK(ReadHosting)->Unit(benchmark::kMillisecond);

void ReadRootZone(benchmark::State& state) {
  static const std::string text = RootZone();
  Read(state, text);
}
BENCHMARK(ReadRootZone)->Unit(benchmark::kMillisecond);

void WriteDelegations(benchmark::State& state) {
  static const std::string text = Delegations().substr(0, 1 << 20);
  std::string out;
  size_t written = 0;
  for (auto _ : state) {
    ZoneReaderOptions options;
    options.origin = Name::Literal("example.");
    ZoneReader reader = ZoneReader::FromText(text, "bench", std::move(options));
    ZoneRecord record;
    out.clear();
    while (reader.Next(record)) AppendZoneLine(record, out);
    written += out.size();
  }
  state.SetBytesProcessed(static_cast<int64_t>(written));
}
BENCHMARK(WriteDelegations)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cairn
