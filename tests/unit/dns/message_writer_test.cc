// The writer: compression (RFC 1035 section 4.1.4, RFC 3597 section 4), all or nothing at every limit (RFC
// 2181 section 9).
#include "common/dns/message_writer.h"

#include <array>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/dns/message.h"
#include "gtest/gtest.h"
#include "tests/support/allocation_counter.h"

namespace cairn {
namespace {

using namespace std::string_literals;

std::vector<uint8_t> WireOf(std::string_view name) {
  const Name owned = Name::Literal(name);
  return {owned.wire().begin(), owned.wire().end()};
}

const std::vector<uint8_t> kAddress = {192, 0, 2, 1};

// A writer over a buffer of its own, and what it wrote.
class Draft {
 public:
  explicit Draft(size_t limit = kMaxMessageOctets) : out_(buffer_, limit) { out_.Begin(Header{}); }
  MessageWriter& operator*() { return out_; }
  MessageWriter* operator->() { return &out_; }
  std::string_view Octets(size_t from) { return AsText(ByteView(buffer_).subspan(from, out_.size() - from)); }
  ByteView Finished() { return ByteView(buffer_).first(out_.Finish()); }

 private:
  std::array<uint8_t, kMaxMessageOctets> buffer_;
  MessageWriter out_;
};

// Names are written in turn after the header; the octets of the last one are what counts.
TEST(MessageWriterNames, CompressTheLongestKnownSuffix) {
  struct Case {
    const char* name;
    std::vector<const char*> before;
    const char* last;
    std::string expected;
  };
  const Case kCases[] = {
      {"nothing known", {}, "www.example.", "\3www\7example\0"s},
      {"root", {"www.example."}, ".", "\0"s},
      {"the same name", {"www.example."}, "www.example.", "\xc0\x0c"},
      {"its parent", {"www.example."}, "example.", "\xc0\x10"},
      {"a sibling", {"www.example."}, "ftp.example.", "\3ftp\xc0\x10"},
      {"a child", {"www.example."}, "a.b.www.example.", "\1a\1b\xc0\x0c"},
      {"a suffix found behind a pointer", {"www.example.", "ftp.example."}, "x.ftp.example.", "\1x\xc0\x19"},
      {"another spelling is not the same name", {"www.example."}, "www.Example.", "\3www\7Example\0"s},
      {"the spelling that fits", {"www.example.", "www.Example."}, "a.Example.", "\1a\xc0\x1d"},
      {"a label that ends alike", {"xexample.org."}, "example.org.", "\7example\xc0\x15"},
      {"labels of one length", {"ns1.example.", "ns2.example."}, "ns2.example.", "\xc0\x19"},
      {"labels that differ where no digest looks", {"aXcccXe."}, "aYcccYe.", "\7aYcccYe\0"s},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    Draft draft;
    for (const char* name : c.before) ASSERT_TRUE(draft->PutName(Name::Literal(name), true));
    const size_t start = draft->size();
    ASSERT_TRUE(draft->PutName(Name::Literal(c.last), true));
    EXPECT_EQ(draft.Octets(start), c.expected);
  }
}

TEST(MessageWriterNames, UncompressedNamesAreWholeButRemembered) {
  Draft draft;
  ASSERT_TRUE(draft->PutName(Name::Literal("example."), false));
  ASSERT_TRUE(draft->PutName(Name::Literal("a.example."), false));
  EXPECT_EQ(draft.Octets(12), "\7example\0\1a\7example\0"s);
  ASSERT_TRUE(draft->PutName(Name::Literal("a.example."), true));
  EXPECT_EQ(draft.Octets(32), "\xc0\x15");
}

TEST(MessageWriterNames, PointersReachFourteenBits) {
  Draft draft;
  const std::vector<uint8_t> filler(0x3ffd - 12);
  ASSERT_TRUE(draft->PutBytes(filler));
  ASSERT_TRUE(draft->PutName(Name::Literal("ab.cd."), true));  // "ab" at 0x3ffd, "cd" at 0x4000
  ASSERT_TRUE(draft->PutName(Name::Literal("ab.cd."), true));
  ASSERT_TRUE(draft->PutName(Name::Literal("cd."), true));
  EXPECT_EQ(draft.Octets(0x3ffd), "\2ab\2cd\0\2ab\2cd\0\2cd\0"s);
}

TEST(MessageWriterNames, LastOffsetOfFourteenBitsIsATarget) {
  Draft draft;
  const std::vector<uint8_t> filler(0x3fff - 12);
  ASSERT_TRUE(draft->PutBytes(filler));
  ASSERT_TRUE(draft->PutName(Name::Literal("a."), true));
  ASSERT_TRUE(draft->PutName(Name::Literal("a."), true));
  EXPECT_EQ(draft.Octets(0x3fff), "\1a\0\xff\xff"s);
}

TEST(MessageWriterNames, FullMemoryWritesNamesWhole) {
  Draft draft;
  for (int i = 0; i < 121; ++i)
    ASSERT_TRUE(draft->PutName(Name::Literal("n" + std::to_string(i) + "."), true));
  size_t start = draft->size();
  ASSERT_TRUE(draft->PutName(Name::Literal("n119."), true));
  EXPECT_EQ(draft->size() - start, 2u);
  start = draft->size();
  ASSERT_TRUE(draft->PutName(Name::Literal("n120."), true));
  EXPECT_EQ(draft.Octets(start), "\4n120\0"s);
}

TEST(MessageWriter, QuestionOctetsAreKeptAndPointedAt) {
  Draft draft;
  const std::string question = "\3wWw\7eXample\0\0\1\0\1"s;
  ASSERT_TRUE(draft->AddQuestionOctets(AsBytes(question), 13));
  EXPECT_EQ(draft.Octets(12), question);
  ASSERT_TRUE(draft->AddRecord(Name::Literal("wWw.eXample."), rr::kA, kClassIn, Ttl::Seconds(60), kAddress));
  EXPECT_EQ(draft.Octets(12 + question.size()), "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"s);
  const absl::StatusOr<Message> message = Message::Parse(draft.Finished());
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->questions[0].ToText(), "wWw.eXample. A");
  EXPECT_EQ(message->answer.size(), 1u);
}

TEST(MessageWriter, ARootQuestionHasNoLabels) {
  Draft draft;
  ASSERT_TRUE(draft->AddQuestionOctets(AsBytes("\0\0\2\0\1"s), 1));
  ASSERT_TRUE(draft->AddQuestion(NameView(), rr::kNs, kClassIn));
  EXPECT_EQ(draft.Octets(12), "\0\0\2\0\1\0\0\2\0\1"s);
}

TEST(MessageWriter, LaterRecordsOfASetPointAtTheFirstOwner) {
  RdataSet addresses;
  addresses.Add(kAddress);
  addresses.Add(std::vector<uint8_t>{192, 0, 2, 2});
  Draft fresh;
  ASSERT_TRUE(fresh->AddRrset(Name::Literal("a."), rr::kA, kClassIn, Ttl::Seconds(1), addresses));
  EXPECT_EQ(fresh.Octets(12 + 17), "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\2"s);
  // Not at another pointer, but where that one leads.
  Draft known;
  ASSERT_TRUE(known->AddQuestion(Name::Literal("a."), rr::kA, kClassIn));
  ASSERT_TRUE(known->AddRrset(Name::Literal("a."), rr::kA, kClassIn, Ttl::Seconds(1), addresses));
  EXPECT_EQ(known.Octets(12 + 7 + 16), "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\2"s);
  Draft root;
  ASSERT_TRUE(root->AddRrset(NameView(), rr::kA, kClassIn, Ttl::Seconds(1), addresses));
  EXPECT_EQ(root.Octets(12 + 15), "\0\0\1\0\1\0\0\0\1\0\4\xc0\0\2\2"s);
  EXPECT_EQ(root->count(Section::kAnswer), 2);
  Draft far;
  ASSERT_TRUE(far->PutBytes(std::vector<uint8_t>(0x4000)));
  ASSERT_TRUE(far->AddRrset(Name::Literal("a."), rr::kA, kClassIn, Ttl::Seconds(1), addresses));
  EXPECT_EQ(far.Octets(12 + 0x4000 + 17), "\1a\0\0\1\0\1\0\0\0\1\0\4\xc0\0\2\2"s);
}

TEST(MessageWriter, SectionsCountTheirRecords) {
  Draft draft;
  ASSERT_TRUE(draft->AddQuestion(Name::Literal("a."), rr::kNs, kClassIn));
  draft->StartSection(Section::kAuthority);
  ASSERT_TRUE(draft->AddRecord(Name::Literal("a."), rr::kNs, kClassIn, Ttl::Seconds(5), WireOf("ns.a.")));
  draft->StartSection(Section::kAdditional);
  ASSERT_TRUE(draft->AddRecord(Name::Literal("ns.a."), rr::kA, kClassIn, Ttl::Seconds(5), kAddress));
  ASSERT_TRUE(draft->AddEdns(Edns{.dnssec_ok = true, .options = {}}));
  const absl::StatusOr<Message> message = Message::Parse(draft.Finished());
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->ToText(),
            ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 0\n"
            ";; flags:; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 2\n"
            "\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags: do; udp: 1232\n"
            "\n;; QUESTION SECTION:\n;a. NS\n"
            "\n;; AUTHORITY SECTION:\na. 5 IN NS ns.a.\n"
            "\n;; ADDITIONAL SECTION:\nns.a. 5 IN A 192.0.2.1\n");
}

