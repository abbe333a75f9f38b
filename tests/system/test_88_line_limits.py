# SPDX-License-Identifier: BSD-2-Clause
"""What one Ethernet line says to the NAS itself: it keeps no session alive, and
no other line from being heard."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from netlab.host import Host
from netlab.process import wait_for

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_88_dhcpv6 import client_id, ia_na  # noqa: E402
from test_88_ethernet import LINE, USER, works  # noqa: E402

TWO = LINE + LINE.replace("line0", "line1")
IDLE = "idle-line0@example.net"
FLOOD = """
import socket, time
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
to = ("ff02::1:2", 547, 0, socket.if_nametoindex("eth1"))
data = b"\\1" + bytes(1400)
while True:
    for i in range(100):
        s.sendto(data, to)
    time.sleep(0.01)
"""


@pytest.fixture
def hosts(lab):
    both = [Host(lab.ns[mn], lab.ns["nas1"], lab.logs, lab.work, line)
            for mn, line in (("mn2", "line0"), ("mn3", "line1"))]
    lab.restart_nasd(extra=TWO)
    yield both
    for host in both:
        host.vanish()
    lab.nas.stop()
    for host in both:
        host.close()


def sender(host):
    with host.ns.inside():
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        return sock, ("ff02::1:2", 547, 0, socket.if_nametoindex("eth1"))


def received(lab):
    return lab.nasctl("show statistics")["dhcpv6"]["received"]


def test_flood(lab, hosts):
    """One SOLICIT is heard, whatever another line sends meanwhile, and also if
    nasd has not been able to read any of it; and a real client gets what it
    asks for during a flood."""
    good, bad = hosts
    for host in hosts:
        wait_for("its link-local address", 10, lambda h=host: "inet6 fe80"
                 in h.ns.ip("address show dev eth1 -tentative"))
    nasd = lab.daemon_pids()["nasd"]
    before, began = received(lab), time.monotonic()
    for pid in nasd:
        os.kill(pid, signal.SIGSTOP)
    sock, to = sender(bad)
    with sock:
        for _ in range(2000):
            sock.sendto(b"\1" + bytes(1400), to)
    sock, to = sender(good)
    with sock:
        sock.sendto(b"\1\0\0\7" + client_id(7) + ia_na(7), to)
    for pid in nasd:
        os.kill(pid, signal.SIGCONT)
    session = wait_for("the one that asks to be heard", 20,
                        lambda: lab.session(USER))
    assert session["access"] == "ethernet"
    # As many a second as a line may say, and what it may say at once.
    assert received(lab) - before < 200 + 60 * (time.monotonic() - began)
    assert lab.tool("nasctl", "terminate", USER)[0] == 0
    wait_for("its end", 20, lambda: not lab.session(USER), 0.2)
    flood = bad.ns.popen([sys.executable, "-c", FLOOD])
    try:
        good.start("dhclient")
        works(lab, good)
    finally:
        flood.kill()
        flood.wait()
    good.release()


def test_idle(lab, hosts):
    """Solicitations and reports are no traffic, nor is what the filter
    drops."""
    host = hosts[0]
    lab.restart_nasd(extra=TWO.replace("%i@", "idle-%i@", 1))
    host.start("dhclient")
    session = wait_for("a session of the line", 40, lambda: (
        lambda s: s and s["state"] == "up" and s)(lab.session(IDLE)), 0.2)
    host.wait_global(20)
    with host.ns.popen(["ping", "-q", "-i", "0.5", "ff02::2%eth1"],
                       stdout=subprocess.DEVNULL) as busy:
        try:
            wait_for("the idle session to go", 60, lambda: not
                     lab.session(IDLE), 0.5)
        finally:
            busy.kill()
    past = lab.nasctl("show recent")["sessions"]
    assert [p["ended"] for p in past if p["id"] == session["id"]] == [
        "idle timeout"], past
