"""Octets nobody meant well: mutated packets over UDP and TCP against both programs, which go on serving."""
import os, random, shutil, signal, socket, tempfile, time, unittest

os.environ.setdefault("ASAN_OPTIONS", "quarantine_size_mb=1")  # so that memory which grows is memory we hold
import dns.message
from lab import *

ADDRESS = "127.0.0.1"
PACKETS = 100_000
SEED = int(os.environ.get("CAIRN_HOSTILE_SEED", "20261120"))


def seeds():
    for name in ("shop.example", "www.shop.example", ".", "x.y.z.corp.example"):
        for rdtype in ("A", "ANY", "SOA", "TXT", "AXFR", "RRSIG"):
            yield dns.message.make_query(name, rdtype).to_wire()
            yield dns.message.make_query(name, rdtype, use_edns=0, want_dnssec=True, payload=4096).to_wire()


def mutate(chance, packet):
    octets = bytearray(packet)
    for _ in range(chance.randrange(1, 6)):
        kind = chance.randrange(5)
        if kind == 0 and octets:
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        elif kind == 1 and octets:
            del octets[chance.randrange(len(octets)):]
        elif kind == 2:
            octets += chance.randbytes(chance.randrange(40))
        elif kind == 3 and len(octets) > 12:
            at = chance.randrange(12, len(octets))
            octets[at:at + 2] = bytes([0xC0 | chance.randrange(4), chance.randrange(256)])
        elif kind == 4 and len(octets) >= 12:
            octets[4 + chance.randrange(8)] = chance.randrange(256)
    return bytes(octets)


class HostileTest(unittest.TestCase):
    def storm(self, process, port, most_growth=None):
        chance = random.Random(SEED)
        warmed_up = 0
        originals = list(seeds())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setblocking(False)
            for i in range(PACKETS):
                packet = mutate(chance, chance.choice(originals))
                try:
                    s.sendto(packet, (ADDRESS, port))
                except OSError:
                    pass
                while i % 16 == 0:
                    try:
                        reply = s.recv(65535)
                    except OSError:
                        break
                    self.assertGreaterEqual(len(reply), 12)
                    self.assertTrue(reply[2] & 0x80, "a reply has QR set")
                if i % 64 == 0:
                    time.sleep(0.002)
                if i == PACKETS // 5:
                    warmed_up = memory_octets(process.process.pid)
        if most_growth is not None:
            self.assertLess(memory_octets(process.process.pid) - warmed_up, most_growth)
        for _ in range(60):
            try:
                with socket.create_connection((ADDRESS, port), 5) as s:
                    s.settimeout(0.05)
                    packet = mutate(chance, chance.choice(originals))
                    s.sendall(len(packet).to_bytes(2, "big") + packet + chance.randbytes(chance.randrange(30)))
                    s.recv(65536)
            except OSError:
                pass
        self.assertIsNone(process.process.poll(), f"seed {SEED}: {process.log_text()}")
        self.assertLess(len(process.log_text()), 100_000, "hostile packets must not flood the log")

    def test_authority(self):
        folder = tempfile.mkdtemp(prefix="cairn-hostile-")
        port = free_port([ADDRESS])
        flags = [w for z in ("shop.example", "corp.example") for w in ("--zone", f"{z}={LAB_ZONES}/{z}.zone")]
        server = Process([AUTH, "serve", "--listen", f"{ADDRESS}@{port}", *flags], folder + "/log")
        try:
            server.wait_ready(ADDRESS, port, "shop.example")
            self.storm(server, port, most_growth=4 << 20)
            self.assertEqual(status_of(dig(ADDRESS, port, "+norec", "shop.example", "A")), "NOERROR")
            self.assertEqual(status_of(dig(ADDRESS, port, "+norec", "+tcp", "shop.example", "A")), "NOERROR")
            self.assertEqual(server.stop(), 0, server.log_text())
        finally:
            server.stop()
            shutil.rmtree(folder)

    def test_a_crowd_of_connections_does_not_keep_zones_from_being_read(self):
        folder = tempfile.mkdtemp(prefix="cairn-hostile-")
        port = free_port([ADDRESS])
        few_descriptors = ["prlimit", "--nofile=1024:1024"]
        if os.geteuid() == 0:  # who might raise the limit again
            few_descriptors += ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"]
        flags = [w for i in range(40) for w in ("--zone", f"z{i}.test={folder}/zone")]
        with open(folder + "/zone", "w") as f:
            f.write("@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns.other.\n")
        server = Process([*few_descriptors, AUTH, "serve", "--listen", f"{ADDRESS}@{port}", *flags], folder + "/log")
        crowd = []
        try:
            server.wait_ready(ADDRESS, port, "z0.test")
            for i in range(1100):
                client = socket.socket()
                client.bind((f"127.0.1.{1 + i // 60}", 0))
                client.connect((ADDRESS, port))
                crowd.append(client)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and len(os.listdir(f"/proc/{server.process.pid}/fd")) < 750:
                time.sleep(0.01)
            time.sleep(0.1)
            with open(folder + "/zone", "a") as f:
                f.write("www 60 A 192.0.2.1\n")
            server.signal(signal.SIGHUP)
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and " reloaded " not in server.log_text():
                time.sleep(0.05)
            self.assertIn("reloaded loaded=40 refused=0", server.log_text())
        finally:
            for client in crowd:
                client.close()
            server.stop()
            shutil.rmtree(folder)

    def test_responses_are_never_answered(self):
        folder = tempfile.mkdtemp(prefix="cairn-hostile-")
        port = free_port([ADDRESS])
        server = Process([AUTH, "serve", "--listen", f"{ADDRESS}@{port}", "--zone", f"shop.example={LAB_ZONES}/shop.example.zone"],
                         folder + "/log")
        try:
            server.wait_ready(ADDRESS, port, "shop.example")
            self.expect_silence(port)
        finally:
            server.stop()
            shutil.rmtree(folder)

    def expect_silence(self, port):
        chance = random.Random(SEED)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.5)
            for turn in range(10):
                for packet in seeds():
                    octets = bytearray((mutate(chance, packet) if turn else packet).ljust(12, b"\0"))
                    octets[2] |= 0x80
                    s.sendto(bytes(octets), (ADDRESS, port))
                with self.assertRaises(OSError):
                    s.recv(65535)

    def test_resolver(self):
        lab = Lab()
        try:
            resolver = lab.start_resolver()
            self.expect_silence(resolver.port)
            self.storm(resolver, resolver.port, most_growth=8 << 20)
            self.assertEqual(status_of(dig(ADDRESS, resolver.port, "+time=10", "shop.example", "A")), "NOERROR")
            for server in lab.running:
                self.assertIsNone(server.process.poll(), server.log_text())
        finally:
            lab.stop()


if __name__ == "__main__":
    main()
