# SPDX-License-Identifier: BSD-2-Clause
"""A flood of PADIs against nasd itself, on this kernel in a network namespace
of its own: memory stays, nasd answers, and the counters add up."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2]
STAGE = Path(os.environ.get("LAB_STAGE", SRC / "build-lab" / "stage"))
NMDIAL = STAGE.parent / "build" / "tests" / "bench" / "nmdial"
sys.path.insert(0, str(SRC / "lab"))
from netlab.control import Control  # noqa: E402
from netlab.process import children, memory_kb, wait_for  # noqa: E402

RATE, SECONDS = 50000, 5
CONF = """
nas-identifier = "flooded"
care-of-address = "192.0.2.1"
user = "nobody"
chroot = "{dir}/empty"
plugin-socket = "{dir}/plugin.sock"
control-socket = "{dir}/nasd.ctl"
state-directory = "{dir}/state"
log {{ dest = stderr }}
pppoe "acc0" {{ }}
radius {{ server "none" {{
	address = "203.0.113.10"
	secret-file = "{dir}/secret"
}} }}
accounting {{ spool = "" }}
home-agent "none" {{
	address = "198.51.100.1"
	key "256" {{ key-file = "{dir}/key" }}
}}
"""
# What becomes of a PADI.
FATES = ("pado", "padi_limited", "mac_rate_limited", "no_service", "full",
         "starting_limit", "too_busy", "drained", "send_errors")


@pytest.fixture
def namespace():
    """A way into a namespace that has a cable with two ends."""
    keeper = subprocess.Popen(
        ["unshare", "--net", "--mount", "sh", "-c", "ip link set lo up &&"
         " ip address add 192.0.2.1 dev lo && ip link add acc0 type veth peer"
         " name eth0 && ip link set acc0 up && ip link set eth0 up &&"
         " echo made && exec sleep 300"],
        stdout=subprocess.PIPE, text=True)
    try:
        if keeper.stdout.readline() != "made\n":
            pytest.skip("no network namespaces here")
        yield ["nsenter", f"--net=/proc/{keeper.pid}/ns/net"]
    finally:
        keeper.kill()
        keeper.wait()
        keeper.stdout.close()


@pytest.fixture
def nasd(namespace, tmp_path):
    (tmp_path / "empty").mkdir(mode=0o755)
    for name in ("secret", "key"):
        (tmp_path / name).write_text("sixteen bytes, or more\n")
        (tmp_path / name).chmod(0o600)
    (tmp_path / "nasd.conf").write_text(CONF.format(dir=tmp_path))
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(
            [*namespace, STAGE / "sbin" / "nasd", "-f",
             tmp_path / "nasd.conf"], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log)
    process.ctl = Control(str(tmp_path / "nasd.ctl"))
    try:
        wait_for("nasd", 30, lambda: process.ctl.alive() or
                 process.poll() is not None, 0.1)
        assert process.poll() is None, (tmp_path / "log").read_text()
        yield process
    finally:
        process.terminate()
        status = process.wait(60)
    assert status == 0, (tmp_path / "log").read_text()


def flood(namespace, rate, seconds, meanwhile=lambda: None):
    """What nmdial has sent, and heard."""
    with subprocess.Popen(
            [*namespace, NMDIAL, "--interface", "eth0", "--flood", str(rate),
             "--seconds", str(seconds)], stdout=subprocess.PIPE,
            text=True) as process:
        while process.poll() is None:
            meanwhile()
        return {name: float(value) for name, value, _ in (
            line.split() for line in process.stdout)}


def test_padi_flood(namespace, nasd):
    pids = [nasd.pid, *children(nasd.pid)]
    assert len(pids) == 2
    first = flood(namespace, 1000, 1)
    nasd.ctl("show statistics")
    memory, answers = memory_kb(pids, "Anonymous"), 0

    def look():
        nonlocal answers
        answers += nasd.ctl("show statistics")["pppoe"][0]["padi"] > 0
        time.sleep(0.2)
    got = flood(namespace, RATE, SECONDS, look)
    assert answers > 0
    counted = nasd.ctl("show statistics")["pppoe"][0]
    sent = first["sent"] + got["sent"]
    assert got["sent"] >= RATE, got     # however busy the machine is
    assert counted["padi"] == sum(counted[fate] for fate in FATES), counted
    assert 0 < counted["padi"] + counted["missed"] <= sent, (counted, got)
    assert first["offers"] + got["offers"] == counted["pado"], (counted, got)
    # more than its own rate is not answered
    assert counted["pado"] <= 500 * (SECONDS + 20), counted
    assert counted["sessions"] == counted["stations"] == 0
    # and then as if nothing had been
    after = flood(namespace, 20, 1)
    assert after["offers"] == after["sent"] > 0, after
    grown = memory_kb(pids, "Anonymous") - memory
    assert grown < 256, f"{grown} kB"
