"""cairn-resolver above the laboratory, asked by dig, kdig, dnspython and c-ares; its traces and its control socket."""
import json, unittest
import dns.flags, dns.message, dns.query, dns.rcode
from lab import *

ADDRESS = "127.0.0.1"


class ResolverTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        try:
            cls.resolver = cls.lab.start_resolver()
        except Exception:
            cls.lab.stop()
            raise
        cls.port = cls.resolver.port

    @classmethod
    def tearDownClass(cls):
        logs = {p.log_path: p.log_text() for p in cls.lab.running}
        codes = cls.lab.stop()
        assert not any(codes), f"exit codes {codes}: {logs}"

    def short(self, *words):
        return run("dig", "+short", "+time=5", "+tries=2", f"@{ADDRESS}", "-p", str(self.port), *words).stdout.split("\n")[:-1]

    def test_names_through_root_tld_and_zone(self):
        for name, rdtype, answer in (
            ("shop.example", "A", ["192.0.2.10"]),
            ("SHOP.example", "AAAA", ["2001:db8:10::1"]),
            ("shop.example", "MX", ["10 mail.shop.example."]),
            ("www.shop.example", "A", ["shop.edge.cdn.test.", "198.51.100.80"]),  # alias into another zone
            ("intranet.corp.example", "A", ["192.0.2.21"]),  # glueless delegation
            ("x.y.projects.corp.example", "A", ["192.0.2.22"]),  # wildcard
            ("apollo.initech.corp.example", "A", ["projects.corp.example.", "apollo.projects.corp.example.", "192.0.2.22"]),
            ("www.flaky.example", "A", ["192.0.2.30"]),  # one server is dead
        ):
            with self.subTest(name=name, rdtype=rdtype):
                self.assertEqual(self.short(name, rdtype), answer)

    def test_negative_answers(self):
        for name, rdtype, status in (("nothing.shop.example", "A", "NXDOMAIN"), ("office.corp.example", "A", "NOERROR"),
                                     ("no-such-tld", "A", "NXDOMAIN"), ("www.shop.example", "MX", "NOERROR")):
            with self.subTest(name=name):
                text = dig(ADDRESS, self.port, name, rdtype)
                self.assertEqual(status_of(text), status)
                self.assertIn("SOA", text)
                self.assertEqual(flags_of(text), ["qr", "rd", "ra"])

    def test_ttl_counts_down_and_the_second_answer_is_equal(self):
        first = dns.query.udp(dns.message.make_query("mail.shop.example", "A"), ADDRESS, 5, self.port)
        time.sleep(1.1)
        second = dns.query.udp(dns.message.make_query("mail.shop.example", "A"), ADDRESS, 5, self.port)
        self.assertEqual(first.answer, second.answer)
        self.assertLess(second.answer[0].ttl, first.answer[0].ttl)

    def test_kdig_over_tcp(self):
        text = run("kdig", "+tcp", f"@{ADDRESS}", "-p", str(self.port), "shop.example", "TXT").stdout
        self.assertIn('"v=spf1 mx -all"', text)

    def test_c_ares_resolves_like_an_ordinary_program(self):
        for flags in ([], ["tcp"]):
            done = run(ARES_CLIENT, ADDRESS, str(self.port), "www.shop.example", "any", *flags)
            self.assertEqual((done.returncode, done.stdout.split()), (0, ["198.51.100.80", "2001:db8:80::80"]), done.stderr)
        self.assertEqual(run(ARES_CLIENT, ADDRESS, str(self.port), "nothing.shop.example", "a").returncode, 1)

    def test_rd_0_never_starts_recursion(self):
        before = dig(ADDRESS, self.port, "+norec", "never-asked-before.cdn.test", "A")
        self.assertNotIn("198.51.100.80", before)
        self.assertIn(status_of(before), ("NOERROR", "REFUSED"))

    def test_transfers_and_foreign_opcodes(self):
        self.assertEqual(status_of(dig(ADDRESS, self.port, "+opcode=2", "shop.example", "A")), "NOTIMP")
        self.assertIn(status_of(dig(ADDRESS, self.port, "+edns=1", "+noednsneg", "shop.example", "A")), ("BADVERS",))
        packet = query("shop.example", 252, rd=1)
        self.assertEqual(ask_raw(ADDRESS, self.port, packet)[3] & 15, 5)

    def test_trace_tells_success_from_failure(self):
        done = run(RESOLVER, "trace", "www.shop.example", "A", "--config", self.resolver.config)
        self.assertEqual(done.returncode, 0, done.stderr)
        for word in ("127.53.0.1", "127.53.0.2", "127.53.0.3", "shop.edge.cdn.test.", "198.51.100.80"):
            self.assertIn(word, done.stdout)
        done = run(RESOLVER, "trace", "www.shop.example", "A", "--config", self.lab.resolver_config(9, "  prime-root: false\n"),
                   "--format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        data = json.loads(done.stdout)
        self.assertIn("events", data)
        self.assertEqual(run(RESOLVER, "trace", "nothing.shop.example", "--config", self.resolver.config).returncode, 0)
        self.assertEqual(run(RESOLVER, "trace").returncode, 2)

    def test_trace_explains_itself_and_can_be_replayed(self):
        traced = run(RESOLVER, "trace", "www.shop.example", "--config", self.resolver.config, "--format", "json", "--why")
        why = json.loads(traced.stdout)["why"]
        self.assertIn("has 1 record, told by", why["what_happened"])
        self.assertEqual(why["what_to_do"], "Nothing.")
        path = self.lab.folder + "/trace.json"
        with open(path, "w") as f:
            f.write(traced.stdout)
        self.assertEqual(run(RESOLVER, "trace", "--replay", path, "--format", "json", "--why").stdout, traced.stdout)
        tree = run(RESOLVER, "trace", "--replay", path, "--why")
        self.assertEqual(tree.returncode, 0)
        self.assertIn("answer NOERROR www.shop.example. A", tree.stdout)
        self.assertRegex(tree.stdout, r"(?m)^what happened +www\.shop\.example\. ")
        with open(path, "w") as f:
            f.write(traced.stdout.replace('"at_us"', '"at"', 1))
        broken = run(RESOLVER, "trace", "--replay", path)
        self.assertEqual((broken.returncode, broken.stdout), (1, ""))
        self.assertRegex(broken.stderr, r'trace\.json:7:5: expected a member "at_us"')

    def test_ctl_trace_answers_in_the_words_of_trace(self):
        ctl = lambda *words: run(RESOLVER, "ctl", "--socket", f"{self.lab.folder}/resolver-{self.port}.control", *words)
        self.assertIn("what to do      Nothing.\n", ctl("trace", "--why", "www.shop.example").stdout)
        self.assertEqual(json.loads(ctl("trace", "--json", "www.shop.example", "MX").stdout)["format"], "cairn-trace")
        for words, said in ((["www.shop.example", "AXFR"], "AXFR is a meta type: no name has records of it\n"),
                            (["www.shop.example", "OPT"], "OPT is a meta type: no name has records of it\n"),
                            (["a..b"], "'a..b' is no domain name"), (["--html", "a"], "'--html': expected"),
                            (["--why"], "expected NAME [TYPE]\n"), (["a", "A", "IN", "now"], "")):
            done = ctl("trace", *words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(said, done.stderr)
        dig(ADDRESS, self.port, "+tcp", "shop.example", "A")
        self.assertRegex(ctl("metrics").stdout, r'(?m)^cairn_tcp_connections_total\{what="accepted"\} [1-9]')
        self.assertRegex(ctl("status").stdout, r"(?m)^TCP connections of clients: \d+ open, [1-9]\d* accepted, 0 refused$")

    def test_a_world_without_servers_is_a_failure(self):
        with open(self.lab.folder + "/dead.hints", "w") as f:
            f.write(". 3600 IN NS a.dead.\na.dead. 3600 IN A 127.53.0.98\n")
        with open(self.resolver.config) as f:
            text = f.read().replace(f"{LAB_ZONES}/root.hints", self.lab.folder + "/dead.hints")
        with open(self.lab.folder + "/dead.yaml", "w") as f:
            f.write(text)
        done = run(RESOLVER, "trace", "www.shop.example", "A", "--config", self.lab.folder + "/dead.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("SERVFAIL", done.stdout)

    def test_ctl_trace_holds_up_nobody(self):
        hints = self.lab.folder + "/silent.hints"
        with open(hints, "w") as f:
            f.write(". 3600 IN NS a.dead.\na.dead. 3600 IN A 127.53.0.98\n")
        port = free_port([ADDRESS])
        config = self.lab.resolver_config(port)
        with open(config) as f:
            text = f.read().replace(f"{LAB_ZONES}/root.hints", hints)
        with open(config, "w") as f:
            f.write(text)
        resolver = Process([RESOLVER, "serve", "--config", config], f"{self.lab.folder}/silent.log").wait_ready(ADDRESS, port)
        self.addCleanup(resolver.stop)
        control = f"{self.lab.folder}/resolver-{port}.control"
        words = [RESOLVER, "ctl", "--socket", control, "trace"]
        slow = [subprocess.Popen(words + [name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for name in ("one.test", "two.test")]
        for _ in range(100):  # until both have begun
            if "cairn_resolver_resolutions_total 2\n" in run(RESOLVER, "ctl", "--socket", control, "metrics").stdout:
                break
            time.sleep(0.02)
        third = run(*words, "three.test")
        self.assertEqual(third.stderr, "2 traces are under way already: ask again when one has ended\n")
        self.assertIn("resolutions under way: ", run(RESOLVER, "ctl", "--socket", control, "status").stdout)
        self.assertEqual(run(RESOLVER, "ctl", "--socket", control, "reload").returncode, 0)
        self.assertEqual([each.poll() for each in slow], [None, None])
        self.assertEqual(resolver.stop(), 0)
        self.assertEqual([each.communicate()[1] for each in slow], ["the server ends\n"] * 2)

    def test_served_queries_can_be_traced_while_it_runs(self):
        traced = self.lab.start_resolver(["--trace", "intranet.corp.example"])
        run("dig", f"@{ADDRESS}", "-p", str(traced.port), "intranet.corp.example", "A")
        run("dig", f"@{ADDRESS}", "-p", str(traced.port), "shop.example", "A")
        for _ in range(100):  # trees are written beside the answers
            log = traced.log_text()
            if "answer NOERROR" in log:
                break
            time.sleep(0.05)
        self.assertIn("intranet.corp.example.", log)
        self.assertIn("192.0.2.21", log)
        self.assertNotIn("192.0.2.10", log)


class AccessTest(unittest.TestCase):
    def test_strangers_are_refused(self):
        lab = Lab()
        try:
            resolver = lab.start_resolver(extra="access:\n- { net: 127.0.0.2/32, action: refuse }\n- { net: 127.0.0.0/8, action: allow }\n")
            from_stranger = run("dig", "-b", "127.0.0.2", f"@{ADDRESS}", "-p", str(resolver.port), "shop.example", "A").stdout
            self.assertEqual(status_of(from_stranger), "REFUSED")
            self.assertEqual(status_of(dig(ADDRESS, resolver.port, "shop.example", "A")), "NOERROR")
        finally:
            lab.stop()


if __name__ == "__main__":
    main()
