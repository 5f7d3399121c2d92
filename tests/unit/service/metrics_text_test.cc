#include "common/service/metrics_text.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(MetricsTextTest, FollowsTheExpositionFormat) {
  MetricsText metrics;
  metrics.Counter("cairn_answers_total", "Answers by RCODE.");
  metrics.Sample(7, {{"rcode", "NOERROR"}, {"transport", "udp"}});
  metrics.Sample(0, {{"rcode", "a\"b\\c\nd"}});
  metrics.Gauge("cairn_zones", "Zones served.");
  metrics.Sample(3);
  EXPECT_EQ(metrics.text(),
            "# HELP cairn_answers_total Answers by RCODE.\n"
            "# TYPE cairn_answers_total counter\n"
            "cairn_answers_total{rcode=\"NOERROR\",transport=\"udp\"} 7\n"
            "cairn_answers_total{rcode=\"a\\\"b\\\\c\\nd\"} 0\n"
            "# HELP cairn_zones Zones served.\n"
            "# TYPE cairn_zones gauge\n"
            "cairn_zones 3\n");
}

}  // namespace
}  // namespace cairn
