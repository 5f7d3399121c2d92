// The command line: what each form means, and what is said about one that means nothing.
#include "resolver/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace cairn {
namespace {

Command Parse(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return ParseCommandLine(words);
}

TEST(CommandLine, Serve) {
  const Command command = Parse(
      "serve --config a.yaml --listen 127.0.0.1@5353 --listen=::1 --trace .*\\.example --root-hints h "
      "--upstream-port 5300");
  const auto* serve = std::get_if<ServeCommand>(&command);
  ASSERT_NE(serve, nullptr);
  EXPECT_EQ(serve->options.config, "a.yaml");
  EXPECT_EQ(serve->listen,
            (std::vector<Endpoint>{*Endpoint::FromText("127.0.0.1@5353"), *Endpoint::FromText("::1@53")}));
  EXPECT_EQ(serve->trace, ".*\\.example");
  EXPECT_EQ(serve->options.root_hints, "h");
  EXPECT_EQ(serve->options.upstream_port, 5300);
  EXPECT_FALSE(serve->options.query_loopback);
}

TEST(CommandLine, Trace) {
  const Command command = Parse("trace www.Example aaaa --format json --server 192.0.2.1@5300");
  const auto* trace = std::get_if<TraceCommand>(&command);
  ASSERT_NE(trace, nullptr);
  EXPECT_EQ(trace->asked.ToText(), "www.Example. AAAA");
  EXPECT_EQ(trace->format, TraceCommand::Format::kJson);
  EXPECT_EQ(trace->server, *Endpoint::FromText("192.0.2.1@5300"));
}

TEST(CommandLine, TraceAsksForAddressesAndPrintsATreeUnlessTold) {
  const Command command = Parse("trace example");
  const auto* trace = std::get_if<TraceCommand>(&command);
  ASSERT_NE(trace, nullptr);
  EXPECT_EQ(trace->asked.ToText(), "example. A");
  EXPECT_EQ(trace->format, TraceCommand::Format::kTree);
}

TEST(CommandLine, TraceMayExplainAndReplay) {
  const Command asked = Parse("trace --why example ANY");
  ASSERT_NE(std::get_if<TraceCommand>(&asked), nullptr);
  EXPECT_TRUE(std::get<TraceCommand>(asked).why);
  EXPECT_EQ(std::get<TraceCommand>(asked).asked.ToText(), "example. ANY");
  const Command stored = Parse("trace --replay trace.json --why");
  ASSERT_NE(std::get_if<TraceCommand>(&stored), nullptr);
  EXPECT_EQ(std::get<TraceCommand>(stored).replay, "trace.json");
}

TEST(CommandLine, ControlVerbsKeepTheirOwnFlags) {
  const Command command = Parse("ctl --socket /tmp/s flush --subtree example.com");
  const auto* control = std::get_if<ControlCommand>(&command);
  ASSERT_NE(control, nullptr);
  EXPECT_EQ(control->socket, "/tmp/s");
  EXPECT_THAT(control->words, testing::ElementsAre("flush", "--subtree", "example.com"));
}

struct PrintCase {
  const char* line;
  const char* contains;
};

TEST(CommandLine, HelpIsSuccess) {
  const PrintCase cases[] = {
      {"--help", "cairn-resolver serve"},     {"serve --help", "--listen ADDRESS@PORT"},
      {"trace --help", "--format tree|json"}, {"trace x --help", "NAME [TYPE]"},
      {"check-config --help", "FILE"},        {"ctl --help", "--socket PATH"},
      {"trace --schema", "\"$schema\""},      {"--version", "cairn-resolver "},
  };
  for (const PrintCase& c : cases) {
    SCOPED_TRACE(c.line);
    const Command command = Parse(c.line);
    const auto* print = std::get_if<PrintCommand>(&command);
    ASSERT_NE(print, nullptr);
    EXPECT_THAT(print->text, testing::HasSubstr(c.contains));
  }
}

TEST(CommandLine, WrongUsageSaysWhatIsWrong) {
  const PrintCase cases[] = {
      {"", "cairn-resolver serve"},
      {"frobnicate", "there is no verb 'frobnicate'"},
      {"serve --frobnicate", "--frobnicate"},
      {"serve --listen", "--listen"},
      {"serve --listen nowhere", "--listen nowhere: "},
      {"serve --upstream-port 0", "expected a port from 1 to 65535"},
      {"serve example", "does not know what to do with 'example'"},
      {"trace", "'trace' needs a NAME"},
      {"trace a..b", "'a..b' is no domain name"},
      {"trace example FROB", "'FROB' is no record type"},
      {"trace example AXFR", "AXFR is a meta type: no name has records of it"},
      {"trace example TYPE41", "OPT is a meta type"},
      {"trace example --replay file", "--replay shows a file and takes no NAME"},
      {"trace example A B", "does not know what to do with 'B'"},
      {"trace example --format html", "expected tree or json"},
      {"check-config", "'check-config' needs FILE"},
      {"ctl", "'ctl' needs VERB"},
  };
  for (const PrintCase& c : cases) {
    SCOPED_TRACE(c.line);
    const Command command = Parse(c.line);
    const auto* wrong = std::get_if<WrongUsage>(&command);
    ASSERT_NE(wrong, nullptr);
    EXPECT_THAT(wrong->text, testing::HasSubstr(c.contains));
    EXPECT_THAT(wrong->text, testing::Not(testing::EndsWith("\n")));  // the program ends the line
  }
}

// Whoever mistyped reads what was wrong, not a screen of help.
TEST(CommandLine, AMistakeIsToldInTwoLines) {
  const Command command = Parse("trace example A B");
  const auto* wrong = std::get_if<WrongUsage>(&command);
  ASSERT_NE(wrong, nullptr);
  EXPECT_EQ(wrong->text,
            "'trace' does not know what to do with 'B'\n"
            "usage: cairn-resolver trace [FLAGS] NAME [TYPE]; --help tells more");
}

TEST(CommandLine, FlagsStandAboveTheFile) {
  Complaints complaints;
  const auto options = EffectiveOptions(
      {.config = "", .root_hints = "/h", .upstream_port = 5300, .query_loopback = true}, complaints);
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(options->resolver.root_hints, "/h");
  EXPECT_EQ(options->resolver.upstream_port, 5300);
  EXPECT_TRUE(options->resolver.query_loopback);
}

TEST(CommandLine, AMissingFileIsNamed) {
  Complaints complaints;
  EXPECT_FALSE(
      EffectiveOptions({.config = "/nowhere/at/all.yaml", .root_hints = {}, .upstream_port = {}}, complaints)
          .has_value());
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_THAT(complaints[0].ToText(), testing::StartsWith("/nowhere/at/all.yaml"));
}

}  // namespace
}  // namespace cairn
