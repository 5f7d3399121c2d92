// cairn-auth: an authoritative DNS server. The verbs are in commands.cc, the running server in serve.cc.
#include <string>
#include <vector>

#include "authoritative/commands.h"

int main(int argc, char** argv) { return cairn::RunCommand(std::vector<std::string>(argv + 1, argv + argc)); }
