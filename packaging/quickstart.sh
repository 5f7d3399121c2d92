#!/bin/bash
# From a fresh Debian 12 to a resolved name: installs the build dependencies, builds the release programs, and shows them
# at work in a small private Internet on loopback: a root zone, two top-level domains and five zones below them, from
# zones/lab, on 127.53.0.1 to 127.53.0.5. Nothing leaves the machine.
#   packaging/quickstart.sh          stays up until Ctrl-C, so that you can ask it yourself
#   packaging/quickstart.sh --once   ends after the demonstration; exit code 0 when every name resolved as it should
#   LAB_PORT=5300, RESOLVER=127.0.0.1@5335 in the environment choose other sockets.
set -euo pipefail
cd "$(dirname "$0")/.."
once=false
case ${1:-} in
  '') ;;
  --once) once=true ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
lab_port=${LAB_PORT:-5300}
resolver=${RESOLVER:-127.0.0.1@5335}
lab=$PWD/zones/lab

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }

say "1. Build"
source packaging/dependencies.sh
install_packages "${build_packages[@]}"
export CCACHE_NOHASHDIR=1
cmake --preset release >/dev/null
cmake --build --preset release --target cairn-auth cairn-resolver
auth=build/release/authoritative/cairn-auth
resolve=build/release/resolver/cairn-resolver

work=$(mktemp -d)
started=()
stop() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT
trap 'exit 0' INT TERM

# start NAME COMMAND...: in the background, its log in a file, its pid remembered.
start() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  started+=($!)
}

# ready NAME ADDRESS PORT QNAME: waits until the server started last answers there; if it ended, somebody else would.
ready() {
  local try
  for try in $(seq 50); do
    sleep 0.1
    kill -0 "${started[-1]}" 2>/dev/null || break
    if dig +time=1 +tries=1 +short @"$2" -p "$3" "$4" SOA >/dev/null 2>&1; then return 0; fi
  done
  echo "$1 does not answer on $2@$3 (LAB_PORT and RESOLVER choose other sockets). Its log:" >&2
  cat "$work/$1.log" >&2
  return 1
}

say "2. A private Internet on loopback"
# server NAME ADDRESS ZONE...: one cairn-auth, as one company would run it.
server() {
  local name=$1 address=$2 zone flags=()
  shift 2
  for zone in "$@"; do
    if [ "$zone" = . ]; then flags+=(--zone ".=$lab/root.zone"); else flags+=(--zone "$zone=$lab/$zone.zone"); fi
  done
  start "$name" "$auth" serve --listen "$address@$lab_port" "${flags[@]}"
  ready "$name" "$address" "$lab_port" "$1"
  printf '  %-14s %s@%s serves %s\n' "$name" "$address" "$lab_port" "$*"
}
server root 127.53.0.1 .
server example-tld 127.53.0.2 example
server test-tld 127.53.0.3 test
server dns-company-1 127.53.0.4 dns.test cdn.test corp.example shop.example
server dns-company-2 127.53.0.5 dns.test cdn.test corp.example shop.example flaky.example

say "3. A resolver with that root"
cat >"$work/cairn-resolver.yaml" <<CONFIG
server:
  listen: ["$resolver"]
resolver:
  root-hints: $lab/root.hints
  upstream-port: $lab_port
  query-loopback: true      # the whole laboratory lives on loopback
  special-use-zones: false  # and some of its names in test., which is answered without asking anybody (RFC 6761)
CONFIG
start resolver "$resolve" serve --config "$work/cairn-resolver.yaml"
address=${resolver%@*} port=${resolver#*@}
ready resolver "$address" "$port" .
printf '  cairn-resolver on %s, root at 127.53.0.1@%s\n' "$resolver" "$lab_port"

say "4. Names, through root, top-level domain and zone"
failures=0
# expect QNAME QTYPE ANSWER: the last line of the answer, or the status where there is none.
expect() {
  local reply status last
  reply=$(dig +time=5 +tries=2 @"$address" -p "$port" "$1" "$2")
  status=$(sed -n 's/.*status: \([A-Z]*\).*/\1/p' <<<"$reply")
  last=$(dig +time=5 +tries=2 +short @"$address" -p "$port" "$1" "$2" | tail -n 1)
  local got=${last:-$status} verdict=ok
  if [ "$got" != "$3" ]; then
    verdict="expected $3"
    failures=$((failures + 1))
  fi
  printf '  %-32s %-6s %-28s %s\n' "$1" "$2" "$got" "$verdict"
}
expect shop.example A 192.0.2.10
expect shop.example MX "10 mail.shop.example."
expect www.shop.example A 198.51.100.80
expect intranet.corp.example A 192.0.2.21
expect anything.projects.corp.example A 192.0.2.22
expect apollo.initech.corp.example A 192.0.2.22
expect office.corp.example A NOERROR
expect www.flaky.example A 192.0.2.30
expect nothing-here.shop.example A NXDOMAIN

say "5. Why is www.shop.example what it is?"
echo "  \$ cairn-resolver trace www.shop.example A"
"$resolve" trace www.shop.example A --config "$work/cairn-resolver.yaml"

if [ "$failures" -gt 0 ]; then
  echo "$failures of the names did not resolve as they should" >&2
  exit 1
fi

if $once; then
  say "All names resolved."
  exit 0
fi
say "Now you"
cat <<TEXT
  dig @$address -p $port www.shop.example
  $resolve trace www.flaky.example --config $work/cairn-resolver.yaml
  $auth check-zone shop.example zones/lab/shop.example.zone --dump
To have programs use a resolver, let it listen on 127.0.0.1@53 and put this line into /etc/resolv.conf:
  nameserver 127.0.0.1
Ctrl-C ends the laboratory.
TEXT
sleep infinity &
started+=($!)
wait $!
