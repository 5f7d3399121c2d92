"""Zone files as others judge them: each text below goes to `cairn-auth check-zone --dump`, named-checkzone, nsd-checkzone and
kzonecheck. Where the three agree, ours is their verdict; where they differ, or we decide otherwise, the row says why. What
is accepted by BIND and by us has the same content: BIND reads the same RRsets from the text and from our dump of it."""
import concurrent.futures, os, shutil, struct, subprocess, tempfile, unittest
from collections import namedtuple
from lab import AUTH

TOOLS = ("named-checkzone", "nsd-checkzone", "kzonecheck")
HEAD = "$TTL 3600\n@ IN SOA ns hostmaster 1 7200 3600 1209600 300\n@ IN NS ns\nns IN A 192.0.2.1\n"
SOA = "@ IN SOA ns hostmaster 1 7200 3600 1209600 300\n"
NS = "@ IN NS ns\nns IN A 192.0.2.1\n"
A64 = "a" * 64
RAW_HEADER_OCTETS = 24
# Four labels, 249 octets on the wire before "example.", which has 9: too long by three; without the last label not.
LONG = ".".join(["a" * 63] * 3 + ["b" * 56])

Case = namedtuple("Case", "name text accepted note")

# Why a row stands alone, or two of the three do.
KNOT_LACKS = "Knot does not know the type in text"
NSD_KNOT_LACK = "only BIND knows the type"
NSD_WRAPS = "NSD takes the number modulo its size"
NSD_LENIENT = "NSD does not look"
NSD_KNOT_LENIENT = "NSD and Knot do not look"
KNOT_LENIENT = "Knot does not look"
BIND_ONLY = "only BIND has it"


def ok(name, lines, note=""):
    return Case(name, HEAD + lines + "\n", True, note)


def bad(name, lines, note=""):
    return Case(name, HEAD + lines + "\n", False, note)


def whole(name, text, accepted, note=""):
    return Case(name, text, accepted, note)


