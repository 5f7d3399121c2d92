// Writing a message into a caller's buffer, without allocating: sections in wire order, name compression (RFC
// 1035 section 4.1.4), truncation by whole RRsets (RFC 2181 section 9), room reserved for OPT and TSIG.
//
//   MessageWriter out(buffer, limit);
//   out.Begin(header); out.AddQuestion(...); out.StartSection(Section::kAnswer);
//   if (!out.AddRrset(...)) -> did not fit: nothing of the set was written; the caller decides about TC.
//   out.Finish(...) -> octets written.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/dns/edns.h"
#include "common/dns/message.h"
#include "common/dns/response_opt.h"
#include "common/dns/rrset.h"

namespace cairn {

// Where compression pointers stand in a message, noted by who writes it. Those beyond the room are counted
// only.
class PointerNotes {
 public:
  void Add(size_t offset) {
    if (count_ < offsets_.size()) offsets_[count_] = static_cast<uint16_t>(offset);
    ++count_;
  }
  void ForgetFrom(size_t offset) {
    while (count_ > 0 && (count_ > offsets_.size() || offsets_[count_ - 1] >= offset)) --count_;
  }
  size_t count() const { return count_; }
  size_t operator[](size_t i) const { return offsets_[i]; }

 private:
  std::array<uint16_t, 128> offsets_;
  size_t count_ = 0;
};

// Sections written before, in a message whose question had any length. A pointer says how far its target lies
// from where they begin: before it, in the question, or behind it (modulo 2^16).
struct ReadySections {
  ByteView octets;
  std::span<const uint16_t> pointers;  // offsets in `octets`
  std::array<uint16_t, 3> counts;
};

// An owner name, and where the message has it already, spelled alike: what is known need not be searched. 0
// when that is not known.
struct KnownName {
  NameView name;
  size_t at = 0;
};

class MessageWriter {
 public:
  // Writes into `buffer` and never beyond `limit` octets (or the buffer's size, if less). Both must hold a
  // header.
  MessageWriter(std::span<uint8_t> buffer, size_t limit);

  void Begin(const Header& header);
  // Octets which later sections must leave free, for OPT and TSIG.
  void Reserve(size_t octets);
  bool AddQuestion(NameView qname, RrType qtype, RrClass qclass);
  // Copies a question section of `octets` octets as it came (case kept octet for octet). Its name becomes a
  // compression target when the first other name is written.
  bool AddQuestionOctets(ByteView question, size_t qname_octets);

  void StartSection(Section section);
  // One record; false, and nothing written, when it does not fit. Names in `owner` and in the RDATA of RFC
  // 1035 types are compressed (RFC 3597 section 4).
  bool AddRecord(const KnownName& owner, RrType type, RrClass rr_class, Ttl ttl, ByteView rdata);
  bool AddRecord(NameView owner, RrType type, RrClass rr_class, Ttl ttl, ByteView rdata) {
    return AddRecord(KnownName{.name = owner}, type, rr_class, ttl, rdata);
  }
  // All records of a set, or none of them. `rdatas` is a range of ByteViews: an RdataSet, or a zone's set.
  template <typename Rdatas>
  bool AddRrset(const KnownName& owner, RrType type, RrClass rr_class, Ttl ttl, const Rdatas& rdatas) {
    const Mark start = mark();
    KnownName next = owner;
    for (const ByteView rdata : rdatas) {
      if (!PutOwner(next) || !PutAfterOwner(type, rr_class, ttl, rdata)) {
        Rewind(start);
        return false;
      }
      next.at = start.size;
    }
    return true;
  }
  template <typename Rdatas>
  bool AddRrset(NameView owner, RrType type, RrClass rr_class, Ttl ttl, const Rdatas& rdatas) {
    return AddRrset(KnownName{.name = owner}, type, rr_class, ttl, rdatas);
  }
  bool AddRrset(const Rrset& rrset) {
    return AddRrset(rrset.owner, rrset.type, rrset.rr_class, rrset.ttl, rrset.rdatas);
  }
  // All of them or, when there is no room, nothing. Their names do not become compression targets.
  bool AddReady(const ReadySections& ready);
  // Frees the reserve and writes OPT into the additional section.
  bool AddEdns(const Edns& edns);
  // The same for the OPT of a response, which was reserved before (opt.FirmOctets()); writes `rcode` too.
  void AddOpt(const ResponseOpt& opt, Rcode rcode);

