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

struct Numbers {
  uint64_t udp = 0;
  uint64_t tcp = 0;
  uint64_t lost = 0;
};
struct Worker {
  uint64_t other = 0;
  Numbers numbers;
};

TEST(MetricsTextTest, SumsRowsOverWorkersAndShowsPeopleWhatIsNotZero) {
  constexpr MetricRow<Numbers> kRows[] = {
      {"cairn_queries_total", "Queries.", "transport", "udp", &Numbers::udp},
      {"cairn_queries_total", "Queries.", "transport", "tcp", &Numbers::tcp},
      {"cairn_lost_total", "Lost.", "", "", &Numbers::lost},
  };
  const Worker workers[] = {{.numbers = {.udp = 1, .tcp = 0, .lost = 4}},
                            {.numbers = {.udp = 2, .tcp = 0, .lost = 5}}};
  MetricsText metrics;
  metrics.AddRows(kRows, workers, &Worker::numbers);
  metrics.Remark("zones are many");
  EXPECT_EQ(metrics.text(),
            "# HELP cairn_queries_total Queries.\n"
            "# TYPE cairn_queries_total counter\n"
            "cairn_queries_total{transport=\"udp\"} 3\n"
            "cairn_queries_total{transport=\"tcp\"} 0\n"
            "# HELP cairn_lost_total Lost.\n"
            "# TYPE cairn_lost_total counter\n"
            "cairn_lost_total 9\n"
            "# zones are many\n");
  EXPECT_EQ(metrics.Figures(), "cairn_queries_total{transport=\"udp\"} 3\ncairn_lost_total 9\n");
}

}  // namespace
}  // namespace cairn
