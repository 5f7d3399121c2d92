// What a trace shows about the question it is about, gathered in one pass over its events: the ground on
// which why.cc puts its sentences. Work done on the side (addresses of servers, priming, probes) is kept
// apart: its failures are not the question's.
#pragma once

#include <optional>
#include <vector>

#include "common/trace/trace.h"

namespace cairn::trace {

// How a server that was asked about the question let us down.
enum class Failing : uint8_t {
  kSilent,       // no reply in time over UDP
  kUnreachable,  // nothing could leave this machine
  kTcp,          // no connection, or nothing over it
  kError,        // an RCODE that is no answer
  kLame,         // it does not serve the zone
  kUseless,      // a reply that answers nothing
};

struct ServerFault {
  const QuerySent* asked = nullptr;
  Failing how = Failing::kSilent;
  std::string_view reason{};  // of kUnreachable, kTcp, kLame and kUseless, as the event has it
  Rcode rcode{};              // of kError
  Duration lost{};            // by waiting for it
};

// Events of the trace, which must outlive this; nullptr where there was none such.
struct Facts {
  const Answered* answered = nullptr;
  const AnswerWithheld* withheld = nullptr;
  const ClientQuery* client = nullptr;
  const AccessDecided* access = nullptr;
  const PolicyApplied* policy = nullptr;
  const StaleServed* stale = nullptr;
  const CacheProbed* cached = nullptr;  // the last hit
  const ResolutionJoined* joined = nullptr;
  const LimitReached* limit = nullptr;     // the first, but for those a waiting client struck
  const LimitReached* patience = nullptr;  // of the client
  const LoopStopped* loop = nullptr;
  const ZoneResting* resting = nullptr;
  const ZoneCutPicked* cut = nullptr;  // the last: where the search ended
  const ServerSkipped* skipped = nullptr;
  const ResolutionFailed* failed = nullptr;
  const QuerySent* told_by = nullptr;  // the server that said the last useful thing, and what that was
  const ReplyJudged* told = nullptr;
  std::vector<const AliasFollowed*> aliases{};
  std::vector<ServerFault> faults{};  // of each server at each zone the last one, if nothing better followed
  size_t queries = 0;                 // for the question itself
  bool anybody_replied = false;       // to anything
  Duration elapsed{};                 // until the answer
};

Facts GatherFacts(const Trace& trace);

// The faults at `zone` alone.
std::vector<ServerFault> FaultsAt(const Facts& facts, const Name& zone);

}  // namespace cairn::trace
