# SPDX-License-Identifier: BSD-2-Clause
"""Configuration files that must be accepted, and ones that must be refused
with file, line and key, and status 2; nothing is started (-n). What cannot
start for another reason says that, too."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from netlab import config

SRC = Path(__file__).resolve().parents[2]
STAGE = Path(os.environ.get("LAB_STAGE", SRC / "build-lab" / "stage"))


def check(daemon, path):
    return subprocess.run([STAGE / "sbin" / daemon, "-n", "-f", path],
                          text=True, capture_output=True, check=False,
                          timeout=60)


@pytest.fixture
def files(tmp_path):
    writer = config.Writer(str(tmp_path), str(STAGE))
    writer.secrets()
    return writer


def written(files, daemon, edit=lambda text: text):
    text = getattr(files, daemon)().replace('user = "netmip4"',
                                            'user = "nobody"')
    new = edit(text)
    return config.write(files.path(f"{daemon}.conf"), new)


@pytest.mark.parametrize("daemon", ("nasd", "had"))
def test_good_file(files, daemon):
    done = check(daemon, written(files, daemon))
    assert done.returncode == 0, done.stderr


def replace(old, new):
    def edit(text):
        assert old in text
        return text.replace(old, new, 1)
    return edit


def append(more):
    return lambda text: text + more


POOL = 'pool "again" { prefix = "%s" mode = unique }\n'
BAD = {
    "nasd-no-such-user": ("nasd", replace('"nobody"', '"no-such-user"'),
                          "user"),
    "nasd-user-is-root": ("nasd", replace('"nobody"', '"root"'), "user"),
    "had-no-such-user": ("had", replace('"nobody"', '"no-such-user"'),
                         "user"),
    "nasd-no-dictionary": ("nasd", replace(
        "radius {", 'radius {\n\tdictionary = "/dev/null"'), "dictionary"),
    "nasd-unknown-key": ("nasd", append("no-such-key = 1\n"), "no-such-key"),
    "nasd-bad-address": ("nasd", replace('"192.0.2.1"', '"192.0.2.300"'),
                         "care-of-address"),
    "nasd-no-home-agent": ("nasd", lambda t: t[:t.index("home-agent")] +
                           t[t.index("prefix-mode"):], "home-agent"),
    "nasd-two-home-agents-one-address": (
        "nasd", append('home-agent "ha2" {\n address = "198.51.100.1"\n'
                       ' key "256" { key-file = "@KEY@" }\n}\n'), "address"),
    "nasd-key-file-missing": ("nasd", replace("fa-ha.key", "nobody.key"),
                              "key-file"),
    "nasd-key-file-readable": ("nasd", replace("fa-ha.key", "open.key"),
                               "key-file"),
    "nasd-reserved-spi": ("nasd", replace('key "256"', 'key "255"'), "key"),
    "nasd-syntax": ("nasd", append("pppd {\n"), ""),
    "had-unknown-key": ("had", append("no-such-key = 1\n"), "no-such-key"),
    "had-bad-prefix": ("had", replace("/48", "/129"), "prefix"),
    "had-host-bits": ("had", replace("2001:db8:100::/48",
                                     "2001:db8:100::1/48"), "prefix"),
    "had-overlapping-pools": ("had", append(POOL % "2001:db8:100:8::/61"),
                              "pool"),
    "had-key-file-readable": ("had", replace("fa-ha.key", "open.key"),
                              "key-file"),
    "had-bad-dataplane": ("had", replace("type = kernel", "type = magic"),
                          "type"),
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_bad_file(files, name):
    daemon, edit, key = BAD[name]
    config.write(files.path("open.key"), f"hex:{config.FA_HA_KEY}\n", 0o644)
    path = written(files, daemon, edit)
    text = Path(path).read_text(encoding="utf-8")
    config.write(path, text.replace("@KEY@", files.path("fa-ha.key")))
    done = check(daemon, path)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert f"{path}:" in done.stderr or f"{Path(path).name}:" in done.stderr
    assert re.search(rf"\.conf:\d+: .*{key}", done.stderr), done.stderr
    assert f" {daemon}[" in done.stderr, done.stderr


def test_line_of_what_is_checked_late(files):
    """User and dictionary: with the line, though nothing else is wrong."""
    edits = {"user = ": replace('"nobody"', '"no-such-user"'),
             "\tdictionary": BAD["nasd-no-dictionary"][1]}
    for key, edit in edits.items():
        path = written(files, "nasd", edit)
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        line = [i for i, text in enumerate(lines, 1)
                if text.startswith(key)][0]
        done = check("nasd", path)
        assert f"{path}:{line}: {key.strip(' =' + chr(9))}: " in done.stderr


@pytest.mark.parametrize("daemon", ("nasd", "had", "fad"))
def test_missing_file(daemon, tmp_path):
    done = check(daemon, str(tmp_path / "none.conf"))
    assert done.returncode == 2
    assert "none.conf" in done.stderr


def test_key_is_never_shown(files):
    for daemon in ("nasd", "had"):
        done = check(daemon, written(files, daemon))
        assert config.FA_HA_KEY not in done.stdout + done.stderr
        assert config.RADIUS_SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("daemon,old,new", (
    ("nasd", '"acc0"', '"nosuchif0"'),
    ("had", "/run/netmip4/had.ctl", "/no/such/directory/had.ctl")))
def test_cannot_start(files, tmp_path, daemon, old, new):
    """No such interface, no such directory: that is said, and status 1; also
    where nothing has made /run/netmip4 yet."""
    run = str(tmp_path / "run" if daemon == "nasd" else tmp_path)
    path = written(files, daemon, lambda text: append(
        f'chroot = "{run}/empty"\n')(replace(old, new)(text))
                   .replace("/run/netmip4", run))
    done = subprocess.run(["unshare", "-n", STAGE / "sbin" / daemon, "-f",
                           path], text=True, capture_output=True,
                          check=False, timeout=60)
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert re.search(f"{new.strip(chr(34))}: .*No such", done.stderr), \
        done.stderr


def test_what_is_missing_is_said(files):
    """It may still come: a warning each, and status 0."""
    def edit(text):
        for old, new in (('"/usr/sbin/pppd"', '"/no/such/pppd"'),
                         ("netmip4.so", "nosuch.so"),
                         ("rp-pppoe.so", "norp.so"),
                         ('"acc0"', '"nosuchif0"')):
            text = replace(old, new)(text)
        return text

    done = check("nasd", written(files, "nasd", edit))
    assert done.returncode == 0, done.stderr
    for what in ("path: /no/such/pppd", r"plugin: \S*/nosuch.so",
                 "pppoe-plugin: norp.so", 'pppoe "nosuchif0"'):
        assert re.search(rf"nasd\.conf: .*{what}: .*(no session|not start)",
                         done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 4, done.stderr


@pytest.mark.parametrize("device,why", (
    ("nosuchif0", "No such device"), ("lo", "not an Ethernet link")),
    ids=("missing", "loopback"))
def test_home_link_cannot_start(files, tmp_path, device, why):
    path = written(files, "had", lambda text: replace(
        "mode = shared", f'mode = shared\n\thome-link = "{device}"')(text)
        .replace("/run/netmip4", str(tmp_path)))
    done = subprocess.run(["unshare", "-n", STAGE / "sbin" / "had", "-f",
                           path], text=True, capture_output=True,
                          check=False, timeout=60)
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert f"{device}: home link: {why}" in done.stderr, done.stderr
