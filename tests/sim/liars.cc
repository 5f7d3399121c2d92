// The lies, in the order in which they are applied: silence first, then other answers, then damage to a good
// one.
#include "tests/sim/liars.h"

#include <algorithm>
#include <array>

#include "common/dns/rdata_text.h"

namespace cairn::sim {
namespace {

Record RecordOf(const Name& owner, RrType type, std::string_view rdata) {
  return {
      .owner = owner, .type = type, .ttl = Ttl::Seconds(86400), .rdata = RdataFromText(type, rdata).value()};
}

Name Below(std::string_view label, const Name& name) {
  return Name::Concatenate(Name::Literal(std::string(label) + "."), name).value_or(name);
}

void ReplyWith(Message& reply, Rcode rcode) {
  reply.answer.clear();
  reply.authority.clear();
  reply.additional.clear();
  reply.header.authoritative = false;
  reply.set_rcode(rcode);
}

}  // namespace

const std::vector<LieInfo>& Lies() {
  static const std::vector<LieInfo> kLies = {
      {Lie::kSilent, "silent", "answers nothing"},
      {Lie::kRefused, "refused", "answers REFUSED: lame"},
      {Lie::kServFail, "servfail", "answers SERVFAIL: its zone has expired"},
      {Lie::kFormErr, "formerr", "answers FORMERR, with or without EDNS"},
      {Lie::kNotImp, "notimp", "answers NOTIMP"},
      {Lie::kUpwardReferral, "upward-referral", "refers to the root: lame in the old way"},
      {Lie::kSidewaysReferral, "sideways-referral",
       "refers to the parent of the name, which is itself, for ever"},
      {Lie::kEmpty, "empty", "answers NOERROR with nothing in it"},
      {Lie::kNotAuthoritative, "not-authoritative", "answers without AA, as a cache would"},
      {Lie::kTruncating, "truncating", "answers TC to everything over UDP"},
      {Lie::kWrongId, "wrong-id", "answers with another ID"},
      {Lie::kWrongQuestion, "wrong-question", "answers another question"},
      {Lie::kGarbage, "garbage", "answers octets drawn at random"},
      {Lie::kSpoofed, "spoofed", "somebody off the path guesses IDs, faster than it answers"},
      {Lie::kEdnsFormErr, "edns-formerr", "answers FORMERR to queries with EDNS"},
      {Lie::kEdnsNotImp, "edns-notimp", "answers NOTIMP to queries with EDNS"},
      {Lie::kEdnsSilent, "edns-silent", "drops queries with EDNS"},
      {Lie::kEdnsBadVers, "edns-badvers", "answers BADVERS to EDNS version 0"},
      {Lie::kNoEdns, "no-edns", "answers EDNS queries without EDNS"},
      {Lie::kFoldsCase, "folds-case", "repeats the question in lower case"},
      {Lie::kDenyingEnts, "denying-ents", "answers NXDOMAIN where a name exists without the type"},
      {Lie::kInvalidFirst, "invalid-first",
       "somebody sends replies first that cannot be its, each another kind"},
      {Lie::kCookies, "cookies", "sends DNS cookies (RFC 7873)"},
      {Lie::kCookiesOrBad, "cookies-only", "answers BADCOOKIE to who does not bring its cookie"},
      {Lie::kCookieFormErr, "cookie-formerr", "answers FORMERR with EDNS to queries with a cookie"},
      {Lie::kSpoofedWithoutCookie, "spoofed-without-cookie",
       "somebody guesses all of its second reply but the cookie"},
      {Lie::kSpoofedFormErr, "spoofed-formerr", "somebody guesses all, and says FORMERR without EDNS"},
      {Lie::kPoison, "poison", "adds records about names that are none of its business"},
      {Lie::kHugeTtl, "huge-ttl", "sets the top bit of its first record's TTL (RFC 2181 section 8)"},
      {Lie::kOtherAddress, "other-address", "answers from its second address"},
      {Lie::kOtherPort, "other-port", "answers from another port"},
      {Lie::kTcpRefused, "tcp-refused", "refuses TCP connections"},
      {Lie::kTcpSilent, "tcp-silent", "drops TCP connections"},
      {Lie::kTcpResets, "tcp-resets", "resets TCP connections when the query arrives"},
      {Lie::kTcpMute, "tcp-mute", "accepts TCP connections and answers nothing"},
  };
  return kLies;
}

std::optional<Lie> LieFromText(std::string_view word) {
  for (const LieInfo& info : Lies()) {
    if (info.word == word) return info.lie;
  }
  return std::nullopt;
}

std::string_view ToText(Lie lie) { return Lies()[static_cast<size_t>(lie)].word; }

void Liar::SetLies(std::vector<Lie> lies, std::vector<Name> poisoned) {
  lies_ = std::move(lies);
  poisoned_ = std::move(poisoned);
  host_.tcp = Tells(Lie::kTcpRefused)                       ? SimHost::Tcp::kRefused
              : Tells(Lie::kTcpSilent)                      ? SimHost::Tcp::kSilent
              : Tells(Lie::kTcpResets)                      ? SimHost::Tcp::kResetOnQuery
              : Tells(Lie::kTcpMute) || Tells(Lie::kSilent) ? SimHost::Tcp::kNoAnswer
                                                            : SimHost::Tcp::kServed;
}

bool Liar::Tells(Lie lie) const { return std::find(lies_.begin(), lies_.end(), lie) != lies_.end(); }

void Liar::OnQueries(std::span<Query> batch) {
  if (honest()) return honest_.OnQueries(batch);
  for (Query& query : batch) AnswerOne(query);
}

void Liar::AnswerOne(Query& query) {
  const absl::StatusOr<Message> asked = Message::Parse(query.packet);
  if (!asked.ok() || asked->header.response) return;
  honest_.OnQueries({&query, 1});
  absl::StatusOr<Message> reply = Message::Parse(query.reply.first(query.reply_octets));
  query.reply_octets = 0;
  if (!reply.ok() || !Spoil(*asked, query, *reply)) return;
  std::vector<uint8_t> wire = reply->ToWire(query.reply.size());
  if (Tells(Lie::kHugeTtl) && !reply->answer.empty()) {
    // The record's owner is the question's name, and so a pointer to it; type and class lie between.
    const size_t ttl = kHeaderOctets + asked->questions[0].qname.wire().size() + 4 + 2 + 4;
    wire[ttl] |= 0x80;
  }
  if (AnswerFromElsewhere(query, wire)) return;
  std::copy(wire.begin(), wire.end(), query.reply.begin());
  query.reply_octets = wire.size();
  // The ID stays right, so that the octets reach whoever reads the rest.
  if (Tells(Lie::kGarbage)) host_.random().Fill(query.reply.subspan(2, wire.size() - 2));
}

bool Liar::AnswerFromElsewhere(const Query& query, ByteView reply) {
  if (query.tcp || (!Tells(Lie::kOtherAddress) && !Tells(Lie::kOtherPort))) return false;
  Endpoint from = query.to.listener->local();
  if (Tells(Lie::kOtherAddress)) from.address = host_.addresses().back();
  if (Tells(Lie::kOtherPort)) ++from.port;
  world_.Forge(from, query.to.client, reply, std::chrono::milliseconds(10));
  return true;
}

bool Liar::Spoil(const Message& asked, const Query& query, Message& reply) {
  if (Tells(Lie::kSilent) || (Tells(Lie::kEdnsSilent) && asked.edns)) return false;
  if (Tells(Lie::kRefused)) ReplyWith(reply, Rcode::kRefused);
  if (Tells(Lie::kServFail)) ReplyWith(reply, Rcode::kServFail);
  if (Tells(Lie::kFormErr)) ReplyWith(reply, Rcode::kFormErr);
  if (Tells(Lie::kNotImp)) ReplyWith(reply, Rcode::kNotImp);
  if (Tells(Lie::kEmpty)) ReplyWith(reply, Rcode::kNoError);
  if (!ActOut(asked, query, reply)) return false;
  if (asked.edns && Tells(Lie::kEdnsBadVers)) ReplyWith(reply, Rcode::kBadVers);
  if (asked.edns && (Tells(Lie::kEdnsFormErr) || Tells(Lie::kEdnsNotImp))) {
    reply.edns.reset();
    ReplyWith(reply, Tells(Lie::kEdnsFormErr) ? Rcode::kFormErr : Rcode::kNotImp);
  }
  if (Tells(Lie::kUpwardReferral)) {
    ReplyWith(reply, Rcode::kNoError);
    reply.authority.push_back(RecordOf(Name(), rr::kNs, "a.root-servers.net."));
  }
  if (Tells(Lie::kSidewaysReferral) && !asked.questions.empty()) {
    const Name& qname = asked.questions[0].qname;
    ReplyWith(reply, Rcode::kNoError);
    reply.authority.push_back({.owner = qname.IsRoot() ? qname : qname.Parent(),
                               .type = rr::kNs,
                               .ttl = Ttl::Seconds(3600),
                               .rdata = RdataFromText(rr::kNs, host_.name() + ".").value()});
  }
  if (Tells(Lie::kNotAuthoritative)) reply.header.authoritative = false;
  if (Tells(Lie::kNoEdns)) reply.edns.reset();
  if (Tells(Lie::kDenyingEnts) && reply.header.authoritative && reply.answer.empty() &&
      reply.rcode() == Rcode::kNoError)
    reply.set_rcode(Rcode::kNxDomain);
  if (!SpeakCookies(asked, query, reply)) return true;
  if (Tells(Lie::kInvalidFirst) && !query.tcp) ForgeInvalid(query, reply);
  if (Tells(Lie::kSpoofedFormErr) && !query.tcp) {
    Message forged = reply;
    forged.edns.reset();
    ReplyWith(forged, Rcode::kFormErr);
    world_.Forge(query.to.listener->local(), query.to.client, forged.ToWire(), std::chrono::milliseconds(1));
  }
  if (Tells(Lie::kPoison)) AddPoison(reply);
  if (Tells(Lie::kFoldsCase)) {
    for (Question& question : reply.questions) question.qname = question.qname.ToLower();
  }
  if (Tells(Lie::kWrongQuestion)) {
    for (Question& question : reply.questions) question.qname = Below("not", question.qname);
  }
  if (Tells(Lie::kTruncating) && !query.tcp) {
    ReplyWith(reply, Rcode::kNoError);
    reply.header.truncated = true;
  }
  if (Tells(Lie::kSpoofed) && !query.tcp) ForgeGuesses(query, reply);
  if (Tells(Lie::kWrongId)) reply.header.id ^= 1;
  return true;
}

bool Liar::ActOut(const Message& asked, const Query& query, Message& reply) {
  if (asked.questions.empty()) return true;
  const auto script = std::find_if(scripts_.rbegin(), scripts_.rend(), [&](const ScriptedReply& one) {
    return one.Matches(asked.questions[0], query.tcp);
  });
  return script == scripts_.rend() || script->Apply(asked.questions[0], reply);
}

// Guesses arrive a moment before the answer, with the right question and port and records of the attacker's.
void Liar::ForgeGuesses(const Query& query, const Message& reply) {
  Message guess = reply;
  guess.authority.clear();
  guess.additional.clear();
  guess.answer.clear();
  guess.header.authoritative = true;
  guess.set_rcode(Rcode::kNoError);
  if (!guess.questions.empty())
    guess.answer.push_back(RecordOf(guess.questions[0].qname, rr::kA, kPoisonAddress));
  for (uint16_t i = 1; i <= guesses_; ++i) {
    guess.header.id = static_cast<uint16_t>(reply.header.id + i);
    world_.Forge(query.to.listener->local(), query.to.client, guess.ToWire(), std::chrono::milliseconds(1));
  }
}

// False: the reply is what it will be (BADCOOKIE, FORMERR).
bool Liar::SpeakCookies(const Message& asked, const Query& query, Message& reply) {
  const EdnsOption* const cookie = asked.edns ? asked.edns->Find(EdnsOptionCode::kCookie) : nullptr;
  if (cookie == nullptr) return true;
  if (Tells(Lie::kCookieFormErr)) {
    ReplyWith(reply, Rcode::kFormErr);
    return false;
  }
  if (!Tells(Lie::kCookies) && !Tells(Lie::kCookiesOrBad)) return true;
  if (!reply.edns) reply.edns.emplace();
  EdnsOption option{.code = EdnsOptionCode::kCookie,
                    .value = {cookie->value.begin(), cookie->value.begin() + 8}};
  option.value.insert(option.value.end(), {'c', 'o', 'o', 'k', 'i', 'e', 's', '!'});
  const bool brought = option.value == cookie->value;
  reply.edns->options.push_back(std::move(option));
  if (Tells(Lie::kCookiesOrBad) && !brought && !query.tcp) {
    ReplyWith(reply, Rcode::kBadCookie);
    return false;
  }
  if (Tells(Lie::kSpoofedWithoutCookie) && ++cookies_ == 2 && !query.tcp) ForgeWithoutCookie(query, reply);
  return true;
}

void Liar::ForgeWithoutCookie(const Query& query, const Message& reply) {
  Message guess = reply;
  ReplyWith(guess, Rcode::kNoError);
  guess.edns.reset();
  guess.header.authoritative = true;
  guess.answer.push_back(RecordOf(guess.questions[0].qname, rr::kA, kPoisonAddress));
  world_.Forge(query.to.listener->local(), query.to.client, guess.ToWire(), std::chrono::milliseconds(1));
}

// The kinds of TuDoor (IEEE S&P 2024): from the right address, with the right ID, and yet no reply to this
// query. One is sent for each query, a moment before the answer.
void Liar::ForgeInvalid(const Query& query, const Message& reply) {
  Message guess = reply;
  ReplyWith(guess, Rcode::kNoError);
  guess.header.authoritative = true;
  Question& question = guess.questions[0];
  guess.answer.push_back(RecordOf(question.qname, rr::kA, kPoisonAddress));
  const size_t kind = invalid_++ % 13;
  if (kind == 0) guess.header.response = false;
  if (kind == 1) guess.header.opcode = Opcode::kNotify;
  if (kind == 2) guess.header.opcode = Opcode{15};
  if (kind == 3) question.qclass = RrClass{3};
  if (kind == 4) question.qtype = rr::kTxt;
  if (kind == 5) question.qname = Below("x", question.qname);
  if (kind == 6) question.qname = Name();
  if (kind == 7) guess.questions.clear();
  if (kind == 8) guess.questions.push_back(guess.questions[0]);
  std::vector<uint8_t> wire = guess.ToWire();
  if (kind == 9) wire.resize(wire.size() - 3);   // the last record is cut
  if (kind == 10) wire.resize(14);               // the question is cut
  if (kind == 11) wire.resize(6);                // the header is cut
  if (kind == 12) StoreU16(wire.data() + 6, 9);  // records announced which do not follow
  world_.Forge(query.to.listener->local(), query.to.client, std::move(wire), std::chrono::milliseconds(1));
}

void Liar::AddPoison(Message& reply) const {
  for (const Name& name : poisoned_) {
    const Name server = Below("ns-of-the-liar", name);
    reply.answer.push_back(RecordOf(name, rr::kA, kPoisonAddress));
    reply.authority.push_back(RecordOf(name, rr::kNs, server.ToText()));
    reply.additional.push_back(RecordOf(server, rr::kA, kPoisonAddress));
    reply.additional.push_back(RecordOf(name, rr::kA, kPoisonAddress));
  }
}

}  // namespace cairn::sim