// RFC 2181 section 9, at every limit: the set is whole, or there is no trace of it, not even a compression
// target.
TEST(MessageWriter, ASetIsWholeOrAbsentAtEachLimit) {
  RdataSet servers;
  for (const char* name : {"ns1.example.", "ns2.example.", "ns3.other."}) servers.Add(WireOf(name));
  const Name owner = Name::Literal("sub.example.");
  constexpr size_t kWhole = 82;
  for (size_t limit = kHeaderOctets; limit <= kWhole; ++limit) {
    SCOPED_TRACE(limit);
    Draft draft(limit);
    const bool fits = draft->AddRrset(owner, rr::kNs, kClassIn, Ttl::Seconds(1), servers);
    EXPECT_EQ(fits, limit == kWhole);
    EXPECT_EQ(draft->size(), fits ? kWhole : kHeaderOctets);
    EXPECT_EQ(draft->count(Section::kAnswer), fits ? 3 : 0);
    if (!fits && limit >= kHeaderOctets + 9 && draft->PutName(Name::Literal("example."), true)) {
      EXPECT_EQ(draft.Octets(12), "\7example\0"s);
    }
  }
}

TEST(MessageWriter, NothingPassesItsLimit) {
  const std::vector<uint8_t> four = {1, 2, 3, 4};
  Draft draft(kHeaderOctets + 3);
  EXPECT_FALSE(draft->PutU32(1));
  EXPECT_FALSE(draft->PutBytes(four));
  EXPECT_FALSE(draft->PutName(Name::Literal("ab."), true));
  EXPECT_FALSE(draft->AddQuestion(NameView(), rr::kA, kClassIn));
  EXPECT_FALSE(draft->AddQuestionOctets(four, 1));
  EXPECT_FALSE(draft->AddRecord(NameView(), rr::kA, kClassIn, Ttl(), kAddress));
  EXPECT_FALSE(draft->AddEdns(Edns{}));
  EXPECT_EQ(draft->size(), kHeaderOctets);
  EXPECT_TRUE(draft->PutU16(1));
  EXPECT_FALSE(draft->PutU16(1));
  EXPECT_TRUE(draft->PutU8(1));
  EXPECT_FALSE(draft->PutU8(1));
  EXPECT_EQ(draft->room(), 0u);
}

