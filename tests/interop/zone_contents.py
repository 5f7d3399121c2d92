"""What a zone file holds, as BIND's named-compilezone reads it: owner names with their types, and the names around them."""
import collections, re
import dns.name, dns.rdatatype
from lab import run

T = dns.rdatatype.from_text


class ZoneContents:
    """Owner names of a zone file with their types."""

    def __init__(self, zone, path):
        self.apex = dns.name.from_text(zone)
        self.types, self.hash_owners = collections.defaultdict(set), set()
        dump = run("named-compilezone", "-q", "-i", "none", "-k", "ignore", "-o", "-", zone, path).stdout
        for owner, rtype in re.findall(r"^(\S+)\s+\d+ IN (\S+)", dump, re.MULTILINE):
            self.types[dns.name.from_text(owner)].add(T(rtype))
        for owner in [owner for owner, types in self.types.items() if T("NSEC3") in types]:
            self.hash_owners.add(owner)
            del self.types[owner]
        self.signed = T("DNSKEY") in self.types[self.apex]

    def owners_and_ents(self):
        names = dict(self.types)
        for owner in self.types:
            while owner != self.apex:
                owner = owner.parent()
                names.setdefault(owner, set())
        return names

    def neighbours(self):
        """Names that mostly do not exist: below, beside, before and after those which do; and some hash owners."""
        names = set()
        for owner in self.owners_and_ents():
            labels = owner.labels
            for prefix in ((b"q",), (b"q", b"q"), (b"*",), (b"\0",)):
                names.add(prefix + labels)
            if T("DNAME") in self.types.get(owner, ()):  # what becomes of longer names: they fit, just, or not (YXDOMAIN)
                names |= {(b"l" * octets,) + labels for octets in (48, 49, 60)}
            if owner != self.apex:
                first, rest = labels[0], labels[1:]
                names |= {(first[:62] + b"\0",) + rest, (first[:62] + b"-",) + rest}
                if len(first) > 1:
                    names |= {(first[:-1],) + rest}
        for owner in sorted(self.hash_owners)[:3]:
            names |= {owner.labels, (b"q",) + owner.labels, (b"*",) + owner.labels}
        known = {owner.labels for owner in self.owners_and_ents()}
        return [dns.name.Name(labels) for labels in sorted(names - known) if sum(len(label) + 1 for label in labels) <= 255]
