# SPDX-License-Identifier: BSD-2-Clause
"""fad between a mobile node and a home agent, both by the test's own hands:
had serves access routers only. Real packets, kernel tunnels, nothing left."""

import os
import re
import signal
import socket
import struct
import subprocess
import time

import mip4
import ownnet
import pytest
from ownnet import STAGE
from packets import checksum, ipv4

from netlab import rtnl
from netlab.capture import Tap
from netlab.process import alive, children, wait_for

COA, HA, CORE = "192.0.2.1", "198.51.100.1", "192.0.2.2"
FA, HOME, CN = "10.9.0.1", "10.0.0.5", "10.77.0.1"
ALICE = "alice@example.net"
ANY, ALL = "0.0.0.0", "255.255.255.255"
FA_HA, MN_FA, MN_HA = b"fh" * 8, b"mf" * 8, b"mh" * 8
T, D = 0x02, 0x20
CONF = ownnet.DAEMON + """\
care-of-address = "{coa}"
link "acc0" {{
	address = "{fa}"
	prefix-length = 24
	max-interval = 2
}}
home-agent "ha" {{
	address = "{ha}"
	home-networks = {{"10.0.0.0/24"}}
	key "256" {{ key-file = "{dir}/fh.key" }}
}}
mobile-node "{home}" {{
	key "768" {{ key-file = "{dir}/mf.key" }}
}}
"""


class Node:
    """A mobile node without a kernel's help: packets as they are, since it
    may have no address yet."""

    def __init__(self, ns):
        self.ns = ns
        with ns.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                      socket.htons(0x800))
        self.sock.bind(("eth0", 0x800))
        self.mac = self.sock.getsockname()[4]
        self.agent = None               # its link-layer address

    def send(self, proto, body, src, dst=FA, ttl=255, mac=None):
        self.sock.send((mac or self.agent) + self.mac + b"\x08\0" +
                       ipv4(src, dst, proto, body, ttl))

    def request(self, raw, src=HOME, **kw):
        """Without UDP's checksum, which may be absent."""
        self.send(17, struct.pack("!HHHH", 4434, 434, 8 + len(raw), 0) + raw,
                  src, **kw)

    def solicit(self, src, ttl=1):
        body = b"\x0a\0\0\0\0\0\0\0"
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        self.send(1, body, src, "224.0.0.11", ttl,
                  bytes.fromhex("01005e00000b"))

    def receive(self, want, seconds=10):
        """The next packet from the agent that want(ip header, body) likes, as
        what that returns."""
        def poll():
            self.sock.settimeout(0.2)
            try:
                frame = self.sock.recv(2048)
            except TimeoutError:
                return None
            if frame[6:12] == self.mac:
                return None
            ip = frame[14:14 + struct.unpack("!H", frame[16:18])[0]]
            assert checksum(ip[:20]) == 0
            return want(ip[:20], ip[20:], frame)
        return wait_for("a packet", seconds, poll)

    def advert(self, unicast_to=None):
        def want(head, body, frame):
            if head[9] != 1 or body[0] != 9:
                return None
            to = socket.inet_ntoa(head[16:20])
            if unicast_to and to != unicast_to:
                return None
            assert checksum(body) == 0 and head[8] == 1     # TTL
            assert to == (unicast_to or "224.0.0.1")
            assert not unicast_to or frame[:6] == self.mac
            self.agent = frame[6:12]
            return body
        return self.receive(want)

    def reply(self, to=HOME):
        def want(head, body, frame):
            if head[9] != 17 or body[:4] != struct.pack("!HH", 434, 4434):
                return None
            assert frame[:6] == self.mac
            assert socket.inet_ntoa(head[12:16]) == FA
            assert socket.inet_ntoa(head[16:20]) == to
            pseudo = head[12:20] + struct.pack("!HH", 17, len(body))
            assert checksum(pseudo + body) == 0
            return mip4.parse(body[8:])
        return self.receive(want)


class HomeAgent:
    """One that agrees to everything, with its tunnel."""

    def __init__(self, ns):
        self.ns = ns
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.bind((HA, 434))
            self.sock.settimeout(60)

    def request(self):
        raw, source = self.sock.recvfrom(2048)
        assert source == (COA, 434)
        m = mip4.parse(raw)
        assert m.verify(mip4.MN_HA, 512, MN_HA, last=False)
        assert m.verify(mip4.FA_HA, 256, FA_HA)
        return m

    def answer(self, m, life, home, name=None):
        raw = struct.pack("!BBH", 3, 0, life) + mip4.ip4(home) + \
            mip4.ip4(HA) + struct.pack("!Q", m.ident)
        if name:
            raw += mip4.nai(name)
        raw = mip4.sign(raw, mip4.MN_HA, 512, MN_HA)
        if m.rev_timestamp is not None:
            raw += mip4.rev_support(mip4.now() >> 32)
        self.send(mip4.sign(raw, mip4.FA_HA, 256, FA_HA))

    def send(self, raw):
        self.sock.sendto(raw, (COA, 434))


