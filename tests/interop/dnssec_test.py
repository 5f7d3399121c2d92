"""cairn-auth's answers from the signed zones of zones/golden/signed, validated by delv from the key of each zone."""
import os, re, shutil, tempfile, unittest
from lab import *

ADDRESS = "127.0.0.1"
SIGNED_ZONES = os.path.join(SOURCE, "zones", "golden", "signed")
ZONES = ("nsec.test", "nsec3.test", "optout.test")  # ECDSAP256SHA256, Ed25519, RSASHA256
SECURE = "; fully validated"
DENIED = "; negative response, fully validated"
INSECURE = "; unsigned answer"


def trust_anchor(zone):
    """What delv reads: the DNSKEY of the zone file."""
    with open(os.path.join(SIGNED_ZONES, zone + ".zone")) as f:
        fields, key = re.search(r" DNSKEY (257 3 \d+) (.*)", f.read()).groups()
    return f'trust-anchors {{ {zone}. static-key {fields} "{key}"; }};\n'


class DnssecTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cairn-dnssec-")
        cls.port = free_port([ADDRESS])
        flags = []
        for zone in ZONES:
            flags += ["--zone", f"{zone}={SIGNED_ZONES}/{zone}.zone"]
            with open(f"{cls.folder}/{zone}.anchor", "w") as f:
                f.write(trust_anchor(zone))
        cls.server = Process([AUTH, "serve", "--listen", f"{ADDRESS}@{cls.port}"] + flags, cls.folder + "/log")
        cls.server.wait_ready(ADDRESS, cls.port, ZONES[0])

    @classmethod
    def tearDownClass(cls):
        code = cls.server.stop()
        log = cls.server.log_text()
        shutil.rmtree(cls.folder)
        assert code == 0, f"exit code {code} after SIGTERM: {log}"

    def delv(self, zone, qname, qtype):
        """What delv says of each RRset and denial, and all of its text."""
        done = run("delv", "-a", f"{self.folder}/{zone}.anchor", f"+root={zone}", f"@{ADDRESS}", "-p", str(self.port),
                   f"{qname}.{zone}" if qname else zone, qtype)
        text = done.stdout + done.stderr
        return re.findall(r"^; (?:fully validated|negative response, .*|unsigned answer)$", text, re.MULTILINE), text

    def expect(self, zone, qname, qtype, verdicts, part):
        with self.subTest(zone=zone, qname=qname, qtype=qtype):
            found, text = self.delv(zone, qname, qtype)
            self.assertEqual(found, verdicts, text)
            self.assertIn(part, text)

    def test_each_answer_of_each_zone_validates(self):
        for zone in ZONES:
            # A wildcard in an opt-out span may hide an unsigned delegation (RFC 5155 section 9.2).
            wildcard = INSECURE if zone == "optout.test" else SECURE
            both = [SECURE] if wildcard == SECURE else [SECURE, wildcard]  # a verdict is told when it changes
            self.expect(zone, "", "DNSKEY", [SECURE], "DNSKEY")
            self.expect(zone, "a", "A", [SECURE], "192.0.2.2")
            self.expect(zone, "a", "TXT", [DENIED], "ncache nxrrset")
            self.expect(zone, "q", "A", [DENIED], "ncache nxdomain")
            self.expect(zone, "x.y.z.a", "A", [DENIED], "ncache nxdomain")
            self.expect(zone, "ent", "A", [DENIED], "ncache nxrrset")
            self.expect(zone, "q.ent", "A", [DENIED], "ncache nxdomain")
            self.expect(zone, "x.w", "A", [wildcard], "192.0.2.4")
            self.expect(zone, "*.x.w", "A", [wildcard], "192.0.2.4")
            self.expect(zone, "x.w", "TXT", [DENIED], "ncache nxrrset")
            self.expect(zone, "x.we", "A", [DENIED], "ncache nxrrset")
            self.expect(zone, "x.*.we", "A", [DENIED], "ncache nxdomain")
            self.expect(zone, "secure", "DS", [SECURE], "12345 13 2")
            self.expect(zone, "open", "DS", [DENIED], "ncache nxrrset")
            self.expect(zone, "d.f.cuts", "DS", [DENIED], "ncache nxrrset")
            self.expect(zone, "cuts", "A", [DENIED], "ncache nxrrset")
            self.expect(zone, "q.f.cuts", "A", [DENIED], "ncache nxdomain")
            self.expect(zone, "alias", "A", both, "192.0.2.4")
            self.expect(zone, "dangling", "A", [SECURE], "ncache nxdomain")
            self.expect(zone, "q.moved", "A", both, "192.0.2.4")

    def test_a_hash_owner_is_denied(self):
        with open(os.path.join(SIGNED_ZONES, "nsec3.test.zone")) as f:
            owner = re.search(r"^(\w{32})\.nsec3\.test\. \d+ IN NSEC3 ", f.read(), re.MULTILINE).group(1)
        for qtype in ("A", "NSEC3"):
            self.expect("nsec3.test", owner, qtype, [DENIED], "ncache nxdomain")

    def test_with_another_key_nothing_validates(self):
        with open(f"{self.folder}/wrong.anchor", "w") as f:
            f.write(re.sub(r'"(.)(.)', r'"\2\1', trust_anchor("nsec3.test")))
        done = run("delv", "-a", f"{self.folder}/wrong.anchor", "+root=nsec3.test", f"@{ADDRESS}", "-p", str(self.port),
                   "a.nsec3.test", "A")
        self.assertIn("broken trust chain", done.stdout + done.stderr)


if __name__ == "__main__":
    main()
