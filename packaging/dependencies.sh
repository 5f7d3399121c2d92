#!/bin/bash
# The Debian 12 packages Cairn needs, with the reason for each, and the function that installs what is missing.
# Sourced by quickstart.sh and test.sh; run by itself it prints the list: `packaging/dependencies.sh build|test`.

build_packages=(
  clang-19 lld-19       # the first compiler; Debian's default clang 14 cannot read libstdc++ 12's <ranges>
  cmake ninja-build     # the build
  ccache                # second builds in seconds
  pkg-config
  libuv1-dev            # event loops
  libabsl-dev           # containers, Status
  libfmt-dev            # text
  libssl-dev            # cryptography
  libyaml-cpp-dev       # configuration files
  libre2-dev            # patterns of names to trace, in linear time
  libjemalloc-dev       # allocator of the release programs
  bind9-dnsutils        # dig, for the demonstration
)

test_packages=(
  g++                   # the second compiler and its library
  libclang-rt-19-dev    # sanitizers and libFuzzer
  llvm-19               # symbols in the sanitizers' reports
  libgtest-dev libgmock-dev
  libbenchmark-dev
  libc-ares-dev         # an independent client, and an independent message parser
  knot-dnsutils         # kdig
  python3 python3-dnspython
  bind9 bind9-utils     # peers: the interop tests ask them the same questions; none runs but as a test's own process
  nsd
  knot knot-dnssecutils
  unbound
  ldnsutils             # ldns-signzone, ldns-read-zone, drill
  iproute2              # network namespaces, a small Internet of their own
  curl                  # an ordinary program that resolves names
)

# What the peers' packages would start, now and at each boot.
peer_services=(named nsd knot unbound unbound-resolvconf)

# install_packages NAME...: installs those which are missing; needs root or sudo only when there are some. The packages of peers
# start their servers when they are installed, and would hold port 53 of a developer's machine: Debian's policy-rc.d
# keeps them from starting while this runs, and those which were not there before are disabled for the boots to come.
install_packages() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "Installing: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
      echo "These packages are missing and neither root nor sudo is at hand: ${missing[*]}" >&2
      return 1
    }
    as_root=(sudo)
  fi
  local services_before new_services=() service
  services_before=$(installed_peer_services)
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c "$install_without_starting" install "${missing[@]}" || return
  for service in $(installed_peer_services); do
    [[ " ${services_before//$'\n'/ } " = *" $service "* ]] || new_services+=("$service")
  done
  if [ ${#new_services[@]} -gt 0 ] && command -v systemctl >/dev/null; then
    "${as_root[@]}" systemctl disable --quiet "${new_services[@]}"
  fi
}

# A policy-rc.d that is there already is somebody's decision, and stays.
install_without_starting='
  set -e
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >$policy
    chmod 755 $policy
  fi
  apt-get update -q >/dev/null
  apt-get install -q -y --no-install-recommends "$@" >/dev/null
'

installed_peer_services() {
  local service
  for service in "${peer_services[@]}"; do
    [ ! -e "/lib/systemd/system/$service.service" ] || echo "$service"
  done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case ${1:-build} in
    build) printf '%s\n' "${build_packages[@]}" ;;
    test) printf '%s\n' "${build_packages[@]}" "${test_packages[@]}" ;;
    *) echo "usage: packaging/dependencies.sh [build|test]" >&2; exit 2 ;;
  esac
fi
