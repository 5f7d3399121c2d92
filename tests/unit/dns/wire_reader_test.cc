// The bounded reader: bounds, stickiness, and compression pointers (RFC 1035 section 4.1.4) as RFC 9267 lists
// their abuse.
#include "common/dns/wire_reader.h"

#include <string>
#include <vector>

#include "common/base/status.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

using Octets = std::vector<uint8_t>;

// "a.example. after 12", or "fault at 7".
std::string Describe(const WireReader& wire, NameView name) {
  if (wire.ok()) return name.ToText() + " after " + std::to_string(wire.offset());
  return std::string(ToText(wire.fault())) + " at " + std::to_string(wire.fault_offset());
}

TEST(WireReader, ReadsIntegersInNetworkOrder) {
  const Octets octets = {1, 2, 3, 4, 5, 6, 7, 8};
  WireReader wire(octets);
  EXPECT_EQ(wire.U8(), 0x01);
  EXPECT_EQ(wire.U16(), 0x0203);
  EXPECT_EQ(wire.U32(), 0x04050607u);
  EXPECT_EQ(wire.remaining(), 1u);
  EXPECT_EQ(wire.Bytes(1)[0], 8);
  EXPECT_TRUE(wire.ok());
}

TEST(WireReader, FirstFailureSticksAndYieldsZeros) {
  const Octets octets = {1, 2, 3, 4, 5};
  WireReader wire(octets);
  wire.U16();
  EXPECT_EQ(wire.U32(), 0u);
  EXPECT_FALSE(wire.ok());
  EXPECT_EQ(wire.U8(), 0);
  EXPECT_TRUE(wire.Bytes(1).empty());
  EXPECT_TRUE(wire.ReadName().IsRoot());
  wire.Fail(WireFault::kRdataValue);
  EXPECT_EQ(wire.fault(), WireFault::kTruncated);
  EXPECT_EQ(wire.fault_offset(), 2u);
  EXPECT_EQ(ErrorText(wire.Malformed("question")),
            "malformed question at octet 2: fewer octets than the field needs");
}

TEST(WireReader, NarrowedEndHoldsUntilWidened) {
  const Octets octets = {1, 2, 3, 4};
  WireReader wire(octets);
  const size_t end = wire.Narrow(2);
  EXPECT_EQ(wire.remaining(), 2u);
  EXPECT_EQ(wire.U16(), 0x0102);
  wire.Widen(end);
  EXPECT_EQ(wire.U16(), 0x0304);
  EXPECT_TRUE(wire.ok());
}

TEST(WireReader, ReadingPastANarrowedEndFailsForGood) {
  const Octets octets = {1, 2, 3, 4};
  WireReader wire(octets);
  const size_t end = wire.Narrow(1);
  wire.U16();
  wire.Widen(end);
  EXPECT_EQ(wire.U8(), 0);
  EXPECT_EQ(wire.fault(), WireFault::kTruncated);
  EXPECT_EQ(wire.fault_offset(), 0u);
}

TEST(WireReader, NarrowAndSeekStayInside) {
  const Octets octets = {1, 2};
  WireReader narrowed(octets);
  narrowed.Narrow(3);
  EXPECT_EQ(narrowed.fault(), WireFault::kTruncated);
  WireReader sought(octets);
  sought.Seek(2);
  EXPECT_TRUE(sought.ok());
  sought.Seek(3);
  EXPECT_EQ(sought.fault(), WireFault::kTruncated);
  sought.Seek(0);
  EXPECT_EQ(sought.remaining(), 0u);
}

std::string RepeatedLabel(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += "a.";
  return text;
}

// The same on the wire, without the root.
Octets OneOctetLabels(size_t count) {
  Octets octets;
  for (size_t i = 0; i < count; ++i) octets.insert(octets.end(), {1, 'a'});
  return octets;
}

