#include "common/dns/message.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/dns/message_writer.h"
#include "common/dns/rdata.h"
#include "common/dns/wire_reader.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// The header's flags word (RFC 1035 section 4.1.1, RFC 4035 section 3); the bit between RA and AD stays 0.
constexpr uint16_t kQr = 0x8000, kAa = 0x0400, kTc = 0x0200, kRd = 0x0100, kRa = 0x0080, kAd = 0x0020,
                   kCd = 0x0010;
constexpr int kOpcodeShift = 11;
constexpr uint16_t kOpcodeMask = 0x000f, kRcodeMask = 0x000f;

constexpr size_t kLeastRecordOctets = 11;  // root owner, TYPE, CLASS, TTL, RDLENGTH
constexpr size_t kLeastQuestionOctets = 5;

// Reads one message; what failed, and where, stays in the WireReader.
class MessageParser {
 public:
  explicit MessageParser(ByteView wire) : wire_(wire, kHeaderOctets) {}

  absl::StatusOr<Message> Parse() {
    const uint16_t id = wire_.U16();
    message_.header = Header::FromFlags(id, wire_.U16());
    const size_t questions = wire_.U16();
    const size_t answers = wire_.U16();
    const size_t authorities = wire_.U16();
    const size_t additionals = wire_.U16();
    if (!wire_.ok()) return wire_.Malformed("header");

    ReadQuestions(questions);
    if (!wire_.ok()) return wire_.Malformed("question");
    ReadSection(answers, Section::kAnswer, message_.answer);
    if (!wire_.ok()) return wire_.Malformed("answer section");
    ReadSection(authorities, Section::kAuthority, message_.authority);
    if (!wire_.ok()) return wire_.Malformed("authority section");
    ReadSection(additionals, Section::kAdditional, message_.additional);
    if (!wire_.ok()) return wire_.Malformed("additional section");
    if (wire_.remaining() != 0) {
      wire_.Fail(WireFault::kTrailingOctets);
      return wire_.Malformed("message");
    }
    return std::move(message_);
  }

 private:
  void ReadQuestions(size_t count) {
    message_.questions.reserve(std::min(count, wire_.remaining() / kLeastQuestionOctets));
    for (size_t i = 0; i < count && wire_.ok(); ++i) {
      Question question;
      question.qname = wire_.ReadName();
      question.qtype = RrType{wire_.U16()};
      question.qclass = RrClass{wire_.U16()};
      message_.questions.push_back(std::move(question));
    }
  }

  // The counts are the sender's claim: room is made for no more records than the octets can hold.
  void ReadSection(size_t count, Section section, std::vector<Record>& records) {
    records.reserve(std::min(count, wire_.remaining() / kLeastRecordOctets));
    for (size_t i = 0; i < count && wire_.ok(); ++i) {
      const size_t start = wire_.offset();
      Record record;
      record.owner = wire_.ReadName();
      record.type = RrType{wire_.U16()};
      record.rr_class = RrClass{wire_.U16()};
      const uint32_t ttl = wire_.U32();
      const uint16_t rdlength = wire_.U16();
      if (!wire_.ok()) return;
      if (record.type == rr::kOpt) {
        ReadOpt(section, start, record.rr_class, ttl, rdlength);
        continue;
      }
      record.ttl = Ttl::FromWire(ttl);
      if (!IsUpdateWithoutRdata(record.rr_class, rdlength)) {
        ReadRdata(wire_, record.type, rdlength, record.rdata);
      }
      records.push_back(std::move(record));
    }
  }

  // OPT stands once, in the additional section, owned by the root, written as its one zero octet (RFC 6891
  // section 6.1).
  void ReadOpt(Section section, size_t start, RrClass rr_class, uint32_t ttl, uint16_t rdlength) {
    const ByteView options = wire_.Bytes(rdlength);
    if (!wire_.ok()) return;
    const bool owned_by_root = wire_.message()[start] == 0;
    if (section == Section::kAdditional && owned_by_root && !message_.edns) {
      message_.edns = ReadEdns(rr_class.value, ttl, options);
      if (message_.edns) return;
    }
    wire_.Seek(start);
    wire_.Fail(WireFault::kOpt);
  }

  // RFC 2136 sections 2.4 and 2.5: deletions and prerequisites name a type of any layout and have no RDATA.
  bool IsUpdateWithoutRdata(RrClass rr_class, uint16_t rdlength) const {
    return rdlength == 0 && message_.header.opcode == Opcode::kUpdate &&
           (rr_class == kClassAny || rr_class == kClassNone);
  }

  WireReader wire_;
  Message message_;
};

// Writes the sets of a section, whole or not at all; false at the first that does not fit.
bool WriteSection(MessageWriter& out, Section section, const std::vector<Record>& records) {
  out.StartSection(section);
  const auto same_set = [](const Record& a, const Record& b) {
    return a.type == b.type && a.rr_class == b.rr_class && a.owner == b.owner;
  };
  for (auto first = records.begin(); first != records.end();) {
    const MessageWriter::Mark start = out.mark();
    auto record = first;
    for (; record != records.end() && same_set(*first, *record); ++record) {
      if (!out.AddRecord(record->owner, record->type, record->rr_class, record->ttl, record->rdata)) {
        out.Rewind(start);
        return false;
      }
    }
    first = record;
  }
  return true;
}