  // A point to come back to, when a group of records must be whole or absent.
  struct Mark {
    size_t size;
    std::array<uint16_t, 3> counts;
    size_t targets;
  };
  Mark mark() const;
  void Rewind(const Mark& mark);

  void SetTruncated();
  void SetRcode(Rcode rcode);  // the header's four bits; OPT has the rest
  void SetAuthoritative(bool on);

  // Writes names: the longest suffix that is already in the message, spelled the same, becomes a pointer when
  // `compress`; every new label position below 0x4000 becomes a target. Used by the RDATA writer. Each Put
  // writes all or nothing.
  bool PutName(NameView name, bool compress);
  bool PutBytes(ByteView bytes);
  bool PutU8(uint8_t value);
  bool PutU16(uint16_t value);
  bool PutU32(uint32_t value);

  size_t size() const { return size_; }
  // Overwrites two octets written before: an RDLENGTH, once the RDATA's names are compressed and it is known.
  void PatchU16(size_t offset, uint16_t value) { StoreU16(out_ + offset, value); }
  size_t room() const { return size_ + reserved_ < limit_ ? limit_ - reserved_ - size_ : 0; }
  ByteView written() const { return {out_, size_}; }
  bool authoritative() const;
  const std::array<uint16_t, 3>& counts() const { return counts_; }
  // From now on each compression pointer is noted; nullptr ends that.
  void NotePointers(PointerNotes* notes) { notes_ = notes; }
  uint16_t count(Section section) const { return counts_[static_cast<size_t>(section)]; }
  // Stores the counts and returns the message's length.
  size_t Finish();

 private:
  // THREATS section 1: at most this many label positions are remembered; after that names are written whole.
  static constexpr size_t kMaxTargets = 120;
  static constexpr size_t kRoot = kMaxTargets;  // stands for "no target": the empty suffix

  // Label positions in the message form a tree by suffix: each knows the target that follows its label. A
  // target comes after its parent, so the search for a name's labels, from the root down, never turns back:
  // one name costs at most kMaxTargets comparisons, whatever the message (CVE-2024-8508). When names have
  // cost half of limits::kNameSteps and so on no more suffixes are searched: names are written whole, which
  // soon fills the message.
  struct Targets {
    std::array<uint64_t, kMaxTargets> heads;    // the label's first octets
    std::array<uint16_t, kMaxTargets> offsets;  // where the label stands
    std::array<uint8_t, kMaxTargets> parents;
  };

  size_t FindChild(size_t parent, const uint8_t* label, uint64_t head, size_t from) const;
  // Makes targets of the labels at `label_starts` of `name`, written at `offset`; `parent` is what follows
  // the last.
  void RememberLabels(ByteView name, size_t offset, std::span<const uint8_t> label_starts, size_t parent);
  void RememberQuestion();
  bool PutPointer(uint16_t pointer);
  bool PutOwner(const KnownName& owner);
  bool PutAfterOwner(RrType type, RrClass rr_class, Ttl ttl, ByteView rdata);

  uint8_t* out_;
  size_t limit_;
  size_t reserved_ = 0;
  size_t size_ = 0;
  uint16_t question_count_ = 0;
  std::array<uint16_t, 3> counts_{};
  Section section_ = Section::kAnswer;
  size_t unremembered_question_octets_ = 0;  // of a question's name that is no target yet
  size_t question_name_octets_ = 0;
  PointerNotes* notes_ = nullptr;
  size_t target_count_ = 0;
  size_t labels_searched_ = 0;
  Targets targets_;
};

}  // namespace cairn
