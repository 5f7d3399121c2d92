// Command lines word by word: what each kind of word is taken for, and which mistake is named.
#include "common/service/arguments.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

struct ArgumentsCase {
  const char* name;
  std::vector<std::string> words;
  const char* expected;  // what was taken, or "mistake: ..."
};

const ArgumentsCase kCases[] = {
    {"nothing", {}, ""},
    {"a value behind its option", {"--file", "a"}, "file=a "},
    {"a value in one word", {"--file=a=b"}, "file=a=b "},
    {"a value that looks like an option", {"--file", "--dump"}, "file=--dump "},
    {"a flag and words", {"x", "--dump", "y"}, "word=x dump word=y "},
    {"a blank dash is a word", {"-"}, "word=- "},
    {"no value", {"--file"}, "mistake: --file needs a value"},
    {"an empty value", {"--file", "", "x"}, "mistake: --file needs a value"},
    {"an empty value in one word", {"--file="}, "mistake: --file needs a value"},
    {"an unknown option", {"--fil", "a"}, "mistake: \"--fil\" is not expected here"},
    {"a flag with a value", {"--dump=yes"}, "mistake: \"--dump\" is no option with a value here"},
    {"the first mistake stays", {"--nope", "--file"}, "mistake: \"--nope\" is not expected here"},
};

std::string Take(Arguments arguments) {
  std::string taken;
  while (arguments.Next()) {
    if (const auto file = arguments.ValueOf("--file")) {
      taken += "file=" + *file + " ";
    } else if (arguments.Is("--dump")) {
      taken += "dump ";
    } else if (arguments.IsOption()) {
      arguments.FailUnknown();
    } else {
      taken += "word=" + arguments.word() + " ";
    }
  }
  return arguments.ok() ? taken : "mistake: " + arguments.mistake();
}

TEST(Arguments, TakesWordsAndNamesMistakes) {
  for (const ArgumentsCase& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Take(Arguments(c.words)), c.expected);
  }
}

}  // namespace
}  // namespace cairn