TEST(MessageWriter, ReserveIsKeptForEdns) {
  const Edns edns{.options = {{.code = EdnsOptionCode::kNsid, .value = {'n', 's'}}}};
  EXPECT_EQ(edns.WireOctets(), 17u);
  Draft draft(kHeaderOctets + 32);
  draft->Reserve(edns.WireOctets());
  EXPECT_EQ(draft->room(), 15u);
  ASSERT_TRUE(draft->AddRecord(NameView(), rr::kA, kClassIn, Ttl(), kAddress));
  EXPECT_FALSE(draft->AddRecord(NameView(), rr::kA, kClassIn, Ttl(), kAddress));
  ASSERT_TRUE(draft->AddEdns(edns));
  EXPECT_EQ(draft.Octets(12 + 15), "\0\0\x29\x04\xd0\0\0\0\0\0\6\0\3\0\2ns"s);
  Draft too_small(kHeaderOctets + 10);
  too_small->Reserve(edns.WireOctets());
  EXPECT_EQ(too_small->room(), 0u);
  EXPECT_FALSE(too_small->PutU8(0));
}

TEST(MessageWriter, RewindsAGroup) {
  Draft draft;
  ASSERT_TRUE(draft->AddQuestion(Name::Literal("a."), rr::kA, kClassIn));
  const MessageWriter::Mark before = draft->mark();
  const std::string octets(draft.Octets(0));
  ASSERT_TRUE(draft->AddRecord(Name::Literal("b.a."), rr::kA, kClassIn, Ttl(), kAddress));
  draft->StartSection(Section::kAdditional);
  ASSERT_TRUE(draft->AddRecord(Name::Literal("c.a."), rr::kA, kClassIn, Ttl(), kAddress));
  draft->Rewind(before);
  EXPECT_EQ(draft.Octets(0), octets);
  EXPECT_EQ(draft->count(Section::kAnswer), 0);
  EXPECT_EQ(draft->count(Section::kAdditional), 0);
  ASSERT_TRUE(draft->PutName(Name::Literal("b.a."), true));
  EXPECT_EQ(draft.Octets(octets.size()), "\1b\xc0\x0c");
}

