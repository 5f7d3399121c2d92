#!/usr/bin/python3
"""The arrows between the folders (ARCHITECTURE.md), and where chance and time may come from.

Links keep most arrows already; this test also sees headers without a .cc, and says what is meant. With --self-test it
judges a table of good and bad lines instead of the tree."""

import re
import sys

from cpp_source import Complaint, source_files, without_comments

# What each folder may include besides itself. A new arrow is a decision: write it here and in ARCHITECTURE.md.
ARROWS = {
    "common/base": (),
    "common/dns": ("common/base",),
    "common/zonefile": ("common/base", "common/dns"),
    "common/dnssec": ("common/base", "common/dns"),
    "common/zone": ("common/base", "common/dns", "common/zonefile", "common/dnssec"),
    "common/async": ("common/base",),
    "common/net": ("common/base", "common/async"),
    "common/config": ("common/base", "common/dns", "common/async", "common/net"),
    "common/trace": ("common/base", "common/dns", "common/async", "common/net"),
    "common/service": ("common/base", "common/dns", "common/async", "common/net", "common/config", "common/trace"),
    "resolver": ("common",),
    "authoritative": ("common",),
    "tests": ("common", "resolver", "authoritative"),
}

LIBRARIES = re.compile(r"(?:absl|fmt|gtest|gmock|benchmark|openssl|yaml-cpp)/")
# Libraries that stay behind one door: header, who may open it, why. Tests may.
DOORS = (
    (r"uv\.h", r"common/net/uv_|(resolver|authoritative)/main\.cc$", "libuv stays behind common/net/uv_*"),
    (r"yaml-cpp/.*", r"common/config/", "yaml-cpp stays behind common/config"),
    (r"absl/(log|random|synchronization)/.*", r"(?!)",
     "not from Abseil: we log, draw and lock otherwise (ARCHITECTURE.md)"),
)

# Everything that reads a clock or draws chance by itself. One world, swapped whole: only common/base may.
WORLD = re.compile(
    r"\bstd::(?:mt19937(?:_64)?|minstd_rand0?|random_device|default_random_engine|rand|srand|random_shuffle)\b"
    r"|(?<![\w.>:])(?:rand|srand|drand48|clock_gettime|gettimeofday|getrandom|getentropy)\s*\("
    r"|(?<![\w.>:])time\s*\(\s*(?:nullptr|NULL|0|&)"
    r"|\b(?:system_clock|steady_clock|high_resolution_clock)\s*::\s*now\b"
    r"|\babsl::(?:Now|BitGen|InsecureBitGen)\b|\b(?:uv_now|uv_hrtime|uv_random|uv_clock_gettime|RAND_bytes)\s*\(")
# Benchmarks and the tests of whole programs and of real loops live in the real world; a fuzzer brings its own chance.
IN_THE_WORLD = re.compile(r"common/base/|tests/(?:bench|interop|fuzz|support)/|tests/unit/(?:base|net)/")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def folder_of(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "common" else parts[0]


def is_below(path: str, prefix: str) -> bool:
    return path.startswith(prefix + "/")


def judge(path: str, source: str):
    folder = folder_of(path)
    if folder not in ARROWS:
        yield Complaint(path, 1, f"folder {folder} is not in the table of tests/tidy/layering.py")
        return
    for match in INCLUDE.finditer(source):
        line = source.count("\n", 0, match.start()) + 1
        ours, theirs = match.groups()
        header = ours or theirs
        if ours and not LIBRARIES.match(ours) and not any(is_below(ours, allowed) for allowed in (folder, *ARROWS[folder])):
            yield Complaint(path, line, f"{folder} must not include {ours}")
        for door, keepers, why in DOORS:
            if re.fullmatch(door, header) and not is_below(path, "tests") and not re.match(keepers, path):
                yield Complaint(path, line, f"{header}: {why}")
    if IN_THE_WORLD.match(path):
        return
    text = without_comments(source)
    for match in WORLD.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Complaint(path, line, f"{match.group().rstrip(' (')}: time and chance come from Clock and Random alone")


CASES = (
    # path, line of code, part of the complaint or None
    ("common/dns/name.cc", '#include "common/base/bytes.h"', None),
    ("common/dns/name.cc", '#include "common/dns/name.h"', None),
    ("common/dns/name.cc", '#include "common/async/task.h"', "must not include"),
    ("common/dns/name.cc", '#include "name.h"', "must not include"),
    ("common/dns/name.cc", '  #  include "common/net/network.h"', "must not include"),
    ("common/base/clock.h", '#include "common/dns/name.h"', "must not include"),
    ("common/zone/zone.cc", '#include "common/zonefile/zone_reader.h"', None),
    ("common/zonefile/zone_reader.cc", '#include "common/zone/zone.h"', "must not include"),
    ("common/helpers/misc.h", "", "not in the table"),
    ("resolver/cache.cc", '#include "common/zone/zone.h"', None),
    ("resolver/cache.cc", '#include "authoritative/compose.h"', "must not include"),
    ("authoritative/compose.cc", '#include "resolver/cache.h"', "must not include"),
    ("resolver/cache.cc", '#include "tests/sim/sim_network.h"', "must not include"),
    ("tests/unit/dns/name_test.cc", '#include "resolver/cache.h"', None),
    ("common/net/uv_loop.cc", "#include <uv.h>", None),
    ("resolver/main.cc", "#include <uv.h>", None),
    ("resolver/exchange.cc", "#include <uv.h>", "behind common/net/uv_"),
    ("tests/unit/net/uv_udp_test.cc", "#include <uv.h>", None),
    ("resolver/exchange.cc", "#include <yaml-cpp/yaml.h>", "behind common/config"),
    ("resolver/exchange.cc", '#include "absl/log/log.h"', "not from Abseil"),
    ("resolver/exchange.cc", "std::mt19937 engine;", "time and chance"),
    ("resolver/exchange.cc", "int id = rand();", "time and chance"),
    ("resolver/exchange.cc", "const auto now = std::chrono::steady_clock::now();", "time and chance"),
    ("resolver/exchange.cc", "using std::chrono::system_clock; auto now = system_clock :: now();", "time and chance"),
    ("resolver/exchange.cc", "time_t now = time(nullptr);", "time and chance"),
    ("resolver/exchange.cc", "clock_gettime(CLOCK_MONOTONIC, &now);", "time and chance"),
    ("resolver/exchange.cc", "// rand() and gettimeofday() are not for us", None),
    ("resolver/exchange.cc", 'Log("clock_gettime() failed");', None),
    ("resolver/exchange.cc", "const uint16_t id = world.random().U16();", None),
    ("resolver/exchange.cc", "Random& random() { return random_; }", None),
    ("resolver/exchange.cc", "const Duration left = deadline.time();", None),
    ("common/base/clock.cc", "clock_gettime(CLOCK_MONOTONIC, &now);", None),
    ("tests/sim/sim_network.cc", "std::mt19937_64 engine(seed);", "time and chance"),
    ("tests/bench/codec_bench.cc", "std::mt19937_64 engine(1);", None),
)


def self_test() -> list[str]:
    failures = []
    for path, code, expected in CASES:
        found = [str(complaint) for complaint in judge(path, code)]
        as_expected = (not found) if expected is None else (len(found) == 1 and expected in found[0])
        if not as_expected:
            failures.append(f"self-test: {path}: {code!r}: expected {expected!r}, found {found}")
    return failures


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        failures = self_test()
    else:
        failures = [str(complaint) for path, source in source_files() for complaint in judge(path, source)]
    print("\n".join(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
