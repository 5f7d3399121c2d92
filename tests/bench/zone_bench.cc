// Zone data at the size of a registry: what a delegation costs to load and to keep, what Find and a whole
// answer cost. The zone is like a TLD: half of the delegations have in-domain name servers with glue, a tenth
// has DS; 3.35 records each.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "authoritative/responder.h"
#include "authoritative/zone_loader.h"
#include "common/base/random.h"
#include "common/dns/binary_text.h"
#include "common/dns/message.h"
#include "common/dnssec/nsec3_hash.h"
#include "common/zone/zone_builder.h"
#include "common/zone/zone_lookup.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// Distinct for each `i`, and of the lengths that registered names have.
std::string Word(Random& random, uint64_t i) {
  static constexpr std::string_view kConsonants = "bcdfghjklmnprstvz";
  static constexpr std::string_view kVowels = "aeiou";
  static constexpr std::string_view kEndings[] = {"", "online", "-shop", "tech", "group", "-web"};
  std::string word;
  do {
    word += kConsonants[i % 17];
    word += kVowels[i / 17 % 5];
    i /= 85;
  } while (i > 0);
  if (random.Below(5) < 4) return word += kEndings[random.Below(6)];
  return word += std::to_string(800 + random.Below(200));
}

struct Registry {
  std::string text;
  std::vector<std::string> names;  // the delegated ones
};

Registry MakeRegistry(size_t delegations) {
  Registry registry;
  const std::unique_ptr<Random> random = NewSeededRandom(2);
  std::string& text = registry.text;
  text =
      "$ORIGIN tld.\n$TTL 86400\n@ SOA ns admin 1 1800 900 604800 3600\n@ NS a.nic\n@ NS b.nic\na.nic A "
      "192.0.2.97\n"
      "b.nic A 192.0.2.98\n";
  for (size_t i = 0; i < delegations; ++i) {
    const std::string w = Word(*random, i);
    registry.names.push_back(w + ".tld.");
    if (i % 2 == 1) {
      text += fmt::format(
          "{0} IN NS ns1.{0}\n{0} IN NS ns2.{0}\nns1.{0} IN A 10.{1}.{2}.{3}\nns2.{0} IN A 11.{1}.{2}.{3}\n",
          w, i >> 16 & 255, i >> 8 & 255, i & 255);
      if (i % 4 == 3) text += fmt::format("ns1.{} IN AAAA 2001:db8::{:x}\n", w, i & 65535);
    } else {
      const uint64_t host = random->Below(2000);
      text += fmt::format("{0} IN NS ns1.host{1}.example.\n{0} IN NS ns2.host{1}.example.\n", w, host);
    }
    if (i % 10 == 3) {
      text += fmt::format("{} IN DS {} 13 2 {:016x}{:016x}{:016x}{:016x}\n", w, random->Below(65536),
                          random->U64(), random->U64(), random->U64(), random->U64());
    }
  }
  return registry;
}

const Registry& RegistryOf(size_t delegations) {
  static std::map<size_t, Registry> made;
  const auto [it, fresh] = made.try_emplace(delegations);
  if (fresh) it->second = MakeRegistry(delegations);
  return it->second;
}

LoadedZone Load(const Registry& registry) {
  LoadedZone loaded = LoadZoneText(Name::Literal("tld."), registry.text, "tld.zone");
  if (loaded.zone == nullptr) {
    std::fputs(loaded.complaints.front().ToText().c_str(), stderr);
    std::abort();
  }
  return loaded;
}

std::shared_ptr<const Zone> ZoneOf(size_t delegations) {
  static std::map<size_t, std::shared_ptr<const Zone>> loaded;
  std::shared_ptr<const Zone>& zone = loaded[delegations];
  if (zone == nullptr) zone = Load(RegistryOf(delegations)).zone;
  return zone;
}

