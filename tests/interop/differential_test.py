"""cairn-auth beside NSD, Knot DNS and BIND: the same zones, the same questions, name by name and type by type, over UDP and TCP,
with and without DO. Each aspect of an answer (RCODE with AA and TC, and each section) must be that of at least one peer, and
that of all where they agree; what differs stands in EXPLAINED with its reason."""
import collections, os, re, shutil, sys, tempfile, unittest
import dns.exception, dns.name, dns.rdata, dns.rdatatype
from lab import *
from peers import start_bind, start_cairn, start_knot, start_nsd
from signers import sign_with_bind, sign_with_knot, sign_with_ldns
from zone_contents import T, ZoneContents
from wire import EDNS_OCTETS, Question, ask_all, read_reply, transfer

ADDRESS = "127.0.0.1"
ZONES = os.path.join(SOURCE, "zones", "golden", "differential")
PLAIN = {"corners.test": "corners.zone"} | {zone: zone + ".zone" for zone in (
    "other.test", "nest.test", "child.nest.test", "orphan.gone.nest.test", "wild.test", "dname.test", "hidden.test", "octets.test")}
SIGNED = (  # zone, file, signer, algorithm, denial
    ("nsec.test", "corners.zone", sign_with_bind, 13, "nsec"),
    ("nsec3.test", "corners.zone", sign_with_ldns, 8, "nsec3"),
    ("optout.test", "corners.zone", sign_with_bind, 15, "optout"),
    ("alg10.test", "small.zone", sign_with_ldns, 10, "nsec"),
    ("alg14.test", "small.zone", sign_with_knot, 14, "nsec"),
    ("alg16.test", "small.zone", sign_with_knot, 16, "nsec3"),
    ("wild-nsec.test", "wild.test.zone", sign_with_knot, 13, "nsec"),
    ("wild-nsec3.test", "wild.test.zone", sign_with_bind, 13, "nsec3"),
    ("wild-optout.test", "wild.test.zone", sign_with_ldns, 15, "optout"),
    ("dname-nsec.test", "dname.test.zone", sign_with_ldns, 13, "nsec"),
    ("dname-nsec3.test", "dname.test.zone", sign_with_bind, 15, "nsec3"),
    ("hidden-optout.test", "hidden.test.zone", sign_with_knot, 13, "optout"),
    ("odd-nsec3.test", "other.test.zone", sign_with_knot, 15, "nsec3"),
    ("nest-nsec3.test", "nest.test.zone", sign_with_bind, 13, "nsec3"),
    ("child.nest-nsec3.test", "child.nest.test.zone", sign_with_bind, 13, "nsec"),
    ("open.nest-nsec3.test", "child.nest.test.zone", sign_with_knot, 15, "optout"),
)
BASE_TYPES = [T(t) for t in ("A", "AAAA", "NS", "SOA", "MX", "TXT", "DS", "DNSKEY", "NSEC", "NSEC3", "RRSIG", "CNAME", "DNAME", "ANY",
                             "HTTPS", "TYPE65400")]
OTHER_OPCODES = {1: "IQUERY", 2: "STATUS", 3: "unknown", 4: "NOTIFY", 5: "UPDATE", 7: "unknown", 15: "unknown"}
ASPECTS = ("status", "answer", "authority", "additional")


def questions_about(contents):
    """Each once, in an order of their own."""
    questions = {}

    def ask(name, qtype, do=False, octets=None, tcp=False):
        octets = (EDNS_OCTETS if do else 0) if octets is None else octets
        questions[Question(name.to_wire(), qtype, do, octets, tcp)] = None

    for name, types in contents.owners_and_ents().items():
        for qtype in sorted(types | set(BASE_TYPES)):
            ask(name, qtype)
            if contents.signed:
                ask(name, qtype, do=True)
        for qtype in sorted(types | {T("A"), T("ANY")}):
            ask(name, qtype, tcp=True)
            ask(name, qtype, do=True, tcp=True)
            ask(name, qtype, do=True, octets=512)
    for name in contents.neighbours():
        for qtype in ("A", "DS", "TXT", "NS", "CNAME", "ANY"):
            ask(name, T(qtype), do=contents.signed)
        ask(name, T("A"))
        ask(name, T("A"), do=True, octets=512)
    return list(questions)


