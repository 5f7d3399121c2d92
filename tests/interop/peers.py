"""Servers on loopback: cairn-auth, NSD, Knot DNS and BIND, which serve the same zones, and Unbound, which validates them."""
import time
from lab import *

NAMED_CONF = """options {{
  directory "{folder}"; pid-file "{folder}/named.pid"; session-keyfile none; managed-keys-directory "{folder}";
  listen-on port {port} {{ {address}; }}; listen-on-v6 {{ none; }};
  recursion no; allow-query {{ any; }}; notify no; dnssec-validation no; minimal-responses no-auth; minimal-any no;
  max-udp-size 1232; edns-udp-size 1232; nocookie-udp-size 4096; answer-cookie no; check-names primary ignore;
  allow-transfer {{ any; }}; empty-zones-enable no; max-records-per-type 0; max-types-per-name 0;
}};
controls {{ }};
"""
NSD_CONF = """server:
  ip-address: {address}@{port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  logfile: "{folder}/nsd.log"
  refuse-any: no
  rrl-ratelimit: 0
  minimal-responses: yes
  round-robin: no
remote-control:
  control-enable: no
"""
KNOT_CONF = """server:
  rundir: {folder}
  listen: {address}@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: {folder}
acl:
  - id: everybody
    address: 127.0.0.0/8
    action: transfer
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: {folder}
    semantic-checks: off
    zonefile-sync: -1
    acl: everybody
    journal-content: none
zone:
"""
UNBOUND_CONF = """server:
  interface: {address}@{port}
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  verbosity: 0
  do-ip6: no
  num-threads: 1
  do-not-query-localhost: no
  module-config: "validator iterator"
  val-log-level: 2
  local-zone: "test." transparent
"""


class Server:
    """A server and the zones it was given. One may refuse a zone which another one serves."""

    def __init__(self, name, argv, address, port, folder, zones):
        self.name, self.address, self.port, self.zones = name, address, port, zones
        self.process = Process(argv, f"{folder}/log")
        self.process.wait_ready(address, port, next(iter(zones)))

    def zones_served(self):
        """Those it answers for, once no more are added: some servers load in the background."""
        served, steady = None, 0
        while steady < 3:
            now = {zone for zone in self.zones if self._serves(zone)}
            served, steady = now, steady + 1 if now == served else 0
            time.sleep(0.1)
        return served

    def _serves(self, zone):
        reply = ask_raw(self.address, self.port, query(zone, 6))
        return reply is not None and reply[2] & 4 and reply[3] & 15 == 0

    def stop(self):
        return self.process.stop()


def start_cairn(address, port, folder, zones):
    conf = f"server:\n  listen: [\"{address}@{port}\"]\nzones:\n"
    for name, path in zones.items():
        conf += f'  - name: {name}\n    file: "{path}"\n    transfer: [{{net: 127.0.0.0/8}}]\n'
    with open(f"{folder}/cairn-auth.yaml", "w") as f:
        f.write(conf)
    return Server("Cairn", [AUTH, "serve", "--config", f"{folder}/cairn-auth.yaml"], address, port, folder, zones)


def start_nsd(address, port, folder, zones):
    conf = NSD_CONF.format(address=address, port=port, folder=folder)
    for name, path in zones.items():
        conf += f'zone:\n  name: "{name}"\n  zonefile: "{path}"\n  provide-xfr: 127.0.0.1 NOKEY\n'
    with open(f"{folder}/nsd.conf", "w") as f:
        f.write(conf)
    return Server("NSD", ["nsd", "-d", "-c", f"{folder}/nsd.conf"], address, port, folder, zones)


def start_knot(address, port, folder, zones):
    conf = KNOT_CONF.format(address=address, port=port, folder=folder)
    for name, path in zones.items():
        conf += f'  - domain: {name}\n    file: "{path}"\n'
    with open(f"{folder}/knot.conf", "w") as f:
        f.write(conf)
    return Server("Knot", ["knotd", "-c", f"{folder}/knot.conf"], address, port, folder, zones)


def start_bind(address, port, folder, zones):
    conf = NAMED_CONF.format(address=address, port=port, folder=folder)
    for name, path in zones.items():
        conf += f'zone "{name}" {{ type primary; file "{path}"; check-integrity no; check-mx-cname ignore; check-srv-cname ignore; }};\n'
    with open(f"{folder}/named.conf", "w") as f:
        f.write(conf)
    return Server("BIND", ["named", "-f", "-4", "-n", "1", "-c", f"{folder}/named.conf"], address, port, folder, zones)


def start_unbound(address, port, folder, anchors, upstream_port):
    """A validator that asks the server at `upstream_port`; `anchors`: files with the DNSKEY of each zone, by zone."""
    conf = UNBOUND_CONF.format(address=address, port=port, folder=folder)
    conf += "".join(f'  trust-anchor-file: "{path}"\n' for path in anchors.values())
    conf += "".join(f'stub-zone:\n  name: "{zone}"\n  stub-addr: {address}@{upstream_port}\n' for zone in anchors)
    with open(f"{folder}/unbound.conf", "w") as f:
        f.write(conf)
    return Server("Unbound", ["unbound", "-d", "-c", f"{folder}/unbound.conf"], address, port, folder, anchors)
