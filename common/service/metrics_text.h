// Counters for people and for Prometheus: the text exposition format, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace cairn {

class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Starts a metric; its samples follow. Names end in _total when they only grow.
  void Counter(std::string_view name, std::string_view help) { Begin(name, help, "counter"); }
  void Gauge(std::string_view name, std::string_view help) { Begin(name, help, "gauge"); }
  void Sample(uint64_t value, Labels labels = {});

  const std::string& text() const { return text_; }

 private:
  void Begin(std::string_view name, std::string_view help, std::string_view kind);
  std::string text_;
  std::string name_;
};

}  // namespace cairn
