"""Running cairn-auth: reloads under a stream of queries, what ctl says and does, metrics over HTTP, a quick end."""
import json, os, pwd, shutil, signal, socket, subprocess, tempfile, threading, time, unittest, urllib.error, urllib.request
from lab import *

ADDRESS = "127.0.0.1"


def zone_text(serial, more=""):
    return f"$TTL 60\n@ SOA ns host {serial} 1 1 1 1\n@ NS ns\nns A 192.0.2.1\nwww A 192.0.2.80\n{more}"


class Stream(threading.Thread):
    """Asks without a pause and notes each reply that is no good."""

    def __init__(self, port, qname):
        super().__init__()
        self.port, self.qname = port, qname
        self.asked, self.bad, self.ending = 0, [], False

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect((ADDRESS, self.port))
            s.settimeout(5)
            while not self.ending:
                qid = self.asked & 0xFFFF
                s.send(query(self.qname, 1, qid=qid))
                self.asked += 1
                try:
                    reply = s.recv(4096)
                except OSError:
                    self.bad.append("lost")
                    continue
                if reply[:2] != qid.to_bytes(2, "big") or reply[3] & 15 != 0 or reply[7] != 1:
                    self.bad.append(reply[:12].hex())

    def end(self):
        self.ending = True
        self.join()
        return self.asked, self.bad


class OperationTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cairn-operation-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.zones = self.path("zones")
        os.mkdir(self.zones)
        self.control = self.path("control")
        self.port = free_port([ADDRESS])

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name) + ".new", "w") as f:
            f.write(text)
        os.replace(self.path(name) + ".new", self.path(name))

    def configure(self, more="", server=""):
        self.write("c.yaml", f"server:\n  listen: [{ADDRESS}@{self.port}]\n  control-socket: control\n{server}"
                             f"zones-dir: zones\n{more}")

    def start(self, ready="a.example"):
        process = Process([AUTH, "serve", "--config", self.path("c.yaml")], self.path("log"))
        self.addCleanup(process.stop)
        return process.wait_ready(ADDRESS, self.port, ready)

    def ctl(self, *words, code=0):
        done = run(AUTH, "ctl", "--socket", self.control, *words)
        self.assertEqual(done.returncode, code, (words, done.stdout, done.stderr))
        return done.stdout + done.stderr

    def rcode(self, name, qtype=6):
        return ask_raw(ADDRESS, self.port, query(name, qtype), 10)[3] & 15

    def test_no_query_is_lost_while_zones_come_change_and_go(self):
        self.configure()
        for name in ("a", "b"):
            self.write(f"zones/{name}.example.zone", zone_text(1))
        server = self.start()
        stream = Stream(self.port, "www.a.example")
        stream.start()
        for serial in range(2, 22):
            self.write("zones/a.example.zone", zone_text(serial, f"x{serial} A 192.0.2.2\n"))
            self.write(f"zones/n{serial}.example.zone", zone_text(1))
            if serial > 2:
                os.remove(self.path(f"zones/n{serial - 1}.example.zone"))
            if serial % 2:
                self.assertIn(f"2 zones loaded, 0 refused, {int(serial > 2)} removed", self.ctl("reload"))
            else:
                server.signal(signal.SIGHUP)
                deadline = time.monotonic() + READY_S
                while f"serial={serial} " not in self.ctl("zone-status", "a.example"):
                    self.assertLess(time.monotonic(), deadline)
        asked, bad = stream.end()
        self.assertEqual(bad, [])
        self.assertGreater(asked, 100)
        self.assertEqual(self.rcode("n21.example"), 0)
        self.assertEqual(self.rcode("n20.example"), 5)
        self.assertEqual(server.stop(), 0)

    def test_what_is_broken_keeps_what_runs_and_says_where(self):
        self.configure()
        self.write("zones/a.example.zone", zone_text(1))
        server = self.start()
        self.write("zones/a.example.zone", zone_text(2, "bad A 1.2.3\n"))
        said = self.ctl("reload", code=1)
        self.assertRegex(said, r"zones/a\.example\.zone:6:7: error: .*1\.2\.3")
        self.assertIn("0 zones loaded, 1 refused", said)
        status = self.ctl("zone-status", "a.example")
        self.assertIn("a.example. serial=1 records=4 ", status)
        self.assertIn('state="served, new file refused"', status)
        self.assertRegex(status, r'complaint=".*zones/a\.example\.zone:6:7: error: ')
        self.assertIn("zone refused", self.ctl("reload", "a.example", code=1))
        self.write("c.yaml", "server: [\n")
        said = self.ctl("reload", code=1)
        self.assertRegex(said, r"c\.yaml:2:1: error: not YAML: a '\[' was opened")
        self.assertIn("the running configuration stays", said)
        self.assertEqual(self.rcode("www.a.example", 1), 0)
        self.configure()
        self.write("zones/a.example.zone", zone_text(3))
        self.assertIn("1 zones loaded", self.ctl("reload"))
        log = server.log_text()
        self.assertRegex(log, r"zone-error zone=a\.example\. complaint=.*zone:6:7: error")
        self.assertRegex(log, r"reload-refused reason=.*c\.yaml:2:1: error")

    def test_a_reload_applies_what_can_change_and_names_the_rest(self):
        self.configure()
        self.write("zones/a.example.zone", zone_text(1))
        self.write("part", "inc A 192.0.2.3\n")
        self.write("zones/i.example.zone", zone_text(1, "$INCLUDE ../part\n"))
        self.start()
        any_query = query("a.example", 255)
        self.assertEqual(ask_raw(ADDRESS, self.port, any_query)[7], 1)  # minimal: RFC 8482
        self.configure("any: full\ntemplates:\n- { name: default, transfer: [{ net: 127.0.0.1 }] }\n"
                       "zone-lists: [{ file: list }]\n", "  threads: 2\n")
        self.write("list", f"l.example {self.zones}/a.example.zone\n")
        self.write("part", "inc A 192.0.2.3\ninc2 A 192.0.2.3\n")
        said = self.ctl("reload")
        self.assertIn("threads has changed: that needs a restart", said)
        self.assertIn("2 zones loaded", said)  # the list's, and the one whose part has changed
        self.assertGreater(ask_raw(ADDRESS, self.port, any_query)[7], 1)
        self.assertEqual(self.rcode("inc2.i.example", 1), 0)
        self.assertIn("192.0.2.80", dig(ADDRESS, self.port, "AXFR", "l.example"))

    def test_ctl_answers_its_verbs_and_refuses_other_words(self):
        self.configure()
        self.write("zones/a.example.zone", zone_text(7))
        self.write("zones/0%2f26.2.0.192.in-addr.arpa.zone", zone_text(8))
        server = self.start()
        self.assertIn("zones 2\n", self.ctl("status"))
        status = json.loads(self.ctl("status", "--json"))
        self.assertEqual((status["zones"], status["records"], status["zones-broken"]), (2, 8, 0))
        self.assertEqual([z["serial"] for z in json.loads(self.ctl("zone-status", "--json"))], [8, 7])
        self.assertEqual(json.loads(self.ctl("zone-status", "--json", "A.example"))[0]["dnssec"], "unsigned")
        self.assertIn("serial=8", self.ctl("zone-status", "0/26.2.0.192.in-addr.arpa"))
        self.assertEqual(self.ctl("dump", "a.example"),
                         run(AUTH, "check-zone", "a.example", self.path("zones/a.example.zone"), "--dump").stdout)
        self.rcode("www.a.example", 28)
        metrics = self.ctl("metrics")
        self.assertIn('cairn_auth_queries_by_type_total{qtype="AAAA"} 1\n', metrics)
        self.assertIn('cairn_auth_queries_by_opcode_total{opcode="QUERY"}', metrics)
        self.assertIn('cairn_auth_zone_serial{zone="a.example."} 7\n', metrics)
        self.assertIn('cairn_auth_zone_loads_total{zone="a.example.",verdict="accepted"} 1\n', metrics)
        self.assertNotIn("#", self.ctl("stats"))
        for words in (["status", "now"], ["reload", "a.example", "b.example"], ["dump"], ["frobnicate"], ["help", "me"],
                      ["zone-status", "a..b"], ["log-level", "loud"], ["metrics", "all"]):
            self.ctl(*words, code=2)
        for words in (["reload", "absent.example"], ["zone-status", "absent.example"], ["dump", "absent.example"]):
            self.assertIn("there is no zone absent.example.", self.ctl(*words, code=1))
        self.ctl("log-level", "error")
        before = server.log_text()
        self.ctl("reload", "a.example")
        self.assertEqual(server.log_text(), before)
        self.assertEqual(self.ctl("stop"), "ending\n")
        self.assertEqual(server.process.wait(10), 0)
        self.assertFalse(os.path.exists(self.control))

    def test_metrics_over_http_are_read_only_and_bounded(self):
        port = free_port([ADDRESS])
        self.configure(f"metrics: {{ listen: [{ADDRESS}@{port}] }}\n")
        self.write("zones/a.example.zone", zone_text(7))
        self.start()
        url = f"http://{ADDRESS}:{port}"
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as reply:
            self.assertIn("version=0.0.4", reply.headers["Content-Type"])
            self.assertIn("cairn_auth_zones{state=\"served\"} 1\n", reply.read().decode())
        for request, status in ((urllib.request.Request(url + "/"), 404),
                                (urllib.request.Request(url + "/metrics", data=b"x", method="POST"), 405)):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=10)
            self.assertEqual(refused.exception.code, status)
            refused.exception.close()
        with socket.create_connection((ADDRESS, port), 10) as s:
            s.settimeout(10)
            s.sendall(b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 20000)
            self.assertTrue(s.recv(100).startswith(b"HTTP/1.1 431 "))
        idle = [socket.create_connection((ADDRESS, port), 10) for _ in range(16)]  # all places, until they are too old
        with urllib.request.urlopen(f"{url}/metrics", timeout=20) as reply:
            self.assertEqual(reply.status, 200)
        for s in idle:
            s.close()

    def test_the_end_does_not_wait_for_a_long_reload(self):
        self.configure()
        self.write("zones/a.example.zone", zone_text(1))
        server = self.start()
        os.mkfifo(self.path("zones/long.example.zone"))  # nobody writes: it is read for ever
        server.signal(signal.SIGHUP)
        reading = subprocess.Popen([AUTH, "ctl", "--socket", self.control, "reload"], stderr=subprocess.DEVNULL)
        self.addCleanup(reading.wait)
        self.assertIn("zones 1\n", self.ctl("status"))  # operators are answered meanwhile, and clients
        self.assertEqual(self.rcode("www.a.example", 1), 0)
        self.assertEqual(server.stop(), 0)  # without SIGKILL
        self.assertNotIn(" reloaded ", server.log_text())
        self.assertFalse(os.path.exists(self.control))

    def test_a_zone_without_memory_is_refused_and_the_others_go_on(self):
        self.configure(server="  zone-memory-limit: 256KiB\n")
        self.write("zones/a.example.zone", zone_text(1))
        self.start()
        self.write("zones/b.example.zone", zone_text(1, "".join(f"n{i} A 192.0.2.1\n" for i in range(10_000))))
        said = self.ctl("reload", code=1)
        self.assertRegex(said, r"b\.example\.zone: error: there is not enough memory for the zone b\.example\. .*zone-memory-limit")
        self.assertIn("0 zones loaded, 1 refused", said)
        self.assertEqual((self.rcode("www.a.example", 1), self.rcode("b.example")), (0, 2))
        self.configure()
        self.assertIn("1 zones loaded, 0 refused", self.ctl("reload"))
        self.assertEqual(self.rcode("n9999.b.example", 1), 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another")
    def test_the_user_it_becomes_has_no_rights(self):
        os.chmod(self.folder, 0o777)  # it makes its control socket there
        self.configure(server="  user: nobody\n")
        self.write("zones/a.example.zone", zone_text(1))
        server = self.start()
        with open(f"/proc/{server.process.pid}/status") as f:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
        nobody = pwd.getpwnam("nobody")
        self.assertEqual(status["Uid"].split(), [str(nobody.pw_uid)] * 4)
        self.assertEqual(status["Gid"].split(), [str(nobody.pw_gid)] * 4)
        self.assertEqual(status["NoNewPrivs"], "1")
        for capabilities in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            self.assertEqual(int(status[capabilities], 16), 0, capabilities)
        self.write("zones/a.example.zone", zone_text(2))
        self.assertIn("1 zones loaded", self.ctl("reload"))
        self.assertEqual(server.stop(), 0)

    def test_without_zones_it_says_what_to_do(self):
        self.configure()
        server = self.start()
        self.assertIn("warning no-zones advice=", server.log_text())
        self.assertEqual(self.rcode("a.example"), 5)
        self.write("zones/a.example.zone", zone_text(1))
        self.ctl("reload")
        self.assertEqual(self.rcode("a.example"), 0)

    def test_check_config_finds_what_a_start_would(self):
        self.configure("zones:\n- { name: m.example, file: missing }\n", "  user: nobody-of-this-name\n")
        done = run(AUTH, "check-config", self.path("c.yaml"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r'c\.yaml:4:9: error: user: there is no user "nobody-of-this-name"')
        self.assertRegex(done.stderr, r"c\.yaml:7:3: error: zone m\.example\.: cannot read .*/missing: No such file")
        self.configure()
        self.write("zones/a.example.zone", zone_text(1, "bad A 1.2.3\n"))
        self.assertEqual(run(AUTH, "check-config", self.path("c.yaml")).returncode, 0)
        done = run(AUTH, "check-config", self.path("c.yaml"), "--zones")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"a\.example\.zone:6:7: error: ")
        shutil.rmtree(self.zones)
        done = run(AUTH, "check-config", self.path("c.yaml"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"c\.yaml:4:12: error: cannot read the folder of zones .*/zones: No such file")


if __name__ == "__main__":
    main()
