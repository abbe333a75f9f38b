# SPDX-License-Identifier: BSD-2-Clause
"""Rate limits of sessions, from RADIUS and profiles."""

import os
import select
import socket
import subprocess
import time

import pytest

from netlab import config
from netlab.process import wait_for
from netlab.topology import CN6

PROFILES = """
profile "bronze" {
	rate-down = "800k"
	rate-up = "400k"
}
profile "gold" {
	rate-down = "100M"
	rate-up = "50M"
	burst = 200
}
"""
BURST = 18000               # the least there is
PACKETS, SIZE = 200, 1000
WIRE = SIZE + 48            # with UDP and IPv6


class Flow:
    """Datagrams one way between two namespaces, as fast as they can be
    sent."""

    def __init__(self, src, dst, address):
        self.address = address
        with dst.inside():
            self.inbox = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        with src.inside():
            self.outbox = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.inbox.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.inbox.setblocking(False)
        self.inbox.bind((address, 0))
        self.received, self.started = 0, time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.inbox.close()
        self.outbox.close()

    def blast(self, n=PACKETS):
        for _ in range(n):
            self.outbox.sendto(bytes(SIZE), self.inbox.getsockname()[:2])
        return self

    def drain(self, seconds=0.0):
        """Packets that have come by then, in all."""
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            if select.select([self.inbox], [], [], left)[0]:
                self.inbox.recv(SIZE)
                self.received += 1
            elif left == 0.0:
                return self.received

    def most(self, bps):
        """What a limit may have let through since the flow began."""
        passed = time.monotonic() - self.started
        return (BURST + 1.25 * bps / 8 * passed) / WIRE + 2


def shown(lab, name):
    return lab.session(config.user(name))


def tc(lab, ifname):
    return lab.ns["nas1"].run("tc", "qdisc", "show", "dev", ifname).stdout


def test_rates_from_radius(lab):
    """Both ways what is too much stays behind, and is counted: no packet is
    missing otherwise."""
    client = lab.connect(user="lea")
    hoa = client.wait_global()
    s = shown(lab, "lea")
    assert (s["rate_down"], s["rate_up"]) == (400000, 200000)
    rules = tc(lab, s["ifname"])
    assert "tbf" in rules and "rate 400Kbit" in rules and \
        "fq_codel" in rules, rules
    with Flow(lab.ns["cn"], lab.ns["mn1"], hoa) as down:
        down.blast()
        got = down.drain(1)
        assert 10 <= got <= down.most(400000), got
        wait_for("the queue to be empty", 30, lambda: down.drain(0.2) +
                 shown(lab, "lea")["down_dropped"] == PACKETS)
        assert shown(lab, "lea")["down_dropped"] > 0
    with Flow(lab.ns["mn1"], lab.ns["cn"], CN6) as up:
        up.blast()
        wait_for("each packet to be somewhere", 10, lambda: up.drain(0.2) +
                 shown(lab, "lea")["up_dropped"] == PACKETS)
        assert 10 <= up.received <= up.most(200000), up.received
    # only too much is too much
    assert client.ping(CN6, 2)[1] == 2


def test_rates_of_a_profile(lab):
    """By its name; one that the configuration does not have is none."""
    lab.restart_nasd(extra=PROFILES)
    client = lab.connect(user="max")
    s = shown(lab, "max")
    assert (s["rate_down"], s["rate_up"]) == (800000, 400000)
    assert s["profile"] == "bronze"
    client.hang_up()
    lab.restart_nasd(extra=PROFILES.replace("bronze", "iron"))
    lab.connect(user="max")
    s = shown(lab, "max")
    assert (s["rate_down"], s["rate_up"]) == (0, 0)
    assert "tbf" not in tc(lab, s["ifname"])


MODULES = ("act_police", "sch_tbf")


@pytest.fixture
def no_limits():
    """A kernel that can not limit rates, nor load what is missing."""
    if not os.path.isdir("/run/lab-modules"):
        pytest.skip("this kernel would load its modules again")
    wait_for("unused modules", 10, lambda: subprocess.run(
        ["rmmod", *MODULES], check=False).returncode == 0, 0.5)
    yield
    subprocess.run(["modprobe", "-a", "-d", "/run/lab-modules", *MODULES],
                   check=True)


def test_kernel_without_limits(lab, no_limits):
    """Says so; by the configuration the subscriber has none, or no session."""
    mark = lab.nas.log_mark()
    client = lab.connect(user="lea")
    s = shown(lab, "lea")
    assert (s["rate_down"], s["rate_up"]) == (0, 0)
    assert client.ping(CN6)[1] == 1
    assert lab.nas.log(mark).count("it needs sch_tbf, cls_matchall and"
                                   " act_police") == 1
    client.hang_up()
    lab.restart_nasd(extra="unlimited-sessions = refuse\n")
    mark = lab.nas.log_mark()
    lab.dial(user="lea").failure()
    assert "its rate can not be limited" in lab.nas.log(mark)
