"""The edges of the protocol as other people's clients see them: cookies, NSID, names of class CHAOS, response rate
limits; and crowds of TCP connections that mean no good while others want to be served."""
import os, re, shutil, socket, subprocess, tempfile, time, unittest, urllib.request
import dns.edns, dns.flags, dns.message, dns.query, dns.rcode
from lab import *

ADDRESS = "127.0.0.1"
SECRET = "e5e973e5a6b2a43f48e7dc849e37bfcf"
ZONE = "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns.other.\nwww 60 A 192.0.2.1\n*.w 60 A 192.0.2.2\n" + \
       "big 60 TXT " + " ".join("x" * 200 for _ in range(5)) + "\nmiddle 60 TXT " + "x" * 240 + "\n"
# Freed memory is used again soon, so that what grows is what we hold.
os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=1")


def cookie_of(message):
    return next((o.to_wire() if hasattr(o, "to_wire") else o.data for o in message.options if o.otype == 10), None)


def framed(packet):
    return len(packet).to_bytes(2, "big") + packet


class Edges(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cairn-edges-")
        self.running = []
        with open(self.folder + "/zone", "w") as f:
            f.write(ZONE)
        with open(self.folder + "/secrets", "w") as f:
            f.write(f"# shared by all servers of the address\n{SECRET}\n")
        os.chmod(self.folder + "/secrets", 0o600)

    def tearDown(self):
        for process in self.running:
            process.stop()
        shutil.rmtree(self.folder)

    def start(self, extra="", server=""):
        port = free_port([ADDRESS])
        config = f"{self.folder}/auth-{port}.yaml"
        with open(config, "w") as f:
            f.write(f"server:\n  listen: [\"{ADDRESS}@{port}\"]\n  threads: 1\n  control-socket: {self.folder}/c{port}\n"
                    f"{server}{extra}zones:\n- {{name: z.test, file: zone}}\n")
        process = Process([AUTH, "serve", "--config", config], f"{self.folder}/log-{port}")
        self.running.append(process)
        process.wait_ready(ADDRESS, port, "z.test")
        process.port = port
        return process

    def metrics(self, process):
        return run(AUTH, "ctl", "--socket", f"{self.folder}/c{process.port}", "metrics").stdout

    # ---- Cookies

    def test_dig_and_kdig_get_and_show_cookies(self):
        server = self.start()
        first = dig(ADDRESS, server.port, "+norec", "+cookie", "www.z.test")
        self.assertIn("(good)", first)
        given = re.search(r"COOKIE: ([0-9a-f]{48})", first).group(1)
        self.assertIn(given, dig(ADDRESS, server.port, "+norec", f"+cookie={given}", "www.z.test"), "fresh: the same again")
        kdig = run("kdig", f"@{ADDRESS}", "-p", str(server.port), "+norec", "+cookie", "www.z.test").stdout
        self.assertRegex(kdig, r"COOKIE: [0-9A-Fa-f]{16,48}")
        self.assertIn('cairn_cookies_total{cookie="valid"} 1', self.metrics(server))

    def test_a_required_cookie_is_demanded_over_udp_alone(self):
        server = self.start("cookies: {require: true}\n")
        plain = dns.message.make_query("www.z.test", "A")
        answer = dns.query.udp(plain, ADDRESS, 3, server.port)
        self.assertTrue(answer.flags & dns.flags.TC, "who knows no cookies comes over TCP")
        self.assertFalse(answer.answer)
        self.assertTrue(dns.query.tcp(plain, ADDRESS, 3, server.port).answer)
        asked = dns.message.make_query("www.z.test", "A", options=[dns.edns.GenericOption(10, b"8 octets")])
        refused = dns.query.udp(asked, ADDRESS, 3, server.port)
        self.assertEqual(refused.rcode(), 23)
        self.assertFalse(refused.answer)
        again = dns.message.make_query("www.z.test", "A", options=[dns.edns.GenericOption(10, cookie_of(refused))])
        self.assertTrue(dns.query.udp(again, ADDRESS, 3, server.port).answer)
        self.assertEqual(status_of(dig(ADDRESS, server.port, "+norec", "www.z.test")), "NOERROR", "dig comes back with it")

    def test_cookie_queries_without_question(self):
        server = self.start()
        option = bytes([0, 10, 0, 8]) + b"8 octets"
        opt = b"\0\0\x29\x04\xd0\0\0\0\0" + len(option).to_bytes(2, "big") + option
        reply = ask_raw(ADDRESS, server.port, b"\x12\x34\0\0\0\0\0\0\0\0\0\1" + opt)
        message = dns.message.from_wire(reply)
        self.assertEqual(message.rcode(), dns.rcode.NOERROR)
        self.assertEqual(len(cookie_of(message)), 24)

    def test_servers_with_one_secret_take_each_others_cookies(self):
        ours = self.start("cookies: {require: true, secret-file: secrets}\n")
        port = free_port([ADDRESS])
        with open(self.folder + "/named.conf", "w") as f:
            f.write(f'options {{ directory "{self.folder}"; listen-on port {port} {{ {ADDRESS}; }}; listen-on-v6 {{ none; }};'
                    f'recursion no; pid-file none; session-keyfile none; cookie-algorithm siphash24; cookie-secret "{SECRET}";'
                    'require-server-cookie yes; };\ncontrols { };\n'
                    f'zone "z.test" {{ type primary; file "{self.folder}/zone"; }};\n')
        os.chmod(self.folder, 0o755)
        log = open(self.folder + "/named.log", "wb")
        named = subprocess.Popen(["named", "-g", "-c", self.folder + "/named.conf"], stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + READY_S
            while not ask_raw(ADDRESS, port, query("z.test", 6), 0.3):
                self.assertLess(time.monotonic(), deadline, "named does not answer")
            for giver, taker in ((port, ours.port), (ours.port, port)):
                given = re.search(r"COOKIE: ([0-9a-f]{48})", dig(ADDRESS, giver, "+norec", "+cookie", "www.z.test")).group(1)
                taken = dig(ADDRESS, taker, "+norec", "+nobadcookie", f"+cookie={given}", "www.z.test")
                self.assertEqual(status_of(taken), "NOERROR", taken)
                bad = given[:-1] + ("0" if given[-1] != "0" else "1")
                self.assertEqual(status_of(dig(ADDRESS, taker, "+norec", "+nobadcookie", f"+cookie={bad}", "www.z.test")),
                                 "BADCOOKIE")
        finally:
            named.terminate()
            named.wait(10)
            log.close()

    def test_secrets_that_others_can_read_are_refused(self):
        os.chmod(self.folder + "/secrets", 0o644)
        with open(self.folder + "/bad.yaml", "w") as f:
            f.write("cookies: {secret-file: secrets}\n")
        checked = run(AUTH, "check-config", self.folder + "/bad.yaml")
        self.assertEqual(checked.returncode, 1)
        self.assertIn("chmod 640", checked.stderr)
        self.assertNotIn(SECRET, checked.stdout + checked.stderr)

    def test_the_resolver_gives_and_demands_cookies(self):
        lab = Lab()
        try:
            resolver = lab.start_resolver(extra="cookies: {require: true}\n")
            first = dig(ADDRESS, resolver.port, "+nobadcookie", "+cookie", "shop.example", "SOA")
            self.assertEqual(status_of(first), "BADCOOKIE")
            given = re.search(r"COOKIE: ([0-9a-f]{48}) \(good\)", first).group(1)
            for _ in ("cold", "cached"):
                told = dig(ADDRESS, resolver.port, "+nobadcookie", f"+cookie={given}", "shop.example", "SOA")
                self.assertEqual(status_of(told), "NOERROR")
                self.assertIn(given, told)
        finally:
            lab.stop()

    # ---- Who answers

    def test_identity_is_told_when_given(self):
        named = self.start(server="  identity: ns1.fra\n  version: none of your business\n")
        silent = self.start()
        self.assertIn('("ns1.fra")', dig(ADDRESS, named.port, "+norec", "+nsid", "www.z.test"))
        self.assertNotIn("NSID", dig(ADDRESS, silent.port, "+norec", "+nsid", "www.z.test"))
        for name, text in (("id.server", "ns1.fra"), ("hostname.bind", "ns1.fra"), ("VERSION.bind", "none of your business"),
                           ("version.server", "none of your business")):
            self.assertIn(f'"{text}"', dig(ADDRESS, named.port, "+norec", name, "CH", "TXT"))
            self.assertEqual(status_of(dig(ADDRESS, silent.port, "+norec", name, "CH", "TXT")), "REFUSED")
        self.assertEqual(status_of(dig(ADDRESS, named.port, "+norec", "authors.bind", "CH", "TXT")), "REFUSED")

    def test_an_unknown_key_is_named(self):
        server = self.start()
        signed = dig(ADDRESS, server.port, "+norec", "-y", "hmac-sha256:somebody.:c2VjcmV0", "www.z.test")
        self.assertEqual(status_of(signed), "NOTAUTH")
        self.assertRegex(signed, r"somebody\..*TSIG\s+hmac-sha256\..* BADKEY 0")

    def test_keepalive_tells_the_idle_limit(self):
        server = self.start(server="  tcp: {idle: 7s}\n")
        asked = dns.message.make_query("www.z.test", "A", options=[dns.edns.GenericOption(11, b"")])
        told = dns.query.tcp(asked, ADDRESS, 3, server.port)
        self.assertEqual([o.data for o in told.options if o.otype == 11], [b"\0\x46"])
        self.assertFalse(dns.query.udp(asked, ADDRESS, 3, server.port).options)

    # ---- Response rate limits

    def test_a_flood_is_not_amplified_and_others_do_not_notice(self):
        server = self.start("rate-limit: {exempt: []}\n")
        packet = query("middle.z.test", 16)
        octets_in = octets_out = 0
        answered = 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            s.setblocking(False)
            other.bind(("127.0.1.1", 0))
            other.settimeout(3)
            start = time.monotonic()
            for i in range(4000):
                s.sendto(packet, (ADDRESS, server.port))
                octets_in += len(packet)
                if i % 20 == 0:
                    time.sleep(max(0, start + i / 2000 - time.monotonic()))
                    octets_out += self.drain(s)
                if i % 400 == 0:
                    other.sendto(packet, (ADDRESS, server.port))
                    reply = other.recv(4096)
                    self.assertFalse(reply[2] & 2, "the neighbour gets whole answers")
                    answered += 1
            time.sleep(0.2)
            octets_out += self.drain(s)
        self.assertEqual(answered, 10)
        self.assertLessEqual(octets_out, 3 * octets_in)
        self.assertGreater(octets_out, 0)
        self.assertTrue(dns.query.tcp(dns.message.make_query("middle.z.test", "TXT"), ADDRESS, 3, server.port).answer)
        metrics = self.metrics(server)
        self.assertRegex(metrics, r'cairn_auth_rate_limited_total\{what="dropped"\} [1-9]')
        self.assertIn("cairn_auth_rate_limited_accounts_total 1\n", metrics)
        told = [line for line in server.log_text().splitlines() if " rate-limited " in line]
        self.assertEqual(len(told), 1, "a line for an account, not for a packet")
        self.assertIn('network=127.0.0.0/24 responses="about one subject"', told[0])

    def drain(self, s):
        octets = 0
        while True:
            try:
                octets += len(s.recv(4096))
            except BlockingIOError:
                return octets

    # ---- TCP

    def connect_from(self, address, port):
        s = socket.socket()
        s.bind((address, 0))
        s.connect((ADDRESS, port))
        return s

    def test_a_hostile_crowd_keeps_nobody_out(self):
        server = self.start()
        for _ in range(50):
            ask_raw(ADDRESS, server.port, query("www.z.test"))
        before = memory_octets(server.process.pid)
        crowd, tricklers, slow = [], [], []
        try:
            for i in range(2000):
                crowd.append(self.connect_from(f"127.0.{2 + i // 2000}.{1 + i // 50}", server.port))
                if i % 200 == 0:
                    self.assertIsNotNone(ask_raw(ADDRESS, server.port, query("www.z.test")), "UDP is served")
            for i in range(300):
                tricklers.append(self.connect_from(f"127.0.4.{1 + i // 50}", server.port))
            for i in range(30):
                slow.append(self.connect_from(f"127.0.5.{1 + i}", server.port))
                slow[-1].setblocking(False)
                try:
                    slow[-1].send(framed(query("big.z.test", 16)) * 200)
                except OSError:
                    pass
            for turn in range(20):
                for s in tricklers:
                    try:
                        s.send(b"\0")
                    except OSError:
                        pass
                self.assertIsNotNone(ask_raw(ADDRESS, server.port, query("www.z.test")), "UDP is served")
                began = time.monotonic()
                reply = dns.query.tcp(dns.message.make_query("www.z.test", "A"), ADDRESS, 5, server.port)
                self.assertTrue(reply.answer)
                self.assertLess(time.monotonic() - began, 3)  # generous: the machine may be busy
                time.sleep(0.05)
            grown = memory_octets(server.process.pid) - before
            self.assertLess(grown, 2330 * 8192, "8 KiB a connection")
            self.assertRegex(self.metrics(server), r'cairn_tcp_connections_total\{what="evicted"\} [1-9]')
        finally:
            for s in crowd + tricklers + slow:
                s.close()

    def test_who_asks_and_never_reads_is_paused_and_closed(self):
        server = self.start(server="  tcp: {stalled: 2s}\n")
        ask_raw(ADDRESS, server.port, query("big.z.test", 16))
        before = memory_octets(server.process.pid)
        most, held = before, []
        pushed = framed(query("big.z.test", 16)) * 80_000
        with socket.create_connection((ADDRESS, server.port)) as s:
            s.setblocking(False)
            sent, closed = 0, False
            deadline = time.monotonic() + 20
            while not closed and time.monotonic() < deadline:
                try:
                    sent += s.send(pushed[sent:sent + 65536])
                except BlockingIOError:
                    time.sleep(0.02)
                except OSError:
                    closed = True
                most = max(most, memory_octets(server.process.pid))
                if len(held) < 20:
                    held.append(int(re.search(r"cairn_tcp_held_octets (\d+)", self.metrics(server)).group(1)))
        self.assertTrue(closed)
        self.assertGreater(max(held), 64 << 10, "answers wait for the client")
        self.assertLess(max(held), 4 << 20)
        self.assertLess(most - before, 16 << 20, "of 88 MB of answers; sanitized allocators keep several times what is held")
        self.assertIn('cairn_tcp_connections_total{what="slow-reader"} 1', self.metrics(server))

    def test_half_closed_pipelines_get_all_their_answers(self):
        server = self.start()
        with socket.create_connection((ADDRESS, server.port), 5) as s:
            for i in range(500):
                s.sendall(framed(query("www.z.test", qid=i)))
            s.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := s.recv(65536):
                received += chunk
        ids = set()
        while received:
            length = int.from_bytes(received[:2], "big")
            ids.add(int.from_bytes(received[2:4], "big"))
            received = received[2 + length:]
        self.assertEqual(ids, set(range(500)))

    def test_with_too_few_descriptors_the_server_does_not_start(self):
        few = ["prlimit", "--nofile=512:512"]
        if os.geteuid() == 0:  # who might raise the limit
            few += ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"]
        refused = run(*few, AUTH, "serve", "--listen", f"{ADDRESS}@{free_port([ADDRESS])}", "--zone",
                      f"z.test={self.folder}/zone")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("1024 are needed", refused.stderr)

    def test_threads_and_addresses_leave_descriptors_to_clients_or_are_refused(self):
        """Workers hold sockets of their own: the reserve grows with them, and what it leaves is what clients may take."""
        few = ["prlimit", "--nofile=1024:1024"]
        if os.geteuid() == 0:
            few += ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"]
        config = self.folder + "/crowded.yaml"
        with open(config, "w") as f:
            f.write(f"server: {{listen: [\"{ADDRESS}@{free_port([ADDRESS])}\"], threads: 100}}\nzones:\n- {{name: z.test, file: zone}}\n")
        refused = run(*few, AUTH, "serve", "--config", config)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("100 threads on 1 addresses leave none of them to TCP clients", refused.stderr)

    def test_when_descriptors_run_out_it_rests_serves_udp_and_recovers(self):
        metrics_port = free_port([ADDRESS])
        server = self.start(f"metrics: {{listen: [\"{ADDRESS}@{metrics_port}\"]}}\n")
        pid = server.process.pid
        limit = self.descriptors(pid) + 8
        run("prlimit", f"--pid={pid}", f"--nofile={limit}:")
        clients = []
        try:
            # First those who take what is left, then some who wait at each of the other doors.
            clients += [socket.create_connection((ADDRESS, server.port), 5) for _ in range(40)]
            deadline = time.monotonic() + READY_S
            while self.descriptors(pid) < limit:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)
            clients += [socket.create_connection((ADDRESS, metrics_port), 5) for _ in range(4)]
            for _ in range(4):
                clients.append(socket.socket(socket.AF_UNIX))
                clients[-1].connect(f"{self.folder}/c{server.port}")
            began, began_cpu, wanted_before = time.monotonic(), self.cpu_s(pid), self.wanted_s(pid)
            for _ in range(30):
                self.assertIsNotNone(ask_raw(ADDRESS, server.port, query("www.z.test")), "UDP is served")
                time.sleep(0.1)
            spent, passed = self.cpu_s(pid) - began_cpu, time.monotonic() - began
            self.assertLess(spent, 0.2 * passed)
            for thread, wanted in self.wanted_s(pid).items():
                self.assertLess(wanted - wanted_before[thread], 0.8 * passed, "no thread spins, on a busy machine either")
        finally:
            for s in clients:
                s.close()
        run("prlimit", f"--pid={pid}", "--nofile=4096:")
        self.assertTrue(dns.query.tcp(dns.message.make_query("www.z.test", "A"), ADDRESS, 5, server.port).answer)
        self.assertIn("cairn_auth_queries_total", self.metrics(server))
        with urllib.request.urlopen(f"http://{ADDRESS}:{metrics_port}/metrics", timeout=10) as reply:
            self.assertEqual(reply.status, 200)

    def descriptors(self, pid):
        return len(os.listdir(f"/proc/{pid}/fd"))

    def wanted_s(self, pid):
        """Of each thread, the time in which it ran or would have run had there been a processor."""
        wanted = {}
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat") as f:
                wanted[thread] = sum(map(int, f.read().split()[:2])) / 1e9
        return wanted

    def cpu_s(self, pid):
        with open(f"/proc/{pid}/stat") as f:
            return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