class Case:
    """A question, our reply, and the replies of the peers that serve the zone, by name."""

    def __init__(self, zone, question, ours, peers):
        self.zone, self.question, self.ours, self.peers = zone, question, ours, peers

    def told(self, aspect):
        return {name: aspect_of(reply, aspect) for name, reply in self.peers.items()}

    def limit(self):
        return 65535 if self.question.tcp else max(512, self.question.edns_octets)

    def nearly_full(self):
        return max(reply.octets for reply in (self.ours, *self.peers.values())) + 100 > self.limit()

    def differing_aspects(self):
        """Those in which no peer says what we say. What a truncated message holds tells nothing (RFC 2181 section 9)."""
        for aspect in ASPECTS:
            if aspect != "status" and self.ours.tc:
                return
            if aspect_of(self.ours, aspect) not in self.told(aspect).values():
                yield aspect

    def __str__(self):
        qname, qtype = dns.name.from_wire(self.question.qname, 0)[0], dns.rdatatype.to_text(self.question.qtype)
        lines = [f"{qname} {qtype} of zone {self.zone}, {'TCP' if self.question.tcp else 'UDP'}, "
                 f"EDNS {self.question.edns_octets or 'none'}{', DO' if self.question.dnssec_ok else ''}"]
        for name, reply in (("Cairn", self.ours), *self.peers.items()):
            lines.append(f"  {name}: rcode {reply.rcode}, aa {reply.aa}, tc {reply.tc}, {reply.octets} octets")
            for section in ASPECTS[1:]:
                lines += [f"    {section}: {text_of(record)}" for record in sorted(getattr(reply, section))]
        return "\n".join(lines)


def aspect_of(reply, aspect):
    return (reply.rcode, reply.aa, reply.tc) if aspect == "status" else getattr(reply, aspect)


def text_of(record):
    owner, rtype, ttl, rdata = record
    try:
        text = dns.rdata.from_wire(1, rtype, rdata, 0, len(rdata)).to_text()
    except dns.exception.DNSException:
        text = rdata.hex()
    return f"{dns.name.from_wire(owner, 0)[0]} {ttl} {dns.rdatatype.to_text(rtype)} {text[:80]}"


def types_of(records):
    return {rtype for _, rtype, _, _ in records}


# What differs from all peers and is meant to: (name, reason, which aspect of which case).
EXPLAINED = (
    ("one set for ANY and RRSIG", "RFC 8482 section 4.1 leaves the choice of the set to the server: ours is the first that is data; "
     "for RRSIG the signatures of one type, where others send all of them, or TC",
     lambda case, aspect: aspect in ("status", "answer") and case.question.qtype in (T("ANY"), T("RRSIG")) and
     not case.question.tcp and len(types_of(case.ours.answer) - {T("RRSIG")}) <= 1),
    ("a DNAME that feeds itself", "RFC 6672 section 3.3 sets no limit to how often it is followed: we stop after 16 aliases, others "
     "after 1 to 11, or with SERVFAIL",
     lambda case, aspect: aspect in ("status", "answer") and b"\x06spiral" in case.question.qname and
     (case.ours.tc or sum(record[1] == T("CNAME") for record in case.ours.answer) == 16)),
    ("NSEC3 at an alias", "a CNAME is followed for every type but itself (RFC 1034 section 3.6.2): BIND and NSD stop when the type is "
     "one that may stand beside a CNAME, and Knot does not follow into other zones",
     lambda case, aspect: case.question.qtype in (T("NSEC"), T("NSEC3"), T("RRSIG")) and T("CNAME") in types_of(case.ours.answer)),
    ("DS at an apex without its parent zone", "RFC 4035 section 3.1.4.1: NODATA from the child; the peers refer to a zone between "
     "the two, which is not here",
     lambda case, aspect: case.question.qtype == T("DS") and case.zone == "orphan.gone.nest.test"),
    ("below a hash of NSEC3, below a DNAME", "a DNAME at the apex rules what is below hash owners too, which are no names (RFC 6672 "
     "section 2.3, RFC 5155 section 7.2.8): NSD denies such names; Knot and BIND redirect, but do not go on in the other zone",
     lambda case, aspect: aspect == "authority" and case.zone == "dname-nsec3.test" and b"\x20" in case.question.qname),
    ("additional data into nearly full messages", "how much fits depends on compression and order (RFC 2181 section 9)",
     lambda case, aspect: aspect == "additional" and case.nearly_full()),
    ("addresses for AFSDB, KX and RT", "RFC 1183 sections 1 and 3.3, RFC 2230 section 3; of the peers BIND alone adds them, and not "
     "to small messages",
     lambda case, aspect: aspect == "additional" and case.question.qtype in (T("AFSDB"), T("KX"), T("RT")) and
     types_of(case.ours.additional) <= {T("A"), T("AAAA"), T("RRSIG")}),
)


class DifferentialTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cairn-differential-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.zones = {zone: os.path.join(ZONES, file) for zone, file in PLAIN.items()}
        for zone, file, sign, algorithm, denial in SIGNED:
            cls.zones[zone] = sign(zone, os.path.join(ZONES, file), algorithm, denial, cls.folder)
        cls.questions = [(zone, question) for zone, path in cls.zones.items()
                         for question in questions_about(ZoneContents(zone, path))]

    def replies_of(self, start):
        """What the server says to all the questions, the zones which it serves, and these as it transfers them."""
        folder = os.path.join(self.folder, start.__name__)
        os.mkdir(folder)
        server = start(ADDRESS, free_port([ADDRESS]), folder, self.zones)
        try:
            served = server.zones_served()
            replies = ask_all(ADDRESS, server.port, [question for _, question in self.questions])
            transfers = {zone: transfer(ADDRESS, server.port, dns.name.from_text(zone).to_wire()) for zone in served}
        finally:
            code = server.stop()
        self.assertEqual(code, 0, server.process.log_text() if server.name == "Cairn" else server.name)
        return server.name, served, replies, transfers

    def test_answers_and_transfers_are_those_of_the_peers(self):
        _, served, ours, transferred = self.replies_of(start_cairn)
        self.assertEqual(served, set(self.zones))
        peers = [self.replies_of(start) for start in (start_nsd, start_knot, start_bind)]
        self.compare_answers(ours, peers)
        for name, served, _, transfers in peers:
            for zone in served:
                with self.subTest(peer=name, zone=zone):
                    self.assertEqual(sorted(transferred[zone]), sorted(transfers[zone]))

    def test_other_opcodes_are_not_done_here(self):
        """NOTIMP with opcode, ID and RD copied (RFC 1035 section 4.1.1): as every peer says to opcodes nobody knows, and at
        least one to each of the others, but for NOTIFY, which they know and refuse."""
        zone, folder = "small.test", os.path.join(self.folder, "opcodes")
        path = os.path.join(ZONES, "small.zone")
        said = {}
        for start in (start_cairn, start_nsd, start_knot, start_bind):
            os.makedirs(f"{folder}/{start.__name__}")
            server = start(ADDRESS, free_port([ADDRESS]), f"{folder}/{start.__name__}", {zone: path})
            try:
                said[server.name] = {opcode: self.header_of(server.port, opcode, zone) for opcode in OTHER_OPCODES}
            finally:
                server.stop()
        for opcode, name in OTHER_OPCODES.items():
            with self.subTest(opcode=name):
                ours = said["Cairn"][opcode]
                self.assertEqual(ours, (0xABCD, True, opcode, 1, 4))
                peers = [said[peer][opcode] for peer in said if peer != "Cairn"]
                agreed = sum(peer is not None and peer[4] == 4 for peer in peers)
                self.assertGreaterEqual(agreed, {"unknown": 3, "NOTIFY": 0}.get(name, 1), said)

    def header_of(self, port, opcode, zone):
        """ID, QR, opcode, RD and RCODE of the reply to a question for the SOA; None when there is none."""
        packet = bytearray(query(zone, 6, rd=1))
        packet[2] |= opcode << 3
        reply = ask_raw(ADDRESS, port, bytes(packet))
        return reply and (reply[0] << 8 | reply[1], bool(reply[2] & 0x80), reply[2] >> 3 & 15, reply[2] & 1, reply[3] & 15)

    def compare_answers(self, ours, peers):
        used, unexplained, compared = collections.Counter(), [], 0
        for i, (zone, question) in enumerate(self.questions):
            said = {name: read_reply(replies[i], strict=False) for name, served, replies, _ in peers if zone in served}
            case = Case(zone, question, read_reply(ours[i]), said)
            self.assertTrue(said, zone)
            compared += 1
            for aspect in case.differing_aspects():
                names = [name for name, _, explains in EXPLAINED if explains(case, aspect)]
                used.update(names[:1])
                if not names:
                    unexplained.append((aspect, case))
        print(f"{compared} questions; explained: {dict(used)}", file=sys.stderr)
        shown = "\n".join(f"{aspect}: {case}" for aspect, case in unexplained[:10])
        self.assertEqual(len(unexplained), 0, f"differences; the first are\n{shown}")
        self.assertEqual({name for name, _, _ in EXPLAINED} - set(used), set(), "explanations of nothing")


if __name__ == "__main__":
    main()
