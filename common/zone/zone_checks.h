// What a zone must and should be, one function per rule, each with its RFC and its severity. An error keeps
// the zone from being served; a warning is told and lived with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/complaint.h"
#include "common/dns/name.h"
#include "common/dns/types.h"

namespace cairn {

// A record on its way into a zone, with the place it came from. Borrows from the builder's staging arena.
struct DraftRecord {
  RrType type = {};
  Ttl ttl = {};
  ByteView rdata = {};
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t file = 0;
};

// Records of one owner and type, without duplicates.
struct RrsetDraft {
  RrType type;
  Ttl ttl;  // the least of its records' (RFC 2181 section 5.2)
  std::span<const DraftRecord> records;
};

// An owner name with all its sets, in ascending order of type.
struct NodeDraft {
  NameView owner;
  bool at_apex = false;
  std::span<const RrsetDraft> rrsets;

  const RrsetDraft* Find(RrType type) const {
    for (const RrsetDraft& rrset : rrsets) {
      if (rrset.type == type) return &rrset;
    }
    return nullptr;
  }
};

// Collects complaints with positions, up to a limit; those beyond are counted.
class CheckReport {
 public:
  // `what` are those beyond: "more WHAT are left out: 12".
  CheckReport(const std::vector<std::string>& file_names, size_t max_complaints,
              std::string_view what = "complaints about this zone")
      : file_names_(file_names), max_complaints_(max_complaints), what_(what) {}

  void Error(const DraftRecord& at, std::string text) { Add(Severity::kError, at, std::move(text)); }
  void Warning(const DraftRecord& at, std::string text) { Add(Severity::kWarning, at, std::move(text)); }

  bool has_errors() const { return has_errors_; }
  // Those left out too.
  size_t count() const { return complaints_.size() + left_out_; }
  TextPosition PositionOf(const DraftRecord& at) const;
  // As if `later` had been told here.
  void Take(CheckReport later);
  // Together with those of whoever read the records, in the order of their positions.
  Complaints TakeWith(Complaints of_reader);

 private:
  void Add(Severity severity, const DraftRecord& at, std::string text);
  void Keep(Complaint complaint);

  const std::vector<std::string>& file_names_;
  size_t max_complaints_;
  std::string_view what_;
  bool has_errors_ = false;
  size_t left_out_ = 0;
  TextPosition left_out_from_;
  Complaints complaints_;
};

// What must stand at the top of a zone. `first` is the zone's first record, where a missing SOA is missed.
void CheckApex(const NodeDraft& apex, const DraftRecord& first, CheckReport& report);
// All rules about what stands at one node, apart from occlusion.
void CheckNode(const NodeDraft& node, CheckReport& report);
// Data below a zone cut other than addresses, and any data below a DNAME, is never answered: is that meant?
void CheckOccluded(const NodeDraft& node, bool below_dname, CheckReport& report);
// A delegation to a name server below the cut without an address leads nowhere.
void CheckGlue(NameView cut, NameView name_server, const DraftRecord& at, CheckReport& report);

}  // namespace cairn
