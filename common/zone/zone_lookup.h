// What a zone says to a question: RFC 1034 section 4.3.2 step 3, with RFC 4592 (wildcards) and RFC 6672
// (DNAME). Pure: no packet, no clock. authoritative/compose.h turns the outcome into a message.
#pragma once

#include <string>
#include <variant>

#include "common/zone/zone.h"

namespace cairn {

namespace lookup {

// Data of the type asked for; of every type at `node` when `rrset` is none (QTYPE ANY).
struct Answer {
  Node node;
  RrsetView rrset;
  bool synthesised = false;  // `node` is the wildcard which the name was expanded from
};
// The name exists (or a wildcard covers it), but not with this type.
struct NoData {
  Node node;
  bool synthesised = false;
};
// The name is an alias: the question goes on with the CNAME's target.
struct Alias {
  Node node;
  RrsetView cname;
  bool synthesised = false;
};
// A DNAME above the name: the question goes on below the DNAME's target.
struct Redirection {
  Node node;
  RrsetView dname;
};
// The name is at or below a zone cut.
struct Delegation {
  Node node;
  RrsetView ns;
};
struct NxDomain {
  Node closest_encloser;
};

}  // namespace lookup

using LookupResult = std::variant<lookup::Answer, lookup::NoData, lookup::Alias, lookup::Redirection,
                                  lookup::Delegation, lookup::NxDomain>;

// `qname` is at or below the zone's apex, in any case.
LookupResult Find(const Zone& zone, const LabelPath& qname, RrType qtype);
LookupResult Find(const Zone& zone, NameView qname, RrType qtype);

// "answer www.example. A", "nodata, soa example.", "referral sub.example., glue ns.sub.example.", ...;
// `qname` is what was asked, for names that a wildcard made.
std::string Describe(const LookupResult& result, NameView qname);

}  // namespace cairn
