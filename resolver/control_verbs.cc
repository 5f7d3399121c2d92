#include "resolver/control_verbs.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "common/base/limits.h"
#include "common/base/status.h"
#include "common/service/metrics_text.h"
#include "common/service/network_report.h"
#include "common/trace/json.h"
#include "common/trace/tree.h"
#include "resolver/cache_verbs.h"
#include "resolver/serve.h"
#include "resolver/trace_question.h"

namespace cairn {
namespace {

using Arguments = std::span<const std::string>;

ControlReply Wrong(std::string text) { return {.ok = false, .text = std::move(text) + "\n"}; }
ControlReply Misused(std::string text) {
  return {.ok = false, .text = std::move(text) + "\n", .wrong_usage = true};
}

// ---- Figures

struct CounterRow {
  std::string_view name;
  std::string_view help;
  Counter ResolverCounters::* counter;
};
constexpr auto kCounterRows = std::to_array<CounterRow>({
    {"client_queries", "Queries which came from clients", &ResolverCounters::client_queries},
    {"client_malformed", "Of these, queries which could not be understood",
     &ResolverCounters::client_malformed},
    {"client_refused", "Of these, queries refused by the access list or by policy",
     &ResolverCounters::client_refused},
    {"client_cookies_valid", "Of these, queries with a cookie of ours",
     &ResolverCounters::client_cookies_valid},
    {"client_cookies_invalid", "Of these, queries with a cookie that is not ours or too old",
     &ResolverCounters::client_cookies_invalid},
    {"client_cookies_demanded", "Of these, queries without data for want of a valid cookie",
     &ResolverCounters::client_cookies_demanded},
    {"client_dropped", "Of these, queries dropped by the access list", &ResolverCounters::client_dropped},
    {"cache_hits", "Of these, queries answered from the cache", &ResolverCounters::cache_hits},
    {"stale_answers", "Of these, queries answered from expired entries (RFC 8767)",
     &ResolverCounters::stale_answers},
    {"prefetches", "Entries fetched anew before they expired", &ResolverCounters::prefetches},
    {"prefetches_declined", "Entries left to expire since too many were being fetched anew",
     &ResolverCounters::prefetches_declined},
    {"resolutions", "Of these, queries which had to wait for servers", &ResolverCounters::resolutions},
    {"local_answers", "Answers from local zones, special-use names and the hosts file",
     &ResolverCounters::local_answers},
    {"joined", "Fetches joined to an equal one under way", &ResolverCounters::joined},
    {"servfails", "Questions without a useful answer", &ResolverCounters::servfails},
    {"clients_turned_away", "Queries refused since too many clients waited already",
     &ResolverCounters::clients_turned_away},
    {"clients_over_share", "Queries refused since too many of the same client waited",
     &ResolverCounters::clients_over_share},
    {"clients_evicted", "Waiting clients which gave way to others", &ResolverCounters::clients_evicted},
    {"answers_too_late", "Answers over UDP which took too long to be sent",
     &ResolverCounters::answers_too_late},
    {"rebindings_stopped", "Answers which lost addresses to the filter against rebinding",
     &ResolverCounters::rebindings_stopped},
    {"upstream_udp", "Queries sent to servers over UDP", &ResolverCounters::upstream_udp},
    {"upstream_tcp", "Queries sent to servers over TCP", &ResolverCounters::upstream_tcp},
    {"upstream_connections", "TCP connections opened to servers", &ResolverCounters::upstream_connections},
    {"zone_resting", "Fetches ended at once since no server of the zone could be reached lately",
     &ResolverCounters::zone_resting},
    {"zone_crowded", "Fetches ended at once since too many wait in vain at the zone",
     &ResolverCounters::zone_crowded},
    {"server_crowded", "Queries not sent since too many are on their way to the server",
     &ResolverCounters::server_crowded},
    {"upstream_replies", "Replies from servers", &ResolverCounters::upstream_replies},
    {"upstream_timeouts", "Queries to servers without a reply in time", &ResolverCounters::upstream_timeouts},
    {"upstream_mismatches", "Datagrams which could not be the awaited reply",
     &ResolverCounters::upstream_mismatches},
    {"upstream_near_misses", "Queries asked again over TCP since somebody may be guessing",
     &ResolverCounters::upstream_near_misses},
    {"queries_out_of_time", "Client queries whose work ended at query-time",
     &ResolverCounters::queries_out_of_time},
    {"rrsets_not_cached", "RRsets above what one client query may add to the cache (cached-rrsets)",
     &ResolverCounters::rrsets_not_cached},
});

uint64_t Sum(Server& server, Counter ResolverCounters::* counter) {
  uint64_t sum = 0;
  for (const std::unique_ptr<ServeWorker>& worker : server.workers())
    sum += (worker->counters().*counter).value();
  return sum;
}

template <size_t kCount>
uint64_t Sum(Server& server, std::array<Counter, kCount> ResolverCounters::* counters, size_t index) {
  uint64_t sum = 0;
  for (const std::unique_ptr<ServeWorker>& worker : server.workers())
    sum += (worker->counters().*counters)[index].value();
  return sum;
}

}  // namespace

MetricsText MetricsReport(Server& server) {
  MetricsText text;
  for (const CounterRow& row : kCounterRows) {
    text.Counter(fmt::format("cairn_resolver_{}_total", row.name), row.help);
    text.Sample(Sum(server, row.counter));
  }
  text.Counter("cairn_resolver_limits_struck_total",
               "Client queries by the limit of work they ran into first");
  for (size_t i = 0; i < kStruckLimitCount; ++i)
    text.Sample(Sum(server, &ResolverCounters::limits_struck, i), {{"limit", RowOf(i).name}});
  text.Counter("cairn_resolver_records_dropped_total",
               "Records of replies not kept, by the rule against them");
  for (size_t i = 0; i < kScrubRuleCount; ++i)
    text.Sample(Sum(server, &ResolverCounters::records_dropped, i),
                {{"rule", ToText(static_cast<ScrubRule>(i))}});
  const Cache::Stats cache = server.memory().cache().stats();
  text.Gauge("cairn_resolver_cache_entries", "Entries of the answer cache");
  text.Sample(cache.entries);
  text.Gauge("cairn_resolver_cache_octets", "Octets of the answer cache, its index included");
  text.Sample(cache.octets);
  text.Counter("cairn_resolver_cache_evicted_total", "Entries which made room for others");
  text.Sample(cache.evicted);
  text.Counter("cairn_resolver_cache_stores_total", "What came of each RRset or negative answer to store");
  for (size_t i = 0; i < cache.outcomes.size(); ++i)
    text.Sample(cache.outcomes[i], {{"outcome", ToText(static_cast<StoreOutcome>(i))}});
  text.Gauge("cairn_resolver_delegations", "Zone cuts whose servers are known");
  text.Sample(server.memory().delegations().stats().cuts);
  AddNetworkMetrics(text, server.Networks());
  return text;
}

namespace {

ControlReply Status(Server& server) {
  const auto up =
      std::chrono::duration_cast<std::chrono::seconds>(server.host().clock.Now() - server.started());
  std::string text =
      fmt::format("{}, up {} s, {} workers\n", server.host().program, up.count(), server.workers().size());
  for (const Endpoint& endpoint : server.options().server.listen) {
    fmt::format_to(std::back_inserter(text), "listening on {}\n", endpoint.ToText());
  }
  const Cache::Stats cache = server.memory().cache().stats();
  fmt::format_to(std::back_inserter(text), "cache: {} entries, {} of {} octets\n", cache.entries,
                 cache.octets, cache.capacity_octets);
  fmt::format_to(std::back_inserter(text), "zone cuts known: {}\n",
                 server.memory().delegations().stats().cuts);
  size_t active = 0;
  for (const std::unique_ptr<ServeWorker>& worker : server.workers()) {
    active += worker->Ask<size_t>([](Resolver& resolver) { return resolver.active(); });
  }
  fmt::format_to(std::back_inserter(text), "resolutions under way: {}\n", active);
  const NetworkFigures network = Sum(server.Networks());
  fmt::format_to(std::back_inserter(text), "TCP connections of clients: {} open, {} accepted, {} refused\n",
                 network.tcp_connections, network.counters.tcp_accepted, network.counters.tcp_refused);
  return {.ok = true, .text = std::move(text)};
}

// ---- Traces

// "[--why] [--json] NAME [TYPE]", through the running server's cache and with its servers' figures.
ControlReply TraceOne(Server& server, Arguments arguments) {
  bool why = false;
  bool json = false;
  for (; !arguments.empty() && arguments[0].starts_with("--"); arguments = arguments.subspan(1)) {
    why = why || arguments[0] == "--why";
    json = json || arguments[0] == "--json";
    if (arguments[0] != "--why" && arguments[0] != "--json")
      return Misused(fmt::format("'{}': expected [--why] [--json] NAME [TYPE]", arguments[0]));
  }
  const absl::StatusOr<Question> asked = TraceQuestionFromText(arguments);
  if (!asked.ok()) return Misused(std::string(ErrorText(asked.status())));
  const absl::StatusOr<Trace> trace = server.TraceOne(*asked);
  if (!trace.ok()) return Wrong(std::string(ErrorText(trace.status())));
  return {.ok = true,
          .text = json ? RenderJson(*trace, server.host().program, why) : RenderTree(*trace, {.why = why})};
}

ControlReply TraceOn(Server& server, Arguments arguments) {
  if (arguments.size() != 1) return Wrong("expected a NAME or a regular expression");
  absl::StatusOr<std::shared_ptr<const TracePattern>> pattern = TracePattern::FromText(arguments[0]);
  if (!pattern.ok()) return Wrong(std::string(ErrorText(pattern.status())));
  server.TraceMatching(*pattern);
  return {.ok = true, .text = fmt::format("{} are traced to the log\n", (*pattern)->ToText())};
}

ControlReply TraceOff(Server& server) {
  server.TraceMatching(nullptr);
  return {.ok = true, .text = "no queries are traced\n"};
}

// ---- What is known

CacheDesk DeskOf(Server& server) {
  SharedMemoryOwner& memory = server.memory();
  return CacheDesk(memory.cache(), memory.delegations(), memory.epochs(), server.host().clock);
}

ControlReply Lookup(Server& server, Arguments arguments) {
  const absl::StatusOr<Question> asked = TraceQuestionFromText(arguments);
  if (!asked.ok()) return Misused(std::string(ErrorText(asked.status())));
  return {.ok = true, .text = DeskOf(server).Lookup(*asked)};
}

// "[--subtree] [--type TYPE] NAME".
ControlReply Flush(Server& server, Arguments arguments) {
  bool subtree = false;
  std::optional<RrType> type;
  for (; arguments.size() > 1; arguments = arguments.subspan(1)) {
    if (arguments[0] == "--subtree") {
      subtree = true;
    } else if (arguments[0] == "--type" && arguments.size() > 2) {
      type = RrType::FromText(arguments[1]);
      if (!type) return Wrong(fmt::format("'{}' is no record type", arguments[1]));
      arguments = arguments.subspan(1);
    } else {
      break;
    }
  }
  if (arguments.size() != 1) return Wrong("expected [--subtree] [--type TYPE] NAME");
  const absl::StatusOr<Name> name = Name::FromText(arguments[0]);
  if (!name.ok()) return Wrong(std::string(name.status().message()));
  return {.ok = true, .text = DeskOf(server).Flush(*name, subtree, type)};
}

// A reply has its limit; the cache may be larger than anybody reads.
ControlReply DumpCache(Server& server, Arguments arguments) {
  constexpr size_t kLastLineOctets = 128;
  if (arguments.size() > 1) return Wrong("expected nothing, or a NAME");
  const absl::StatusOr<Name> top = arguments.empty() ? Name() : Name::FromText(arguments[0]);
  if (!top.ok()) return Wrong(std::string(top.status().message()));
  return {.ok = true, .text = DeskOf(server).Dump(*top, limits::kControlReplyOctets - kLastLineOctets)};
}

ControlReply DumpServers(Server& server) {
  std::string text;
  for (size_t i = 0; i < server.workers().size(); ++i) {
    text += fmt::format("worker {}\n", i);
    text += server.workers()[i]->Ask<std::string>(
        [now = server.host().clock.Now()](Resolver& resolver) { return resolver.servers().ToText(now); });
  }
  return {.ok = true, .text = std::move(text)};
}

}  // namespace

void RegisterControlVerbs(ControlServer& control, Server& server) {
  control.Register("status", "status                    what runs here",
                   [&](Arguments) { return Status(server); });
  control.Register("stats", "stats                     the counters that are not 0", [&](Arguments) {
    return ControlReply{.ok = true, .text = MetricsReport(server).Figures()};
  });
  control.Register("metrics", "metrics                   all counters, in Prometheus's text format",
                   [&](Arguments) { return ControlReply{.ok = true, .text = MetricsReport(server).text()}; });
  control.Register("reload", "reload                    read the configuration again",
                   [&](Arguments) { return server.Reload(); });
  control.Register(
      "trace",
      "trace [--why] [--json] NAME [TYPE]  resolve through this server's cache and show every decision",
      [&](Arguments arguments) { return TraceOne(server, arguments); });
  control.Register("trace-on", "trace-on NAME|REGEX       trace matching client queries to the log",
                   [&](Arguments arguments) { return TraceOn(server, arguments); });
  control.Register("trace-off", "trace-off                 trace no client queries",
                   [&](Arguments) { return TraceOff(server); });
  control.Register("lookup", "lookup NAME [TYPE]        what the cache knows, and the closest zone cut",
                   [&](Arguments arguments) { return Lookup(server, arguments); });
  control.Register("flush", "flush [--subtree] [--type TYPE] NAME  forget a name, or all at and below it",
                   [&](Arguments arguments) { return Flush(server, arguments); });
  control.Register("dump-cache",
                   "dump-cache [NAME]         every entry and zone cut, or those at and below NAME",
                   [&](Arguments arguments) { return DumpCache(server, arguments); });
  control.Register("dump-servers", "dump-servers              what is remembered of each server asked",
                   [&](Arguments) { return DumpServers(server); });
}

}  // namespace cairn