class Net(ownnet.OwnNet):
    def __init__(self, directory):
        super().__init__(directory, "f-", ("mn", "fa", "ha"))
        for ns in self.ns.values():
            ns.sysctl("ipv6/conf/default/disable_ipv6", 1)
            ns.sysctl("ipv6/conf/all/disable_ipv6", 1)
        self.ns["fa"].ip(
            "link set lo up",
            "link add acc0 type veth peer name eth0 netns f-mn",
            "link add core0 type veth peer name core0 netns f-ha",
            f"address add {FA}/24 dev acc0", f"address add {COA}/24 dev core0",
            "link set acc0 up", "link set core0 up",
            f"route add default via {CORE}")
        # Debian's own default is loose.
        self.ns["fa"].sysctl("ipv4/conf/all/rp_filter", 2)
        self.ns["ha"].ip(
            "link set lo up", f"address add {CORE}/24 dev core0",
            f"address add {HA}/32 dev lo", f"address add {CN}/32 dev lo",
            "link set core0 up",
            f"link add t0 type ipip local {HA} remote {COA}",
            "link set t0 up", "route add 10.0.0.0/24 dev t0")
        self.ns["mn"].ip("link set lo up", "link set eth0 up")
        self.secret("fh.key", FA_HA.decode())
        self.secret("mf.key", MN_FA.decode())
        self.ctl = None
        self.node, self.ha = Node(self.ns["mn"]), HomeAgent(self.ns["ha"])

    def start(self):
        self.ctl = self.run("fa", "fad", CONF, coa=COA, fa=FA, ha=HA,
                            home=HOME)
        self.fad.wait_log("serving", 15)

    @property
    def fad(self):
        return self.daemons["fad"]

    def close(self):
        self.node.sock.close()
        self.ha.sock.close()
        super().close()

    def left(self):
        """What a visit makes in the kernel."""
        done = self.ns["fa"].run("ip", "neigh", "show", "nud", "permanent")
        return rtnl.snapshot(self.ns["fa"]) | set(done.stdout.splitlines())

    def visitors(self):
        return self.ctl("show visitors")["visitors"]

    def counters(self):
        return self.ctl("show statistics")["counters"]


@pytest.fixture
def net(open_dir):
    with ownnet.used(Net(str(open_dir))) as made:
        made.start()
        yield made
        made.stop("fad")


def request(life=600, home=HOME, flags=T, coa=COA, name=None, mn_fa=True):
    m = mip4.rrq(life, HA, coa, mip4.now(), home, flags)
    if name:
        m += mip4.nai(name)
    m = mip4.sign(m, mip4.MN_HA, 512, MN_HA)
    return mip4.sign(m, mip4.MN_FA, 768, MN_FA) if mn_fa else m


def register(net, life=600, **kw):
    net.node.request(request(life, **kw))
    asked = net.ha.request()
    assert asked.order == [mip4.MN_HA, mip4.REV_SUPPORT, mip4.FA_HA]
    net.ha.answer(asked, life, HOME)
    reply = net.node.reply()
    assert reply.code == 0 and reply.order == [mip4.MN_HA, mip4.MN_FA]
    assert reply.verify(mip4.MN_FA, 768, MN_FA)


def udp(ns, address, device=None):
    with ns.inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if device:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                         device.encode())
        s.bind((address, 7000))
    s.settimeout(60)
    return s


def protocols(tap):
    return [f[14 + 9] for _, f in tap.read() if f[12:14] == b"\x08\0"]


def test_visit(net):
    """Found, registered, there and back through the tunnels, gone."""
    advert = net.node.advert()
    flags, x = advert[22], advert[23]
    assert advert[16:18] == b"\x10\x0a" and (flags, x) == (0x11, 0x40)
    assert socket.inet_ntoa(advert[24:28]) == COA
    assert advert[28:32] == b"\x13\x01\x18\0"
    net.node.solicit("10.0.0.5", ttl=2)
    net.node.solicit("10.0.0.5")
    net.node.advert(unicast_to="10.0.0.5")

    empty = net.left()
    register(net)
    visitor, = net.visitors()
    assert visitor["home_address"] == HOME and visitor["reverse"]
    assert visitor["lladdr"] == net.node.mac.hex(":")
    assert visitor["state"] == "up" and visitor["revocation"]

    # From here on it is a host with a stock kernel.
    net.ns["mn"].ip(f"address add {HOME}/32 dev eth0",
                    f"route add {FA} dev eth0",
                    f"route add default via {FA}")
    with Tap(net.ns["ha"], "core0") as tap, udp(net.ns["mn"], HOME) as mn, \
            udp(net.ns["ha"], CN) as cn:
        mn.sendto(b"up", (CN, 7000))
        data, source = cn.recvfrom(100)
        assert (data, source) == (b"up", (HOME, 7000))
        # For nobody: dropped behind the tunnel, not sent round.
        cn.sendto(b"nobody", ("10.0.0.99", 7000))
        cn.sendto(b"down", (HOME, 7000))
        assert mn.recvfrom(100) == (b"down", (CN, 7000))
        seen = protocols(tap)
        assert seen and set(seen) == {4}, seen
        assert seen.count(4) == 3, seen
        # What is for us is not tunnelled, what another sends is not either.
        tap.clear()
        net.node.send(17, struct.pack("!HHHH", 7000, 7000, 10, 0) + b"xx",
                      "10.0.0.6", CN)
        assert cn.recvfrom(100)[1][0] == "10.0.0.6"
        assert 17 in protocols(tap)

    # Without reverse tunnel: the host's own routes.
    register(net, flags=0)
    with Tap(net.ns["ha"], "core0") as tap, udp(net.ns["mn"], HOME) as mn, \
            udp(net.ns["ha"], CN) as cn:
        mn.sendto(b"up", (CN, 7000))
        assert cn.recvfrom(100)[0] == b"up"
        cn.sendto(b"down", (HOME, 7000))
        assert mn.recvfrom(100)[0] == b"down"
        assert protocols(tap) == [17, 4]

    register(net, life=0)
    wait_for("no visitor", 10, lambda: not net.visitors())
    wait_for("the tunnel to go", 10, lambda: net.left() == empty)


