// Counters for people and for Prometheus: the text exposition format, version 0.0.4. A counter is declared
// once, as a MetricRow in a table beside the struct that holds it, with its metric, its help and its label;
// each worker counts in a struct of its own, and the report is the sum.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

// `counter` of Counters as a sample of `metric`. Rows of one metric follow each other and share its help.
template <typename Counters>
struct MetricRow {
  std::string_view metric;  // ends in _total
  std::string_view help;
  std::string_view label;  // "transport"; empty when the metric is this one number
  std::string_view value;  // "udp"
  uint64_t Counters::* counter;
};

class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Starts a metric; its samples follow. Names end in _total when they only grow.
  void Counter(std::string_view name, std::string_view help) { Begin(name, help, "counter"); }
  void Gauge(std::string_view name, std::string_view help) { Begin(name, help, "gauge"); }
  void Sample(uint64_t value, Labels labels = {});
  // The counters of `rows` (of MetricRow), each summed over `workers`, of whom each has the struct as its
  // `part`.
  template <typename Rows, typename Workers, typename Part>
  void AddRows(const Rows& rows, const Workers& workers, Part part);
  // A line for people, which scrapers pass over.
  void Remark(std::string_view text);

  const std::string& text() const { return text_; }
  // The samples that are not 0, without their descriptions: for people.
  std::string Figures() const;

 private:
  void Begin(std::string_view name, std::string_view help, std::string_view kind);
  std::string text_;
  std::string name_;
};

template <typename Rows, typename Workers, typename Part>
void MetricsText::AddRows(const Rows& rows, const Workers& workers, Part part) {
  for (const auto& row : rows) {
    if (row.metric != name_) Counter(row.metric, row.help);
    uint64_t sum = 0;
    for (const auto& worker : workers) sum += worker.*part.*row.counter;
    row.label.empty() ? Sample(sum) : Sample(sum, {{row.label, row.value}});
  }
}

}  // namespace cairn
