// The metrics over HTTP/1.1 (RFC 9112) for Prometheus: off unless the configuration names an address. It
// hands out one text and takes nothing: GET and HEAD of /metrics, one request a connection, no header of the
// client is looked at. Whoever reaches the address may read, so its place is loopback or a network of one's
// own (THREATS section 3: the web servers inside other name servers were ways in).
//
// It lives on one thread of its own and bounds what strangers can hold there: connections, octets of a
// request, and seconds for all of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/net/endpoint.h"

namespace cairn {

class MetricsHttp {
 public:
  using Report =
      std::function<std::string()>;  // in the exposition format (metrics_text.h); called on its thread

  // Opens the sockets, which may need privileges; answers from Start on.
  static absl::StatusOr<std::unique_ptr<MetricsHttp>> Open(const std::vector<Endpoint>& listen,
                                                           const Clock& clock, Report report);
  ~MetricsHttp();  // ends the thread
  MetricsHttp(const MetricsHttp&) = delete;
  MetricsHttp& operator=(const MetricsHttp&) = delete;

  void Start();

  // What is sent to a client which has sent `octets`; nullopt: its request is not whole yet.
  static std::optional<std::string> Answer(std::string_view octets, const Report& report);

 private:
  class Sockets;
  MetricsHttp(std::unique_ptr<Sockets> sockets);

  std::unique_ptr<Sockets> sockets_;
  std::thread thread_;
};

}  // namespace cairn
