// What the metrics endpoint answers to what a client has sent so far.
#include "common/service/metrics_http.h"

#include <gtest/gtest.h>

#include "common/base/limits.h"

namespace cairn {
namespace {

struct AnswerCase {
  const char* name;
  std::string request;
  const char* status;  // of the answer; empty: none yet
  const char* body;    // its end
};

const AnswerCase kCases[] = {
    {"a scrape", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK", "\r\n\r\nfigures\n"},
    {"bare line ends", "GET /metrics HTTP/1.0\n\n", "200 OK", "\r\n\r\nfigures\n"},
    {"a query in the target", "GET /metrics?x=1 HTTP/1.1\r\n\r\n", "200 OK", "\r\n\r\nfigures\n"},
    {"HEAD has no body", "HEAD /metrics HTTP/1.1\r\n\r\n", "200 OK", "nosniff\r\n\r\n"},
    {"nothing yet", "", "", ""},
    {"headers not ended", "GET /metrics HTTP/1.1\r\nHost: x\r\n", "", ""},
    {"another path", "GET / HTTP/1.1\r\n\r\n", "404 Not Found", "404 Not Found\n"},
    {"a path that begins alike", "GET /metrics2 HTTP/1.1\r\n\r\n", "404 Not Found", "404 Not Found\n"},
    {"writing", "POST /metrics HTTP/1.1\r\n\r\n", "405 Method Not Allowed", "405 Method Not Allowed\n"},
    {"no version", "GET /metrics\r\n\r\n", "400 Bad Request", "400 Bad Request\n"},
    {"an empty request line", "\r\n\r\n", "400 Bad Request", "400 Bad Request\n"},
    {"octets that are no text", std::string("\0\xff\n\n", 4), "400 Bad Request", "400 Bad Request\n"},
    {"the longest request", "GET /metrics HTTP/1.1\r\nX: " + std::string(8192 - 31, 'x') + "\r\n\r\n",
     "200 OK", "figures\n"},
    {"one octet short of too long", std::string(limits::kMetricsRequestOctets - 1, 'x'), "", ""},
    {"too long", std::string(limits::kMetricsRequestOctets, 'x'), "431 Request Header Fields Too Large",
     "431 Request Header Fields Too Large\n"},
};

TEST(MetricsHttpTest, GivesOneTextAndTakesNothing) {
  for (const AnswerCase& c : kCases) {
    SCOPED_TRACE(c.name);
    const std::optional<std::string> answer = MetricsHttp::Answer(c.request, [] { return "figures\n"; });
    ASSERT_EQ(answer.has_value(), *c.status != '\0');
    if (!answer) continue;
    EXPECT_TRUE(answer->starts_with(std::string("HTTP/1.1 ") + c.status + "\r\n")) << *answer;
    EXPECT_TRUE(answer->ends_with(c.body)) << *answer;
    EXPECT_EQ(answer->find("Access-Control"), std::string::npos);
  }
}

// The report costs every worker a visit: nobody gets one for a request that is not answered with it.
TEST(MetricsHttpTest, AsksForTheReportOnlyWhenItIsSent) {
  int reports = 0;
  const auto report = [&reports] { return std::to_string(++reports); };
  for (const AnswerCase& c : kCases) {
    const int before = reports;
    MetricsHttp::Answer(c.request, report);
    EXPECT_EQ(reports - before, std::string_view(c.status) == "200 OK" ? 1 : 0) << c.name;
  }
}

}  // namespace
}  // namespace cairn
