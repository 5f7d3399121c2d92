// The words of a command line, taken one by one: options with a value (--name VALUE or --name=VALUE), flags
// (--name), and the words that are neither. The first mistake sticks and says what was wrong.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cairn {

class Arguments {
 public:
  explicit Arguments(std::vector<std::string> words) : words_(std::move(words)) {}

  // Turns to the next word; false when there is none, or after a mistake.
  bool Next();
  // Whether this word is the flag `name` ("--dump").
  bool Is(std::string_view name) const { return word_ == name && !value_; }
  // The value when this word is the option `name`; a missing one is a mistake, and so is an empty one: the
  // variable of a script that was never set.
  std::optional<std::string> ValueOf(std::string_view name);
  bool IsOption() const { return word_.size() > 1 && word_[0] == '-'; }
  const std::string& word() const { return word_; }

  void Fail(std::string mistake);
  void FailUnknown();
  const std::string& mistake() const { return mistake_; }  // empty while there is none
  bool ok() const { return mistake_.empty(); }

 private:
  std::vector<std::string> words_;
  size_t next_ = 0;
  std::string word_;
  std::optional<std::string> value_;  // what followed "=" in this word
  std::string mistake_;
};

}  // namespace cairn
