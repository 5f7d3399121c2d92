"""A small Internet in network namespaces: the zones of zones/internet on port 53 of NSD, Knot DNS and BIND, each program
with its own addresses; somebody who truncates whatever is asked over UDP; addresses where nobody is. Above it resolvers:
ours, Unbound and BIND, with the same root hints."""
import os, shutil, socket, tempfile, threading
from lab import RESOLVER, SOURCE, run
from namespaces import Host, Router
from signers import sign_with_bind

ZONES = os.path.join(SOURCE, "zones", "internet")
HINTS = os.path.join(ZONES, "root.hints")
NOBODY = "198.19.0.0/16"
# name: (program, addresses, zones)
AUTHORITIES = {
    "root-nsd": ("nsd", ["192.0.2.1", "2001:db8:2::1"], ["."]),
    "root-knot": ("knot", ["192.0.2.2", "2001:db8:2::2"], ["."]),
    "example-bind": ("bind", ["198.51.100.1", "2001:db8:51::1"], ["example"]),
    "example-nsd": ("nsd", ["198.51.100.2", "2001:db8:51::2"], ["example"]),
    "lab-knot": ("knot", ["198.51.100.3", "2001:db8:51::3"], ["lab"]),
    "nsd": ("nsd", ["198.18.1.1", "2001:db8:181::1"],
            ["north.example", "alias.example", "signed.example", "big.lab", "child.deep.lab", "moved.lab"]),
    "knot": ("knot", ["198.18.2.1", "2001:db8:182::1"], ["south.example", "west.example", "tcp.example", "deep.lab"]),
    "bind": ("bind", ["198.18.3.1", "2001:db8:183::1"], ["east.example", "alias.example", "mirror.lab"]),
}
TRUNCATING, BEHIND_IT = "198.18.4.1", "198.18.2.1"
# Delegated, and yet nobody can resolve them: name servers in a circle, referrals to oneself and upwards, REFUSED, silence.
HOPELESS = ("circle.example", "circle.lab", "itself.example", "upward.lab", "refused.lab", "silent.lab", "gone.deep.lab")
RESOLVERS = {"Cairn": ["203.0.113.53", "2001:db8:53::53"], "Unbound": ["203.0.113.54", "2001:db8:53::54"],
             "BIND": ["203.0.113.55", "2001:db8:53::55"]}
CLIENT = ["203.0.113.10", "2001:db8:53::10"]
WEB = ["203.0.113.80", "2001:db8:80::80"]


def nsd_conf(folder, addresses, zones):
    return "server:\n" + "".join(f"  ip-address: {address}@53\n" for address in addresses) + f"""  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  logfile: "{folder}/nsd.log"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
""" + "".join(f'zone:\n  name: "{zone}"\n  zonefile: "{path}"\n' for zone, path in zones.items())


def knot_conf(folder, addresses, zones):
    return f"""server:
  rundir: {folder}
  listen: [{", ".join(f"{address}@53" for address in addresses)}]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: {folder}
template:
  - id: default
    semantic-checks: off
    zonefile-sync: -1
    journal-content: none
zone:
""" + "".join(f'  - domain: {zone}\n    file: "{path}"\n' for zone, path in zones.items())


def bind_conf(folder, addresses, options):
    by_family = [" ".join(f"{a};" for a in addresses if (":" in a) == six) for six in (False, True)]
    return f"""options {{
  directory "{folder}"; pid-file "{folder}/named.pid"; session-keyfile none; managed-keys-directory "{folder}";
  listen-on port 53 {{ {by_family[0]} }}; listen-on-v6 port 53 {{ {by_family[1]} }};
  notify no; dnssec-validation no; empty-zones-enable no; {options}
}};
controls {{ }};
"""


def bind_authority_conf(folder, addresses, zones):
    # Over UDP its data are for those who bring its cookie (RFC 7873 section 5.2.3); others are told BADCOOKIE.
    options = "recursion no; answer-cookie yes; require-server-cookie yes;"
    return bind_conf(folder, addresses, options) + "".join(
        f'zone "{zone}" {{ type primary; file "{path}"; }};\n' for zone, path in zones.items())


def bind_resolver_conf(folder, addresses):
    options = "recursion yes; allow-query { any; }; allow-recursion { any; }; allow-query-cache { any; };"
    return bind_conf(folder, addresses, options) + f'zone "." {{ type hint; file "{HINTS}"; }};\n'