Octets Join(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct NameCase {
  const char* name;
  Octets octets;
  size_t start;
  std::string expected;
};

const NameCase kNames[] = {
    {"root", {0}, 0, ". after 1"},
    {"labels", {1, 'a', 2, 'b', 'c', 0, 9}, 0, "a.bc. after 6"},
    {"pointer", {1, 'a', 0, 0xc0, 0}, 3, "a. after 5"},
    {"label and pointer", {1, 'a', 0, 1, 'b', 0xc0, 0, 9}, 3, "b.a. after 7"},
    {"pointer into a name", {1, 'a', 1, 'b', 0, 0xc0, 2}, 5, "b. after 7"},
    {"pointer to a root", {0, 0xc0, 0}, 1, ". after 3"},
    {"pointer to a pointer", {1, 'a', 0, 0xc0, 0, 0xc0, 3}, 5, "a. after 7"},
    {"nothing there", {}, 0, "fewer octets than the field needs at 0"},
    {"label cut short", {3, 'a', 'b'}, 0, "fewer octets than the field needs at 0"},
    {"root missing", {1, 'a'}, 0, "fewer octets than the field needs at 2"},
    {"pointer cut short", {0, 0xc0}, 1, "fewer octets than the field needs at 1"},
    {"pointer to itself", {0xc0, 0}, 0, "compression pointer that does not lead backwards at 0"},
    {"pointer to its own label",
     {1, 'a', 0xc0, 0},
     0,
     "compression pointer that does not lead backwards at 2"},
    {"pointer forwards", {0xc0, 2, 0}, 0, "compression pointer that does not lead backwards at 0"},
    {"two that point at each other",
     {0xc0, 2, 0xc0, 0},
     2,
     "compression pointer that does not lead backwards at 0"},
    // Its first run lies wholly before, but it would swallow the run which pointed at it.
    {"labels that reach into the run behind", {2, 0xc0, 0}, 1, "fewer octets than the field needs at 0"},
    {"label type 01", {0x41, 0}, 0, "unknown label type at 0"},
    {"label type 10", {0x80, 0}, 0, "unknown label type at 0"},
    {"label type 01 behind a pointer", {0x41, 0, 0xc0, 0}, 2, "unknown label type at 0"},
    {"255 octets", Join(OneOctetLabels(127), {0}), 0, RepeatedLabel(127) + " after 255"},
};

TEST(WireReaderName, FollowsPointersBackwardsOnly) {
  for (const NameCase& c : kNames) {
    SCOPED_TRACE(c.name);
    WireReader wire(c.octets);
    wire.Seek(c.start);
    const Name name = wire.ReadName();
    EXPECT_EQ(Describe(wire, name), c.expected);
  }
}

TEST(WireReaderName, StopsAt255Octets) {
  const Octets too_long = Join(OneOctetLabels(128), {0});
  WireReader wire(too_long);
  wire.ReadName();
  EXPECT_EQ(wire.fault(), WireFault::kNameTooLong);
  // Only together with what its pointer leads to.
  const Octets in_two = Join(Join(OneOctetLabels(64), {0}), Join(OneOctetLabels(64), {0xc0, 0}));
  WireReader joined(in_two);
  joined.Seek(129);
  joined.ReadName();
  EXPECT_EQ(joined.fault(), WireFault::kNameTooLong);
}

// RFC 9267 section 2, CVE-2024-8508: a chain of bare pointers makes one name cost as much as the whole
// message.
TEST(WireReaderName, ChainsOfBarePointersEndAtTheLimit) {
  Octets octets = {0};
  std::vector<size_t> starts = {0};
  for (size_t i = 0; i < kMaxLabels + 1; ++i) {
    const size_t target = starts.back();
    starts.push_back(octets.size());
    octets.push_back(static_cast<uint8_t>(0xc0 | target >> 8));
    octets.push_back(static_cast<uint8_t>(target));
  }
  WireReader longest(octets);
  longest.Seek(starts[kMaxLabels]);
  EXPECT_TRUE(longest.ReadName().IsRoot());
  EXPECT_TRUE(longest.ok());
  WireReader too_long(octets);
  too_long.Seek(starts[kMaxLabels + 1]);
  too_long.ReadName();
  EXPECT_EQ(too_long.fault(), WireFault::kPointerHops);
}

TEST(WireReaderName, PointersStayOutOfTheHeader) {
  Octets octets(12, 0);
  octets.insert(octets.end(), {0xc0, 0});
  WireReader wire(octets, 12);
  wire.Seek(12);
  wire.ReadName();
  EXPECT_EQ(wire.fault(), WireFault::kPointerForward);
}

TEST(WireReaderName, PointersMayLeadOutOfANarrowedEndOnlyBackwards) {
  const Octets octets = {1, 'a', 0, 1, 'b', 0xc0, 0, 0};
  WireReader wire(octets);
  wire.Seek(3);
  wire.Narrow(4);
  EXPECT_EQ(wire.ReadName().ToText(), "b.a.");
  WireReader cut(octets);
  cut.Seek(3);
  cut.Narrow(3);
  cut.ReadName();
  EXPECT_EQ(cut.fault(), WireFault::kTruncated);
}

TEST(WireReaderName, UncompressedNamesHaveNoPointers) {
  const Octets octets = {1, 'a', 0, 1, 'b', 0xc0, 0};
  uint8_t name[kMaxNameOctets];
  WireReader wire(octets);
  EXPECT_EQ(wire.UncompressedNameInto(name), 3u);
  EXPECT_EQ(wire.UncompressedNameInto(name), 0u);
  EXPECT_EQ(wire.fault(), WireFault::kLabelType);
  EXPECT_EQ(wire.fault_offset(), 5u);
}

TEST(WireReaderName, SkippingEndsWhereReadingEnds) {
  for (const NameCase& c : kNames) {
    SCOPED_TRACE(c.name);
    WireReader read(c.octets);
    read.Seek(c.start);
    read.ReadName();
    WireReader skipped(c.octets);
    skipped.Seek(c.start);
    skipped.SkipName();
    if (read.ok()) {
      EXPECT_TRUE(skipped.ok());
      EXPECT_EQ(skipped.offset(), read.offset());
    }
  }
}

TEST(WireReaderName, SkippingChecksLabelsAndDirection) {
  struct Case {
    const char* name;
    Octets octets;
    WireFault fault;
  };
  const Case kCases[] = {
      {"label type", {0x41, 0}, WireFault::kLabelType},
      {"pointer forwards", {0xc0, 2, 0}, WireFault::kPointerForward},
      {"pointer to itself", {0xc0, 0}, WireFault::kPointerForward},
      {"pointer cut short", {0xc0}, WireFault::kTruncated},
      {"label cut short", {2, 'a'}, WireFault::kTruncated},
      {"too long", Join(OneOctetLabels(128), {0}), WireFault::kNameTooLong},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    WireReader wire(c.octets);
    wire.SkipName();
    EXPECT_EQ(wire.fault(), c.fault);
  }
}

}  // namespace
}  // namespace cairn
