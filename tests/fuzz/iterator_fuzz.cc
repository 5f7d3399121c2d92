// The resolver whole, among servers that say what the input says (THREATS sections 1 and 2): records for any
// name in any section, raw octets, silence, errors, replies twice, late, from elsewhere, over a TCP that
// fails. The input also chooses options, clients, their questions, and the time between. Whatever comes, each
// client is answered once and in time, what it gets is a chain from its question, no client query costs more
// upstream than its budget, and at the end nothing is alive.
//
// Octet 0: options. Octet 1: how many questions, up to 8; three octets for each: name, type, and how it is
// asked. The rest is the script of the servers, read round and round, a few octets for each query they see.
#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>

#include "common/dns/rdata.h"
#include "common/dns/rdata_text.h"
#include "tests/fuzz/property.h"
#include "tests/sim/checkers.h"
#include "tests/sim/sim_internet.h"
#include "tests/sim/sim_resolver.h"

namespace cairn {
namespace {

using sim::Conversation;
using sim::SimHost;
using testing::Require;

constexpr std::array<std::string_view, 16> kNames = {
    ".",
    "test.",
    "example.",
    "a.test.",
    "www.a.test.",
    "b.a.test.",
    "ns1.test.",
    "ns.a.test.",
    "ns.example.",
    "x.y.z.a.test.",
    "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.a.test.",
    "alias.example.",
    "d.example.",
    "www.d.example.",
    "_dmarc.example.",
    "ns9.ns8.ns7.ns6.ns5.ns4.ns3.ns2.ns1.example.",
};
constexpr std::array<RrType, 16> kTypes = {
    rr::kA,  rr::kAaaa, rr::kNs,    rr::kCname, rr::kDname, rr::kSoa,   rr::kTxt,      rr::kMx,
    rr::kDs, rr::kNsec, rr::kNsec3, rr::kRrsig, rr::kAny,   rr::kHttps, RrType{65400}, rr::kDnskey};
// Where servers are; the last two are reached by nobody.
constexpr std::array<std::string_view, 8> kAddresses = {
    "11.0.0.1", "11.0.0.2", "11.0.0.3", "11.0.0.4", "2001:db8::11", "2001:db8::12", "11.0.0.99", "127.0.0.1"};
constexpr size_t kReached = 6;
constexpr std::array<uint32_t, 8> kTtls = {0, 1, 5, 60, 3600, 86400, 0x7fffffff, 0xffffffff};
constexpr std::array<int64_t, 8> kDelaysMs = {0, 1, 50, 300, 900, 2500, 6000, 11'000};
constexpr std::array<int64_t, 4> kPausesMs = {0, 700, 20'000, 400'000};
// Of types whose insides say nothing to the walk; what is malformed comes as raw octets.
struct RdataText {
  RrType type;
  std::string_view text;
};
constexpr std::array<RdataText, 8> kRdataTexts = {{
    {rr::kSoa, "ns.a.test. mail.a.test. 1 7200 900 1209600 300"},
    {rr::kMx, "10 ns.a.test."},
    {rr::kDs, "1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
    {rr::kNsec, "z.test. A NS RRSIG NSEC"},
    {rr::kNsec3, "1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s A"},
    {rr::kRrsig, "A 13 2 3600 20300101000000 20200101000000 1 test. AAAA"},
    {rr::kHttps, "1 . ipv4hint=10.0.0.1"},
    {rr::kDnskey, "257 3 13 AAAA"},
}};

// Octets without end.
class Script {
 public:
  explicit Script(ByteView octets) : octets_(octets) {}
  uint8_t Next() { return octets_.empty() ? uint8_t{0} : octets_[at_++ % octets_.size()]; }
  template <typename Table>
  const auto& From(const Table& table) {
    return table[Next() % table.size()];
  }
  std::vector<uint8_t> Take(size_t count) {
    std::vector<uint8_t> octets(count);
    std::ranges::generate(octets, [this] { return Next(); });
    return octets;
  }

 private:
  ByteView octets_;
  size_t at_ = 0;
};

// All servers there are: one host with all their addresses.
class ScriptedServers final : public QueryHandler {
 public:
  ScriptedServers(sim::SimWorld& world, Script script)
      : world_(world), script_(script), host_(world.AddHost("scripted", Addresses())) {
    for (const IpAddress& address : Addresses()) listeners_.push_back(*host_.Listen({address, 53}, *this));
  }

  void OnQueries(std::span<Query> batch) override {
    for (Query& query : batch) {
      const absl::StatusOr<Message> asked = Message::Parse(query.packet);
      Require(asked.ok() && asked->questions.size() == 1, "what is sent upstream can be read");
      Answer(query, *asked);
    }
  }

 private:
  enum class Act : uint8_t { kSay, kSayRaw, kSilence, kTwice, kLate, kFromElsewhere, kWrongId, kTcp };

  static std::vector<IpAddress> Addresses() {
    std::vector<IpAddress> addresses;
    for (size_t i = 0; i < kReached; ++i) addresses.push_back(IpAddress::Literal(kAddresses[i]));
    return addresses;
  }

  void Answer(Query& query, const Message& asked) {
    const uint8_t how = script_.Next();
    const Act act = how & 0x80 ? static_cast<Act>(how & 7) : Act::kSay;  // half of all just say something
    if (act == Act::kSilence) return;
    if (act == Act::kTcp) host_.tcp = static_cast<SimHost::Tcp>(script_.Next() % 5);
    std::vector<uint8_t> wire =
        act == Act::kSayRaw ? Raw(asked) : Composed(asked).ToWire(query.tcp ? 65535 : 4096);
    if (act == Act::kWrongId) wire[1] ^= 1;
    Endpoint from = query.to.listener->local();
    if (act == Act::kFromElsewhere) from.port = 54;
    const bool forged = act == Act::kTwice || act == Act::kLate || act == Act::kFromElsewhere;
    if (forged && !query.tcp)
      world_.Forge(from, query.to.client, wire, std::chrono::milliseconds(script_.From(kDelaysMs)));
    if (act == Act::kLate || act == Act::kFromElsewhere) return;
    std::ranges::copy(wire, query.reply.begin());
    query.reply_octets = wire.size();
  }

  // Header and question as they must be, then anything.
  std::vector<uint8_t> Raw(const Message& asked) {
    Message empty;
    empty.header = asked.header;
    empty.header.response = true;
    empty.questions = asked.questions;
    std::vector<uint8_t> wire = empty.ToWire();
    wire[2] = script_.Next() | 0x80;
    for (const size_t count : std::array<size_t, 4>{3, 7, 9, 11}) wire[count] = script_.Next() & 31;
    const std::vector<uint8_t> records = script_.Take(script_.Next());
    wire.insert(wire.end(), records.begin(), records.end());
    return wire;
  }

  Message Composed(const Message& asked) {
    Message reply;
    const uint8_t flags = script_.Next();
    reply.header = {.id = asked.header.id,
                    .response = true,
                    .authoritative = (flags & 3) != 0,
                    .truncated = (flags & 0x1c) == 0x1c,
                    .recursion_available = (flags & 0x20) != 0};
    reply.questions = asked.questions;
    if (asked.edns && (flags & 0xc0) != 0xc0) Edns(asked, flags, reply);
    const uint8_t shape = script_.Next();
    static constexpr std::array<uint8_t, 8> kRcodes = {0, 0, 0, 3, 3, 6, 2, 5};
    reply.header.rcode_low = kRcodes[shape & 7];
    for (size_t left = shape >> 3; left > 0; --left) AddRecord(asked.questions[0].qname, reply);
    return reply;
  }

  // Of servers with cookies, what they owe (RFC 7873 section 5.2).
  static void Edns(const Message& asked, uint8_t flags, Message& reply) {
    reply.edns.emplace();
    const EdnsOption* const cookie = asked.edns->Find(EdnsOptionCode::kCookie);
    if (cookie == nullptr || (flags & 0xc0) != 0x80) return;
    EdnsOption option{.code = EdnsOptionCode::kCookie,
                      .value = {cookie->value.begin(), cookie->value.begin() + 8}};
    option.value.insert(option.value.end(), 8, 0xcc);
    reply.edns->options.push_back(std::move(option));
  }

  void AddRecord(const Name& qname, Message& reply) {
    const uint8_t what = script_.Next();
    Record record;
    record.type = script_.From(kTypes);
    record.owner = NameNear(qname);
    record.ttl = Ttl::FromWire(script_.From(kTtls));
    record.rdata = RdataOf(record.type, qname);
    std::vector<Record>& section = what & 1 ? reply.answer : what & 2 ? reply.authority : reply.additional;
    // Long sets and lists, for the limits: the last octets tell the records apart.
    const size_t copies = what >= 0xf8 ? size_t{64} << (what & 3) : 1;
    for (size_t i = 0; i < copies && section.size() < 600; ++i) {
      if (record.type == rr::kNs && i > 0) record.rdata = Numbered(i);
      if (record.type == rr::kA && i > 0) record.rdata[3] = static_cast<uint8_t>(i);
      section.push_back(record);
    }
  }

  static std::vector<uint8_t> Numbered(size_t i) {
    const Name name = Name::Literal("ns" + std::to_string(i) + ".example.");
    return {name.wire().begin(), name.wire().end()};
  }

  // Of the question and what is above and below, or any of the table.
  Name NameNear(const Name& qname) {
    const uint8_t which = script_.Next();
    if (which & 0x80) return Name::Literal(kNames[which & 15]);
    if (which & 0x40) return Name::Concatenate(Name::Literal("sub."), qname).value_or(qname);
    return Name(qname.view().Ancestor(qname.LabelCount() - std::min<int>(which & 3, qname.LabelCount())));
  }

  std::vector<uint8_t> RdataOf(RrType type, const Name& qname) {
    if (type == rr::kA || type == rr::kAaaa) {
      const IpAddress address = IpAddress::Literal(script_.From(kAddresses));
      if (address.is_v6() == (type == rr::kAaaa)) return {address.octets().begin(), address.octets().end()};
      return std::vector<uint8_t>(type == rr::kA ? 4 : 16, 11);
    }
    if (type == rr::kNs || type == rr::kCname || type == rr::kDname) {
      const Name name = NameNear(qname);
      return {name.wire().begin(), name.wire().end()};
    }
    for (const RdataText& row : kRdataTexts) {
      if (row.type == type) return RdataFromText(type, row.text).value();
    }
    return {1, script_.Next()};  // a TXT, or a type nobody knows
  }

  sim::SimWorld& world_;
  Script script_;
  SimHost& host_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

ResolverOptions OptionsOf(uint8_t octet) {
  ResolverOptions options = sim::SimResolver::DefaultOptions();
  options.cache_size_octets = size_t{64} << 10;
  options.upstream_sockets = 16;
  options.prime_root = octet & 1;
  options.case_randomisation = octet & 2;
  options.ipv6 = octet & 4;
  options.serve_stale = octet & 8;
  options.prefetch = octet & 16;
  options.cookies_upstream = octet & 32;
  options.qname_minimisation = static_cast<QnameMinimisation>((octet >> 6) % 3);
  return options;
}

// The root's servers are some of the scripted ones; nobody asks the one whose zone says so.
void BuildRoot(sim::SimInternet& internet) {
  internet.AddServer("unasked", {IpAddress::Literal("11.0.0.200")});
  internet.AddZone({.apex = Name(),
                    .text = "@ NS ns1.test.\n@ NS ns2.test.\nns1.test. A 11.0.0.1\nns2.test. A 11.0.0.2\n"
                            "ns2.test. AAAA 2001:db8::11\n",
                    .servers = {"unasked"}});
  const absl::Status started = internet.Start();
  if (!started.ok()) std::cerr << started.ToString() << '\n';
  Require(started.ok(), "the world starts");
}

// What a client is given: aliases before their targets (RFC 1034 section 3.6.2), and at the end the type it
// asked for.
void RequireChain(const Conversation& conversation) {
  const Question& asked = conversation.query.question;
  Name sname = asked.qname;
  for (const Rrset& rrset : GroupIntoRrsets(conversation.reply.answer)) {
    if (rrset.type == rr::kDname && sname.IsBelow(rrset.owner)) continue;
    Require(rrset.owner == sname, "a set of the answer stands where the chain leads");
    if (rrset.type == rr::kCname && asked.qtype != rr::kCname && asked.qtype != rr::kAny) {
      Require(rrset.rdatas.size() == 1, "one alias at a name");
      sname = Name(LeadingName(rrset.rdatas.front()));
    } else {
      Require(rrset.type == asked.qtype || asked.qtype == rr::kAny, "of the type asked for");
    }
  }
}

class Run {
 public:
  Run(uint8_t options, Script script)
      : internet_(7), servers_(internet_.world(), script), options_(OptionsOf(options)) {
    BuildRoot(internet_);
    resolver_ = std::make_unique<sim::SimResolver>(internet_, options_);
    checkers_ = std::make_unique<sim::Checkers>(*resolver_);
  }

  void Ask(const uint8_t* octets) {
    sim::StubQuery query{.question = {.qname = Name::Literal(kNames[octets[0] % kNames.size()]),
                                      .qtype = kTypes[octets[1] % kTypes.size()]}};
    query.over_tcp = octets[2] & 1;
    query.edns = octets[2] & 2;
    query.recursion_desired = (octets[2] & 12) != 12;
    const bool alone = octets[2] & 16;
    if (octets[2] & 32) internet_.world().clock().JumpWall((octets[2] & 64 ? 1 : -1) * int64_t{86400} * 365);
    if (alone)
      AskAlone(std::move(query));
    else
      resolver_->Ask(std::move(query));
    internet_.world().RunFor(std::chrono::milliseconds(kPausesMs[octets[2] >> 6]));
  }

  void Finish() {
    internet_.world().RunFor(std::chrono::seconds(20));
    size_t client_queries = 0;
    for (const auto& conversation : resolver_->conversations()) {
      client_queries += conversation->queries_sent;
      checkers_->CheckForm(*conversation);
      RequireChain(*conversation);
      if (conversation->query.over_tcp)
        Require(conversation->replies == 1, "over TCP a query is answered once");
    }
    checkers_->CheckBudget(resolver_->UpstreamQueries(), client_queries * (1 + Background()));
    checkers_->CheckNothingAlive();
    for (const std::string& finding : checkers_->findings()) std::cerr << finding << '\n';
    Require(checkers_->findings().empty(), "no checker found anything");
  }

 private:
  // Priming has a purse of its own, and so has a fetch that nobody waits for.
  size_t Background() const {
    return size_t{options_.prime_root} + (options_.prefetch || options_.serve_stale);
  }

  // Over TCP, so that it is one query: what is sent for it is all there is.
  void AskAlone(sim::StubQuery query) {
    sim::SimWorld& world = internet_.world();
    world.RunFor(std::chrono::seconds(60), [this] { return resolver_->resolver().active() == 0; });
    const size_t first = world.log().packets().size();
    query.over_tcp = true;
    resolver_->AskAndWait(std::move(query));
    world.RunFor(std::chrono::seconds(60), [this] { return resolver_->resolver().active() == 0; });
    checkers_->CheckBudget(resolver_->UpstreamQueries(first), 1 + Background());
  }

  sim::SimInternet internet_;
  ScriptedServers servers_;
  ResolverOptions options_;
  std::unique_ptr<sim::SimResolver> resolver_;
  std::unique_ptr<sim::Checkers> checkers_;
};

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 6) return 0;
  const size_t questions = std::min<size_t>(1 + data[1] % 8, (size - 2) / 3);
  const size_t script = 2 + 3 * questions;
  cairn::Run run(data[0], cairn::Script({data + script, size - script}));
  for (size_t i = 0; i < questions; ++i) run.Ask(data + 2 + 3 * i);
  run.Finish();
  return 0;
}
