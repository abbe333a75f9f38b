# SPDX-License-Identifier: BSD-2-Clause
"""A PPP subscriber of an access node who means ill: what the access node
passes, byte for byte as it must, the home agent believes only if it is his;
the access node itself hears none of it, and nobody else feels any of it."""

import errno
import os
import socket
import struct
import sys
import time

import mip4
import pppmn
import pytest

from netlab import config
from netlab.process import wait_for
from netlab.topology import CN6

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_89_ppp_node import (  # noqa: E402
    FRANK, GRACE, HOME, binding, dial, forgotten, is_up, nas, reaches,
    tunnelled)

assert nas			# the fixture
ALL, ROUTERS, OWN, OTHER = "ff02::1", "ff02::2", "fe80::aa:1", "fe80::aa:2"
RS, RA, NS, NA, ECHO = 133, 134, 135, 136, 128


def icmp6(src, dst, kind, body, hops=255):
    src, dst = mip4.ip6(src), mip4.ip6(dst)
    head = struct.pack("!BBH", kind, 0, 0) + body
    total = src + dst + struct.pack("!II", len(head), 58) + head
    total += b"\0" * (len(total) % 2)
    check = sum(struct.unpack(f"!{len(total) // 2}H", total))
    while check >> 16:
        check = (check & 0xffff) + (check >> 16)
    head = head[:2] + struct.pack("!H", ~check & 0xffff) + head[4:]
    return struct.pack("!IHBB", 6 << 28, len(head), 58, hops) + src + dst + head


def rs(src=OWN, hops=255):
    return icmp6(src, ROUTERS, RS, bytes(4), hops)


def advertisement():
    """It would be everybody's router, and everybody's prefix is its own."""
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 7200, 7200, 0)
    return icmp6(OWN, ALL, RA, struct.pack("!BBHII", 64, 0, 9000, 0, 0) +
                 prefix + mip4.ip6("2001:db8:bad::"))


def neighbour(target, kind=NA, src=OWN, dst=ALL, hops=255):
    flags = struct.pack("!I", 0xa0000000 if kind == NA else 0)
    return icmp6(src, dst, kind, flags + mip4.ip6(target), hops)


def echo(src, dst=CN6, hops=64):
    return icmp6(src, dst, ECHO, struct.pack("!HH", 7, 7), hops)


class Raw:
    """Packets out of a mobile node's PPP interface."""

    def __init__(self, lab, mn):
        with lab.ns[mn].inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, *packets, proto=0x86dd):
        """As long as the device has no room it waits."""
        for p in packets:
            for _ in range(100):
                try:
                    self.sock.sendto(p, ("ppp0", proto))
                    break
                except OSError as e:
                    assert e.errno == errno.ENOBUFS, e
                    time.sleep(0.01)


def routes(lab):
    return lab.ns["nas1"].run("ip", "-6", "route", "show", "table", "all",
                              "proto", "ra").stdout


