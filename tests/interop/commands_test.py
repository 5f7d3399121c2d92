"""What people type: verbs, exit codes and messages of both programs."""
import os, shutil, tempfile, unittest
from lab import *


class CommandsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cairn-commands-")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def test_version_help_and_wrong_usage(self):
        for program in (AUTH, RESOLVER):
            done = run(program, "--version")
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r"^cairn-(auth|resolver) \d+\.\d+\.\d+")
            self.assertEqual(run(program, "--help").returncode, 0)
            self.assertEqual(run(program, "serve", "--help").returncode, 0)
            for wrong in ([], ["frobnicate"], ["serve", "--frobnicate"], ["check-config"]):
                done = run(program, *wrong)
                self.assertEqual(done.returncode, 2, wrong)
                self.assertTrue(done.stderr, wrong)

    def test_check_zone_gives_its_verdict_by_exit_code(self):
        good = f"{LAB_ZONES}/corp.example.zone"
        self.assertEqual(run(AUTH, "check-zone", "corp.example", good).returncode, 0)
        dump = run(AUTH, "check-zone", "corp.example", good, "--dump")
        self.assertEqual(dump.returncode, 0)
        self.assertIn("*.projects.corp.example. 600 IN A 192.0.2.22\n", dump.stdout)
        again = run(AUTH, "check-zone", "corp.example", self.write("again.zone", dump.stdout), "--dump")
        self.assertEqual(again.stdout, dump.stdout)

    def test_check_zone_names_each_mistake_with_its_place(self):
        bad = self.write("bad.zone", "$TTL 60\n@ IN SOA ns host 1 2 3 4 5\n@ IN NS ns\nns IN A 1.2.3\nx IN MX ten mail\nns IN AAAA ::1\n")
        done = run(AUTH, "check-zone", "bad.test", bad)
        self.assertEqual(done.returncode, 1)
        text = done.stdout + done.stderr
        self.assertRegex(text, r"bad\.zone:4:9: error: .*1\.2\.3")
        self.assertRegex(text, r"bad\.zone:5:9: error: .*ten")
        self.assertEqual(run(AUTH, "check-zone", "bad.test", self.folder + "/absent.zone").returncode, 1)
        no_soa = run(AUTH, "check-zone", "bad.test", self.write("nosoa.zone", "$TTL 60\n@ IN NS ns\nns IN A 192.0.2.1\n"))
        self.assertEqual(no_soa.returncode, 1)
        self.assertIn("SOA", no_soa.stdout + no_soa.stderr)

    def test_bad_configuration_is_named_and_nothing_starts(self):
        for program, text, place in (
            (AUTH, "server:\n  lisen: [127.0.0.1@5399]\n", ":2:3: error: no option 'lisen' here; did you mean 'listen'?"),
            (AUTH, "server: { listen: [127.0.0.999@53] }\n", ":1:20: error:"),
            (AUTH, "zones:\n- { name: a..b, file: x }\n", ":2:11: error:"),
            (AUTH, "server: [\n", ":2:1: error: not YAML"),
            (RESOLVER, "resolver: { cache-size: lots }\n", ":1:25: error:"),
            (RESOLVER, "resolver: { root-hint: x }\n", "did you mean 'root-hints'?"),
            (RESOLVER, "access: [{ net: 1.2.3.4/99, action: allow }]\n", ":1:17: error:"),
        ):
            with self.subTest(text=text):
                path = self.write("c.yaml", text)
                for verb in (["check-config", path], ["serve", "--config", path]):
                    done = run(program, *verb)
                    self.assertIn(done.returncode, (1, 2), verb)
                    self.assertIn("c.yaml" + (place if place.startswith(":") else ""), done.stderr + done.stdout)
                    self.assertIn(place, done.stderr + done.stdout)

    def test_check_config_prints_what_holds_and_it_reads_back(self):
        for program, text in ((AUTH, f"server: {{ listen: [127.0.0.1@5399] }}\nzones:\n- {{ name: corp.example, file: {LAB_ZONES}/corp.example.zone }}\n"),
                              (RESOLVER, f"resolver: {{ root-hints: {LAB_ZONES}/root.hints, cache-size: 64MiB }}\n")):
            first = run(program, "check-config", self.write("c.yaml", text))
            self.assertEqual(first.returncode, 0, first.stderr)
            second = run(program, "check-config", self.write("d.yaml", first.stdout))
            self.assertEqual(second.returncode, 0, second.stderr)
            self.assertEqual(first.stdout, second.stdout)

    def test_the_sample_configurations_are_good(self):
        samples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../packaging/samples")
        done = run(RESOLVER, "check-config", os.path.join(samples, "cairn-resolver.yaml"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("rebinding-filter: true", done.stdout)

    def test_the_sample_of_the_authority_says_what_it_says(self):
        """Next to the files that it names; and but for these it tells the defaults, all of them."""
        with open(os.path.join(SOURCE, "packaging", "samples", "cairn-auth.yaml")) as f:
            sample = self.write("c.yaml", f.read().replace("/run/cairn-auth/control", self.folder + "/control"))
        os.mkdir(self.folder + "/zones")
        for zone in ("example.org.zone", "zones/other.org.zone"):
            self.write(zone, "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n")
        done = run(AUTH, "check-config", sample, "--zones")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        given = "control-socket:", "zones-dir:", "templates:", "transfer:", "zones:", "- name:", "name:", "file:", "role:", "template:"
        printed = [line.strip() for line in done.stdout.splitlines() if "zonemd: check" not in line]
        defaults = [line.strip() for line in run(AUTH, "check-config", self.write("empty.yaml", "")).stdout.splitlines()]
        self.assertEqual([line for line in printed if line not in defaults and not line.startswith(given)], [])
        words = {line.split(":")[0] for line in defaults if not line.startswith("-")}
        with open(sample) as f:
            text = f.read()
        self.assertEqual([word for word in words if word + ":" not in text], [], "options the sample does not show")

    def test_an_address_in_use_is_said(self):
        port = free_port(["127.0.0.1"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", port))
            done = run(AUTH, "serve", "--listen", f"127.0.0.1@{port}", "--zone", f"corp.example={LAB_ZONES}/corp.example.zone")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"127.0.0.1@{port}", done.stderr)

    def test_a_plain_start_warns_of_nothing(self):
        port = free_port(["127.0.0.1"])
        zone = f"corp.example={LAB_ZONES}/corp.example.zone"
        server = Process([AUTH, "serve", "--listen", f"127.0.0.1@{port}", "--zone", zone], self.folder + "/log")
        server.wait_ready("127.0.0.1", port, "corp.example")
        self.assertEqual(server.stop(), 0)
        with open(self.folder + "/log") as log:
            expected = " runs-as-root " if os.geteuid() == 0 else " info "
            self.assertEqual([line for line in log if " info " not in line and expected not in line], [])

    def test_a_reload_names_what_needs_a_restart(self):
        port = free_port(["127.0.0.1"])
        control = self.folder + "/control"
        text = f"server:\n  listen: [127.0.0.1@{port}]\n  control-socket: {control}\n  threads: 1\n" \
               f"resolver:\n  root-hints: {LAB_ZONES}/root.hints\n"
        config = self.write("c.yaml", text)
        server = Process([RESOLVER, "serve", "--config", config], self.folder + "/log").wait_ready("127.0.0.1", port)
        try:
            self.assertEqual(run(RESOLVER, "ctl", "--socket", control, "reload").stdout, "reloaded\n")
            for words in (["status", "now"], ["frobnicate"], ["flush"]):
                self.assertEqual(run(RESOLVER, "ctl", "--socket", control, *words).returncode, 2, words)
            self.assertIn("# TYPE cairn_resolver_client_queries_total counter", run(RESOLVER, "ctl", "--socket", control, "metrics").stdout)
            self.write("c.yaml", text.replace("threads: 1", "threads: 2"))
            self.assertEqual(run(RESOLVER, "ctl", "--socket", control, "reload").stdout,
                             "reloaded\nthreads has changed: that needs a restart\n")
        finally:
            self.assertEqual(server.stop(), 0)

    def test_an_open_resolver_by_accident_is_refused(self):
        done = run(RESOLVER, "serve", "--listen", f"0.0.0.0@{free_port(['127.0.0.1'])}")
        self.assertIn(done.returncode, (1, 2))
        self.assertIn("access", done.stderr)

    def test_control_socket_answers(self):
        port = free_port(["127.0.0.1"])
        control = self.folder + "/control"
        config = self.write("c.yaml", f"server:\n  listen: [127.0.0.1@{port}]\n  control-socket: {control}\n"
                                      f"zones:\n- {{ name: corp.example, file: {LAB_ZONES}/corp.example.zone }}\n")
        server = Process([AUTH, "serve", "--config", config], self.folder + "/log").wait_ready("127.0.0.1", port, "corp.example")
        try:
            self.assertEqual(os.stat(control).st_mode & 0o777, 0o600)
            status = run(AUTH, "ctl", "--socket", control, "zone-status")
            self.assertEqual(status.returncode, 0, status.stderr)
            self.assertIn("corp.example.", status.stdout)
            self.assertIn("2026112001", status.stdout)
            self.assertEqual(run(AUTH, "ctl", "--socket", control, "reload").returncode, 0)
            self.assertEqual(run(AUTH, "ctl", "--socket", control, "frobnicate").returncode, 2)
            self.assertNotEqual(run(AUTH, "ctl", "--socket", control + "x", "status").returncode, 0)
        finally:
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    main()
