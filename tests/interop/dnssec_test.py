"""cairn-auth's answers from signed zones, validated from the key of each zone by two validators that share no code: BIND's delv
and Unbound. The zones are those of zones/golden/signed, and one that three signers sign anew with each algorithm."""
import os, re, shutil, tempfile, unittest
import dns.name, dns.rdatatype
from lab import *
from peers import start_cairn, start_unbound
from signers import sign_with_bind, sign_with_knot, sign_with_ldns
from wire import EDNS_OCTETS, Question, ask_all, read_reply
from zone_contents import T, ZoneContents

ADDRESS = "127.0.0.1"
SIGNED_ZONES = os.path.join(SOURCE, "zones", "golden", "signed")
ZONES = ("nsec.test", "nsec3.test", "optout.test")  # ECDSAP256SHA256, Ed25519, RSASHA256
SECURE = "; fully validated"
DENIED = "; negative response, fully validated"
INSECURE = "; unsigned answer"


def trust_anchor(zone, path=None):
    """What delv reads: the key-signing key of the zone file."""
    with open(path or os.path.join(SIGNED_ZONES, zone + ".zone")) as f:
        fields, key = re.search(r"\sDNSKEY\s+(257 3 \d+) ([^;\n]*)", f.read()).groups()
    return f'trust-anchors {{ {zone}. static-key {fields} "{key.replace(" ", "")}"; }};\n'


SMALL_ZONE = os.path.join(SOURCE, "zones", "golden", "differential", "small.zone")
SIGNED_ANEW = (  # zone, signer, algorithm, denial: each algorithm of RFC 8624 that may sign, each way to deny by two signers
    ("alg8.test", sign_with_ldns, 8, "nsec3"),
    ("alg10.test", sign_with_ldns, 10, "nsec"),
    ("alg13.test", sign_with_bind, 13, "optout"),
    ("alg14.test", sign_with_knot, 14, "nsec"),
    ("alg15.test", sign_with_bind, 15, "nsec3"),
    ("alg16.test", sign_with_knot, 16, "optout"),
)
RD_AD = 0x0120  # asked of a validator


def verdicts_of_delv(anchor, zone, port, qname, qtype):
    """What delv says of each RRset and denial, and all of its text."""
    done = run("delv", "-a", anchor, f"+root={zone}", f"@{ADDRESS}", "-p", str(port), qname, qtype)
    text = done.stdout + done.stderr
    return re.findall(r"^; (?:fully validated|negative response, .*|unsigned answer)$", text, re.MULTILINE), text


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
        return verdicts_of_delv(f"{self.folder}/{zone}.anchor", zone, self.port, f"{qname}.{zone}" if qname else zone, qtype)

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


class AlgorithmsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cairn-algorithms-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.zones = {zone: sign(zone, SMALL_ZONE, algorithm, denial, cls.folder)
                     for zone, sign, algorithm, denial in SIGNED_ANEW}
        cls.zones["bogus.test"] = cls.bogus_zone()
        cls.server = start_cairn(ADDRESS, free_port([ADDRESS]), cls.folder, cls.zones)
        cls.addClassCleanup(cls.server.stop)

    @classmethod
    def bogus_zone(cls):
        """Signed, and then one address is changed."""
        path = sign_with_bind("bogus.test", SMALL_ZONE, 13, "nsec", cls.folder)
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(re.sub(r"\b192\.0\.2\.2\b", "192.0.2.222", text))
        return path

    def anchor_files(self, write):
        paths = {zone: f"{self.folder}/{zone}.{write.__name__}" for zone in self.zones}
        for zone, path in paths.items():
            with open(path, "w") as f:
                f.write(write(zone, self.zones[zone]))
        return paths

    def test_delv_validates_each_algorithm(self):
        anchors = self.anchor_files(trust_anchor)
        for zone, _, _, denial in SIGNED_ANEW:
            wildcard = INSECURE if denial == "optout" else SECURE  # RFC 5155 section 9.2
            cases = (("a", "A", [SECURE]), ("a", "TXT", [DENIED]), ("nothing", "A", [DENIED]), ("ent", "A", [DENIED]),
                     ("some.w", "A", [wildcard]), ("some.w", "TXT", [DENIED]), ("secure", "DS", [SECURE]),
                     ("open", "DS", [DENIED]), ("d.f.cuts", "DS", [DENIED]), ("dangling", "A", [SECURE]),
                     ("alias", "A", [SECURE] if wildcard == SECURE else [SECURE, wildcard]))
            for qname, qtype, verdicts in cases:
                with self.subTest(zone=zone, qname=qname, qtype=qtype):
                    found, text = verdicts_of_delv(anchors[zone], zone, self.server.port, f"{qname}.{zone}", qtype)
                    self.assertEqual(found, verdicts, text)

    def test_unbound_validates_every_name(self):
        folder = f"{self.folder}/unbound"
        os.mkdir(folder)
        unbound = start_unbound(ADDRESS, free_port([ADDRESS]), folder, self.anchor_files(unbound_anchor), self.server.port)
        self.addCleanup(unbound.stop)
        for zone, _, _, denial in SIGNED_ANEW:
            contents = ZoneContents(zone, self.zones[zone])
            questions = list(self.questions_about(contents))
            replies = ask_all(ADDRESS, unbound.port, questions, flags=RD_AD)
            self.assertGreater(len(questions), 300)
            for question, octets in zip(questions, replies):
                reply = read_reply(octets)
                asked = f"{dns.name.from_wire(question.qname, 0)[0]} {dns.rdatatype.to_text(question.qtype)}, {denial}"
                self.assertIn(reply.rcode, (0, 3), asked)
                if denial != "optout":  # what an opt-out span covers is no more than insecure
                    self.assertTrue(reply.ad, asked)
        bogus = Question(dns.name.from_text("a.bogus.test").to_wire(), T("A"), True, EDNS_OCTETS, False)
        self.assertEqual(read_reply(ask_all(ADDRESS, unbound.port, [bogus], flags=RD_AD)[0]).rcode, 2)

    @staticmethod
    def questions_about(contents):
        """All that this zone answers itself: below its cuts there is nobody to ask. But for CNAME below a DNAME: Unbound 1.17
        looks for a DS at the alias, which no server can prove."""
        cuts = [owner for owner, types in contents.types.items() if T("NS") in types and owner != contents.apex]
        dnames = [owner for owner, types in contents.types.items() if T("DNAME") in types]
        for name in [*contents.owners_and_ents(), *contents.neighbours()]:
            types = (T("DS"),) if name in cuts else (T("A"), T("TXT"), T("DS"), T("CNAME"))
            if name == contents.apex:
                types = (T("SOA"), T("NS"), T("DNSKEY"), T("TXT"))  # its DS is the parent's, who is not there
            if name in cuts or not any(name.is_subdomain(cut) for cut in cuts):
                below_dname = any(name.is_subdomain(dname) and name != dname for dname in dnames)
                for qtype in set(types) - ({T("CNAME"), T("DS")} if below_dname else set()):
                    yield Question(name.to_wire(), qtype, True, EDNS_OCTETS, False)


def unbound_anchor(zone, path):
    with open(path) as f:
        fields, key = re.search(r"\sDNSKEY\s+(257 3 \d+) ([^;\n]*)", f.read()).groups()
    return f"{zone}. IN DNSKEY {fields} {key}\n"


if __name__ == "__main__":
    main()