OWNERS_AND_NAMES = [
    ok("owner omitted", "a A 192.0.2.2\n  TXT x"),
    ok("owner omitted over comments and blank lines", "a A 192.0.2.2\n\n; c\n   ; c\n\n  TXT x"),
    ok("owner omitted over $TTL", "a A 192.0.2.2\n$TTL 1h\n  TXT x"),
    ok("owner omitted over $ORIGIN", "a A 192.0.2.2\n$ORIGIN sub.example.\n  TXT x"),
    whole("no owner before", "$TTL 60\n  IN SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n", False, "NSD gives it the origin; RFC 1035 section 5.1 has nothing to repeat"),
    ok("@ in RDATA", "a MX 10 @"),
    ok("relative and absolute", "a.b CNAME c.d\nx.example. CNAME y.example."),
    ok("label of 63", "a" * 63 + " A 192.0.2.2"),
    bad("label of 64", A64 + " A 192.0.2.2"),
    bad("name too long once the origin is appended", LONG + " A 192.0.2.2"),
    ok("name of 255", ".".join(["a" * 63] * 3 + ["b" * 53]) + " A 192.0.2.2"),
    bad("name of 256", ".".join(["a" * 63] * 3 + ["b" * 54]) + " A 192.0.2.2"),
    bad("empty label", "a..b A 192.0.2.2"),
    bad("leading dot", ".a A 192.0.2.2"),
    bad("empty label in RDATA", "a CNAME b..c"),
    ok("escaped dot", "a\\.b A 192.0.2.2"),
    ok("decimal escape", "a\\100b A 192.0.2.2"),
    bad("decimal escape above 255", "a\\256b A 192.0.2.2", "NSD and Knot let it wrap"),
    bad("decimal escape of two digits", "a\\25 A 192.0.2.2", "NSD reads two escaped letters; RFC 1035 section 5.1 wants three digits"),
    ok("escaped letter", "a\\bc A 192.0.2.2"),
    ok("escaped blank", "a\\ b TXT x"),
    ok("escaped $", "\\$x A 192.0.2.2"),
    ok("escaped @", "\\@ A 192.0.2.2"),
    ok("any octet in a label", "a\\000\\255\\034 TXT x"),
    ok("upper case", "WWW.Example. CNAME Ns"),
    ok("underscore", "_sip._tcp SRV 0 5 5060 ns"),
    ok("8-bit octets", "caf\xe9 TXT x", "Knot wants \\DDD for them; RFC 2181 section 11 allows any octet"),
]
TTL_AND_CLASS = [
    ok("TTL then class", "a 60 IN A 192.0.2.2"),
    ok("class then TTL", "a IN 60 A 192.0.2.2"),
    ok("neither", "a A 192.0.2.2"),
    ok("TTL alone", "a 60 A 192.0.2.2"),
    ok("units", "a 1w2d3h4m5s A 192.0.2.2"),
    ok("upper case units", "a 1W2D3H4M5S A 192.0.2.2"),
    ok("TTL 0", "a 0 A 192.0.2.2"),
    ok("TTL 2^31-1", "a 2147483647 A 192.0.2.2"),
    bad("TTL 2^31", "a 2147483648 A 192.0.2.2", "the three take it and clients see 0 (RFC 2181 section 8): nobody meant that"),
    bad("TTL 2^32", "a 4294967296 A 192.0.2.2", NSD_WRAPS),
    bad("TTL with an unknown unit", "a 1x A 192.0.2.2"),
    bad("two TTLs", "a 60 60 A 192.0.2.2"),
    bad("two classes", "a IN IN A 192.0.2.2"),
    bad("class CH", "a CH TXT x"),
    ok("CLASS1", "a CLASS1 A 192.0.2.2", "Knot does not know CLASSn (RFC 3597 section 5)"),
    bad("CLASS3", "a CLASS3 TXT x"),
    bad("negative TTL", "a -1 A 192.0.2.2"),
    whole("the SOA's own TTL", "@ 60 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n", True),
    whole("the SOA's minimum", "@ SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n", True),
    whole("the previous TTL", "@ 60 SOA ns h 1 2 3 4 5\n@ 70 NS ns\nns A 192.0.2.1\n", True),
    whole("$TTL goes before the previous TTL", "$TTL 9\n@ 60 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\n", True),
    whole("no TTL anywhere", "@ NS ns\nns A 192.0.2.1\n@ SOA ns h 1 2 3 4 5\n", False, "NSD and Knot invent one; RFC 2308 section 4 gives none"),
    ok("TTLs that differ in a set", "a 60 A 192.0.2.2\na 70 A 192.0.2.3"),
]
DIRECTIVES = [
    ok("$TTL with units", "$TTL 1h30m\na A 192.0.2.2"),
    ok("$TTL twice", "$TTL 60\na A 192.0.2.2\n$TTL 70\nb A 192.0.2.2"),
    bad("$TTL without a value", "$TTL"),
    bad("$TTL with a word", "$TTL x"),
    ok("$ORIGIN relative", "$ORIGIN sub\na A 192.0.2.2", "NSD and Knot want it absolute; RFC 1035 section 5.1 does not"),
    ok("$ORIGIN absolute", "$ORIGIN sub.example.\n@ A 192.0.2.2"),
    bad("$ORIGIN without a name", "$ORIGIN"),
    bad("unknown directive", "$FOO x"),
    bad("$INCLUDE of a missing file", "$INCLUDE /nonexistent/zone"),
    bad("$INCLUDE without a name", "$INCLUDE"),
    ok("$generate in lower case", "$ttl 60\n$origin sub\na A 192.0.2.2", "its $ORIGIN is relative"),
]
GENERATE = [
    ok("$GENERATE", "$GENERATE 1-3 host-$ A 192.0.2.$", BIND_ONLY),
    ok("$GENERATE with a step", "$GENERATE 0-10/5 host-$ A 192.0.2.$", BIND_ONLY),
    ok("$GENERATE with offset and width", "$GENERATE 1-2 host-${10,4} A 192.0.2.${-1}", BIND_ONLY),
    ok("$GENERATE in octal", "$GENERATE 8-9 h-${0,3,o} A 192.0.2.$", BIND_ONLY),
    ok("$GENERATE in hex", "$GENERATE 30-32 h-${0,4,x} A 192.0.2.$\n$GENERATE 30-32 h-${0,4,X} TXT x", BIND_ONLY),
    ok("$GENERATE in nibbles", "$GENERATE 30-32 ${0,7,n} PTR h-$\n$GENERATE 30-32 ${0,3,N} TXT x\n$GENERATE 30-32 ${0,6,n}d.c TXT x", BIND_ONLY),
    ok("$GENERATE with TTL and class", "$GENERATE 1-2 h-$ 60 IN MX 10 m-$", "BIND wants RDATA of several fields in quotes"),
    ok("$GENERATE with an escaped $", "$GENERATE 1-2 h-$ TXT \\$", BIND_ONLY),
    bad("$GENERATE downwards", "$GENERATE 3-1 h-$ A 192.0.2.$"),
    bad("$GENERATE with step 0", "$GENERATE 1-3/0 h-$ A 192.0.2.$"),
    bad("$GENERATE with a bad base", "$GENERATE 1-3 h-${0,1,q} A 192.0.2.$"),
    bad("$GENERATE above 255", "$GENERATE 250-260 h-$ A 192.0.2.$"),
    bad("$GENERATE without RDATA", "$GENERATE 1-3 h-$ A"),
    bad("$GENERATE without an end", "$GENERATE 1- h-$ A 192.0.2.$"),
    bad("$GENERATE below zero", "$GENERATE 1-3 h-$ A 192.0.2.${-2}"),
]
LINES = [
    ok("parentheses", "a TXT ( one\n two ) three"),
    ok("parentheses with comments", "a TXT ( one ; c )\n two )"),
    ok("nested parentheses", "a TXT ( ( one )\n two )", "NSD and Knot take one level; RFC 1035 section 5.1 has no such limit"),
    bad("parenthesis never closed", "a TXT ( one\ntwo", "NSD closes it at the end of the file"),
    bad("parenthesis never opened", "a TXT one )"),
    ok("owner omitted behind parentheses", "a TXT (\none)\n  A 192.0.2.2"),
    ok("; in quotes", 'a TXT "one ; two"'),
    ok("empty string", 'a TXT ""'),
    ok("bare strings", "a TXT one two"),
    ok("string of 255", 'a TXT "' + "x" * 255 + '"'),
    bad("string of 256", 'a TXT "' + "x" * 256 + '"', "Knot splits it"),
    bad("quote never closed", 'a TXT "one'),
    ok("escapes in strings", 'a TXT "a\\"b\\\\c\\065"'),
    bad("bad escape in a string", 'a TXT "\\300"', NSD_LENIENT),
    ok("300 strings", "a TXT " + "abc " * 300),
    ok("a string behind another", 'a TXT "one""two"', "Knot wants a blank between"),
    whole("CRLF", (HEAD + "a A 192.0.2.2\n").replace("\n", "\r\n"), True, "Knot takes CR for an octet of the last field"),
    ok("tabs", "a\tIN\tA\t192.0.2.2"),
    whole("no newline at the end", HEAD + "a A 192.0.2.2", True),
    whole("byte order mark", "\xef\xbb\xbf" + HEAD, True, "the three take it for an owner; editors write it unasked"),
    ok("a line of 100 kB", "a TXT (" + " " * 50000 + "abc" + " " * 50000 + ")"),
    ok("a line of 100 kB of data", "a TXT" + " \"" .join([""] + ["\\120" * 125 + "\""] * 200)),
    bad("newline in quotes", 'a TXT "one\ntwo"', "NSD makes it data, and a forgotten quote swallows what follows"),
    ok("NUL in a string", "a TXT a\0b", "BIND and Knot want an escape; \\0 here is an octet, not \\000"),
    bad("RDATA above 65535 octets", "a TXT (" + (" " + "x" * 255) * 257 + " )"),
    ok("comment of 100 kB", ";" + "x" * 100000),
    whole("empty file", "", False),
    whole("comments alone", "; nothing\n", False),
]
STRUCTURE = [
    whole("no SOA", "$TTL 60\n" + NS, False),
    whole("no NS", "$TTL 60\n" + SOA + "ns A 192.0.2.1\n", False, NSD_LENIENT),
    bad("second SOA that differs", "@ SOA ns hostmaster 2 7200 3600 1209600 300", "Knot keeps the last"),
    ok("the same SOA twice", "@ SOA ns hostmaster 1 7200 3600 1209600 300", "NSD counts lines; RFC 2181 section 5 folds what is the same"),
    bad("SOA below the apex", "a SOA ns hostmaster 1 7200 3600 1209600 300", "Knot drops it and warns"),
    bad("record outside of the zone", "a.other. A 192.0.2.2", "BIND and Knot drop it and warn; then the operator's record is lost"),
    ok("identical records", "a A 192.0.2.2\na A 192.0.2.2"),
    ok("identical records but for case", "a MX 10 ns\nA mx 10 NS"),
    bad("CNAME and A", "a CNAME ns\na A 192.0.2.2"),
    bad("A and CNAME", "a A 192.0.2.2\na CNAME ns"),
    bad("two CNAMEs", "a CNAME ns\na CNAME b"),
    ok("the same CNAME twice", "a CNAME ns\na CNAME ns"),
    bad("CNAME at the apex", "@ CNAME a.example."),
    bad("two DNAMEs", "a DNAME b\na DNAME c"),
    bad("CNAME and DNAME", "a DNAME b\na CNAME c"),
    ok("name below a DNAME", "a DNAME b\nx.a A 192.0.2.2", "NSD and Knot refuse; we keep it, say so, and never answer it (RFC 6672 section 2.4)"),
    whole("DNAME at the apex", "$TTL 60\n@ SOA ns.other. h 1 2 3 4 5\n@ NS ns.other.\n@ DNAME other.\n", True),
    ok("DNAME at the apex, and names below it", "@ DNAME other.", "the three refuse; as above"),
    ok("A beside DNAME", "a DNAME b\na A 192.0.2.2"),
    ok("name below a cut", "a NS ns.a\nns.a A 192.0.2.2\nx.a TXT hidden"),
    ok("wildcard", "* A 192.0.2.2\n*.b CNAME ns"),
    ok("NS at a wildcard", "*.w NS ns", "BIND refuses what RFC 4592 section 4.2 discourages; we warn"),
    ok("delegation without glue", "a NS ns.other."),
    ok("DS at a cut", "a NS ns\na DS 1 8 2 " + "00" * 32),
    bad("ANY", "a ANY x"),
    bad("AXFR", "a AXFR x"),
    bad("OPT", "a OPT x"),
    bad("TYPE0", "a TYPE0 \\# 0", KNOT_LENIENT),
    bad("TYPE255", "a TYPE255 \\# 0", NSD_KNOT_LENIENT),
    bad("TYPE41", "a TYPE41 \\# 0", NSD_KNOT_LENIENT),
]
RFC3597 = [
    ok("unknown type", "a TYPE65280 \\# 3 010203"),
    ok("unknown type, split hex", "a TYPE65280 \\# 3 01 0203"),
    ok("unknown type without octets", "a TYPE65280 \\# 0"),
    bad("odd digits", "a TYPE65280 \\# 2 010"),
    bad("too few octets", "a TYPE65280 \\# 3 0102", NSD_LENIENT),
    bad("too many octets", "a TYPE65280 \\# 1 0102", NSD_LENIENT),
    bad("length without octets", "a TYPE65280 \\# 4", NSD_LENIENT),
    bad("no length", "a TYPE65280 \\#"),
    bad("no marker", "a TYPE65280 010203"),
    ok("TYPE1 in text", "a TYPE1 192.0.2.2"),
    ok("A in generic form", "a A \\# 4 C0000202"),
    ok("TYPE1 in generic form", "a TYPE1 \\# 4 C0000202"),
    bad("A in generic form of five octets", "a A \\# 5 C000020203", KNOT_LENIENT),
    bad("A in generic form of none", "a A \\# 0"),
    ok("MX in generic form", "a MX \\# 8 000A 03 777777 00 00".replace(" 00 00", " 00").replace("\\# 8", "\\# 7")),
    bad("MX in generic form, name cut short", "a MX \\# 5 000A 037777", KNOT_LENIENT),
    bad("TXT in generic form of none", "a TXT \\# 0", NSD_LENIENT),
    ok("APL of none", "a APL \\# 0"),
    bad("TYPE65536", "a TYPE65536 \\# 0"),
    bad("TYPEX", "a TYPEX \\# 0"),
    bad("unknown mnemonic", "a FOO bar"),
]
ADDRESSES_AND_NUMBERS = [
    bad("A of three parts", "a A 192.0.2"),
    bad("A of five parts", "a A 192.0.2.1.1"),
    bad("A above 255", "a A 192.0.2.256"),
    bad("A with a leading zero", "a A 192.0.2.01"),
    bad("A in hex", "a A 0xC0000201"),
    bad("A with a trailing dot", "a A 192.0.2.1."),
    bad("A and more", "a A 192.0.2.1 192.0.2.2"),
    bad("A without an address", "a A"),
    ok("AAAA", "a AAAA 2001:db8::1"),
    ok("AAAA with an IPv4 tail", "a AAAA ::ffff:192.0.2.1"),
    ok("AAAA in full", "a AAAA 2001:0DB8:0:0:0:0:0:1"),
    bad("AAAA with two ::", "a AAAA 2001::db8::1"),
    bad("AAAA with five digits", "a AAAA 20010::1"),
    bad("AAAA of seven groups", "a AAAA 1:2:3:4:5:6:7"),
    bad("AAAA of nine groups", "a AAAA 1:2:3:4:5:6:7:8:9"),
    bad("AAAA with a scope", "a AAAA fe80::1%eth0"),
    ok("MX", "a MX 65535 ns"),
    bad("MX above 65535", "a MX 65536 ns", NSD_WRAPS),
    bad("MX without an exchange", "a MX 10"),
    bad("MX in hex", "a MX 0x10 ns"),
    bad("MX and more", "a MX 10 ns more"),
    ok("null MX", "a MX 0 ."),
    bad("SRV above 65535", "a SRV 0 0 65536 ns", NSD_WRAPS),
    bad("SRV of three fields", "a SRV 0 0 ns"),
    whole("SOA of six fields", "$TTL 60\n@ SOA ns h 1 2 3 4\n" + NS, False),
    whole("SOA serial above 2^32-1", "$TTL 60\n@ SOA ns h 4294967296 2 3 4 5\n" + NS, False, NSD_WRAPS),
    whole("SOA serial 2^32-1", "$TTL 60\n@ SOA ns h 4294967295 2 3 4 5\n" + NS, True),
    whole("SOA with units", "$TTL 60\n@ SOA ns h 1 1h 30m 1w 5m\n" + NS, True),
    whole("SOA in parentheses", "$TTL 60\n@ SOA ns h (\n 1 ; serial\n 2 3\n 4 5 )\n" + NS, True),
    whole("SOA serial with a unit", "$TTL 60\n@ SOA ns h 1h 2 3 4 5\n" + NS, False),
]
TYPES = [
    ok("NAPTR", 'a NAPTR 100 50 "s" "z3950+I2L" "" _z3950._tcp'),
    bad("NAPTR without replacement", 'a NAPTR 100 50 "s" "x" ""'),
    ok("CAA", 'a CAA 0 issue "ca.example.net; policy=ev"'),
    ok("CAA flag 128", 'a CAA 128 tbs "Unknown"'),
    bad("CAA flag 256", 'a CAA 256 issue "x"', NSD_WRAPS),
    bad("CAA with a bad tag", 'a CAA 0 is-sue "x"', "Knot does not look; RFC 8659 section 4.1 has letters and digits"),
    bad("CAA without a value", "a CAA 0 issue"),
    ok("CAA with an empty value", 'a CAA 0 issue ""'),
    ok("URI", 'a URI 10 1 "ftp://ftp.example/public"'),
    bad("URI without quotes", "a URI 10 1"),
    ok("TLSA", "a TLSA 3 1 1 " + "ab" * 32),
    bad("TLSA odd digits", "a TLSA 3 1 1 abc"),
    bad("TLSA selector 256", "a TLSA 3 256 1 " + "ab" * 32, NSD_WRAPS),
    ok("SMIMEA", "a SMIMEA 3 1 1 " + "ab" * 32),
    ok("OPENPGPKEY", "a OPENPGPKEY AQIDBA=="),
    bad("OPENPGPKEY with bad base64", "a OPENPGPKEY AQI*BA=="),
    ok("SSHFP", "a SSHFP 4 2 " + "ab" * 32),
    bad("SSHFP with a short SHA-1", "a SSHFP 4 1 abcd", NSD_KNOT_LENIENT),
    ok("SSHFP of an unknown type", "a SSHFP 4 9 abcd"),
    ok("CERT by mnemonics", "a CERT PGP 0 0 AQIDBA=="),
    ok("CERT by numbers", "a CERT 3 0 8 AQIDBA=="),
    bad("CERT of an unknown mnemonic", "a CERT FOO 0 0 AQIDBA=="),
    ok("HINFO", 'a HINFO "PC" "Linux"'),
    bad("HINFO of one string", 'a HINFO "PC"'),
    ok("RP", "a RP host.example. ."),
    ok("AFSDB", "a AFSDB 1 ns"),
    ok("KX", "a KX 10 ns"),
    ok("PX", "a PX 10 a.b c.d", KNOT_LACKS),
    ok("RT", "a RT 10 ns"),
    ok("MINFO", "a MINFO a b"),
    ok("X25", "a X25 311061700956", KNOT_LACKS),
    ok("ISDN", 'a ISDN "150862028003217" "004"', KNOT_LACKS),
    ok("ISDN without a subaddress", 'a ISDN "150862028003217"', KNOT_LACKS),
    ok("NSAP", "a NSAP 0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00", KNOT_LACKS),
    bad("NSAP without 0x", "a NSAP 470005"),
    ok("GPOS", "a GPOS -32.6882 116.8652 10.0", NSD_KNOT_LACK),
    ok("WKS", "a WKS 192.0.2.1 6 25 80", KNOT_LACKS),
    ok("WKS by mnemonics", "a WKS 192.0.2.1 tcp smtp http", KNOT_LACKS),
    ok("DHCID", "a DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA="),
    ok("EUI48", "a EUI48 00-00-5e-00-53-2a"),
    bad("EUI48 of five", "a EUI48 00-00-5e-00-53"),
    bad("EUI48 with colons", "a EUI48 00:00:5e:00:53:2a"),
    bad("EUI48 of one digit", "a EUI48 0-00-5e-00-53-2a", "BIND and NSD take it; RFC 7043 section 3.2 has two digits each"),
    ok("EUI64", "a EUI64 00-00-5e-ef-10-00-00-2a"),
    bad("EUI64 of seven", "a EUI64 00-00-5e-ef-10-00-00"),
    ok("NID", "a NID 10 0014:4fff:ff20:ee64"),
    bad("NID of three groups", "a NID 10 0014:4fff:ff20"),
    ok("L32", "a L32 10 10.1.2.0"),
    ok("L64", "a L64 10 2001:0DB8:1140:1000"),
    ok("LP", "a LP 10 l64.example."),
    ok("HIP", "a HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p9+LrV4e19WzK00+CI6zBCQTdtWsuxKbWIy87UOoJTwkUs7lBu+Upr1gsNrut79ryra+bSRGQb1slImA8YVJyuIDsj7kwzG7jnERNqnWxZ48AWkskmdHaVDP4BcelrTI3rMXdXF5D rvs.example.", NSD_KNOT_LACK),
    ok("IPSECKEY without a gateway", "a IPSECKEY 10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="),
    ok("IPSECKEY with IPv4", "a IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="),
    ok("IPSECKEY with a name", "a IPSECKEY 10 3 2 gw AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="),
    bad("IPSECKEY with the wrong gateway", "a IPSECKEY 10 1 2 2001:db8::1 AQNRU3mG7TVT"),
    ok("AMTRELAY", "a AMTRELAY 10 0 1 203.0.113.15", NSD_KNOT_LACK),
    ok("AMTRELAY discovery", "a AMTRELAY 10 1 2 2001:db8::15", NSD_KNOT_LACK),
    ok("AMTRELAY by name", "a AMTRELAY 128 1 3 amtrelays.example.", NSD_KNOT_LACK),
    ok("AMTRELAY of none", "a AMTRELAY 10 0 0 .", NSD_KNOT_LACK),
    ok("TALINK", "a TALINK . ns", NSD_KNOT_LACK),
    ok("NINFO", 'a NINFO "x" "y"', NSD_KNOT_LACK),
    ok("RKEY", "a RKEY 0 255 8 AQIDBA==", NSD_KNOT_LACK),
    ok("SPF", 'a SPF "v=spf1 -all"'),
    ok("AVC", 'a AVC "app-name:WOLFGANG"', KNOT_LACKS),
    ok("DOA", 'a DOA 0 1 2 "" AQID', NSD_KNOT_LACK),
    ok("RESINFO", 'a RESINFO qnamemin exterr=15-17', NSD_KNOT_LACK),
    ok("CSYNC", "a CSYNC 66 3 A NS AAAA"),
    ok("CSYNC in any order", "a CSYNC 66 3 NS AAAA A"),
    bad("CSYNC with an unknown type", "a CSYNC 66 3 FOO"),
    ok("TLSA SHA-512", "a TLSA 3 1 2 " + "ab" * 64),
    ok("TLSA SHA-256 of 31 octets", "a TLSA 3 1 1 " + "ab" * 31),
    ok("ZONEMD", "@ ZONEMD 1 1 1 " + "ab" * 48),
    bad("ZONEMD too short", "@ ZONEMD 1 1 240 abcd", NSD_KNOT_LENIENT),
    bad("ZONEMD of the wrong length", "@ ZONEMD 1 1 1 " + "ab" * 40, NSD_KNOT_LENIENT),
    ok("CDS", "@ CDS 1 8 2 " + "00" * 32, "BIND wants a DNSKEY that fits beside it"),
    ok("CDS delete", "@ CDS 0 0 0 00"),
    ok("CDNSKEY delete", "@ CDNSKEY 0 3 0 AA=="),
    ok("DNSKEY", "@ DNSKEY 256 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="),
    ok("DNSKEY by mnemonic", "@ DNSKEY 256 3 ECDSAP256SHA256 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="),
    ok("DNSKEY, split base64", "@ DNSKEY 256 3 13 ( mdsswUyr3DPW132mOi8V9xESWE8jTo0d\n xCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ== )"),
    bad("DNSKEY with bad base64", "@ DNSKEY 256 3 13 mdss!"),
    bad("DNSKEY with half a group", "@ DNSKEY 256 3 13 mdssw"),
    ok("DS", "a NS ns\na DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"),
    bad("DS SHA-1 of 19 octets", "a NS ns\na DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A2921", NSD_LENIENT),
    bad("DS SHA-256 of 20 octets", "a NS ns\na DS 60485 5 2 2BB183AF5F22588179A53B0A98631FAD1A292118", NSD_LENIENT),
    ok("DS of an unknown digest type", "a NS ns\na DS 60485 5 99 2BB183AF", "Knot refuses it as wrong; RFC 4034 section 5.1.3 leaves room for new ones"),
    bad("DS without a digest", "a NS ns\na DS 60485 5 99"),
    bad("DS key tag 65536", "a NS ns\na DS 65536 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", NSD_WRAPS),
    ok("DS split", "a NS ns\na DS 60485 5 1 ( 2BB183AF5F22588179A53B0A\n 98631FAD1A292118 )"),
    bad("NSEC3PARAM without salt", "@ NSEC3PARAM 1 0 0"),
    bad("NSEC3PARAM salt odd", "@ NSEC3PARAM 1 0 0 abc"),
]
RRSIG = "A 8 2 3600 20380119031407 20200101000000 1 example. AQIDBA=="
SIGNED = [
    ok("RRSIG", "ns RRSIG " + RRSIG),
    ok("RRSIG in seconds", "ns RRSIG A 8 2 3600 2147483647 1577836800 1 example. AQIDBA==", "NSD lacks what RFC 4034 section 3.2 allows"),
    bad("RRSIG month 13", "ns RRSIG A 8 2 3600 20381319031407 20200101000000 1 example. AQIDBA=="),
    bad("RRSIG of a short date", "ns RRSIG A 8 2 3600 2038011903140 20200101000000 1 example. AQIDBA==", NSD_LENIENT),
    bad("RRSIG without a signature", "ns RRSIG A 8 2 3600 20380119031407 20200101000000 1 example."),
    bad("RRSIG of an unknown type", "ns RRSIG FOO 8 2 3600 20380119031407 20200101000000 1 example. AQIDBA=="),
    ok("RRSIG of TYPE65280", "ns RRSIG TYPE65280 8 2 3600 20380119031407 20200101000000 1 example. AQIDBA=="),
]
LOC = [
    ok("LOC", "a LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m"),
    ok("LOC defaults", "a LOC 42 21 54 N 71 06 18 W -24m"),
    ok("LOC degrees alone", "a LOC 60 N 5 E 10m"),
    ok("LOC size alone", "a LOC 60 9 N 5 0 0.5 E 10m 20m"),
    ok("LOC pole", "a LOC 90 N 180 E 0m"),
    bad("LOC 91 degrees", "a LOC 91 N 5 E 0m", NSD_LENIENT),
    bad("LOC 181 degrees", "a LOC 60 N 181 E 0m"),
    bad("LOC 60 minutes", "a LOC 60 60 N 5 E 0m", NSD_LENIENT),
    bad("LOC 60 seconds", "a LOC 60 0 60 N 5 E 0m", NSD_LENIENT),
    bad("LOC without altitude", "a LOC 60 N 5 E"),
    bad("LOC wrong letter", "a LOC 60 E 5 N 0m", NSD_LENIENT),
    ok("LOC lowest", "a LOC 60 N 5 E -100000m"),
    bad("LOC too low", "a LOC 60 N 5 E -100001m", NSD_LENIENT),
    ok("LOC highest", "a LOC 60 N 5 E 42849672.95m"),
    bad("LOC too high", "a LOC 60 N 5 E 42849673m", NSD_LENIENT),
    ok("LOC largest size", "a LOC 60 N 5 E 0m 90000000.00m"),
    bad("LOC size too large", "a LOC 60 N 5 E 0m 90000001m", NSD_LENIENT),
    bad("LOC and more", "a LOC 60 N 5 E 0m 1m 1m 1m 1m", NSD_LENIENT),
]
APL = [
    ok("APL", "a APL 1:192.168.32.0/21 !1:192.168.38.0/28"),
    ok("APL IPv6", "a APL 2:2001:db8::/32 2:FF00:0:0:0:0:0:0:0/8"),
    ok("APL /0", "a APL 1:0.0.0.0/0"),
    ok("APL of nothing", "a APL"),
    bad("APL /33", "a APL 1:192.0.2.0/33"),
    bad("APL /129", "a APL 2:::/129"),
    bad("APL family 3", "a APL 3:192.0.2.0/24"),
    bad("APL without prefix", "a APL 1:192.0.2.0"),
    bad("APL with the wrong address", "a APL 1:2001:db8::/32"),
]
SVCB = [
    ok("SVCB alias", "a SVCB 0 b"),
    ok("SVCB service", "a SVCB 1 ."),
    ok("SVCB alias with parameters", "a SVCB 0 b port=53"),
    ok("SVCB parameters in any order", "a SVCB 1 b port=53 alpn=h2"),
    bad("SVCB key twice", "a SVCB 1 b port=53 port=54"),
    ok("SVCB alpn list", "a HTTPS 1 . alpn=h2,h3"),
    ok("SVCB alpn quoted", 'a HTTPS 1 . alpn="h2,h3"'),
    ok("SVCB alpn escapes", 'a HTTPS 1 . alpn="f\\\\\\\\oo\\\\,bar,h2"'),
    bad("SVCB alpn empty", "a HTTPS 1 . alpn="),
    bad("SVCB alpn empty part", "a HTTPS 1 . alpn=h2,,h3", NSD_LENIENT),
    ok("SVCB no-default-alpn", "a HTTPS 1 . alpn=h2 no-default-alpn"),
    bad("SVCB no-default-alpn alone", "a HTTPS 1 . no-default-alpn", NSD_KNOT_LENIENT),
    bad("SVCB no-default-alpn with a value", "a HTTPS 1 . alpn=h2 no-default-alpn=x"),
    ok("SVCB port", "a SVCB 1 b port=65535"),
    bad("SVCB port 65536", "a SVCB 1 b port=65536"),
    bad("SVCB port without a value", "a SVCB 1 b port"),
    ok("SVCB ipv4hint", "a SVCB 1 b ipv4hint=192.0.2.1,192.0.2.2"),
    bad("SVCB ipv4hint empty", "a SVCB 1 b ipv4hint="),
    bad("SVCB ipv4hint wrong", "a SVCB 1 b ipv4hint=192.0.2"),
    ok("SVCB ipv6hint", "a SVCB 1 b ipv6hint=2001:db8::1,::1"),
    bad("SVCB ipv6hint wrong", "a SVCB 1 b ipv6hint=192.0.2.1"),
    ok("SVCB ech", "a SVCB 1 b ech=AQIDBA=="),
    bad("SVCB ech wrong", "a SVCB 1 b ech=A!"),
    ok("SVCB mandatory", "a SVCB 1 b mandatory=port,alpn alpn=h2 port=53"),
    bad("SVCB mandatory absent", "a SVCB 1 b mandatory=port alpn=h2"),
    bad("SVCB mandatory itself", "a SVCB 1 b mandatory=mandatory,port port=53"),
    bad("SVCB mandatory twice", "a SVCB 1 b mandatory=port,port port=53"),
    bad("SVCB mandatory empty", "a SVCB 1 b mandatory= port=53"),
    ok("SVCB key667", "a SVCB 1 b key667=hello"),
    ok("SVCB key667 quoted", 'a SVCB 1 b key667="hello\\210qoo"'),
    ok("SVCB key667 without a value", "a SVCB 1 b key667"),
    bad("SVCB key65536", "a SVCB 1 b key65536=x"),
    bad("SVCB key with a leading zero", "a SVCB 1 b key0667=x", NSD_KNOT_LENIENT),
    bad("SVCB unknown key", "a SVCB 1 b foo=x"),
    ok("SVCB dohpath", "a SVCB 1 b alpn=h2 dohpath=/dns-query{?dns}", "Knot is older than RFC 9461"),
    bad("SVCB without a target", "a SVCB 1"),
]
CASES = (OWNERS_AND_NAMES + TTL_AND_CLASS + DIRECTIVES + GENERATE + LINES + STRUCTURE + RFC3597 + ADDRESSES_AND_NUMBERS + TYPES + SIGNED
         + LOC + APL + SVCB)


