# SPDX-License-Identifier: BSD-2-Clause
"""GRE with keys between foreign agent and home agent (RFC 6245, 2890): two
access nodes behind one fad, whose mobile nodes have got the same private
address from one home agent. Nothing is left."""

import contextlib
import re
import socket
import struct

import mip4
import ownnet
import pytest
from packets import ipv4, ipv4_sum
from test_89_via_fa import (COA, FA, FA_HA, FAR, HA, HOME, KEY, NODE, OWN,
                            PREFIX, T, packets, transfer)

from netlab import rtnl
from netlab.capture import Tap
from netlab.control import ControlError
from netlab.process import wait_for

GRE_KEY, G = 48, 0x08
NAI = ("alice@example.net", "bob@example.org")
HA, FAR, PREFIX = HA[0], FAR[0], PREFIX[0]
# The first one asks for it, the second one gets it all the same.
NASD = ownnet.NASD + """\
home-agent "ha0" {{ address = "{ha}" encapsulation = {encap} }}
{node}"""
HAD = ownnet.DAEMON + """\
address = "{ha}"
pool "village" {{
	prefix = "{prefix}/64"
	mode = shared
}}
access-node "behind" {{
	pools = {{"village"}}
	realms = {{"example.net", "example.org"}}
	gre = true
	assign-ipv4-hoa = "{home}"
	ipv4-hoa-per-realm = true
	foreign-agent "{coa}" {{
		key "256" {{ key-file = "{dir}/fh.key" }}
	}}
}}
subscriber "{nai[0]}" {{ key "512" {{ key-file = "{dir}/mh.key" }} }}
subscriber "{nai[1]}" {{ key "512" {{ key-file = "{dir}/mh.key" }} }}
"""
FAD = ownnet.DAEMON + """\
care-of-address = "{coa}"
link "acc0" {{ address = "{fa[0]}" }}
link "acc1" {{ address = "{fa[1]}" }}
home-agent "ha" {{
	address = "{ha}"
	gre = always
	key "256" {{ key-file = "{dir}/fh.key" }}
}}
"""


class Net(ownnet.OwnNet):
    """mn0 --acc-- an0 --up/acc0-- fa --core/eth0-- ha, and the same with 1
    as far as fa."""

    def __init__(self, directory):
        super().__init__(directory, "fg-", ("mn0", "mn1", "an0", "an1", "fa",
                                            "ha"))
        fa, ha = self.ns["fa"], self.ns["ha"]
        for name in ("an0", "an1", "fa"):
            self.ns[name].ip("link set lo up")
            self.ns[name].sysctl("ipv6/conf/default/disable_ipv6", 1)
        # The strictest that a host may have.
        for ns in (fa, ha):
            ns.sysctl("ipv4/conf/all/rp_filter", 1)
        fa.ip(f"address add {COA}/32 dev lo",
              "link add core type veth peer name eth0 netns fg-ha",
              "address add 10.8.0.1/24 dev core", "link set core up",
              f"route add {HA} via 10.8.0.2")
        ha.sysctl("ipv6/conf/eth0/disable_ipv6", 1)
        ha.ip("link set lo up", f"address add {HA}/32 dev lo",
              f"address add {FAR}/128 dev lo",
              "address add 10.8.0.2/24 dev eth0", "link set eth0 up",
              "route add default via 10.8.0.1")
        for i in (0, 1):
            an = self.ns[f"an{i}"]
            an.ip(f"link add acc{i} type veth peer name eth0 netns fg-mn{i}",
                  f"link set acc{i} up",
                  f"link add up{i} type veth peer name acc{i} netns fg-fa",
                  f"address add {OWN[i]}/24 dev up{i}",
                  f"link set up{i} up")
            an.sysctl(f"ipv6/conf/acc{i}/disable_ipv6", 0)
            fa.ip(f"address add {FA[i]}/24 dev acc{i}",
                  f"link set acc{i} up")
        self.secret("mh.key", KEY.decode())
        self.secret("fh.key", FA_HA.decode())
        self.ctl = {}

    def start(self):
        self.fadctl = self.run("fa", "fad", FAD, coa=COA, fa=FA, ha=HA)
        self.start_had()

    def start_had(self):
        self.hactl = self.run("ha", "had", HAD, ha=HA, prefix=PREFIX,
                              home=HOME, coa=COA, nai=NAI)

    def up(self, i):
        node = NODE.replace("ha{i}", "ha0").replace("= 12", "= 300")
        self.ctl[i] = self.run(
            f"an{i}", "nasd", NASD, f"nasd{i}", own=OWN[i], radius=OWN[i],
            ha=HA, keep="false", encap=("gre", "sit")[i], node=node.format(
                i=i, nai=NAI[i], fa=FA[i], coa=COA, dir=self.dir))
        self.ns[f"mn{i}"].ip("link set lo up", "link set eth0 up")
        wait_for("an address by SLAAC", 30, lambda: self.address(i))
        wait_for("a ping", 20, lambda: self.pings(i))

    def address(self, i):
        done = self.ns[f"mn{i}"].run("ip", "-6", "-o", "address", "show",
                                     "dev", "eth0", "scope", "global",
                                     "-tentative")
        found = re.search(rf"inet6 ({PREFIX.rstrip(':')}\S+)/", done.stdout)
        return found and found.group(1)

    def pings(self, i):
        return self.ns[f"mn{i}"].run("ping", "-c", "1", "-W", "5",
                                     FAR).returncode == 0

    def renewed(self, i):
        if NAI[i] in self.bindings():
            return True
        with contextlib.suppress(ControlError):     # it is under way
            self.ctl[i]("renew", name="all")
        return False

    def visitors(self):
        return {v["nai"]: v for v in
                self.fadctl("show visitors")["visitors"]}

    def bindings(self):
        return {b["nai"]: b for b in self.hactl("show bindings")["bindings"]}

    def left(self):
        return set().union(*(
            {f"{n} {x}" for x in rtnl.snapshot(self.ns[n])}
            for n in ("an0", "an1", "fa", "ha")))


