"""What ordinary programs find whose /etc/resolv.conf names cairn-resolver: getent of the C library, c-ares, curl, dig, kdig and
drill, under the options of resolv.conf(5), in the small Internet of network namespaces."""
import http.server, socket, threading, time, unittest
from internet import RESOLVERS, WEB, Internet
from lab import ARES_CLIENT, main, run
from namespaces import Host, enter_world, stand_in

CAIRN, CAIRN6 = RESOLVERS["Cairn"]
NOBODY = "198.19.0.53"
WWW = {"203.0.113.80", "2001:db8:80::80"}
GREETING = "served to whoever found the way"
NOT_FOUND, COULD_NOT_RESOLVE = 2, 6  # exit codes of getent and curl
OPTIONS = ("", "edns0", "edns0 trust-ad", "use-vc", "rotate", "edns0 trust-ad use-vc rotate", "single-request", "single-request-reopen",
           "ndots:3 attempts:1", "inet6")
# After so long the C library has given up on one silent server that may answer A and AAAA: 5 s, and twice that again.
GIVES_UP_S = 15


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = GREETING.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class ServerOverIpv6(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def start_web(host):
    with host.entered():
        servers = [http.server.ThreadingHTTPServer((WEB[0], 80), Page), ServerOverIpv6((WEB[1], 80), Page)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return servers


class SystemClientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.internet = Internet(resolvers=["Cairn"])
        cls.addClassCleanup(cls.internet.stop)
        with cls.internet.client.entered():
            cls.internet.router.enter()
            servers = start_web(Host(cls.internet.router, WEB))
        for server in servers:
            cls.addClassCleanup(server.server_close)
            cls.addClassCleanup(server.shutdown)
        for path, text in (("/etc/resolv.conf", ""), ("/etc/hosts", "127.0.0.1 localhost\n"), ("/etc/nsswitch.conf", "hosts: files dns\n")):
            source = f"{cls.internet.folder}/{path.rsplit('/', 1)[1]}"
            with open(source, "w") as f:
                f.write(text)
            stand_in(path, source)

    def use(self, options="", servers=(CAIRN,), search="north.example south.example"):
        with open("/etc/resolv.conf", "w") as f:
            f.write("".join(f"nameserver {server}\n" for server in servers) + f"search {search}\n" +
                    (f"options {options}\n" if options else ""))

    def found(self, name, database="ahosts"):
        """The addresses getent prints, and the canonical name."""
        done = run("getent", database, name)
        self.assertEqual(done.returncode, 0, f"{name}: {done.stdout}{done.stderr}")
        lines = [line.split() for line in done.stdout.splitlines()]
        return {words[0] for words in lines}, next((words[-1] for words in lines if len(words) > 2 or database == "hosts"), None)

    def test_getent_under_all_options(self):
        for options in OPTIONS:
            with self.subTest(options=options):
                self.use(options, (CAIRN, CAIRN6))
                self.assertEqual(self.found("www.north.example"), (WWW, "www.north.example"))
                self.assertEqual(self.found("web.north.example"), (WWW, "www.north.example"), "the canonical name is the alias's target")
                self.assertEqual(self.found("four.north.example")[0], {"203.0.113.80"})
                self.assertEqual(self.found("six.north.example")[0], {"2001:db8:80::80"})
                self.assertEqual(len(self.found("many.north.example")[0]), 5)
                self.assertEqual(self.found("www")[0], WWW, "north.example is searched")
                self.assertEqual(self.found("host")[0], {"203.0.113.12"}, "then south.example")
                self.assertEqual(self.found("under.nothing")[0], {"203.0.113.9"}, "a name with a dot is searched as well")
                self.assertEqual(run("getent", "ahosts", "no-such-name.north.example.").returncode, NOT_FOUND)
                self.assertEqual(run("getent", "ahosts", "mail.south.example.no-such-tld.").returncode, NOT_FOUND)

    def test_answers_too_large_for_a_datagram(self):
        for options in ("", "edns0"):
            with self.subTest(options=options):
                self.use(options)
                self.assertEqual(self.found("addresses.big.lab")[0], {f"203.0.113.{n}" for n in range(1, 101)})

    def test_one_family_after_the_other(self):
        self.use()
        self.assertEqual(self.found("www.north.example", "ahostsv4")[0], {"203.0.113.80"})
        self.assertEqual(self.found("www.north.example", "ahostsv6")[0] - {"::ffff:203.0.113.80"}, {"2001:db8:80::80"})
        self.assertEqual(self.found("www.north.example", "hosts"), ({"2001:db8:80::80"}, "www.north.example"))

    def test_addresses_of_documentation_have_no_names(self):
        self.use()
        before = self.internet.ctl("dump-cache").stdout.count("in-addr.arpa")
        self.assertEqual(run("getent", "hosts", "203.0.113.80").returncode, NOT_FOUND)
        self.assertEqual(self.internet.ctl("dump-cache").stdout.count("in-addr.arpa"), before, "RFC 6303: nobody was asked")

    def test_c_ares(self):
        for options in ("", "ndots:3", "rotate", "timeout:2 attempts:1"):
            with self.subTest(options=options):
                self.use(options, (CAIRN, CAIRN6))
                for name, addresses in (("www.north.example", WWW), ("www", WWW), ("host", {"203.0.113.12"}), ("under.nothing", {"203.0.113.9"})):
                    done = run(ARES_CLIENT, "-", "-", name)
                    self.assertEqual((done.returncode, set(done.stdout.split())), (0, addresses), done.stderr)
                self.assertEqual(run(ARES_CLIENT, "-", "-", "no-such-name.north.example").returncode, 1)

    def test_curl_fetches_pages_by_name(self):
        self.use("edns0")
        for name, *flags in (("www.north.example",), ("web.north.example",), ("www",), ("four.north.example", "-4"),
                             ("six.north.example", "-6"), ("out.alias.example",)):
            with self.subTest(name=name):
                done = run("curl", "--silent", "--show-error", "--noproxy", "*", *flags, f"http://{name}/")
                self.assertEqual((done.returncode, done.stdout), (0, GREETING), done.stderr)
        self.assertEqual(run("curl", "--silent", "--noproxy", "*", "http://no-such-name.north.example/").returncode, COULD_NOT_RESOLVE)

    def test_tools_that_are_not_told_whom_to_ask(self):
        self.use()
        for tool, *flags in (("dig", "+short"), ("dig", "+short", "+tcp"), ("kdig", "+short"), ("drill", "-Q")):
            with self.subTest(tool=tool):
                self.assertEqual(run(tool, *flags, "www.north.example", "A").stdout.strip(), "203.0.113.80")
        self.assertEqual(run("dig", "+short", "+search", "www", "AAAA").stdout.strip(), "2001:db8:80::80")
        self.assertEqual(run("dig", "+short", "+search", "+ndots=3", "under.nothing", "A").stdout.strip(), "203.0.113.9")

    def test_a_dead_name_server_in_resolv_conf(self):
        self.use("timeout:1 attempts:2", (NOBODY, CAIRN))
        self.assertEqual(self.found("www.north.example")[0], WWW)
        self.assertEqual(run("curl", "--silent", "--noproxy", "*", "http://www.north.example/").stdout, GREETING)

    def test_dead_authorities_fail_before_the_client_gives_up(self):
        self.use()
        start = time.monotonic()
        self.assertEqual(run("getent", "ahosts", "www.silent.lab").returncode, NOT_FOUND)
        self.assertLess(time.monotonic() - start, GIVES_UP_S, "it was told SERVFAIL each time, and did not wait in vain")
        self.assertEqual(run("curl", "--silent", "--noproxy", "*", "http://www.silent.lab/").returncode, COULD_NOT_RESOLVE)
        self.assertEqual(self.found("www.north.example")[0], WWW, "and nothing else suffers")


if __name__ == "__main__":
    enter_world()
    main()
