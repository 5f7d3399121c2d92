// The OPT of responses: what is written reads back (RFC 6891, 5001, 7828, 7873, 8914), room is kept for what
// the client asked for, and extended errors give way.
#include "common/dns/response_opt.h"

#include <string>
#include <vector>

#include "common/dns/message.h"
#include "common/dns/message_writer.h"
#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"

namespace cairn {
namespace {

using namespace std::string_literals;

ResponseOpt Present() {
  ResponseOpt opt;
  opt.present = true;
  return opt;
}

ResponseOpt Full(std::string_view nsid) {
  ResponseOpt opt = Present();
  opt.nsid = nsid;
  opt.has_cookie = true;
  opt.cookie.fill('c');
  opt.keepalive_100ms = 100;
  return opt;
}

// The options of a response with `opt` and nothing else, limited to `limit` octets: "CODE:VALUE ...".
std::string Options(const ResponseOpt& opt, size_t limit = kMaxMessageOctets) {
  std::vector<uint8_t> buffer(kMaxMessageOctets);
  MessageWriter out(buffer, limit);
  out.Begin({.response = true});
  out.Reserve(opt.FirmOctets());
  out.AddOpt(opt, Rcode::kNoError);
  buffer.resize(out.Finish());
  const absl::StatusOr<Message> message = Message::Parse(buffer);
  if (!message.ok()) return message.status().ToString();
  if (!message->edns) return "none";
  std::string text;
  for (const EdnsOption& option : message->edns->options) {
    text += (text.empty() ? "" : " ") + std::to_string(static_cast<int>(option.code)) + ":";
    text += AsText(option.value);
  }
  return text;
}

TEST(ResponseOpt, WithoutEdnsInTheQueryNothingIsWritten) {
  ResponseOpt opt = Full("ns1");
  opt.present = false;
  opt.Explain(ExtendedError::kProhibited, "no");
  EXPECT_EQ(opt.FirmOctets(), 0u);
  EXPECT_EQ(Options(opt), "none");
}

TEST(ResponseOpt, WritesWhatWasGathered) {
  EXPECT_EQ(Present().FirmOctets(), kBareOptOctets);
  EXPECT_EQ(Options(Present()), "");
  ResponseOpt opt = Full("ns1.fra");
  opt.Explain(ExtendedError::kBlocked, "by rule 3");
  opt.Explain(ExtendedError::kOther, "");
  opt.Explain(ExtendedError::kNotReady, "dropped: there were two");
  EXPECT_EQ(Options(opt),
            "10:" + std::string(24, 'c') + " 3:ns1.fra 11:\0d 15:\0\x0f"s + "by rule 3 15:\0\0"s);
}

TEST(ResponseOpt, WritesTheWholeRcodeAndDnssecOk) {
  for (const Rcode rcode : {Rcode::kNoError, Rcode::kRefused, Rcode::kBadVers, Rcode::kBadCookie}) {
    for (const bool dnssec_ok : {false, true}) {
      std::vector<uint8_t> buffer(512);
      MessageWriter out(buffer, 512);
      out.Begin({.response = true});
      ResponseOpt opt = Present();
      opt.dnssec_ok = dnssec_ok;
      opt.udp_payload_octets = 1400;
      out.Reserve(opt.FirmOctets());
      out.AddOpt(opt, rcode);
      buffer.resize(out.Finish());
      const absl::StatusOr<Message> message = Message::Parse(buffer);
      ASSERT_TRUE(message.ok());
      EXPECT_EQ(message->rcode(), rcode);
      EXPECT_EQ(message->edns->dnssec_ok, dnssec_ok);
      EXPECT_EQ(message->edns->udp_payload_octets, 1400);
      EXPECT_EQ(message->edns->version, 0);
    }
  }
}

TEST(ResponseOpt, ExtendedErrorsTakeOnlyRoomThatIsLeft) {
  ResponseOpt opt = Present();
  opt.Explain(ExtendedError::kBlocked, "0123456789");
  const size_t bare = kHeaderOctets + kBareOptOctets;
  EXPECT_EQ(Options(opt, bare + 16), "15:\0\x0f"s + "0123456789");
  EXPECT_EQ(Options(opt, bare + 15), "15:\0\x0f"s) << "first the text goes";
  EXPECT_EQ(Options(opt, bare + 6), "15:\0\x0f"s);
  EXPECT_EQ(Options(opt, bare + 5), "") << "then the code";
}

TEST(ResponseOpt, TextsThatAreNoUtf8AreLeftOut) {
  ResponseOpt opt = Present();
  opt.Explain(ExtendedError::kBlocked, "\xff");
  EXPECT_EQ(Options(opt), "15:\0\x0f"s);
}

// A response to the longest question with everything a client can ask for, truncated to 512 octets.
TEST(ResponseOpt, FirmOptionsFitBesideTheLongestQuestion) {
  const std::string longest(ResponseOpt::kMaxNsidOctets, 'n');
  const ResponseOpt opt = Full(longest);
  std::string name;
  for (int i = 0; i < 127; ++i) name += "\1a";
  const std::string question = name + "\0\0\1\0\1"s;
  std::vector<uint8_t> buffer(512);
  MessageWriter out(buffer, 512);
  out.Begin({.response = true});
  ASSERT_TRUE(out.AddQuestionOctets(AsBytes(question), kMaxNameOctets));
  out.Reserve(opt.FirmOctets());
  const uint8_t record[512] = {};
  EXPECT_FALSE(out.AddRecord(Name().view(), RrType{65400}, kClassIn, Ttl(), record));
  out.AddOpt(opt, Rcode::kNoError);
  buffer.resize(out.Finish());
  const absl::StatusOr<Message> message = Message::Parse(buffer);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->edns->options.size(), 3u);
}

TEST(ResponseOpt, AllocatesNothing) {
  std::vector<uint8_t> buffer(512);
  const testing::AllocationCounter counter;
  ResponseOpt opt = Full("ns1");
  opt.Explain(ExtendedError::kBlocked, "by a rule whose text is longer than any small string would hold");
  opt.Write(Rcode::kNoError, buffer);
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace cairn
