"""cairn-resolver on port 53 of a small Internet of NSD, Knot DNS and BIND in network namespaces: what it answers is what the
authorities themselves say when they are asked without recursion, and what Unbound and BIND find in the same world."""
import collections, concurrent.futures, re, select, socket, sys, threading, time, unittest
import dns.name, dns.rdatatype
from internet import AUTHORITIES, HOPELESS, RESOLVERS, TRUNCATING, Internet
from lab import RESOLVER, dig, main, run
from namespaces import enter_world
from wire import SOA, Question, ask_all, packet_for, read_records, read_reply
from zone_contents import T, ZoneContents

RD = 0x0100
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3
SILENCE = (None, frozenset())
ALIASES = 11  # links the resolver follows for one question (THREATS section 1)
TYPES = [T(t) for t in ("A", "AAAA", "TXT", "MX", "NS", "SOA", "CNAME", "HTTPS", "DS")]
CAIRN = RESOLVERS["Cairn"][0]


def labels_of(wire):
    return dns.name.from_wire(wire, 0)[0]


def shown(question):
    return f"{labels_of(question.qname)} {dns.rdatatype.to_text(question.qtype)}{' DO' if question.dnssec_ok else ''}"


def without_ttl(records):
    return frozenset((owner, rtype, rdata) for owner, rtype, _, rdata in records)


class Authorities:
    """What the zones hold for a question, told by the servers of each zone on the way."""

    def __init__(self):
        self.address_of = {dns.name.from_text(zone): addresses[0] for _, addresses, zones in AUTHORITIES.values() for zone in zones}
        self.address_of.update((dns.name.from_text(zone), None) for zone in HOPELESS)

    def zone_of(self, name, qtype):
        apex = name.parent() if qtype == T("DS") and name != dns.name.root else name
        while apex not in self.address_of:
            apex = apex.parent()
        return apex

    def truths(self, questions):
        """Of each question: RCODE, the records of the answer, and the zone that denies, if one does."""
        searches = [Search(question) for question in questions]
        while open_ones := [search for search in searches if search.rcode is None]:
            by_zone = collections.defaultdict(list)
            for search in open_ones:
                by_zone[self.zone_of(search.name, search.question.qtype)].append(search)
            for zone, asking in by_zone.items():
                self._ask(zone, asking)
        return searches

    def _ask(self, zone, searches):
        if self.address_of[zone] is None:
            for search in searches:
                search.end(SERVFAIL)
            return
        asked = [Question(search.name.to_wire(), search.question.qtype, search.question.dnssec_ok, 1232, True) for search in searches]
        for search, octets in zip(searches, ask_all(self.address_of[zone], 53, asked)):
            if octets[3] & 15 not in (NOERROR, NXDOMAIN) or not octets[2] & 4:
                raise AssertionError(f"{zone} at {self.address_of[zone]} does not serve {shown(search.question)}: {octets.hex()}")
            search.hear(octets, lambda name: self.zone_of(name, search.question.qtype) == zone)


class Search:
    """One question on its way through the zones: SNAME of RFC 1034 section 5.3.3, and what was said so far."""

    def __init__(self, question):
        self.question, self.name = question, labels_of(question.qname)
        self.rcode, self.answer, self.denier, self.links = None, [], None, 0

    def end(self, rcode):
        self.rcode = rcode
        if rcode == SERVFAIL:
            self.answer = []

    def hear(self, octets, in_this_zone):
        records, reply = read_records(octets), read_reply(octets)
        while True:
            here = [record for record in records if record[0] == self.name.to_wire().lower()]
            if self.question.qtype in {record[1] for record in here}:
                self._add(here, self.question.qtype)
                return self.end(NOERROR)
            alias = next((record for record in here if record[1] == T("CNAME")), None)
            if alias is None:
                self.denier = next((labels_of(owner) for owner, rtype, _, _ in reply.authority if rtype == SOA), None)
                return self.end(reply.rcode)
            self._add([record for record in records if record[1] == T("DNAME") and self.name.is_subdomain(labels_of(record[0]))
                       and self.name != labels_of(record[0])], T("DNAME"))
            self._add(here, T("CNAME"))
            self.name = labels_of(alias[3])
            self.links += 1
            if self.links > ALIASES:
                return self.end(SERVFAIL)
            if not in_this_zone(self.name):
                return None

    def _add(self, records, rtype):
        covered = rtype.to_bytes(2, "big")
        self.answer += [r for r in records if r[1] == rtype or (r[1] == T("RRSIG") and r[3][:2] == covered)]

    @property
    def told(self):
        return self.rcode, without_ttl(self.answer)


