// The codec's hot paths: what each packet of a server costs before and after it is decided what to answer.
#include <array>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "common/dns/message.h"
#include "common/dns/message_writer.h"
#include "common/dns/name.h"
#include "common/dns/query_reader.h"

namespace cairn {
namespace {

using namespace std::string_literals;

std::vector<uint8_t> WireOf(std::string_view name) {
  const Name owned = Name::Literal(name);
  return {owned.wire().begin(), owned.wire().end()};
}

Message UsualQuery() {
  Message query;
  query.header.recursion_desired = true;
  query.questions.push_back({.qname = Name::Literal("www.example.com."), .qtype = rr::kA});
  query.edns = Edns{.dnssec_ok = true, .options = {}};
  return query;
}

struct Delegation {
  Name cut = Name::Literal("example.com.");
  RdataSet servers;
  std::vector<Name> hosts;
  std::vector<uint8_t> address = {192, 0, 2, 1};
};

// As a TLD gives it: NS names below the cut, with glue.
Delegation InDomainDelegation(int servers) {
  Delegation delegation;
  for (int i = 1; i <= servers; ++i) {
    const std::string host = "ns" + std::to_string(i) + ".example.com.";
    delegation.servers.Add(WireOf(host));
    delegation.hosts.push_back(Name::Literal(host));
  }
  return delegation;
}

size_t WriteReferral(std::span<uint8_t> buffer, ByteView question, const Delegation& delegation,
                     const Edns& edns) {
  MessageWriter out(buffer, 1232);
  out.Begin(Header{.id = 1, .response = true});
  out.Reserve(kBareOptOctets);
  out.AddQuestionOctets(question, question.size() - 4);
  out.StartSection(Section::kAuthority);
  out.AddRrset(delegation.cut, rr::kNs, kClassIn, Ttl::Seconds(172800), delegation.servers);
  out.StartSection(Section::kAdditional);
  for (const Name& host : delegation.hosts) {
    out.AddRecord(host, rr::kA, kClassIn, Ttl::Seconds(172800), delegation.address);
  }
  out.AddEdns(edns);
  return out.Finish();
}

const std::string kQuestion = "\3www\7example\3com\0\0\1\0\1"s;

void BM_ReadQuery(benchmark::State& state) {
  const std::vector<uint8_t> packet = UsualQuery().ToWire();
  QueryView query;
  for (auto _ : state) {
    ReadQuery(packet, query);
    benchmark::DoNotOptimize(query);
  }
}
BENCHMARK(BM_ReadQuery);

void BM_WriteReferral(benchmark::State& state) {
  const Delegation delegation = InDomainDelegation(static_cast<int>(state.range(0)));
  const Edns edns;
  std::array<uint8_t, 1232> buffer;
  for (auto _ : state) {
    benchmark::DoNotOptimize(WriteReferral(buffer, AsBytes(kQuestion), delegation, edns));
  }
  state.counters["ns/record"] =
      benchmark::Counter(2.0 * static_cast<double>(state.range(0)) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_WriteReferral)->Arg(2)->Arg(4)->Arg(13);

void BM_WriteAddressAnswer(benchmark::State& state) {
  const Name owner = Name::Literal("www.example.com.");
  const std::vector<uint8_t> address = {192, 0, 2, 1};
  const Edns edns;
  std::array<uint8_t, 1232> buffer;
  for (auto _ : state) {
    MessageWriter out(buffer, 1232);
    out.Begin(Header{.id = 1, .response = true});
    out.AddQuestionOctets(AsBytes(kQuestion), kQuestion.size() - 4);
    out.AddRecord(owner, rr::kA, kClassIn, Ttl::Seconds(60), address);
    out.AddEdns(edns);
    benchmark::DoNotOptimize(out.Finish());
  }
}
BENCHMARK(BM_WriteAddressAnswer);

void BM_ParseReferral(benchmark::State& state) {
  const Delegation delegation = InDomainDelegation(static_cast<int>(state.range(0)));
  std::array<uint8_t, 1232> buffer;
  const size_t octets = WriteReferral(buffer, AsBytes(kQuestion), delegation, Edns{});
  for (auto _ : state) {
    benchmark::DoNotOptimize(Message::Parse(ByteView(buffer).first(octets)));
  }
}
BENCHMARK(BM_ParseReferral)->Arg(2)->Arg(13);

void BM_GroupIntoRrsets(benchmark::State& state) {
  std::vector<Record> records;
  for (uint32_t i = 0; i < state.range(0); ++i) {
    std::vector<uint8_t> address(4);
    StoreU32(address.data(), i);
    records.push_back({.owner = Name::Literal("many.example."),
                       .type = rr::kA,
                       .ttl = Ttl::Seconds(60),
                       .rdata = std::move(address)});
  }
  for (auto _ : state) benchmark::DoNotOptimize(GroupIntoRrsets(records));
}
BENCHMARK(BM_GroupIntoRrsets)->Arg(4)->Arg(4000);

// THREATS section 1: the dearest 64 KiB we know of. Chains of 126 pointers, and three names in each 16
// octets.
std::vector<uint8_t> WorstMessage() {
  std::string wire = "\0\0\x80\0\0\1\0\0\0\0\0\0"s + "\1a\0\0\1\0\1"s;
  size_t last = 12;
  const size_t chain_start = wire.size() + 11;
  std::string chain;
  for (int i = 0; i < 125; ++i) {
    const size_t start = chain_start + chain.size();
    chain += "\1b"s + static_cast<char>(0xc0 | last >> 8) + static_cast<char>(last);
    last = start;
  }
  wire += "\0\xff\0\0\1\0\0\0\0"s + static_cast<char>(chain.size() >> 8) + static_cast<char>(chain.size()) +
          chain;
  const std::string pointer = {static_cast<char>(0xc0 | last >> 8), static_cast<char>(last)};
  const std::string record = pointer + "\0\x0e\0\1\0\0\0\0\0\4"s + pointer + pointer;  // MINFO
  size_t records = 1;
  for (; wire.size() + record.size() <= kMaxMessageOctets; ++records) wire += record;
  wire[6] = static_cast<char>(records >> 8);
  wire[7] = static_cast<char>(records);
  return {wire.begin(), wire.end()};
}

void BM_ParseWorstMessage(benchmark::State& state) {
  const std::vector<uint8_t> wire = WorstMessage();
  for (auto _ : state) benchmark::DoNotOptimize(Message::Parse(wire));
}
BENCHMARK(BM_ParseWorstMessage)->Unit(benchmark::kMicrosecond);

// The dearest to write: 120 labels remembered, and every name shares all of them.
void BM_WriteWorstMessage(benchmark::State& state) {
  std::string deep;
  for (int i = 0; i < 120; ++i) deep += "a.";
  const Name owner = Name::Literal(deep);
  const std::vector<uint8_t> server = WireOf("b." + deep);
  std::vector<uint8_t> buffer(kMaxMessageOctets);
  for (auto _ : state) {
    MessageWriter out(buffer, kMaxMessageOctets);
    out.Begin(Header{});
    while (out.AddRecord(owner, rr::kNs, kClassIn, Ttl(), server)) {
    }
    benchmark::DoNotOptimize(out.Finish());
  }
}
BENCHMARK(BM_WriteWorstMessage)->Unit(benchmark::kMicrosecond);

void BM_NameEqual(benchmark::State& state) {
  const Name a = Name::Literal("www.Some-Company.example.com.");
  const Name b = Name::Literal("www.some-company.Example.com.");
  for (auto _ : state) {
    NameView view = a;
    benchmark::DoNotOptimize(view);
    benchmark::DoNotOptimize(view == b);
  }
}
BENCHMARK(BM_NameEqual);

void BM_NameCanonicalCompare(benchmark::State& state) {
  const Name a = Name::Literal("ns1.some-company.example.com.");
  const Name b = Name::Literal("ns2.some-company.example.com.");
  for (auto _ : state) {
    NameView view = a;
    benchmark::DoNotOptimize(view);
    benchmark::DoNotOptimize(view.CanonicalCompare(b));
  }
}
BENCHMARK(BM_NameCanonicalCompare);

void BM_NameHash(benchmark::State& state) {
  const Name name = Name::Literal("www.some-company.example.com.");
  for (auto _ : state) {
    NameView view = name;
    benchmark::DoNotOptimize(view);
    benchmark::DoNotOptimize(view.Hash());
  }
}
BENCHMARK(BM_NameHash);

void BM_NameFromText(benchmark::State& state) {
  const std::string text = "www.some-company.example.com.";
  std::array<uint8_t, kMaxNameOctets> wire;
  for (auto _ : state) benchmark::DoNotOptimize(NameFromTextInto(text, NameView(), wire.data()));
}
BENCHMARK(BM_NameFromText);

void BM_NameToText(benchmark::State& state) {
  const Name name = Name::Literal("www.some-company.example.com.");
  for (auto _ : state) benchmark::DoNotOptimize(name.ToText());
}
BENCHMARK(BM_NameToText);

}  // namespace
}  // namespace cairn
