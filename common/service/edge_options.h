// The options that both programs have for their clients' side: `tcp` and the server's names (under `server`),
// and `cookies`. Declared once (common/config/schema.h), with the limits of THREATS section 3 as defaults.
#pragma once

#include <string>

#include "common/base/complaint.h"
#include "common/config/schema.h"
#include "common/net/tcp_limits.h"
#include "common/service/edns_responder.h"
#include "common/service/server_identity.h"

namespace cairn {

void DeclareTcp(ConfigSchema& schema, TcpLimits& limits);
void DeclareIdentity(ConfigSchema& server, ServerIdentity& identity);

// `cookies` as it is written; the secrets are in a file of their own, so that a configuration can be shown to
// everybody.
struct CookieSettings {
  bool enabled = true;
  bool require = false;
  std::string secret_file;  // empty: secrets are drawn, and change every day
  TextPosition where;
  friend bool operator==(const CookieSettings& a, const CookieSettings& b) {
    return a.enabled == b.enabled && a.require == b.require && a.secret_file == b.secret_file;
  }
};
void DeclareCookies(ConfigSchema& schema, CookieSettings& settings);

// Reads the secret file: 32 hexadecimal digits a line, the first line makes cookies, all are accepted; `;`
// and
// `#` begin comments. A file that others may read or write is refused.
CookieOptions ReadCookieSecrets(const CookieSettings& settings, Complaints& complaints);

}  // namespace cairn
