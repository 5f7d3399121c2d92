"""Hosts of a private Internet: network namespaces of Linux, which have no names, joined by one router. The script starts
itself again inside a user, a network and a mount namespace of its own: so an ordinary user may do all this, and nothing
outlives the process, even when it is killed."""
import ctypes, os, subprocess, sys
from contextlib import contextmanager
from lab import Process

CLONE_NEWNET = 0x40000000
SKIPPED = 77  # the exit code ctest knows
# User namespaces first: then it is the same for root and for everybody else.
WAYS_IN = ("-Urnm", "-nm")
_libc = ctypes.CDLL(None, use_errno=True)


def enter_world():
    """Returns inside the namespaces. Where the kernel forbids them, says so and ends the process as skipped."""
    if os.environ.get("CAIRN_INSIDE_NAMESPACES"):
        return
    refusals = []
    for way in WAYS_IN:
        trial = ["unshare", way, "sh", "-c", "ip link add cairn0 type veth peer name cairn1 && echo 1 >/proc/sys/net/ipv4/ip_forward"]
        tried = subprocess.run(trial, capture_output=True, text=True)
        if tried.returncode == 0:
            os.environ.update(CAIRN_INSIDE_NAMESPACES="1", PYTHONDONTWRITEBYTECODE="1")
            os.execvp("unshare", ["unshare", way, sys.executable, *sys.argv])
        refusals.append(f"{' '.join(trial)}: {tried.stderr.strip()}")
    print("SKIPPED: no network namespaces are to be had here, so nothing was tested:", *refusals, sep="\n  ", file=sys.stderr)
    sys.exit(SKIPPED)


def _checked(result):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _ip(commands):
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True)


def _sysctl(**values):
    """Of the network namespace this thread is in."""
    for name, value in values.items():
        with open("/proc/sys/net/" + name.replace("__", "/"), "w") as f:
            f.write(str(value))


class Host:
    """A network namespace with addresses. It lives as long as this process."""

    def __init__(self, router, addresses):
        self.addresses = addresses
        _checked(_libc.unshare(CLONE_NEWNET))
        self.descriptor = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.path = f"/proc/{os.getpid()}/fd/{self.descriptor}"
        _sysctl(ipv6__conf__default__accept_dad=0, ipv6__conf__all__accept_dad=0)
        router.join(self)

    def enter(self):
        """This thread, and what it starts from now on."""
        _checked(_libc.setns(self.descriptor, CLONE_NEWNET))

    @contextmanager
    def entered(self):
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self.enter()
        try:
            yield self
        finally:
            _checked(_libc.setns(before, CLONE_NEWNET))
            os.close(before)

    def start(self, argv, log_path):
        """A process that is there at most as long as this one."""
        return Process(["nsenter", f"--net={self.path}", "setpriv", "--pdeathsig", "KILL", *argv], log_path)


class Router:
    """Knows the way to each address of each host. What is sent to others ends here: refused, or without a word."""

    GATEWAY, GATEWAY6 = "169.254.0.1", "fe80::1"

    def __init__(self):
        self.hosts = 0
        self.home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1, ipv6__conf__default__accept_dad=0)
        _ip(["link set lo up"])

    def join(self, host):
        """Called in the new host's namespace; the thread is in the router's again afterwards."""
        link = f"host{self.hosts}"
        self.hosts += 1
        self.enter()
        _ip([f"link add {link} type veth peer name eth0 netns {host.path}", f"addr add {self.GATEWAY}/32 dev {link}",
             f"link set {link} up", f"addr add {self.GATEWAY6}/64 dev {link} nodad"] +
            [f"route add {address} dev {link}" for address in host.addresses])
        with host.entered():
            _ip(["link set lo up", "link set eth0 up"] + [f"addr add {address} dev eth0" for address in host.addresses] +
                [f"route add {self.GATEWAY} dev eth0", f"route add default via {self.GATEWAY} dev eth0",
                 f"route add ::/0 via {self.GATEWAY6} dev eth0"])

    def enter(self):
        """This thread, and what it starts from now on."""
        _checked(_libc.setns(self.home, CLONE_NEWNET))

    def swallow(self, network):
        """Whatever is sent there is lost, and nobody says so."""
        _ip([f"route add blackhole {network}"])


def stand_in(path, source):
    """Whoever opens `path` in this world reads `source`, also what is written to it later."""
    subprocess.run(["mount", "--bind", source, os.path.realpath(path)], check=True)
