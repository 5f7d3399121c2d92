// The command line of cairn-auth: which verb, with which words, and what each does.
#pragma once

#include <string>
#include <vector>

namespace cairn {

// `words` are those after the program's name. Returns the exit code: 0 done, 1 the work failed, 2 wrong
// usage.
int RunCommand(std::vector<std::string> words);

}  // namespace cairn