TEST(MessageWriter, FlagsChangeOneByOne) {
  Draft draft;
  draft->SetRcode(Rcode::kNxDomain);
  draft->SetTruncated();
  draft->SetAuthoritative(true);
  EXPECT_EQ(draft.Octets(0).substr(2, 2), "\x06\x03");
  draft->SetAuthoritative(false);
  draft->SetRcode(Rcode::kBadVers);  // its low four bits are 0
  EXPECT_EQ(draft.Octets(0).substr(2, 2), "\x02\0"s);
}

TEST(MessageWriter, BeginForgetsTheMessageBefore) {
  Draft draft;
  ASSERT_TRUE(draft->AddQuestion(Name::Literal("a."), rr::kA, kClassIn));
  draft->Reserve(100);
  draft->Begin(Header{.id = 7});
  ASSERT_TRUE(draft->PutName(Name::Literal("a."), true));
  EXPECT_EQ(draft.Octets(12), "\1a\0"s);
  EXPECT_EQ(draft.Octets(0).substr(0, 6), "\0\7\0\0\0\0"s);
}

// RFC 2136 section 2.4: prerequisites and deletions name a type and have no RDATA.
TEST(MessageWriter, RecordsOfUpdatesMayLackRdata) {
  Draft draft;
  ASSERT_TRUE(draft->AddRecord(Name::Literal("a."), rr::kMx, kClassAny, Ttl(), {}));
  EXPECT_EQ(draft.Octets(12), "\1a\0\0\x0f\0\xff\0\0\0\0\0\0"s);
}

// A referral for "a.example.", as it would be written for a longer name below the same cut.
TEST(MessageWriter, ReadySectionsMoveTheirPointers) {
  const Name server = Name::Literal("ns.example.");
  Draft made;
  ASSERT_TRUE(made->AddQuestionOctets(AsBytes("\1a\7example\0\0\1\0\1"s), 11));
  const size_t start = made->size();
  PointerNotes notes;
  made->NotePointers(&notes);
  made->StartSection(Section::kAuthority);
  ASSERT_TRUE(made->AddRecord(Name::Literal("example."), rr::kNs, kClassIn, Ttl::Seconds(60), server.wire()));
  const MessageWriter::Mark before = made->mark();
  ASSERT_TRUE(made->AddRecord(server, rr::kAaaa, kClassIn, Ttl::Seconds(60), std::vector<uint8_t>(16)));
  made->Rewind(before);
  made->StartSection(Section::kAdditional);
  ASSERT_TRUE(made->AddRecord(server, rr::kA, kClassIn, Ttl::Seconds(60), kAddress));
  made->NotePointers(nullptr);
  ASSERT_EQ(notes.count(), 3u);

  std::vector<uint8_t> octets(made->written().begin() + static_cast<ptrdiff_t>(start), made->written().end());
  std::vector<uint16_t> pointers;
  for (size_t i = 0; i < notes.count(); ++i) {
    pointers.push_back(static_cast<uint16_t>(notes[i] - start));
    const size_t target = LoadU16(octets.data() + pointers[i]) & 0x3fffU;
    StoreU16(octets.data() + pointers[i], static_cast<uint16_t>(target - start));
  }
  const ReadySections ready{.octets = octets, .pointers = pointers, .counts = made->counts()};

  const std::string longer = "\3www\1b\7example\0\0\1\0\1"s;
  Draft copied;
  ASSERT_TRUE(copied->AddQuestionOctets(AsBytes(longer), 15));
  ASSERT_TRUE(copied->AddReady(ready));
  const absl::StatusOr<Message> message = Message::Parse(copied.Finished());
  ASSERT_TRUE(message.ok()) << message.status();
  ASSERT_EQ(message->authority.size(), 1u);
  EXPECT_EQ(message->authority[0].owner, Name::Literal("example."));
  EXPECT_EQ(AsText(message->authority[0].rdata), AsText(server.wire()));
  ASSERT_EQ(message->additional.size(), 1u);
  EXPECT_EQ(message->additional[0].owner, server);

  Draft small(12 + longer.size() + octets.size() - 1);
  ASSERT_TRUE(small->AddQuestionOctets(AsBytes(longer), 15));
  EXPECT_FALSE(small->AddReady(ready));
  EXPECT_EQ(small->size(), 12 + longer.size());
  EXPECT_EQ(small->count(Section::kAuthority), 0);
}

