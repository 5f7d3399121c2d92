"""The resolver's cache over a restart, and in the hands of its operator."""
import unittest
from lab import *

ADDRESS = "127.0.0.1"


class CacheTest(unittest.TestCase):
    def setUp(self):
        self.lab = Lab()
        self.file = f"{self.lab.folder}/cache"

    def tearDown(self):
        self.lab.stop()

    def start(self):
        return self.lab.start_resolver(extra=f"  cache-file: {self.file}\n")

    def ctl(self, resolver, *words):
        done = run(RESOLVER, "ctl", "--socket", f"{self.lab.folder}/resolver-{resolver.port}.control", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_answers_outlive_a_restart_and_damage_does_no_harm(self):
        first = self.start()
        before = dig(ADDRESS, first.port, "+short", "www.shop.example", "A")
        self.assertIn("198.51.100.80", before)
        self.assertEqual(first.stop(), 0)
        self.assertIn("cache-file-written", first.log_text())
        for server in self.lab.running[:-1]:
            server.stop()

        second = self.start()
        self.assertIn("cache-file-read", second.log_text())
        self.assertEqual(dig(ADDRESS, second.port, "+short", "www.shop.example", "A"), before, "though all servers are gone")
        self.assertEqual(second.stop(), 0)

        with open(self.file, "r+b") as file:
            file.seek(40)
            file.write(b"\xff" * 8)
        third = self.start()
        self.assertIn("cache-file-not-read", third.log_text())
        self.assertIn("www.shop.example. A is not in the cache", self.ctl(third, "lookup", "www.shop.example", "A"))

    def test_operators_see_and_flush(self):
        resolver = self.start()
        dig(ADDRESS, resolver.port, "www.shop.example", "A")
        dig(ADDRESS, resolver.port, "nothing.shop.example", "A")
        dump = self.ctl(resolver, "dump-cache", "shop.example")
        self.assertRegex(dump, r"www\.shop\.example\. \d+ IN CNAME shop\.edge\.cdn\.test\. ; authoritative answer, "
                               r"from 127\.53\.0\.\d for shop\.example\., learnt 20")
        self.assertRegex(dump, r"; nothing\.shop\.example\. nxdomain, \d+ s left, SOA of shop\.example\.")
        self.assertNotIn("\nshop.edge.cdn.test.", dump)
        self.assertIn("would be answered NOERROR from the cache", self.ctl(resolver, "lookup", "www.shop.example"))
        self.assertEqual(self.ctl(resolver, "flush", "--type", "CNAME", "www.shop.example"), "1 entries forgotten\n")
        self.assertIn("after asking servers for www.shop.example. A", self.ctl(resolver, "lookup", "www.shop.example"))
        self.assertRegex(self.ctl(resolver, "flush", "--subtree", "."), r"^[1-9]\d* entries and [1-9]\d* zone cuts forgotten\n$")
        self.assertRegex(self.ctl(resolver, "stats"), r'cairn_resolver_cache_stores_total\{outcome="stored"\} [1-9]')


if __name__ == "__main__":
    main()
