// Scenario files: a small world, what happens in it, and what is to be expected, for people to read and
// write. One statement a line; the lines that belong to it are indented below. `#` starts a comment.
//
//   server NAME ADDRESS... [is LIE...] [poisoning NAME...]
//                            LIE as in liars.cc: silent, refused, truncating, spoofed=50, ...
//   zone APEX on SERVER... [undelegated]
//                            master file lines follow, indented; what they leave out is filled in
//                            (sim_internet.h)
//   path HOST HOST WHAT...   path all WHAT...
//                            delay 20ms, jitter 5ms, loss 10%, duplicate 10%, held-back 10%, largest 512, cut
//                            HOST: a server, `resolver` or `client`
//   option NAME VALUE        of the resolver's configuration
//   config                   and what stands beside it: YAML, indented
//   reply SERVER NAME TYPE   what that server says instead of the truth (scripted_reply.h)
//
//   ask NAME TYPE [over tcp] [without rd|edns] [with do|cd|ad|subnet] [class CLASS] [by policy] [from ADDRESS
//   [on]]
//       [N times [during DURATION]] [and go on]
//                            by policy: the configuration, not the zones, says what the answer is
//                            from ADDRESS on: each time from the next address
//                            N times: all at once, or spread; {i} in NAME is 1, 2, ... N
//                            and go on: nobody waits for these answers
//   send HEX... [over tcp]   octets instead of a query
//     rcode RCODE            default: what the zones hold, records and all
//     answer OWNER TYPE RDATA   one line a record, in order, and no others; `answer none`, `answer N records`
//                            `authority`, `additional`: the same
//     flag FLAG              aa, tc, rd, ra, ad, cd, do
//     ttl LOW..HIGH          of the first record
//     soa APEX               in the authority section
//     extended-error CODE    of RFC 8914, by number; `extended-error none`
//     says TEXT              the extended error's text has that in it
//     silence                no answer at all
//     within DURATION        all of them
//     answered N%            of N times, so many had an answer that is neither SERVFAIL nor REFUSED
//     at most N queries      sent upstream for this; connections, octets (of replies), entries (of the cache)
//     asked SERVER [[at most] N times]
//     shown SERVER NAME TYPE   the question it was asked
//     connected SERVER N times
//     why TEXT               the explanation of its trace (common/trace/why.h) has that in it
//     not EXPECTATION
//     believed               a lie came through, as the RFC would have it: the zones are not consulted
//   wait DURATION
//   down SERVER   up SERVER   now SERVER is LIE... | honest   end faults
//   change APEX              `add RECORD`, `remove OWNER TYPE` follow, indented
//   clock [-]DURATION        the wall clock jumps; time goes on as before
//
//   repeat N LINE            of a block, or a statement: N of them, with {i} being 1, 2, ... N
//
// Every answer is checked against the zones (checkers.h), unless the scenario changed them, and at the end
// nothing may be alive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/trace/trace.h"
#include "tests/sim/cost.h"

namespace cairn::sim {

// What went wrong, as "file:line: text"; empty when all is as expected.
struct ScenarioOutcome {
  std::vector<std::string> findings;
  std::string packets;  // the log, for whoever has to find out why
  uint64_t hash = 0;
  Cost cost;                  // of the last question
  std::vector<Trace> traces;  // of the first queries of each question, when asked for
};

enum class Traced : uint8_t {
  kWhereAsked,  // in scenarios with `why`
  kAlways,
};

ScenarioOutcome RunScenario(const std::string& text, const std::string& file_name, uint64_t seed = 1,
                            Traced traced = Traced::kWhereAsked);

}  // namespace cairn::sim
