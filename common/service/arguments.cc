#include "common/service/arguments.h"

#include <fmt/format.h>

#include <utility>

namespace cairn {

bool Arguments::Next() {
  if (!ok() || next_ == words_.size()) return false;
  word_ = words_[next_++];
  value_.reset();
  const size_t equals = word_.find('=');
  if (word_.starts_with("--") && equals != std::string::npos) {
    value_ = word_.substr(equals + 1);
    word_.resize(equals);
  }
  return true;
}

std::optional<std::string> Arguments::ValueOf(std::string_view name) {
  if (word_ != name) return std::nullopt;
  if (!value_ && next_ < words_.size()) value_ = words_[next_++];
  if (value_ && !value_->empty()) return value_;
  Fail(fmt::format("{} needs a value", name));
  return std::nullopt;
}

void Arguments::Fail(std::string mistake) {
  if (ok()) mistake_ = std::move(mistake);
}

void Arguments::FailUnknown() {
  if (value_) return Fail(fmt::format("\"{}\" is no option with a value here", word_));
  Fail(fmt::format("\"{}\" is not expected here", word_));
}

}  // namespace cairn