// Text to a zone that can be served.
void BM_Load(benchmark::State& state) {
  const Registry& registry = RegistryOf(static_cast<size_t>(state.range(0)));
  size_t records = 0;
  size_t octets = 0;
  for (auto _ : state) {
    const LoadedZone loaded = Load(registry);
    records = loaded.zone->record_count();
    octets = loaded.zone->MemoryOctets();
  }
  const double all = static_cast<double>(records) * static_cast<double>(state.iterations());
  state.counters["us_per_record"] =
      benchmark::Counter(all * 1e-6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["octets_per_record"] = static_cast<double>(octets) / static_cast<double>(records);
}
BENCHMARK(BM_Load)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

std::vector<Name> Questions(const Registry& registry, std::string_view kind) {
  const std::unique_ptr<Random> random = NewSeededRandom(7);
  std::vector<Name> names;
  for (size_t i = 0; i < 400'000; ++i) {
    const std::string& delegated = registry.names[random->Below(registry.names.size())];
    if (kind == "hit") names.push_back(Name::Literal(delegated));
    if (kind == "referral") names.push_back(Name::Literal("www." + delegated));
    if (kind == "miss")
      names.push_back(
          Name::Literal(fmt::format("{}q{}.tld.", Word(*random, random->Below(10'000'000)), i % 99)));
  }
  return names;
}

void Find(benchmark::State& state, std::string_view kind, RrType qtype) {
  const size_t delegations = static_cast<size_t>(state.range(0));
  const std::shared_ptr<const Zone> zone = ZoneOf(delegations);
  const std::vector<Name> names = Questions(RegistryOf(delegations), kind);
  size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Find(*zone, names[i].view(), qtype));
    if (++i == names.size()) i = 0;
  }
}
void BM_FindDs(benchmark::State& state) { Find(state, "hit", rr::kDs); }
void BM_FindReferral(benchmark::State& state) { Find(state, "referral", rr::kA); }
void BM_FindMiss(benchmark::State& state) { Find(state, "miss", rr::kA); }
BENCHMARK(BM_FindDs)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(BM_FindReferral)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(BM_FindMiss)->Arg(100'000)->Arg(1'000'000);

std::vector<uint8_t> QueryPacket(NameView qname, RrType qtype, bool edns, bool dnssec_ok) {
  Message message;
  message.header.id = 1;
  message.questions.push_back({.qname = Name(qname), .qtype = qtype});
  if (edns) message.edns = Edns{.udp_payload_octets = 1232, .dnssec_ok = dnssec_ok, .options = {}};
  return message.ToWire();
}

// From the packet to the finished reply, in batches of 32, as a listener hands them over.
void Respond(benchmark::State& state, std::vector<std::shared_ptr<const Zone>> zones,
             const std::vector<std::vector<uint8_t>>& packets,
             size_t answer_cache_octets = AnswerCache::kUsualOctets) {
  constexpr size_t kBatch = 32;
  Responder responder{ResponderOptions{.answer_cache_octets = answer_cache_octets}};
  responder.SetZones(ZoneSet::Of(std::move(zones)));
  std::vector<std::array<uint8_t, 4096>> replies(kBatch);
  std::array<Query, kBatch> batch;
  size_t next = 0;
  size_t answered = 0;
  size_t octets = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < kBatch; ++i) {
      batch[i].packet = packets[next];
      batch[i].reply = replies[i];
      if (++next == packets.size()) next = 0;
    }
    responder.OnQueries(batch);
    answered += kBatch;
    octets += batch[0].reply_octets;
  }
  state.counters["ns_per_query"] = benchmark::Counter(
      static_cast<double>(answered) * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["octets"] = static_cast<double>(octets) * kBatch / static_cast<double>(answered);
}

// The mix is that of a TLD: 70 % referrals, 30 % names that do not exist; 70 % with DO, 15 % with EDNS alone.
// Without and with finished answers kept.
void BM_Respond(benchmark::State& state) {
  const size_t delegations = static_cast<size_t>(state.range(0));
  const std::vector<Name> referrals = Questions(RegistryOf(delegations), "referral");
  const std::vector<Name> misses = Questions(RegistryOf(delegations), "miss");
  const std::unique_ptr<Random> random = NewSeededRandom(9);
  std::vector<std::vector<uint8_t>> packets;
  for (size_t i = 0; i < 100'000; ++i) {
    const Name& name = random->Below(10) < 3 ? misses[i] : referrals[i];
    packets.push_back(QueryPacket(name, rr::kA, random->Below(100) < 85, random->Below(100) < 82));
  }
  Respond(state, {ZoneOf(delegations)}, packets, static_cast<size_t>(state.range(1)));
}
BENCHMARK(BM_Respond)->ArgsProduct({{1'000, 100'000, 1'000'000}, {0, AnswerCache::kUsualOctets}});

// A name of so many labels that exists, as do all above it: what a walk down costs (THREATS section 3).
void BM_RespondDeep(benchmark::State& state) {
  std::string owner = "a";
  for (int64_t i = 1; i < state.range(0); ++i) owner += ".a";
  const std::string text = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\n" + owner + " 60 A 192.0.2.1\n";
  const Name apex = Name::Literal("z.");
  ZoneReaderOptions options;
  options.origin = apex;
  ZoneReader reader = ZoneReader::FromText(text, "zone", options);
  ZoneBuilder builder(apex);
  builder.AddAll(reader);
  Respond(state, {std::move(builder).Build().zone},
          {QueryPacket(Name::Literal(owner + ".z."), rr::kA, false, false)});
}
BENCHMARK(BM_RespondDeep)->Arg(1)->Arg(120);

