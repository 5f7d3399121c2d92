// Scenario files: a small world, what happens in it, and what is to be expected, for people to read and
// write. One statement a line; the lines that belong to it are indented below. `#` starts a comment.
//
//   server NAME ADDRESS... [is LIE...] [poisoning NAME...]    LIE as in liars.cc: silent, refused,
//   truncating, ... zone APEX on SERVER... [undelegated]                      master file lines follow,
//   indented; what they leave out
//                                                             is filled in (sim_internet.h)
//   path HOST HOST WHAT...   path all WHAT...                 delay 20ms, jitter 5ms, loss 10%, duplicate
//   10%,
//                                                             held-back 10%, largest 512, cut
//                                                             HOST: a server, `resolver` or `client`
//   option NAME VALUE                                         of the resolver's configuration
//   config                                                    and what stands beside it: YAML, indented
//
//   ask NAME TYPE [over tcp] [without rd] [without edns] [N times] [by policy]
//                            by policy: the configuration, not the zones, says what the answer is
//     rcode RCODE            default: what the zones hold, records and all
//     answer OWNER TYPE RDATA   one line a record, in order; `answer none`
//     ttl LOW..HIGH          of the first record
//     soa APEX               in the authority section
//     extended-error CODE    of RFC 8914, by number; `extended-error none`
//     within DURATION
//     at most N queries      sent upstream for this
//     asked SERVER           `not asked SERVER`, `asked SERVER N times`
//     shown SERVER NAME TYPE   the question it was asked; `not shown SERVER NAME TYPE`
//     connected SERVER N times
//     believed               a lie came through, as the RFC would have it: the zones are not consulted
//   wait DURATION
//   down SERVER   up SERVER   now SERVER is LIE... | honest   end faults
//   change APEX              `add RECORD`, `remove OWNER TYPE` follow, indented
//
// Every answer is checked against the zones (checkers.h), unless the scenario changed them, and at the end
// nothing may be alive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::sim {

// What went wrong, as "file:line: text"; empty when all is as expected.
struct ScenarioOutcome {
  std::vector<std::string> findings;
  std::string packets;  // the log, for whoever has to find out why
  uint64_t hash = 0;
};

ScenarioOutcome RunScenario(const std::string& text, const std::string& file_name, uint64_t seed = 1);

}  // namespace cairn::sim
