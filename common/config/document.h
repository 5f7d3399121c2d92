// A YAML document as a tree of values which know where they stand. yaml-cpp does the parsing and stays behind
// this header; what it would accept silently we refuse: duplicate keys, anchors and aliases (a few lines of
// them explode), several documents in a file. Scalars stay text: schema.h reads them, so that `010` is ten
// and `yes` is a word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/complaint.h"

namespace cairn {

struct ConfigNode {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;               // of a scalar
  std::vector<ConfigNode> items;  // of a list; of a map its values, in file order
  std::vector<ConfigNode> keys;   // of a map: keys[i] is the scalar that names items[i]
  TextPosition where;

  const ConfigNode* Find(std::string_view key) const;  // nullptr when absent or not a map
};

// nullopt, and at least one error in `complaints`, when the text is not one YAML document we accept. An empty
// document is a null node.
std::optional<ConfigNode> ReadConfigText(std::string_view text, const std::string& file_name,
                                         Complaints& complaints);
std::optional<ConfigNode> ReadConfigFile(const std::string& path, Complaints& complaints);

}  // namespace cairn