def unbound_conf(folder, addresses):
    return "server:\n" + "".join(f"  interface: {address}@53\n" for address in addresses) + f"""  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  root-hints: "{HINTS}"
  module-config: "iterator"
  qname-minimisation: yes
"""


def cairn_conf(folder, addresses):
    return f"""server:
  listen: [{", ".join(f'"{address}@53"' for address in addresses)}]
  control-socket: {folder}/control
  identity: small-internet
access:
- {{ net: 203.0.113.0/24, action: allow-snoop }}
- {{ net: "2001:db8:53::/48", action: allow-snoop }}
resolver:
  root-hints: {HINTS}
"""


ARGV = {"nsd": ["nsd", "-d", "-c"], "knot": ["knotd", "-c"], "bind": ["named", "-f", "-n", "1", "-c"],
        "unbound": ["unbound", "-d", "-c"], "cairn": [RESOLVER, "serve", "--config"]}
CONF = {"nsd": nsd_conf, "knot": knot_conf, "bind": bind_authority_conf}


class Truncating:
    """TC to whatever is asked over UDP; over TCP what the server behind it says."""

    def __init__(self, host):
        self.host = host
        with host.entered():
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind((TRUNCATING, 53))
            self.tcp = socket.create_server((TRUNCATING, 53))
        threading.Thread(target=self._truncate, daemon=True).start()
        threading.Thread(target=self._relay, daemon=True).start()

    def _truncate(self):
        while True:
            query, client = self.udp.recvfrom(4096)
            question = query[12:query.index(b"\0", 12) + 5]
            self.udp.sendto(query[:2] + b"\x86\x00\x00\x01" + bytes(6) + question, client)

    def _relay(self):
        self.host.enter()
        while True:
            client, _ = self.tcp.accept()
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    @staticmethod
    def _pass_on(client):
        with client, socket.create_connection((BEHIND_IT, 53)) as server:
            from_client, from_server = client.makefile("rb"), server.makefile("rb")
            while length := from_client.read(2):
                server.sendall(length + from_client.read(int.from_bytes(length, "big")))
                length = from_server.read(2)
                client.sendall(length + from_server.read(int.from_bytes(length, "big")))


class Internet:
    """All of it, running. The calling thread, and what it starts from now on, is on the client's host."""

    def __init__(self, resolvers=tuple(RESOLVERS)):
        self.folder = tempfile.mkdtemp(prefix="cairn-internet-")
        self.processes = {}
        try:
            self._build(resolvers)
        except BaseException:
            self.stop()
            raise

    def _build(self, resolvers):
        self.files = {zone: f"{ZONES}/{'root' if zone == '.' else zone}.zone"
                      for _, _, zones in AUTHORITIES.values() for zone in zones}
        signed = "signed.example"
        self.files[signed] = sign_with_bind(signed, self.files[signed], 13, "nsec", self.folder)
        self.router = Router()
        self.router.swallow(NOBODY)
        self.client = Host(self.router, CLIENT)
        for name, (program, addresses, zones) in AUTHORITIES.items():
            self._start(name, program, addresses, CONF[program], {zone: self.files[zone] for zone in zones})
        self.truncating = Truncating(Host(self.router, [TRUNCATING]))
        for name, conf in (("Cairn", cairn_conf), ("Unbound", unbound_conf), ("BIND", bind_resolver_conf)):
            if name in resolvers:
                self._start(name, name.lower(), RESOLVERS[name], conf)
        self.client.enter()
        for name, (_, addresses, zones) in AUTHORITIES.items():
            for zone in zones:
                self.processes[name].wait_ready(addresses[0], 53, zone)
        for name in resolvers:
            self.processes[name].wait_ready(RESOLVERS[name][0], 53)

    def _start(self, name, program, addresses, conf, *arguments):
        folder = f"{self.folder}/{name}"
        os.mkdir(folder)
        with open(f"{folder}/conf", "w") as f:
            f.write(conf(folder, addresses, *arguments))
        host = Host(self.router, addresses)
        self.processes[name] = host.start([*ARGV[program], f"{folder}/conf"], f"{folder}/log")

    def ctl(self, *words):
        return run(RESOLVER, "ctl", "--socket", f"{self.folder}/Cairn/control", *words)

    def stop(self):
        """Exit codes by name. All are told to end before the first is waited for."""
        for process in self.processes.values():
            process.process.terminate()
        codes = {name: process.stop() for name, process in reversed(self.processes.items())}
        shutil.rmtree(self.folder, ignore_errors=True)
        return codes
