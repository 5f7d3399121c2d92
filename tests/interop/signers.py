"""Zones signed by other people's signers, with fresh keys: dnssec-signzone of BIND, ldns-signzone, kzonesign of Knot DNS."""
import os, re
from lab import run

ALGORITHM_NAMES = {8: "RSASHA256", 10: "RSASHA512", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448"}


def checked(*argv):
    done = run(*argv)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")
    return done.stdout


def sign_with_bind(zone, source, algorithm, denial, folder):
    bits = ["-b", "2048"] if algorithm in (8, 10) else []
    name = ALGORITHM_NAMES[algorithm]
    keys = [checked("dnssec-keygen", "-q", "-K", folder, "-a", name, *bits, *flags, zone).strip() for flags in ([], ["-f", "KSK"])]
    signed = f"{folder}/{zone}.signed"
    how = {"nsec": [], "nsec3": ["-3", "aabb", "-H", "1"], "optout": ["-3", "-", "-A", "-H", "0"]}[denial]
    checked("dnssec-signzone", "-q", "-P", "-S", "-K", folder, "-d", folder, "-o", zone, "-f", signed, "-O", "full", *how, source)
    assert keys
    return signed


def sign_with_ldns(zone, source, algorithm, denial, folder):
    bits = ["-b", "2048"] if algorithm in (8, 10) else []
    keys = [checked("sh", "-c", 'cd "$0" && ldns-keygen "$@"', folder, *flags, "-a", ALGORITHM_NAMES[algorithm], *bits, zone).strip()
            for flags in ([], ["-k"])]
    signed = f"{folder}/{zone}.signed"
    how = {"nsec": [], "nsec3": ["-n", "-t", "5", "-s", "aabbcc"], "optout": ["-n", "-p", "-t", "0"]}[denial]
    checked("ldns-signzone", "-o", zone, "-f", signed, *how, source, *(f"{folder}/{key}" for key in keys))
    return signed


def sign_with_knot(zone, source, algorithm, denial, folder):
    signed = f"{folder}/{zone}.signed"
    with open(f"{folder}/{zone}.knot.conf", "w") as f:
        f.write(f"""database:
  storage: {folder}/{zone}.keys
policy:
  - id: once
    algorithm: {ALGORITHM_NAMES[algorithm].lower()}
    nsec3: {"off" if denial == "nsec" else "on"}
    nsec3-iterations: 0
    nsec3-salt-length: 0
    nsec3-opt-out: {"on" if denial == "optout" else "off"}
    cds-cdnskey-publish: none
zone:
  - domain: {zone}
    storage: {folder}
    file: {source}
    dnssec-signing: on
    dnssec-policy: once
    semantic-checks: off
""")
    os.makedirs(f"{folder}/{zone}.keys", exist_ok=True)
    os.makedirs(f"{folder}/{zone}.out", exist_ok=True)
    checked("kzonesign", "-c", f"{folder}/{zone}.knot.conf", "-o", f"{folder}/{zone}.out", zone)
    os.rename(f"{folder}/{zone}.out/{os.listdir(f'{folder}/{zone}.out')[0]}", signed)
    return signed
