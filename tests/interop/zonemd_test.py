"""ZONEMD digests that others made, of zones with everything in them: dnspython's and ldns's, checked by `cairn-auth check-zone
--zonemd require` (RFC 8976)."""
import os, shutil, subprocess, tempfile, unittest
import dns.rdatatype, dns.zone, dns.zonetypes
from lab import AUTH, SOURCE

GOLDEN = os.path.join(SOURCE, "zones", "golden")
ZONES = [("example.", "lookup.zone"), ("nsec.test.", "signed/nsec.test.zone"), ("nsec3.test.", "signed/nsec3.test.zone"),
         ("optout.test.", "signed/optout.test.zone")]
HASHES = [dns.zonetypes.DigestHashAlgorithm.SHA384, dns.zonetypes.DigestHashAlgorithm.SHA512]


class ZonemdTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cairn-zonemd-")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def check(self, apex, text, policy="require"):
        path = os.path.join(self.folder, "zone")
        with open(path, "w") as f:
            f.write(text)
        return subprocess.run([AUTH, "check-zone", apex, path, "--zonemd", policy], capture_output=True, text=True, timeout=60)

    def dump(self, apex, file):
        return subprocess.run([AUTH, "check-zone", apex, os.path.join(GOLDEN, file), "--dump"], capture_output=True, text=True,
                              timeout=60, check=True).stdout

    def test_digests_of_dnspython_match(self):
        for apex, file in ZONES:
            text = self.dump(apex, file)
            zone = dns.zone.from_text(text, origin=apex, relativize=False)
            for algorithm in HASHES:
                record = zone.compute_digest(algorithm)
                line = f"{apex} 60 IN ZONEMD {record}\n"
                with self.subTest(file=file, algorithm=algorithm.name):
                    self.assertEqual(self.check(apex, text + line).returncode, 0)
                    changed = self.check(apex, text + line + f"more.{apex} 60 IN TXT x\n", "check")
                    self.assertEqual(changed.returncode, 1)
                    self.assertRegex(changed.stderr, r"zone:\d+:\d+: error: the zone's SHA-(384|512) digest is")

    @unittest.skipUnless(shutil.which("ldns-signzone"), "ldnsutils is not installed")
    def test_digests_of_ldns_match(self):
        apex, file = ZONES[0]
        path = os.path.join(self.folder, "plain")
        with open(path, "w") as f:
            f.write(self.dump(apex, file))
        subprocess.run(["ldns-signzone", "-Z", "-z", "1:1", "-z", "1:2", "-o", apex, "-f", path + ".digested", path], check=True,
                       capture_output=True, timeout=60)
        with open(path + ".digested") as f:
            text = f.read()
        self.assertEqual(text.count("ZONEMD"), 2)
        done = self.check(apex, text)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
