// The way of one answer from alias to alias (RFC 1034 section 4.3.2 step 3a, RFC 6672 section 3.2): the names
// it has been at, so that it runs neither in circles nor further than limits::kMaxAliasLinks (THREATS section
// 3), those which a DNAME made, and the DNAMEs that are in the answer already. Lives on the stack of one
// answer and allocates nothing.
#pragma once

#include <array>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "common/base/limits.h"
#include "common/dns/name.h"
#include "common/zone/zone.h"

namespace cairn {

class AliasTrail {
 public:
  // Starts at the name of the question. The names of the trail outlive it: they stand in the query, in zones,
  // or here.
  explicit AliasTrail(NameView qname) : qname_(qname) {}
  AliasTrail(const AliasTrail&) = delete;
  AliasTrail& operator=(const AliasTrail&) = delete;

  bool at_start() const { return followed_.empty(); }
  bool full() const { return followed_.size() == limits::kMaxAliasLinks; }

  // Goes on to the target of an alias. False when the trail ends before it: it is full, or has been there.
  bool Follow(NameView target);

  // `name` with its suffix `owner`, the name of a DNAME, replaced by the DNAME's `target`; nullopt when that
  // is longer than a name may be (RFC 6672 section 2.2). One name for each step of the trail, which is not
  // full.
  std::optional<NameView> Redirect(NameView name, NameView owner, NameView target);

  // Whether this DNAME was not met before. Each is told once, however often it applies (RFC 2181 section 5).
  bool IsNew(Node dname);

 private:
  NameView qname_;
  // Inlined: room for all there can be, and none of it cleared for the many answers that follow no alias.
  absl::InlinedVector<NameView, limits::kMaxAliasLinks> followed_;
  absl::InlinedVector<Node, limits::kMaxAliasLinks> dnames_;
  std::array<std::array<uint8_t, kMaxNameOctets>, limits::kMaxAliasLinks> made_by_dname_;
};

}  // namespace cairn
