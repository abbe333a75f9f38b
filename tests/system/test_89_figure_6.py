# SPDX-License-Identifier: BSD-2-Clause
"""Figure 6 of draft-navali step by step, as Wireshark's dissectors read it on
the host's link, between access node and home agent, and on the home link:
stock kernels, nasd and had, and nothing of the test's own in between."""

import math
import re

import pytest
from test_89_access_node import (ALICE, COA, HA, HAD, NA, NS, PREFIX, RA,
                                 RS, Net, used)
from test_90_tshark import tshark

from netlab import capture
from netlab.capture import Tap
from netlab.net import Namespace
from netlab.process import wait_for

NEIGHBOUR = PREFIX + "5"


class Village(Net):
    """mn --acc0-- an --core-- ha --home0-- cn"""

    def start_had(self):
        ha, cn = self.ns["ha"], Namespace("ncn")
        self.ns["cn"] = cn
        cn.ip("link set lo up")
        ha.ip("link add home0 type veth peer name eth0 netns ncn",
              f"address add {PREFIX}1/64 dev home0 nodad",
              "link set home0 up")
        ha.sysctl("ipv6/conf/all/forwarding", 1)
        cn.ip("link set eth0 up", f"address add {NEIGHBOUR}/64 dev eth0 nodad")
        self.run_had(HAD.replace("shared", 'shared\n\thome-link = "home0"'))


@pytest.fixture
def village(open_dir):
    with used(Village(str(open_dir), True)) as net:
        yield net


class Link:
    """What one has carried: rows of tshark, each with its IPv6 packet."""

    def __init__(self, tap, path, tunnel=False):
        frames = tap.read()
        capture.write_pcap(path, frames)
        self.rows = tshark(
            path, "mip || icmpv6", n="frame.number", time="frame.time_epoch",
            kind="mip.type", exts="mip.ext.type", data="mip.extension",
            coa="mip.coa", home="mip.homeaddr", d="mip.d", code="mip.code",
            outer="ip.src", to="ip.dst", proto="ip.proto", icmp="icmpv6.type",
            src="ipv6.src", dst="ipv6.dst", hops="ipv6.hlim",
            prefix="icmpv6.opt.prefix", mac="eth.src",
            target="icmpv6.nd.ns.target_address",
            told="icmpv6.nd.na.target_address",
            override="icmpv6.nd.na.flag.o", lladdr="icmpv6.opt.linkaddr")
        for r in self.rows:
            r["time"] = float(r["time"])
            r["packet"] = frames[int(r["n"]) - 1][1][34 if tunnel else 14:]

    def first(self, what, after=0, **fields):
        """The first such packet at or after a time."""
        for r in self.rows:
            if r["time"] >= after and all(r[k] == v
                                          for k, v in fields.items()):
                return r
        raise AssertionError(f"no {what} among {self.rows}")


def lladdr(net):
    text = net.ns["mn"].ip("address show dev eth0 scope link")
    return re.search(r"inet6 (fe80\S+)/", text).group(1)


def answered(core):
    """Has the tunnel carried a Router Solicitation, and an advertisement
    after it?"""
    types = [f[74] for _, f in core.read() if f[12:14] == b"\x08\0" and
             f[23] == 41 and f[40] == 58]
    return RS in types and RA in types[types.index(RS):]


def test_figure_6(village, tmp_path):
    net = village
    with Tap(net.ns["mn"], "eth0") as mn, Tap(net.ns["ha"], "eth0") as core, \
            Tap(net.ns["ha"], "home0") as home:
        net.host()
        wait_for("its addresses to be bound", 30, lambda: any(
            b["nai"] == ALICE and len(b["addresses"]) == 2
            for b in net.hactl("show bindings")["bindings"]))
        wait_for("an address by SLAAC", 20, net.address)
        done = net.ns["cn"].run("ping", "-c", "1", "-W", "10", next(
            a for b in net.hactl("show bindings")["bindings"]
            for a in b["addresses"] if b["nai"] == ALICE
            and not a.startswith("fe80")))
        assert done.returncode == 0, done.stdout
        wait_for("what it solicited", 20, lambda: answered(core))
        links = [Link(tap, str(tmp_path / f"{tap.name}.pcap"), tap is core)
                 for tap in (mn, core, home)]
    check_steps(net, *links)


def check_steps(net, access, core, home):
    lla = lladdr(net)
    own = {"kind": "", "icmp": str(NS), "src": "::", "target": lla}
    up = {"proto": "41", "outer": COA, "to": HA}
    down = {"proto": "41", "outer": HA, "to": COA}
    # 2 and 3: what the host says first, whichever that is. 4 and 5.
    trigger = min((r for r in access.rows if r["icmp"] in (str(NS), str(RS))),
                  key=lambda r: r["time"])
    rrq = core.first("request", kind="1", coa=COA)
    assert trigger["time"] < rrq["time"]
    assert (rrq["exts"], rrq["d"], rrq["home"]) == \
        ("131,120,137,32", "1", "0.0.0.0")
    rrp = core.first("reply", rrq["time"], kind="3", to=COA)
    assert (rrp["exts"], rrp["code"]) == ("131,221,137,32", "0")
    assert rrq["data"] == rrp["data"] == "00"
    # 6 and 7: at once, before anybody could have asked for it in the tunnel.
    ra = core.first("advertisement", rrp["time"], icmp=str(RA), dst="ff02::1",
                    **down)
    assert (ra["hops"], ra["prefix"]) == ("255", PREFIX)
    second = min((r["time"] for r in core.rows if r["icmp"] == str(RA) and
                  r["time"] > ra["time"]), default=math.inf)
    assert any(ra["time"] <= r["time"] < second for r in access.rows
               if r["packet"] == ra["packet"])
    # 8 and 9: what was said before there was a tunnel.
    probe = core.first("probe", rrp["time"], **own, **up)
    assert probe["hops"] == "255"
    assert probe["packet"] == access.first("probe", **own)["packet"]
    assert access.first("probe", **own)["time"] < rrp["time"]
    asked = core.first("solicitation", rrp["time"], icmp=str(RS), **up)
    assert asked["hops"] == "255"
    # 10: for the host, with the home agent's own address on that link.
    mac = re.search(r"link/ether (\S+)",
                    net.ns["ha"].ip("link show dev home0")).group(1)
    proxy = home.first("probe", probe["time"], mac=mac, **own)
    na = home.first("defence", proxy["time"], icmp=str(NA), told=lla,
                    dst="ff02::1")
    assert (na["mac"], na["lladdr"], na["override"], na["hops"]) == \
        (mac, mac, "1", "255")
    # 11 and 12.
    core.first("solicited advertisement", asked["time"], icmp=str(RA), **down)
    # Nothing on the host's link is anybody's but the home agent's, or its
    # own; and all of it is as it was, on both sides: of what was said before
    # there was a tunnel, who listens to which groups is told twice at most.
    tunnelled = {r["packet"] for r in core.rows if r["proto"] == "41"}
    seen = {r["packet"] for r in access.rows
            if r["icmp"] != "143" or r["time"] > probe["time"]}
    assert len(seen) > 5 and seen <= tunnelled, seen - tunnelled
