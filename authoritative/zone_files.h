// Which file holds which zone where nobody lists them one by one: the files of a folder, the lines of a list,
// and the pattern of a template.
//
// A zone's name as a word of a file's name is its labels in lower case with dots between them and none at the
// end; octets other than letters, digits, "-" and "_" are written as in a URL, "%" and two hexadecimal
// digits, so that no zone's name can lead out of a folder: 0/26.2.0.192.in-addr.arpa is the file
// 0%2f26.2.0.192.in-addr.arpa.zone. The root is "@".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/complaint.h"
#include "common/dns/name.h"

namespace cairn {

std::string FileWordOf(NameView apex);
// Takes any case, and octets which FileWordOf would not have left as they are.
absl::StatusOr<Name> ApexOfFileWord(std::string_view word);

// Every "%s" of `pattern` replaced by FileWordOf(apex).
std::string ExpandPattern(std::string_view pattern, NameView apex);

struct FoundZone {
  Name name;
  std::string file;    // empty: the list leaves it to the template
  TextPosition where;  // of the file itself, or of the line in the list
};

// The files WORD.zone of a folder, by name; hidden files and folders are passed over. A file whose name is no
// zone's is a warning, for nobody should lose a thousand zones to one stray file; a folder that cannot be
// read is an error, at `named_at`, where somebody named it.
std::vector<FoundZone> ZonesOfFolder(const std::string& folder, const TextPosition& named_at,
                                     Complaints& complaints);

// A list of zones for those who have very many: a line each, NAME or NAME FILE, and comments after "#". FILE
// starts where the list lies.
std::vector<FoundZone> ZonesOfList(const std::string& path, const TextPosition& named_at,
                                   Complaints& complaints);

}  // namespace cairn
