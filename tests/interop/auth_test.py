"""cairn-auth asked by dig, kdig and dnspython: transports, EDNS, truncation, negative answers, edges, reload."""
import os, shutil, signal, socket, tempfile, time, unittest
import dns.flags, dns.message, dns.query, dns.rcode, dns.rdatatype, dns.zone
from lab import *

ADDRESS = "127.0.0.1"
BIG_ZONE = """$ORIGIN big.test.
$TTL 300
@ IN SOA ns host 7 1800 900 604800 120
@ IN NS ns
ns IN A 192.0.2.1
""" + "".join(f"many IN A 10.0.{i // 256}.{i % 256}\n" for i in range(200)) + "".join(
    f'txt IN TXT "{i:03d} {"x" * 200}"\n' for i in range(9)) + "".join(
    f"d{i} IN NS ns1.d{i}\nns1.d{i} IN A 10.1.{i}.1\n" for i in range(20)) + """
*.wild IN TXT "any"
alias IN CNAME many
tree IN DNAME big.test.
"""


class AuthTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cairn-auth-")
        cls.zone_file = os.path.join(cls.folder, "big.zone")
        with open(cls.zone_file, "w") as f:
            f.write(BIG_ZONE)
        cls.port = free_port([ADDRESS])
        cls.server = Process([AUTH, "serve", "--listen", f"{ADDRESS}@{cls.port}", "--zone", f"big.test={cls.zone_file}",
                              "--zone", f"shop.example={LAB_ZONES}/shop.example.zone"], cls.folder + "/log")
        cls.server.wait_ready(ADDRESS, cls.port, "big.test")

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        log = cls.server.log_text()
        shutil.rmtree(cls.folder)
        assert code == 0, f"exit code {code} after SIGTERM: {log}"

    def ask(self, name, rdtype, **options):
        message = dns.message.make_query(name, rdtype, **options)
        message.flags &= ~dns.flags.RD
        return dns.query.udp(message, ADDRESS, 5, self.port)

    def test_dig_sees_an_authoritative_answer(self):
        text = dig(ADDRESS, self.port, "+norec", "shop.example", "MX")
        self.assertEqual(status_of(text), "NOERROR")
        self.assertEqual(flags_of(text), ["qr", "aa"])
        self.assertIn("10 mail.shop.example.", text)
        self.assertIn("mail.shop.example.\t600\tIN\tA\t192.0.2.25", text)  # additional data

    def test_kdig_over_tcp_keeps_the_connection(self):
        text = run("kdig", "+tcp", "+keepopen", f"@{ADDRESS}", "-p", str(self.port), "shop.example", "A", "www.shop.example", "A").stdout
        self.assertEqual(text.count("status: NOERROR"), 2)
        self.assertIn("192.0.2.10", text)
        self.assertIn("shop.edge.cdn.test.", text)

    def test_truncates_whole_sets_and_serves_them_over_tcp(self):
        reply = self.ask("many.big.test", "A")
        self.assertTrue(reply.flags & dns.flags.TC)
        self.assertEqual(sum(len(s) for s in reply.answer), 0)
        message = dns.message.make_query("many.big.test", "A")
        self.assertEqual(len(dns.query.tcp(message, ADDRESS, 5, self.port).answer[0]), 200)

    def test_udp_size_follows_the_client_and_our_limit(self):
        self.assertTrue(self.ask("txt.big.test", "TXT", use_edns=0, payload=4096).flags & dns.flags.TC)  # over 1232
        for payload, name in ((512, "txt.big.test"), (1232, "many.big.test")):
            raw = ask_raw(ADDRESS, self.port, dns.message.make_query(name, "ANY", use_edns=0, payload=payload).to_wire())
            self.assertLessEqual(len(raw), payload)

    def test_negative_answers_carry_the_soa_with_the_negative_ttl(self):
        for name, rcode in (("nothing.big.test", dns.rcode.NXDOMAIN), ("wild.big.test", dns.rcode.NOERROR)):
            reply = self.ask(name, "A")
            self.assertEqual(reply.rcode(), rcode)
            self.assertEqual(reply.authority[0].rdtype, dns.rdatatype.SOA)
            self.assertEqual(reply.authority[0].ttl, 120)
            self.assertTrue(reply.flags & dns.flags.AA)

    def test_referral_has_glue_and_no_authority(self):
        reply = self.ask("www.d3.big.test", "A")
        self.assertFalse(reply.flags & dns.flags.AA)
        self.assertEqual(reply.authority[0].name.to_text(), "d3.big.test.")
        self.assertEqual(reply.additional[0][0].address, "10.1.3.1")

    def test_wildcard_cname_and_dname(self):
        reply = self.ask("A.b.WILD.big.test", "TXT")
        self.assertEqual(reply.answer[0].name.to_text(), "A.b.WILD.big.test.")
        self.assertEqual([s.rdtype for s in self.ask("many.tree.big.test", "AAAA").answer], [dns.rdatatype.DNAME, dns.rdatatype.CNAME])

    def test_case_of_the_question_comes_back(self):
        raw = ask_raw(ADDRESS, self.port, query("ShOp.ExAmPlE"))
        self.assertIn(b"\x04ShOp\x07ExAmPlE", raw)

    def test_outside_its_zones_it_refuses(self):
        text = dig(ADDRESS, self.port, "+norec", "www.elsewhere.org", "A")
        self.assertEqual(status_of(text), "REFUSED")
        self.assertNotIn("aa", flags_of(text))
        self.assertEqual(status_of(dig(ADDRESS, self.port, "+norec", "CH", "TXT", "version.bind")), "REFUSED")

    def test_edns_edges(self):
        text = dig(ADDRESS, self.port, "+norec", "+edns=1", "+noednsneg", "shop.example", "A")
        self.assertEqual(status_of(text), "BADVERS")
        self.assertIn("EDNS: version: 0", text)
        text = dig(ADDRESS, self.port, "+norec", "+ednsopt=65001:beef", "+ednsflags=0x40", "shop.example", "A")
        self.assertEqual(status_of(text), "NOERROR")
        self.assertNotIn("OPT=65001", text)
        self.assertNotIn("OPT PSEUDOSECTION", dig(ADDRESS, self.port, "+noedns", "+norec", "shop.example", "A"))
        opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
        self.assertEqual(ask_raw(ADDRESS, self.port, query("shop.example", tail=opt + opt, arcount=2))[3] & 15, 1)  # two OPTs

    def test_headers_that_are_no_queries(self):
        self.assertIsNone(ask_raw(ADDRESS, self.port, b"\0" * 11, 0.5))
        response = bytearray(query("shop.example"))
        response[2] |= 0x80
        self.assertIsNone(ask_raw(ADDRESS, self.port, bytes(response), 0.5))
        status = bytearray(query("shop.example"))
        status[2] = 2 << 3
        reply = ask_raw(ADDRESS, self.port, bytes(status))
        self.assertEqual(reply[3] & 15, 4)  # NOTIMP
        self.assertEqual(reply[2] >> 3 & 15, 2)
        two = bytearray(query("shop.example"))
        two[5] = 2
        self.assertEqual(ask_raw(ADDRESS, self.port, bytes(two))[3] & 15, 1)

    def test_tcp_pipelining_slow_sender_and_half_close(self):
        packet = query("shop.example")
        framed = len(packet).to_bytes(2, "big") + packet
        with socket.create_connection((ADDRESS, self.port), 5) as s:
            s.settimeout(5)
            s.sendall(framed * 20)
            for octet in framed:
                s.sendall(bytes([octet]))
            s.shutdown(socket.SHUT_WR)
            received = b""
            while chunk := s.recv(65536):
                received += chunk
        answers = 0
        while received:
            size = int.from_bytes(received[:2], "big")
            self.assertEqual(received[2:4], b"\xab\xcd")
            received = received[2 + size:]
            answers += 1
        self.assertEqual(answers, 21)

    def test_tcp_nonsense_closes_and_harms_nobody(self):
        for nonsense in (b"\0\0", b"\0\5hello", b"\xff\xff" + b"x" * 100):
            with socket.create_connection((ADDRESS, self.port), 5) as s:
                s.settimeout(8)
                s.sendall(nonsense)
                s.shutdown(socket.SHUT_WR)
                self.assertEqual(s.recv(100), b"")
        self.assertEqual(status_of(dig(ADDRESS, self.port, "+norec", "+tcp", "shop.example", "A")), "NOERROR")

    def test_reload_takes_the_new_zone_and_keeps_the_old_when_the_new_is_bad(self):
        def serial():
            return self.ask("big.test", "SOA").answer[0][0].serial

        def reload_with(text, done):
            with open(self.zone_file + ".new", "w") as f:
                f.write(text)
            os.replace(self.zone_file + ".new", self.zone_file)
            self.server.signal(signal.SIGHUP)
            deadline = time.monotonic() + 15
            while time.monotonic() < deadline and not done():
                time.sleep(0.1)

        reload_with(BIG_ZONE.replace("ns host 7", "ns host 8"), lambda: serial() == 8)
        self.assertEqual(serial(), 8)
        reload_with(BIG_ZONE.replace("ns host 7", "ns host 9") + "broken IN A 300.0.0.1\n",
                    lambda: "300.0.0.1" in self.server.log_text())
        self.assertEqual(serial(), 8)
        self.assertRegex(self.server.log_text(), r"big\.zone:\d+:\d+: error: .*300\.0\.0\.1")
        reload_with(BIG_ZONE.replace("ns host 7", "ns host 10"), lambda: serial() == 10)
        self.assertEqual(serial(), 10)


if __name__ == "__main__":
    main()