def test_refusals(net):
    """As they are on the wire; each of the codes is in the unit tests."""
    net.node.advert()
    for code, kw, way in (
            (77, {"coa": "192.0.2.9"}, {}), (67, {"mn_fa": False}, {}),
            (76, {}, {"ttl": 254}), (69, {"life": 1801}, {}),
            (72, {"flags": 0x10}, {})):
        net.node.request(request(**kw), **way)
        reply = net.node.reply()
        assert reply.code == code
        assert reply.verify(mip4.MN_FA, 768, MN_FA)
        time.sleep(1.1)         # not more than one a second
    # Nobody listens there: ICMP says so.
    net.ha.sock.close()
    net.node.request(request())
    assert net.node.reply().code == 82
    wait_for("nothing to be pending", 10, lambda: not
             net.counters()["pending"])
    assert net.visitors() == []


def test_assigned_and_revoked(net):
    """By NAI, from 0.0.0.0, to 255.255.255.255; the home agent ends it."""
    net.node.advert()
    net.node.request(request(home=ANY, name=ALICE, mn_fa=False), src=ANY)
    asked = net.ha.request()
    assert asked.nai == ALICE and asked.home == ANY
    net.ha.answer(asked, 600, "10.0.0.77", ALICE)
    reply = net.node.reply(to="10.0.0.77")
    assert reply.code == 0 and reply.home == "10.0.0.77"
    visitor, = net.visitors()
    assert (visitor["nai"], visitor["home_address"]) == (ALICE, "10.0.0.77")

    rev = mip4.rev(HA, COA, mip4.now() >> 32, a=True, home="10.0.0.77")
    net.ha.send(mip4.sign(rev, mip4.FA_HA, 256, FA_HA))
    ack = mip4.parse(net.ha.sock.recv(2048))
    assert ack.type == mip4.ACK and ack.home == "10.0.0.77"
    assert ack.verify(mip4.FA_HA, 256, FA_HA)
    wait_for("no visitor", 10, lambda: not net.visitors())
    # One that ends by itself, and one that fadctl ends.
    register(net, life=2)
    wait_for("the lifetime to end", 15, lambda: not net.visitors())
    register(net)
    done = subprocess.run([f"{STAGE}/bin/fadctl", "-s", net.ctl.path,
                           "terminate", HOME], check=False, timeout=60)
    assert done.returncode == 0
    wait_for("no visitor", 10, lambda: not net.visitors())


def test_killed(net):
    """Both processes die at once: the next start removes what is left, and
    sequence numbers tell mobile nodes."""
    net.node.advert()
    empty = net.left()
    register(net)
    assert net.left() != empty
    with open(f"/proc/{net.fad.pid}/status", encoding="ascii") as f:
        assert re.search(r"^Uid:\t0\t", f.read(), re.M)
    engine, = children(net.fad.pid)
    with open(f"/proc/{engine}/status", encoding="ascii") as f:
        text = f.read()
    assert not re.search(r"^Uid:\t0\t", text, re.M)
    assert re.search(r"^CapEff:\t0+$", text, re.M)
    assert re.search(r"^Seccomp:\t2$", text, re.M)
    os.kill(net.fad.pid, signal.SIGKILL)
    net.fad.wait()
    wait_for("the engine to end", 10, lambda: not alive(engine))
    assert net.left() != empty
    net.node.advert()
    net.start()
    wait_for("what was left to go", 10, lambda: net.left() == empty)
    wait_for("sequence number 0", 15, lambda: net.node.advert()[18:20] ==
             b"\0\0")
    assert net.visitors() == []
    register(net)
