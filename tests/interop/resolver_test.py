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

    def test_served_queries_can_be_traced_while_it_runs(self):
        traced = self.lab.start_resolver(["--trace", "intranet.corp.example"])
        run("dig", f"@{ADDRESS}", "-p", str(traced.port), "intranet.corp.example", "A")
        run("dig", f"@{ADDRESS}", "-p", str(traced.port), "shop.example", "A")
        log = traced.log_text()
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