@pytest.fixture
def net(open_dir):
    with ownnet.used(Net(str(open_dir))) as made:
        made.start()
        yield made
        for name in ("nasd0", "nasd1", "fad", "had"):
            made.stop(name)


def carried(p):
    """Key and inner packet of GRE with a key and nothing else."""
    if p.proto != 47:
        return None
    flags, proto, key = struct.unpack("!HHI", p.body[:8])
    assert (flags, proto) == (0x2000, 0x0800)
    p.body = p.body[8:]
    return key, p.inner()


def keys_seen(tap):
    """(source, key) of what has an access node's tunnel in it."""
    seen = set()
    for p in packets(tap):
        assert p.proto not in (4, 41)
        ends = {p.src, p.dst}
        found = carried(p)
        if found and found[1].proto == 41:
            assert ends == {COA, HA}
            assert {found[1].src, found[1].dst} == {HOME, HA}
            seen.add((p.src, found[0]))
    return seen


def forged(net, key, src, body):
    """As if by the agent: a packet of an access node's tunnel."""
    head = ipv4(src, HA, 41, body)
    with net.ns["fa"].inside():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                            socket.IPPROTO_RAW)
    with raw:
        raw.sendto(ipv4_sum(ipv4(COA, HA, 47, struct.pack(
            "!HHI", 0x2000, 0x0800, key) + ipv4_sum(head))), (HA, 0))


def test_overlapping(net):
    """One agent, one home agent, one address twice: keys tell apart."""
    with Tap(net.ns["ha"], "eth0") as core:
        net.up(0)
        net.up(1)
        said = [p for p in packets(core) if p.m]
    assert {p.m.get(mip4.NAI): p.m.flags for p in said if p.m.type == mip4.RRQ} == \
        {NAI[0].encode(): T | G, NAI[1].encode(): T}
    asked = next(p.m for p in said if p.m.type == mip4.RRQ)
    assert asked.order == [mip4.NAI, 220, mip4.MN_HA, GRE_KEY,
                           mip4.REV_SUPPORT, mip4.FA_HA]
    answer = next(p.m for p in said if p.m.type == mip4.RRP)
    assert answer.order == [mip4.NAI, mip4.HOA, mip4.MN_HA, GRE_KEY,
                            mip4.REV_SUPPORT, mip4.FA_HA]
    assert answer.verify(mip4.FA_HA, 256, FA_HA)
    wait_for("an advertisement", 30, lambda: net.ctl[0]("show statistics")[
        "foreign_agents"][0]["gre"])

    visitors, bindings = net.visitors(), net.bindings()
    assert set(visitors) == set(bindings) == set(NAI)
    for nai in NAI:
        v, b = visitors[nai], bindings[nai]
        assert v["home_address"] == b["ipv4_home_address"] == HOME
        assert v["encapsulation"] == b["encapsulation"] == "gre"
        assert (v["gre_key_in"], v["gre_key_out"]) == \
            (b["gre_key_out"], b["gre_key_in"])
    key = [(bindings[n]["gre_key_in"], bindings[n]["gre_key_out"])
           for n in NAI]
    assert len({*key[0], *key[1]}) == 4
    assert struct.unpack("!I", asked.get(GRE_KEY)[-4:]) == (key[0][1],)
    assert struct.unpack("!I", answer.get(GRE_KEY)[-4:]) == (key[0][0],)

    # Each packet has its own, on both ways; and the MTU of two tunnels.
    for i in (0, 1):
        with Tap(net.ns["ha"], "eth0") as core:
            assert net.pings(i)
            assert keys_seen(core) >= {(COA, key[i][0]), (HA, key[i][1])}
    done = net.ns["mn0"].run("cat", "/proc/sys/net/ipv6/conf/eth0/mtu")
    assert done.stdout.strip() == "1452"
    with Tap(net.ns["ha"], "eth0") as core:
        transfer(net.address(1), FAR, net.ns["mn1"], net.ns["ha"])
        assert max(p.len for p in packets(core)) == 1500

    # What has the one's key is the one's; with none that there is, nobody's.
    body = bytes.fromhex("6000000000083a40") + mip4.ip6(net.address(0)) + \
        mip4.ip6(FAR) + b"\x80\0" + b"forged"
    for k, src, on, count in ((key[0][0], HOME, 0, 1), (key[0][0], HOME, 1, 0),
                              (key[0][0] ^ 1, HOME, 0, 0),
                              (key[0][0], "172.16.0.6", 0, 0)):
        with Tap(net.ns["ha"], f"hadn{key[on][0]:08x}") as tap:
            forged(net, k, src, body)
            net.pings(on)
            assert sum(body in f for _, f in tap.read()) == count

    # The home agent forgets, and has other keys; the agent keeps its own.
    net.kill("had")
    net.start_had()
    for i in (0, 1):
        wait_for("a renewal", 20, lambda i=i: net.renewed(i), 0.5)
        wait_for("a ping", 20, lambda i=i: net.pings(i))
    bindings = net.bindings()
    assert [bindings[n]["gre_key_out"] for n in NAI] == \
        [key[0][1], key[1][1]]

    # One goes, the other stays.
    net.hactl("revoke", id=NAI[0])
    wait_for("one visitor", 20, lambda: set(net.visitors()) == {NAI[1]})
    assert net.pings(1)
    net.ctl[1]("terminate", match=NAI[1])
    wait_for("no binding", 20, lambda: not net.bindings())
    wait_for("no visitor", 20, lambda: not net.visitors())
