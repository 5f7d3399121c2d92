// The resolver's configuration file as values: every option is declared once, in options_reader.cc, with its
// default, its limits and what it means; reading, `check-config` and the complaints about misspelt words
// follow from that (common/config/schema.h). Options that other versions of Cairn know and this one does not
// are declared too: they may be written with the value that means "off", and any other value is refused by
// name, so that nobody believes to be protected by something that is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/complaint.h"
#include "common/net/endpoint.h"
#include "common/net/tcp_limits.h"
#include "common/service/edge_options.h"
#include "common/service/log.h"
#include "resolver/resolver_options.h"

namespace cairn {

std::vector<Endpoint> LoopbackPort53();  // 127.0.0.1@53 and ::1@53

// Of the process; what the resolving itself needs is in ResolverOptions. A reload changes `log_level` and the
// options of the resolver; sockets, threads and user stay those of the start.
struct ServerOptions {
  std::vector<Endpoint> listen = LoopbackPort53();
  bool listen_given = false;             // otherwise an address which this system lacks is passed over
  std::vector<Endpoint> metrics_listen;  // over HTTP; nowhere when empty
  uint32_t threads = 0;                  // 0: one for each processor
  std::string user;
  std::string state_dir;
  std::string control_socket;  // empty: none
  LogLevel log_level = LogLevel::kInfo;
  TcpLimits tcp;
  CookieSettings cookies;
};

struct ProgramOptions {
  ServerOptions server;
  ResolverOptions resolver;
  bool access_given = false;  // the file has an access list
};

// nullopt when `complaints` has errors. `file_name` is what complaints call the text.
std::optional<ProgramOptions> ReadOptions(std::string_view text, const std::string& file_name,
                                          Complaints& complaints);
// Paths in a file start where the file lies.
std::optional<ProgramOptions> ReadOptionsFile(const std::string& path, Complaints& complaints);

// The effective configuration as YAML which reads back to the same values; with comments that say what each
// option is.
std::string PrintOptions(const ProgramOptions& options);

// Where the file has no access list, the machine's neighbours may ask as well (THREATS section 6).
void AdmitNetworks(ProgramOptions& options, std::span<const Subnet> networks);

// A resolver that listens on every address but has no access list is refused: nobody runs an open resolver by
// accident (THREATS section 6). The message names the address; nullopt when all is well.
std::optional<std::string> OpenByAccident(const ProgramOptions& options);

}  // namespace cairn