def test_packets(nas):
    lab = nas
    frank = dial(lab, "mn1", "frank", 1)
    grace = dial(lab, "mn2", "grace", 2)
    for client, user in ((frank, FRANK), (grace, GRACE)):
        client.wait_global(40)
        client.wait_default_route(20)
        wait_for("the session to be up", 20, lambda u=user: is_up(lab, u))
        reaches(client)
    victim = HOME + "aa:2"
    wait_for("a ping", 20, lambda: grace.ping(
        CN6, wait=3, options=("-I", victim))[1])
    core = lab.tap("nas1", "core0")
    heard = lab.tap("mn2", "ppp0")
    host = lab.tap("cn", "eth0")
    before = binding(lab, GRACE)["addresses"]
    with Raw(lab, "mn1") as bad:
        bad.send(advertisement(), neighbour(victim), neighbour(CN6),
                 neighbour(victim, NS, "::", "ff02::1:ffaa:2"),
                 neighbour(victim, src=victim), rs(hops=254),
                 neighbour(victim, hops=254),
                 echo(victim), echo(victim, HOME + "aa:1"), echo("::1"),
                 echo("ff02::1"), echo(CN6, victim),
                 echo(HOME + "aa:1", "ff02::1"), echo("2001:db8:77::1"))
        bad.send(b"\x45" + bytes(39), proto=0x0800)
        bad.send(rs()[:20], rs()[:41], b"\x60")
        bad.send(*[rs() for _ in range(2000)])
        bad.send(*[neighbour(HOME + f"{i:x}", NS, "::", "ff02::1:ff00:1")
                   for i in range(1, 300)])
    # She feels nothing.
    wait_for("a ping", 20, lambda: grace.ping(
        CN6, wait=3, options=("-I", victim))[1])
    assert grace.ping(CN6)[1] == 1
    assert binding(lab, GRACE)["addresses"] == before
    assert not [f for _, f in heard.read() if len(f) > 40 and f[6] == 58 and
                f[40] == RA and f[8:24] == mip4.ip6(OWN)]
    echoes = [f for _, f in host.read() if f[12:14] == b"\x86\xdd" and
              f[20] == 58 and f[54] == ECHO and f[58:62] == b"\0\7\0\7"]
    assert not [f for f in echoes if f[22:38] != mip4.ip6(HOME + "aa:1")]
    assert not routes(lab)
    # What went by was not IPv4, and came by the tunnel.
    assert not [p for _, p in tunnelled(core) if p[0] >> 4 != 6]
    mine = binding(lab)
    assert mine is None or len(mine["addresses"]) <= 16
    # Nor is an operator's mistake the end of it.
    nas1 = lab.ns["nas1"]
    for do in ("link del", "link set down dev"):
        nas1.ip(f"{do} nm4n-c0000264")
        wait_for("its tunnel", 10, lambda: "UP" in nas1.run(
            "ip", "link", "show", "dev", "nm4n-c0000264").stdout)
        reaches(frank)
    for client in (frank, grace):
        client.hang_up()
    forgotten(lab)
    forgotten(lab, GRACE)


class Bad(pppmn.Node):
    """Speaks as early as it can, and negotiates LCP anew, several times."""
    rounds = 3

    def v6_open(self):
        super().v6_open()
        if self.v6.opened:
            self.acted = False
            for p in (advertisement(), echo(OWN, ALL, 255), rs()):
                self.eth.send(self.ac, pppmn.ETH_SESS, 0, self.sid,
                              b"\0\x57" + p)

    def act(self):
        if self.opens > self.rounds:
            return
        self.lcp, self.v6 = pppmn.Layer(), pppmn.Layer()
        self.lcp.ident = self.opens * 16
        self.authed = False
        self.request(pppmn.LCP, self.lcp, pppmn.option(5, os.urandom(4)))

    def on_ipv6(self, data):
        super().on_ipv6(data)
        if len(data) > 40 and data[6] == 58 and data[40] == 129:
            self.count("echo-reply")


def play(lab, what, behave, **kw):
    with lab.ns["mn1"].inside():
        return what("eth0", FRANK, config.password("frank"), behave,
                    **kw).run()


def test_lcp_anew(nas):
    """Each time the same registration; the host never heard a word."""
    lab = nas
    result = play(lab, Bad, "ok", opened_for=3.0, duration=90)
    assert result["opens"] >= 2, result
    assert "echo-reply" not in result["counts"], result
    assert not routes(lab)
    wait_for("the sessions to go", 60, lambda: not lab.sessions())
    wait_for("the bindings to go", 20, lambda: not lab.bindings())


@pytest.mark.parametrize("behave", ("copy", "term6"))
def test_odd(nas, behave):
    """Its identifier is ours, or it closes IPv6CP: nothing stays."""
    lab = nas
    play(lab, pppmn.Node, behave, duration=20)
    wait_for("the sessions to go", 60, lambda: not lab.sessions())
    wait_for("the bindings to go", 20, lambda: not lab.bindings())
    wait_for("the links to go", 10, lambda: not lab.nasctl(
        "show statistics")["access_nodes"])