// Many small zones, as a host of web sites has them: a third of the questions for the apex, a third for www
// and mail, a third for names that do not exist.
void BM_RespondHosting(benchmark::State& state) {
  const std::unique_ptr<Random> random = NewSeededRandom(4);
  std::vector<std::shared_ptr<const Zone>> zones;
  std::vector<std::vector<uint8_t>> packets;
  for (uint64_t i = 0; i < static_cast<uint64_t>(state.range(0)); ++i) {
    std::string text =
        "$TTL 3600\n@ SOA ns1.host.example. admin 1 1800 900 604800 3600\n@ NS ns1.host.example.\n"
        "@ NS ns2.host.example.\n@ A 192.0.2.1\n@ AAAA 2001:db8::1\n@ MX 10 mail\n"
        "@ TXT \"v=spf1 mx include:spf.mailhost.example -all\"\nmail A 192.0.2.1\nmail AAAA 2001:db8::1\n";
    text += i % 4 == 0 ? "www A 192.0.2.1\n" : "www CNAME @\n";
    for (uint64_t k = random->Below(10); k > 0; --k)
      text += Word(*random, random->Below(7000)) + " A 10.0.0.1\n";
    const Name apex = Name::Literal(Word(*random, i) + ".com-x.");
    zones.push_back(LoadZoneText(apex, text, "zone").zone);
  }
  static constexpr RrType kTypes[] = {rr::kA, rr::kA, rr::kAaaa, rr::kMx, rr::kNs, rr::kTxt, rr::kSoa};
  for (size_t i = 0; i < 300'000; ++i) {
    const std::string apex = Name(zones[random->Below(zones.size())]->apex()).ToText();
    const uint64_t kind = random->Below(100);
    const std::string owner = kind < 30   ? Word(*random, random->Below(1'000'000)) + "-no." + apex
                              : kind < 65 ? apex
                                          : (kind < 90 ? "www." : "mail.") + apex;
    const RrType type = kind >= 30 && kind < 65 ? kTypes[random->Below(std::size(kTypes))] : rr::kA;
    packets.push_back(
        QueryPacket(Name::Literal(owner), type, random->Below(100) < 85, random->Below(100) < 82));
  }
  Respond(state, std::move(zones), packets);
}
BENCHMARK(BM_RespondHosting)->Arg(10'000);

// The registry with an NSEC3 for each delegation and for the apex. Signatures have the size of algorithm
// 13's; nobody checks them here.
std::shared_ptr<const Zone> Nsec3Zone(const Registry& registry, uint16_t iterations) {
  const std::vector<uint8_t> octets(64, 0x5a);
  std::string signature;
  AppendBase64(octets, signature);
  const auto rrsig = [&](std::string_view type) {
    return fmt::format("RRSIG {} 13 2 3600 20380101000000 20200101000000 1 tld. {}\n", type, signature);
  };
  std::vector<std::string> hashes;
  const auto add = [&](NameView name) {
    AppendBase32Hex(HashOwnerName(name, iterations, {}), hashes.emplace_back());
  };
  add(Name::Literal("tld."));
  for (const std::string& name : registry.names) add(Name::Literal(name));
  std::sort(hashes.begin(), hashes.end());
  std::string text = registry.text + fmt::format("@ NSEC3PARAM 1 0 {} -\n@ {}", iterations, rrsig("SOA"));
  for (size_t i = 0; i < hashes.size(); ++i) {
    text += fmt::format("{0} NSEC3 1 0 {1} - {2} NS DS RRSIG\n{0} {3}", hashes[i], iterations,
                        hashes[(i + 1) % hashes.size()], rrsig("NSEC3"));
  }
  return LoadZoneText(Name::Literal("tld."), text, "tld.zone").zone;
}

// NXDOMAIN with DO: three hashes, three NSEC3 records and four signatures.
void BM_RespondNsec3Denial(benchmark::State& state) {
  const Registry& registry = RegistryOf(static_cast<size_t>(state.range(0)));
  std::vector<std::vector<uint8_t>> packets;
  for (const Name& name : Questions(registry, "miss"))
    packets.push_back(QueryPacket(name, rr::kA, true, true));
  Respond(state, {Nsec3Zone(registry, static_cast<uint16_t>(state.range(1)))}, packets);
}
BENCHMARK(BM_RespondNsec3Denial)->Args({100'000, 0})->Args({100'000, 10})->Args({100'000, 150});

void BM_Nsec3Hash(benchmark::State& state) {
  const Name name = Name::Literal("www.example.com.");
  for (auto _ : state) {
    benchmark::DoNotOptimize(HashOwnerName(name, static_cast<uint16_t>(state.range(0)), {}));
  }
}
BENCHMARK(BM_Nsec3Hash)->Arg(0)->Arg(10)->Arg(150)->Arg(2500);

}  // namespace
}  // namespace cairn
