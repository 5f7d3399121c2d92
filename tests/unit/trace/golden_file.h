// Text compared with a file of the sources.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/source_path.h"

namespace cairn::trace {

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// On a difference `actual` is left beside the temporary files: after a look at both, it may become the golden
// file.
inline void ExpectGolden(const std::string& actual, const std::string& golden) {
  if (actual == ReadFile(testing::SourcePath(golden))) return;
  const std::string kept = ::testing::TempDir() + golden.substr(golden.rfind('/') + 1);
  std::ofstream(kept) << actual;
  ADD_FAILURE() << "this is not what " << golden << " holds; see " << kept << "\n" << actual;
}

}  // namespace cairn::trace
