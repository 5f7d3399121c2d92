#include "authoritative/serve.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "authoritative/server.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "common/service/supervisor.h"

namespace cairn {

int Serve(const AuthArguments& arguments) {
  HoldHangup();
  const std::unique_ptr<Random> random = NewSystemRandom();
  SetNameHashKey(*random);
  Complaints complaints;
  std::optional<AuthOptions> options = ReadAuthOptions(arguments, complaints);
  for (const Complaint& complaint : complaints) fmt::print(stderr, "{}\n", complaint.ToText());
  if (!options) return 1;
  AuthServer server(arguments, *std::move(options), *random);
  const absl::Status prepared = server.Prepare();
  if (!prepared.ok()) {
    fmt::print(stderr, "cairn-auth: {}\n", ErrorText(prepared));
    return 1;
  }
  server.Run();
  return 0;
}

}  // namespace cairn