bool WriteQuestionsAndSections(MessageWriter& out, const Message& message) {
  for (const Question& question : message.questions) {
    if (!out.AddQuestion(question.qname, question.qtype, question.qclass)) return false;
  }
  return WriteSection(out, Section::kAnswer, message.answer) &&
         WriteSection(out, Section::kAuthority, message.authority) &&
         WriteSection(out, Section::kAdditional, message.additional);
}

std::string FlagNames(const Header& header) {
  std::string names;
  const auto add = [&names](bool set, std::string_view name) {
    if (!set) return;
    names += ' ';
    names += name;
  };
  add(header.response, "qr");
  add(header.authoritative, "aa");
  add(header.truncated, "tc");
  add(header.recursion_desired, "rd");
  add(header.recursion_available, "ra");
  add(header.authentic_data, "ad");
  add(header.checking_disabled, "cd");
  return names;
}

void AppendEdns(const Edns& edns, std::string& text) {
  text += fmt::format("\n;; OPT PSEUDOSECTION:\n; EDNS: version: {}, flags:{}; udp: {}\n", edns.version,
                      edns.dnssec_ok ? " do" : "", edns.udp_payload_octets);
  for (const EdnsOption& option : edns.options) {
    text += fmt::format("; OPT={}:", static_cast<unsigned>(option.code));
    for (const uint8_t octet : option.value) text += fmt::format(" {:02x}", octet);
    text += '\n';
  }
}

void AppendSection(std::string_view title, const std::vector<Record>& records, std::string& text) {
  if (records.empty()) return;
  text += fmt::format("\n;; {} SECTION:\n", title);
  for (const Record& record : records) {
    text += record.ToText();
    text += '\n';
  }
}

}  // namespace

Header Header::FromFlags(uint16_t id, uint16_t flags) {
  return {.id = id,
          .response = (flags & kQr) != 0,
          .opcode = static_cast<Opcode>(flags >> kOpcodeShift & kOpcodeMask),
          .authoritative = (flags & kAa) != 0,
          .truncated = (flags & kTc) != 0,
          .recursion_desired = (flags & kRd) != 0,
          .recursion_available = (flags & kRa) != 0,
          .authentic_data = (flags & kAd) != 0,
          .checking_disabled = (flags & kCd) != 0,
          .rcode_low = static_cast<uint8_t>(flags & kRcodeMask)};
}

uint16_t Header::Flags() const {
  const int opcode_bits = (static_cast<int>(opcode) & kOpcodeMask) << kOpcodeShift;
  const int flags = (response ? kQr : 0) | opcode_bits | (authoritative ? kAa : 0) | (truncated ? kTc : 0) |
                    (recursion_desired ? kRd : 0) | (recursion_available ? kRa : 0) |
                    (authentic_data ? kAd : 0) | (checking_disabled ? kCd : 0) | (rcode_low & kRcodeMask);
  return static_cast<uint16_t>(flags);
}

std::string Question::ToText() const {
  if (qclass == kClassIn) return fmt::format("{} {}", qname.ToText(), qtype.ToText());
  return fmt::format("{} {} {}", qname.ToText(), qclass.ToText(), qtype.ToText());
}

Rcode Message::rcode() const {
  const int upper = edns ? edns->extended_rcode << 4 : 0;
  return static_cast<Rcode>(upper | header.rcode_low);
}

void Message::set_rcode(Rcode rcode) {
  header.rcode_low = static_cast<uint8_t>(static_cast<unsigned>(rcode) & kRcodeMask);
  if (edns) edns->extended_rcode = static_cast<uint8_t>(static_cast<unsigned>(rcode) >> 4);
}

absl::StatusOr<Message> Message::Parse(ByteView wire) { return MessageParser(wire).Parse(); }

std::vector<uint8_t> Message::ToWire(size_t limit) const {
  std::array<uint8_t, kMaxMessageOctets> buffer;
  MessageWriter out(buffer, std::max(limit, kHeaderOctets));
  out.Begin(header);
  if (edns) out.Reserve(edns->WireOctets());
  if (!WriteQuestionsAndSections(out, *this)) out.SetTruncated();
  if (edns && !out.AddEdns(*edns)) out.SetTruncated();
  const size_t octets = out.Finish();
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(octets)};
}

std::string Message::ToText() const {
  std::string text = fmt::format(
      ";; ->>HEADER<<- opcode: {}, status: {}, id: {}\n"
      ";; flags:{}; QUERY: {}, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}\n",
      cairn::ToText(header.opcode), cairn::ToText(rcode()), header.id, FlagNames(header), questions.size(),
      answer.size(), authority.size(), additional.size() + (edns ? 1 : 0));
  if (edns) AppendEdns(*edns, text);
  if (!questions.empty()) text += "\n;; QUESTION SECTION:\n";
  for (const Question& question : questions) text += fmt::format(";{}\n", question.ToText());
  AppendSection("ANSWER", answer, text);
  AppendSection("AUTHORITY", authority, text);
  AppendSection("ADDITIONAL", additional, text);
  return text;
}

}  // namespace cairn