TEST(MessageWriter, AQuestionIsATargetAgainAfterARewind) {
  Draft draft;
  ASSERT_TRUE(draft->AddQuestionOctets(AsBytes("\3www\7example\0\0\1\0\1"s), 13));
  const MessageWriter::Mark question_only = draft->mark();
  const size_t start = draft->size();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(draft->PutName(Name::Literal("ftp.example."), true));
    EXPECT_EQ(draft.Octets(start), "\3ftp\xc0\x10"s);
    draft->Rewind(question_only);
  }
}

// An owner whose place is known is a pointer there, or the pointer that stands there; beyond what a pointer
// reaches it is searched like any other.
TEST(MessageWriter, OwnersWhosePlaceIsKnown) {
  const std::string record = "\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"s;
  Draft draft;
  ASSERT_TRUE(draft->AddQuestionOctets(AsBytes("\3www\7example\0\0\1\0\1"s), 13));
  draft->StartSection(Section::kAnswer);
  const auto add = [&draft](const char* owner, size_t at) {
    const size_t start = draft->size();
    const Name name = Name::Literal(owner);
    EXPECT_TRUE(draft->AddRecord({name, at}, rr::kA, kClassIn, Ttl::Seconds(60), kAddress));
    return draft.Octets(start);
  };
  EXPECT_EQ(add("www.example.", 12), "\xc0\x0c" + record);
  EXPECT_EQ(add("example.", 16), "\xc0\x10" + record);
  EXPECT_EQ(add("www.example.", 29), "\xc0\x0c" + record);  // where the first of these records begins
  EXPECT_EQ(add(".", 24), "\0"s + record);
  const std::vector<uint8_t> filler(0x4000);
  ASSERT_TRUE(draft->PutBytes(filler));
  EXPECT_EQ(add("ftp.example.", 0x4000), "\3ftp\xc0\x10" + record);
}

TEST(MessageWriter, AllocatesNothing) {
  RdataSet servers;
  for (const char* name : {"ns1.example.", "ns2.example.", "ns3.other."}) servers.Add(WireOf(name));
  const Name owner = Name::Literal("sub.example.");
  const Name server = Name::Literal("ns1.example.");
  const std::string question = "\3www\3sub\7example\0\0\1\0\1"s;
  const Edns edns;
  Draft draft;
  const testing::AllocationCounter counter;
  draft->Begin(Header{.response = true});
  draft->Reserve(edns.WireOctets());
  draft->AddQuestionOctets(AsBytes(question), 17);
  draft->StartSection(Section::kAuthority);
  draft->AddRrset(owner, rr::kNs, kClassIn, Ttl::Seconds(3600), servers);
  draft->StartSection(Section::kAdditional);
  draft->AddRecord(server, rr::kA, kClassIn, Ttl::Seconds(3600), kAddress);
  draft->AddEdns(edns);
  draft->Finish();
  EXPECT_EQ(counter.count(), 0u);
}

}  // namespace
}  // namespace cairn
