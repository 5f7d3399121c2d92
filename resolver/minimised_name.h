// How much of a name the servers of a zone cut are shown: no more than they need to refer us on (QNAME
// minimisation, RFC 9156). The root learns the TLD, the TLD the domain, and only who serves the name itself
// learns all of it. Steps are counted, so that a name of 127 labels does not cost 127 questions (section 2.3:
// ten at the most, the first four by one label), and labels with an underscore are no steps of their own: no
// cut is there. Some servers are wrong about names that lie between (empty non-terminals): where they deny
// such a name or fail, `relaxed` shows them the whole of it, `strict` believes them.
#pragma once

#include <cstdint>
#include <optional>

#include "common/dns/message.h"
#include "resolver/finding.h"
#include "resolver/resolver_options.h"

namespace cairn {

class MinimisedName {
 public:
  // Names with fewer labels are shown as far as `mode` allows for the whole of one fetch.
  // `most_steps` questions come before the whole name at the most.
  MinimisedName(Question whole, QnameMinimisation mode, uint32_t most_steps);

  // What to ask servers of `cut`, at or above the name: a name between the two with type A (section 2.1), or
  // the question itself.
  Question Next(NameView cut) const;
  bool IsWhole(const Question& shown) const { return shown.qname.size() == whole_.qname.size(); }

  // What became of `shown`, which was not the whole question.
  enum class Said : uint8_t {
    kExists,     // the name is there: one step on
    kAlias,      // the name is an alias or below a DNAME: who asks for the whole learns the rest
    kDenied,     // no such name
    kFailed,     // no useful answer although servers were reached
    kUnreached,  // silence: showing more would meet the same
  };
  static Said Judge(const Finding& finding);
  // True when there is a next question; false when what was said is the end of it.
  bool Take(const Question& shown, Said said);

 private:
  Question whole_;
  QnameMinimisation mode_;
  int most_steps_;
  int labels_;      // of the whole name
  int exists_ = 0;  // so many of its last labels are known to be there
  int steps_ = 0;
};

}  // namespace cairn