def questions_about(contents):
    """The names of a zone under the types they have and some they have not, and names that are not there."""
    questions = {}
    names = contents.owners_and_ents()
    for name in names:
        for qtype in sorted(names[name] - {T("RRSIG"), T("NSEC")} | set(TYPES)):
            questions[Question(name.to_wire(), qtype, contents.signed, 1232, False)] = None
    for name in contents.neighbours():
        if name.labels[0] in (b"q", b"*"):
            for qtype in ("A", "TXT", "MX"):
                questions[Question(name.to_wire(), T(qtype), contents.signed, 1232, False)] = None
    return list(questions)


def told_by(octets, strict=True):
    reply = read_reply(octets, strict)
    return reply.rcode, without_ttl(reply.answer)


def order_of(records):
    """Its RRsets without their signatures, in the order in which they stand."""
    return list(dict.fromkeys((owner, rtype) for owner, rtype, _, _ in records if rtype != T("RRSIG")))


def text_of(told):
    rcode, answer = told
    if told == SILENCE:
        return "silence"
    return f"rcode {rcode}, " + (" | ".join(sorted(
        f"{labels_of(owner)} {dns.rdatatype.to_text(rtype)} {rdata[:40].hex()}" for owner, rtype, rdata in answer)) or "nothing")


def ask_patiently(address, questions, seconds):
    """The replies that come within so many seconds, by question; each is asked once."""
    replies, end = {}, time.monotonic() + seconds
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((address, 53))
        for qid, question in enumerate(questions):
            s.send(packet_for(question, qid, RD))
        while len(replies) < len(questions) and time.monotonic() < end:
            if select.select([s], [], [], 0.2)[0]:
                octets = s.recv(65535)
                replies[questions[octets[0] << 8 | octets[1]]] = octets
    return replies


class Difference:
    """Of what we say to a question, and what somebody else says."""

    def __init__(self, question, ours, other, theirs):
        self.question, self.ours, self.other, self.theirs = question, ours, other, theirs

    def __str__(self):
        return f"{shown(self.question)}\n  Cairn: {text_of(self.ours)}\n  {self.other}: {text_of(self.theirs)}"


# What we say otherwise than others, and mean to: (name, reason, which difference).
EXPLAINED = (
    ("no signatures without validation", "nothing is validated yet, and so no signatures are asked for, nor handed on",
     lambda d: d.question.dnssec_ok and d.theirs == (d.ours[0], d.theirs[1]) and
     {r for r in d.theirs[1] if r[1] != T("RRSIG")} == d.ours[1]),
    ("the chain of an alias that leads nowhere", "which links come along with SERVFAIL is nobody's concern",
     lambda d: d.ours[0] == d.theirs[0] == SERVFAIL),
    ("SERVFAIL before the client gives up", "what is silent or leads round in a circle costs our clients 4.5 s; BIND asks for 10 s, "
     "Unbound for longer than most clients wait", lambda d: d.theirs == SILENCE and d.ours[0] == SERVFAIL),
    ("a referral to the zone itself is lame", "Unbound takes it for an answer without data (RFC 2308 section 2.2 knows none of that form)",
     lambda d: d.other == "Unbound" and d.theirs == (NOERROR, frozenset()) and
     labels_of(d.question.qname).is_subdomain(dns.name.from_text("itself.example"))),
)


class InternetTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.internet = Internet()
        cls.addClassCleanup(cls.internet.stop)
        contents = [ZoneContents(zone, path) for zone, path in cls.internet.files.items()]
        every = {question: None for zone in contents for question in questions_about(zone)}
        cls.truths = {search.question: search for search in Authorities().truths(list(every))}
        cls.questions = [question for question, truth in cls.truths.items() if truth.rcode != SERVFAIL]
        cls.used = collections.Counter()

    @classmethod
    def tearDownClass(cls):
        print(f"{len(cls.questions)} questions; explained: {dict(cls.used)}", file=sys.stderr)

    def answers(self, resolver, questions):
        """Whole messages: those which UDP has no room for are asked for again over TCP."""
        address = RESOLVERS[resolver][0]
        octets = ask_all(address, 53, questions, RD)
        cut = [i for i, reply in enumerate(octets) if reply[2] & 2]
        self.assertGreaterEqual(len(cut), 2, "addresses and text of big.lab")
        for i, reply in zip(cut, ask_all(address, 53, [questions[i]._replace(tcp=True) for i in cut], RD)):
            octets[i] = reply
        return octets

    def counter(self, name):
        return int(re.search(rf"^cairn_resolver_{name}_total (\d+)$", self.internet.ctl("metrics").stdout, re.MULTILINE).group(1))

    def explain(self, differences):
        unexplained = []
        for difference in differences:
            if difference.ours == difference.theirs:
                continue
            names = [name for name, _, explains in EXPLAINED if explains(difference)]
            self.used.update(names[:1])
            if not names:
                unexplained.append(difference)
        shown_ones = "\n".join(str(difference) for difference in unexplained[:10])
        self.assertEqual(len(unexplained), 0, f"differences; the first are\n{shown_ones}")

    def test_answers_are_those_of_the_authorities_and_of_other_resolvers(self):
        for time_asked in ("first", "again"):
            with self.subTest(asked=time_asked):
                ours = self.answers("Cairn", self.questions)
                self.compare_with_truth(self.questions, ours)
        for peer in ("Unbound", "BIND"):
            with self.subTest(peer=peer):
                theirs = self.answers(peer, self.questions)
                self.explain(Difference(question, told_by(our), peer, told_by(their, strict=False))
                             for question, our, their in zip(self.questions, ours, theirs))
        with self.subTest("what nobody can resolve"):
            self.compare_failures()
        self.assertEqual({name for name, _, _ in EXPLAINED} - set(self.used), set(), "explanations of nothing")

    def compare_with_truth(self, questions, ours):
        self.explain(Difference(question, told_by(octets), "the authorities", self.truths[question].told)
                     for question, octets in zip(questions, ours))
        for question, octets in zip(questions, ours):
            self.check_form(question, self.truths[question], octets)

    def compare_failures(self):
        wanted = [(f"{label}{zone}", qtype) for zone in HOPELESS for label, qtype in (("www.", "A"), ("", "NS"), ("ns.", "AAAA"))]
        wanted += [(f"{name}.alias.example", "A") for name in ("stuck", "round", "a.spin")]
        questions = [Question(dns.name.from_text(name).to_wire(), T(qtype), False, 1232, False) for name, qtype in wanted]
        self.assertEqual({search.rcode for search in Authorities().truths(questions)}, {SERVFAIL})
        with concurrent.futures.ThreadPoolExecutor() as pool:
            said = dict(zip(RESOLVERS, pool.map(lambda name: ask_patiently(RESOLVERS[name][0], questions, 8), RESOLVERS)))
        told = {name: {question: told_by(replies[question], strict=False) if question in replies else SILENCE for question in questions}
                for name, replies in said.items()}
        self.assertEqual({rcode for rcode, _ in told["Cairn"].values()}, {SERVFAIL})
        for peer in ("Unbound", "BIND"):
            self.explain(Difference(question, told["Cairn"][question], peer, told[peer][question]) for question in questions)

    def check_form(self, question, truth, octets):
        """What sets do not show: the order of aliases (RFC 1034 section 3.6.2), TTLs, and who denies (RFC 2308 section 3)."""
        self.assertEqual(order_of(read_records(octets)), order_of(truth.answer), shown(question))
        ttl_of = {(owner, rtype): ttl for owner, rtype, ttl, _ in truth.answer}
        reply = read_reply(octets)
        for owner, rtype, ttl, _ in reply.answer:
            self.assertLessEqual(ttl, ttl_of[owner, rtype], shown(question))
        denier = {labels_of(owner) for owner, rtype, _, _ in reply.authority if rtype == SOA}
        self.assertEqual(denier, {truth.denier} - {None}, shown(question))
        self.assertFalse(reply.aa, shown(question))

    def test_bind_gets_its_cookie(self):
        traced = run(RESOLVER, "trace", "www.east.example", "A", "--config", f"{self.internet.folder}/Cairn/conf")
        self.assertEqual(traced.returncode, 0, traced.stdout + traced.stderr)
        self.assertIn("BADCOOKIE", traced.stdout)
        self.assertIn("203.0.113.20", traced.stdout)
        self.assertNotIn("over TCP", traced.stdout)

    def test_truncated_replies_lead_to_tcp(self):
        self.assertIn('"over TCP alone"', dig(CAIRN, 53, "+short", "text.tcp.example", "TXT"))
        traced = run(RESOLVER, "trace", "text.tcp.example", "TXT", "--config", f"{self.internet.folder}/Cairn/conf").stdout
        self.assertIn("over TCP", traced)
        self.assertGreater(self.counter("upstream_tcp"), 0)

    def test_priming_finds_the_root_servers_of_today(self):
        dig(CAIRN, 53, "www.north.example", "A")
        deadline = time.monotonic() + 10  # nobody waits for priming, and it may begin with a dead server
        while not re.search(r"; zone cut \. by .*b\.roots\. \([^)]*192\.0\.2\.2[ )]", self.internet.ctl("dump-cache", ".").stdout):
            self.assertLess(time.monotonic(), deadline, self.internet.ctl("dump-cache", ".").stdout)
            time.sleep(0.2)

    def test_it_tells_who_it_is_over_both_protocols(self):
        for address in RESOLVERS["Cairn"]:
            text = dig(address, 53, "+nsid", "six.north.example", "AAAA")
            self.assertIn('("small-internet")', text)
            self.assertIn("2001:db8:80::80", text)

    def test_the_cache_tells_from_whom_it_has_what(self):
        for name in ("www.north.example", "www.tcp.example", "www.south.example", "www.east.example", "one.mirror.lab", "x.w.deep.lab"):
            dig(CAIRN, 53, name, "A")
        servers = collections.defaultdict(set)
        for _, addresses, zones in AUTHORITIES.values():
            for zone in zones:
                servers[dns.name.from_text(zone)].update(addresses)
        servers[dns.name.from_text("tcp.example")] = {TRUNCATING}
        sources = re.findall(r"^;? ?(\S+) .*from (\S+) for (\S+), learnt", self.internet.ctl("dump-cache").stdout, re.MULTILINE)
        self.assertGreaterEqual(len(sources), 6)
        for owner, address, zone in sources:
            self.assertTrue(dns.name.from_text(owner).is_subdomain(dns.name.from_text(zone)), (owner, zone))
            self.assertIn(address, servers[dns.name.from_text(zone)], (owner, zone))
        shown_to_us = self.internet.ctl("lookup", "www.tcp.example", "A").stdout
        self.assertRegex(shown_to_us, r"www\.tcp\.example\. \d+ IN A 203\.0\.113\.50 ; authoritative answer, from 198\.18\.4\.1 for tcp\.example\.")
        self.assertIn("closest zone cut: tcp.example. by ns.tcp.example. (198.18.4.1)", shown_to_us)

    def test_a_reload_keeps_nobody_waiting(self):
        questions = [Question(dns.name.from_text(f"reload{i}.wild.north.example").to_wire(), T("A"), False, 1232, False)
                     for i in range(2000)]
        before, reloads = self.counter("client_queries"), []
        done = threading.Event()

        def reload_again_and_again():
            while not done.is_set():
                reloads.append(self.internet.ctl("reload").stdout.strip())

        thread = threading.Thread(target=reload_again_and_again)
        thread.start()
        try:
            octets = ask_all(CAIRN, 53, questions, RD)
        finally:
            done.set()
            thread.join()
        self.assertEqual({told_by(reply)[0] for reply in octets}, {NOERROR})
        self.assertEqual({rdata for reply in octets for _, _, rdata in told_by(reply)[1]}, {socket.inet_aton("203.0.113.7")})
        self.assertEqual(set(reloads), {"reloaded"})
        self.assertEqual(self.counter("client_queries") - before, len(questions), "nobody had to ask twice")


if __name__ == "__main__":
    enter_world()
    main()
