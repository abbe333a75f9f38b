# SPDX-License-Identifier: BSD-2-Clause
"""A line's subscriber behind a DHCPv6 relay agent, ISC's dhcrelay, which says
by its Interface-Id whose line it is; for the rest it is a bridge [RFC 6221,
draft-navali 3.1.3]."""

import os
import re
import sys

import pytest

from netlab.host import Host
from netlab.net import Namespace
from netlab.process import Daemon, wait_for

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_88_ethernet  # noqa: E402

LINE = """
ethernet "line0" {
	user = "%{circuit-id}@example.net"
	access-line-ids = true
}
"""
# dhcrelay's Interface-Id is a number of the configuration, as the machine has
# it in memory.
INTERFACE_ID = b"lin1"
USER = "lin1@example.net"
BRIDGE = """\
qdisc add dev down0 clsact
filter add dev down0 ingress prio 1 protocol ipv6 flower ip_proto udp \
dst_port 547 action ok
filter add dev down0 ingress prio 2 protocol ipv6 flower dst_mac {down} \
action ok
filter add dev down0 ingress prio 3 protocol ipv6 matchall \
action mirred egress redirect dev up0
qdisc add dev up0 clsact
filter add dev up0 ingress prio 1 protocol ipv6 flower dst_mac {up} action ok
filter add dev up0 ingress prio 2 protocol ipv6 matchall \
action mirred egress mirror dev down0
"""


class Relay:
    """host --down0, up0-- line0: what is sent to a DHCPv6 server goes by
    dhcrelay, all else as it is."""

    def __init__(self, lab):
        self.lab, self.ns = lab, Namespace("relay")
        self.ns.sysctl("ipv6/conf/default/accept_ra", 0)
        lab.ns["nas1"].ip("link add line0 type veth peer name up0 netns relay",
                          "link set line0 up")
        self.ns.ip("link set lo up", "link set up0 up")
        self.host = Host(lab.ns["mn2"], self.ns, lab.logs, lab.work, "down0")
        self.ns.ip("address add fd00::1/64 dev down0 nodad")
        mac = {n: re.search(r"link/ether (\S+)", self.ns.ip(
            f"link show dev {n}0")).group(1) for n in ("up", "down")}
        done = self.ns.run("tc", "-batch", "-", input=BRIDGE.format(**mac))
        assert done.returncode == 0, done.stderr
        for dev in ("up0", "down0"):
            wait_for("its link-local address", 10, lambda d=dev: "inet6 fe80"
                     in self.ns.ip(f"address show dev {d} -tentative"))
        number = int.from_bytes(INTERFACE_ID, sys.byteorder)
        self.daemon = Daemon(self.ns, "dhcrelay", [
            "dhcrelay", "-6", "-d", "-I", "-pf", f"{lab.work}/dhcrelay.pid",
            "-l", f"down0#{number}", "-u", "up0"], lab.logs)

    def close(self):
        self.daemon.stop()
        self.host.close()
        self.lab.ns["nas1"].ip("link del line0")
        self.ns.close()


@pytest.fixture
def relay(lab):
    relay = Relay(lab)
    lab.restart_nasd(extra=LINE)
    yield relay
    relay.host.vanish()
    lab.nas.stop()
    relay.close()


def test_interface_id(lab, relay, monkeypatch):
    """RADIUS is asked by it, and the subscriber gets what is his."""
    monkeypatch.setattr(test_88_ethernet, "USER", USER)
    relay.host.start("dhclient")
    session = test_88_ethernet.works(lab, relay.host)
    assert session["circuit_id"] == INTERFACE_ID.decode(), session
    binding, = lab.bindings()
    assert binding["nai"] == USER
    assert lab.nasctl("show statistics")["dhcpv6"]["relayed"] >= 2
    relay.host.release()
    wait_for("had to forget it", 20, lambda: not lab.bindings(), 0.2)