def accepts(*argv):
    return subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60).returncode == 0


def sets_as_bind_reads(path, folder):
    """The RRsets of the zone, from BIND's raw form: (owner, type, covered, TTL, RDATA in wire form). BIND writes them in an
    order of its own."""
    raw = os.path.join(folder, "raw")
    if not accepts("named-compilezone", "-q", "-i", "none", "-k", "ignore", "-n", "ignore", "-F", "raw", "-o", raw, "example", path):
        return None
    with open(raw, "rb") as f:
        octets = f.read()
    found, at = [], RAW_HEADER_OCTETS
    while at < len(octets):
        size, _, rrtype, covered, ttl, count, owner_octets = struct.unpack_from(">IHHHIIH", octets, at)
        records, place = [], at + 20 + owner_octets
        for _ in range(count):
            (rdata_octets,) = struct.unpack_from(">H", octets, place)
            records.append(octets[place + 2:place + 2 + rdata_octets])
            place += 2 + rdata_octets
        found.append((octets[at + 20:at + 20 + owner_octets].lower(), rrtype, covered, ttl, sorted(records)))
        at += size
    return sorted(found)


def judge(case):
    """(ours, theirs by tool, the RRsets of the text and of our dump, our complaints)"""
    folder = tempfile.mkdtemp(prefix="cairn-verdicts-")
    try:
        path = os.path.join(folder, "zone")
        with open(path, "w", encoding="latin-1", newline="") as f:
            f.write(case.text)
        done = subprocess.run([AUTH, "check-zone", "example", path, "--dump"], capture_output=True, timeout=60)
        theirs = (accepts("named-checkzone", "-q", "-i", "none", "-k", "ignore", "-n", "ignore", "example", path),
                  accepts("nsd-checkzone", "example", path),
                  accepts("kzonecheck", "-o", "example", path))
        contents = None
        if done.returncode == 0 and theirs[0]:
            dump = os.path.join(folder, "dump")
            with open(dump, "wb") as f:
                f.write(done.stdout)
            contents = sets_as_bind_reads(path, folder), sets_as_bind_reads(dump, folder)
        return done.returncode == 0, theirs, contents, done.stderr.decode(errors="replace")
    finally:
        shutil.rmtree(folder)


