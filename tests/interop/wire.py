"""DNS messages as octets: questions built, replies read strictly and made comparable, many at once over one socket.

Strictly: RFC 1035 section 4.1.4 pointers lead backwards, RFC 3597 section 4 leaves names in the RDATA of newer types
uncompressed, nothing follows the last record. Comparable: names lower-cased and whole, sections as sets."""
import select, socket, struct, time
from collections import namedtuple

EDNS_OCTETS = 1232
# Where names stand in the RDATA of types that may be compressed (RFC 3597 section 4): octets before them, and how many.
NAMES_IN_RDATA = {2: (0, 1), 3: (0, 1), 4: (0, 1), 5: (0, 1), 6: (0, 2), 7: (0, 1), 8: (0, 1), 9: (0, 1), 12: (0, 1),
                  14: (0, 2), 15: (2, 1)}
SOA, OPT, AXFR = 6, 41, 252

# `qname` and owner names are wire octets without compression.
Question = namedtuple("Question", "qname qtype dnssec_ok edns_octets tcp")
# Sections: frozensets of (owner, type, TTL, RDATA).
Reply = namedtuple("Reply", "rcode aa tc ad answer authority additional octets")


class Malformed(Exception):
    pass


def packet_for(question, qid, flags=0):
    """The octets of a query; without EDNS when `edns_octets` is 0."""
    packet = struct.pack("!HHHHHH", qid, flags, 1, 0, 0, 1 if question.edns_octets else 0)
    packet += question.qname + struct.pack("!HH", question.qtype, 1)
    if question.edns_octets:
        packet += struct.pack("!BHHBBHH", 0, OPT, question.edns_octets, 0, 0, 0x8000 if question.dnssec_ok else 0, 0)
    return packet


class _Reader:
    def __init__(self, message):
        self.message = message
        self.names = {}

    def name(self, at):
        """The name at an offset, lower-cased, and where it ends."""
        start, labels = at, []
        message = self.message
        while True:
            length = message[at]
            if length == 0:
                rest, end = b"\0", at + 1
                break
            if length >= 0xC0:
                target = (length & 0x3F) << 8 | message[at + 1]
                if target >= start:
                    raise Malformed(f"the pointer at {at} does not lead backwards")
                rest = self.names.get(target) or self.name(target)[0]
                end = at + 2
                break
            if length > 63:
                raise Malformed(f"label type {length >> 6} at {at}")
            labels.append(at)
            at += 1 + length
        for i in reversed(labels):
            rest = message[i:i + 1 + message[i]].lower() + rest
            self.names[i] = rest
        if len(rest) > 255:
            raise Malformed(f"the name at {start} is too long")
        return rest, end

    def rdata(self, rtype, at, end):
        layout = NAMES_IN_RDATA.get(rtype)
        if layout is None or at == end:
            return self.message[at:end]
        before, count = layout
        octets = self.message[at:at + before]
        at += before
        for _ in range(count):
            name, at = self.name(at)
            octets += name
        return octets + self.message[at:end]


def read_reply(message, strict=True):
    """A Reply; raises Malformed, or IndexError and struct.error when it is cut short. `strict`: a record stands once."""
    flags, extended, sections = _read(message)
    unique = [frozenset(records) for records in sections]
    if strict and [len(records) for records in sections] != [len(records) for records in unique]:
        raise Malformed("a record stands twice in a section")
    return Reply(flags & 15 | extended, bool(flags & 0x400), bool(flags & 0x200), bool(flags & 0x20), *unique, len(message))


def read_records(message):
    """The records of the answer section, in their order."""
    return _read(message)[2][0]


def _read(message):
    """Flags, extended RCODE shifted to its place, and the three sections as lists."""
    reader = _Reader(message)
    _, flags, questions, *counts = struct.unpack_from("!HHHHHH", message)
    at, extended = 12, 0
    for _ in range(questions):
        at = reader.name(at)[1] + 4
    sections = []
    for count in counts:
        records = []
        for _ in range(count):
            owner, at = reader.name(at)
            rtype, _, ttl, length = struct.unpack_from("!HHIH", message, at)
            at += 10
            if rtype == OPT:
                extended = ttl >> 24 << 4
            else:
                records.append((owner, rtype, ttl, reader.rdata(rtype, at, at + length)))
            at += length
        sections.append(records)
    if at != len(message):
        raise Malformed(f"{len(message) - at} octets after the last record")
    return flags, extended, sections


def ask_all(address, port, questions, flags=0, window=64):
    """The reply's octets for each question, in their order. Fails when a server stays silent."""
    replies = [None] * len(questions)
    numbered = list(enumerate(questions))
    _ask_udp(address, port, [(i, question) for i, question in numbered if not question.tcp], replies, flags, window)
    _ask_tcp(address, port, [(i, question) for i, question in numbered if question.tcp], replies, flags)
    return replies


def transfer(address, port, qname):
    """All records of an AXFR, in their order (RFC 5936 section 2.2)."""
    records, soas = [], 0
    with socket.create_connection((address, port), 10) as s:
        stream = s.makefile("rb")
        packet = packet_for(Question(qname, AXFR, False, 0, True), 1)
        s.sendall(len(packet).to_bytes(2, "big") + packet)
        while soas < 2:
            reply = read_records(stream.read(int.from_bytes(stream.read(2), "big")))
            if not reply:
                raise Malformed("a transfer ends before its second SOA")
            records += reply
            soas += sum(rtype == SOA for _, rtype, _, _ in reply)
    return records


def _ask_udp(address, port, numbered, replies, flags, window):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((address, port))
        s.setblocking(False)
        waiting, nxt, tries = {}, 0, 0
        while nxt < len(numbered) or waiting:
            while nxt < len(numbered) and len(waiting) < window:
                i, question = numbered[nxt]
                qid = nxt & 0xFFFF
                waiting[qid] = (i, packet_for(question, qid, flags))
                s.send(waiting[qid][1])
                nxt += 1
            if not select.select([s], [], [], 2.0)[0]:
                tries += 1
                if tries > 5:
                    raise RuntimeError(f"{address}@{port} stays silent to {next(iter(waiting.values()))[1].hex()}")
                for _, packet in waiting.values():
                    s.send(packet)
            while True:
                try:
                    message = s.recv(65535)
                except BlockingIOError:
                    break
                i, _ = waiting.pop(message[0] << 8 | message[1], (None, None))
                if i is not None:
                    replies[i] = message


def _ask_tcp(address, port, numbered, replies, flags, at_once=32):
    """Pipelined (RFC 7766 section 6.2.1.1): so many are written before their replies are read."""
    if not numbered:
        return
    with socket.create_connection((address, port), 10) as s:
        stream = s.makefile("rb")
        for start in range(0, len(numbered), at_once):
            stretch = numbered[start:start + at_once]
            packets = [packet_for(question, i & 0xFFFF, flags) for i, question in stretch]
            s.sendall(b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets))
            index_of = {i & 0xFFFF: i for i, _ in stretch}
            for _ in stretch:
                message = stream.read(int.from_bytes(stream.read(2), "big"))
                replies[index_of[message[0] << 8 | message[1]]] = message
