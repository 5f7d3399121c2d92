#!/bin/bash
# Installs what the tests need, builds everything with the address and undefined-behaviour sanitizers, and runs the whole
# suite; then the parts with threads once more under the thread sanitizer.
#   packaging/test.sh            everything
#   packaging/test.sh -R dns     what ctest -R selects
set -euo pipefail
cd "$(dirname "$0")/.."
source packaging/dependencies.sh
install_packages "${build_packages[@]}" "${test_packages[@]}"

jobs=$(nproc)
export CCACHE_NOHASHDIR=1  # another build folder of this checkout serves this one
cmake --preset asan >/dev/null
cmake --build --preset asan -- -j"$jobs"
ctest --preset asan -j"$jobs" "$@"

if [ $# -eq 0 ]; then
  cmake --preset tsan >/dev/null
  cmake --build --preset tsan --target thread_tests -- -j"$jobs"
  ctest --preset tsan -j"$jobs" -L threads
fi