def spell(verdicts):
    return ", ".join(f"{tool} {'accepts' if accepted else 'refuses'}" for tool, accepted in zip(TOOLS, verdicts))


class ZoneFileVerdictsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        missing = [tool for tool in TOOLS if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
        if missing:
            raise unittest.SkipTest(f"not installed: {', '.join(missing)}; packaging/dependencies.sh has the list")
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            cls.judged = list(zip(CASES, pool.map(judge, CASES)))

    def test_the_verdict_is_that_of_the_row(self):
        for case, (ours, _, _, complaints) in self.judged:
            with self.subTest(case.name):
                self.assertEqual(ours, case.accepted, complaints)

    def test_what_the_others_agree_on_is_our_verdict_unless_the_row_says_why(self):
        for case, (ours, theirs, _, complaints) in self.judged:
            with self.subTest(case.name):
                alone = any(verdict != ours for verdict in theirs)
                self.assertEqual(alone, case.note != "", f"we {'accept' if ours else 'refuse'}, {spell(theirs)}; {complaints}")

    def test_a_refusal_names_a_place(self):
        for case, (ours, _, _, complaints) in self.judged:
            if not ours:
                with self.subTest(case.name):
                    self.assertRegex(complaints, r"zone(:\d+:\d+)?: error: ")

    def test_the_content_is_what_bind_reads(self):
        for case, (_, _, contents, _) in self.judged:
            if contents is not None and "content" not in case.note:
                with self.subTest(case.name):
                    self.assertEqual(contents[0], contents[1])


if __name__ == "__main__":
    unittest.main()
