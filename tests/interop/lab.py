"""Real programs as processes on loopback: the laboratory of zones/lab, on a port of its own, and a resolver above it."""
import os, re, shutil, signal, socket, subprocess, tempfile, time, unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB_ZONES = os.path.join(SOURCE, "zones", "lab")
AUTH = os.environ.get("CAIRN_AUTH", "cairn-auth")
RESOLVER = os.environ.get("CAIRN_RESOLVER", "cairn-resolver")
ARES_CLIENT = os.environ.get("CAIRN_ARES_CLIENT", "ares_client")
SERVERS = {  # address: zones, as packaging/quickstart.sh starts them
    "127.53.0.1": ["."],
    "127.53.0.2": ["example"],
    "127.53.0.3": ["test"],
    "127.53.0.4": ["dns.test", "cdn.test", "corp.example", "shop.example"],
    "127.53.0.5": ["dns.test", "cdn.test", "corp.example", "shop.example", "flaky.example"],
}
READY_S = 20  # sanitized programs on a busy machine start slowly


def free_port(addresses):
    """A port that is free over UDP and TCP on all the addresses."""
    for _ in range(200):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        held = []
        try:
            for address in addresses:
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    s = socket.socket(socket.AF_INET, kind)
                    held.append(s)
                    s.bind((address, port))
            return port
        except OSError:
            continue
        finally:
            for s in held:
                s.close()
    raise RuntimeError("no free port")


def query(qname, qtype=1, rd=0, qid=0xABCD, qclass=1, tail=b"", arcount=0):
    labels = b"".join(bytes([len(l)]) + l.encode() for l in qname.rstrip(".").split(".") if l)
    head = qid.to_bytes(2, "big") + bytes([rd, 0, 0, 1, 0, 0, 0, 0, 0, arcount])
    return head + labels + b"\0" + qtype.to_bytes(2, "big") + qclass.to_bytes(2, "big") + tail


def ask_raw(address, port, packet, timeout=2.0):
    """The reply's octets, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(timeout)
        s.sendto(packet, (address, port))
        try:
            return s.recv(65535)
        except OSError:
            return None


def memory_octets(pid):
    with open(f"/proc/{pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Process:
    """A program of ours; its log is kept, its end is asked for by its own pid."""

    def __init__(self, argv, log_path):
        self.log_path = log_path
        self.log = open(log_path, "wb")
        self.process = subprocess.Popen(argv, stdout=self.log, stderr=subprocess.STDOUT)

    def wait_ready(self, address, port, qname="."):
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"ended with {self.process.returncode}: {self.log_text()}")
            if ask_raw(address, port, query(qname, 6), 0.3):
                return self
        raise RuntimeError(f"not ready: {self.log_text()}")

    def log_text(self):
        with open(self.log_path, "rb") as f:
            return f.read().decode(errors="replace")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """The exit code; SIGKILL after ten seconds."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        return self.process.returncode


def run(*argv, timeout=60):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)


class Lab:
    """The five servers of the laboratory."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="cairn-lab-")
        self.port = free_port(SERVERS)
        self.running = []
        try:
            for address, zones in SERVERS.items():
                self.start_server(address, zones)
        except Exception:
            self.stop()
            raise

    def start_server(self, address, zones):
        flags = []
        for zone in zones:
            flags += ["--zone", f"{zone}={LAB_ZONES}/{'root' if zone == '.' else zone}.zone"]
        process = Process([AUTH, "serve", "--listen", f"{address}@{self.port}"] + flags, f"{self.folder}/{address}.log")
        self.running.append(process)
        process.wait_ready(address, self.port, zones[0])

    def resolver_config(self, port, extra=""):
        path = f"{self.folder}/resolver-{port}.yaml"
        with open(path, "w") as f:
            f.write(f"server:\n  listen: [\"127.0.0.1@{port}\"]\n  control-socket: {self.folder}/resolver-{port}.control\n"
                    f"resolver:\n  root-hints: {LAB_ZONES}/root.hints\n  upstream-port: {self.port}\n"
                    f"  query-loopback: true\n  special-use-zones: false\n{extra}")  # much of the lab is in test.
        return path

    def start_resolver(self, flags=(), extra=""):
        port = free_port(["127.0.0.1"])
        config = self.resolver_config(port, extra)
        process = Process([RESOLVER, "serve", "--config", config, *flags], f"{self.folder}/resolver-{port}.log")
        self.running.append(process)
        process.wait_ready("127.0.0.1", port)
        process.port, process.config = port, config
        return process

    def stop(self):
        codes = [process.stop() for process in reversed(self.running)]
        shutil.rmtree(self.folder, ignore_errors=True)
        return codes


def dig(address, port, *words):
    return run("dig", "+time=3", "+tries=2", f"@{address}", "-p", str(port), *words).stdout


def status_of(text):
    found = re.search(r"status: (\w+)", text)
    return found.group(1) if found else None


def flags_of(text):
    found = re.search(r"flags: ([a-z ]+);", text)
    return found.group(1).split() if found else []


def main():
    unittest.main(verbosity=2)
