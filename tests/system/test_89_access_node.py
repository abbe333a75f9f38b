# SPDX-License-Identifier: BSD-2-Clause
"""nasd as an access node (draft-navali 3.2, Figure 6): a host with a stock
kernel on an Ethernet link, nasd, and a home agent by the test's own hands,
which sees each packet as it comes out of the tunnel. Nothing is left."""

import contextlib
import hashlib
import re
import socket
import struct
import subprocess
import threading
import time

import mip4
import ownnet
import pytest
from ownnet import STAGE
from packets import icmp6, ipv4

from netlab import rtnl
from netlab.capture import Tap
from netlab.process import wait_for

OWN, HA, CORE = "192.0.2.1", "198.51.100.1", "192.0.2.2"
COA, COA2 = "192.0.2.100", "192.0.2.101"
PREFIX, FAR = "2001:db8:1::", "2001:db8:99::1"
ROUTER, ROUTER_MAC = "fe80::1:1", bytes.fromhex("02aa00000001")
ALICE, BOB = "alice@example.net", "bob@example.net"
KEY = b"0123456789abcdef"
RS, RA, NS, NA, ECHO, REPLY = 133, 134, 135, 136, 128, 129
CONF = ownnet.NASD + """\
care-of-pool = "{coa}-{coa2}"
access-node "acc0" {{
	nai = "{alice}"
	idle-timeout = {idle}
	key "512" {{ key-file = "{dir}/mh.key" }}
}}
access-node "acc1" {{
	nai = "{bob}"
	home-agent = "ha1"
	proactive = true
	key "512" {{ key-file = "{dir}/mh.key" }}
}}
home-agent "ha1" {{ address = "{ha}" }}
"""
HAD = ownnet.DAEMON + """\
address = "{ha}"
pool "village" {{
	prefix = "{prefix}/64"
	mode = shared
}}
access-node "bridges" {{
	care-of = {{"{coa}/31"}}
	pools = {{"village"}}
}}
subscriber "{alice}" {{ key "512" {{ key-file = "{dir}/mh.key" }} }}
subscriber "{bob}" {{ key "512" {{ key-file = "{dir}/mh.key" }} }}
"""


class Packet:
    """An IPv6 packet as it came."""

    def __init__(self, raw):
        self.raw = raw
        self.next, self.hop_limit = raw[6], raw[7]
        self.src = socket.inet_ntop(socket.AF_INET6, raw[8:24])
        self.dst = socket.inet_ntop(socket.AF_INET6, raw[24:40])
        self.type = raw[40] if self.next == 58 else None

    def __repr__(self):
        return (f"{self.src} > {self.dst} next {self.next} type {self.type}"
                f" hop limit {self.hop_limit}")


class Tunnel:
    """The home agent's end of one, and the router behind it."""

    def __init__(self, ns, name, coa):
        self.name, self.seen = name, []
        ns.ip(f"link add {name} type sit local {HA} remote {coa} ttl 64")
        ns.sysctl(f"ipv6/conf/{name}/disable_ipv6", 1)
        ns.ip(f"link set {name} up")
        with ns.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        self.sock.bind((name, 0x86dd))
        self.sock.settimeout(0)

    def send(self, packet):
        self.sock.sendto(packet, (self.name, 0x86dd))

    def advertise(self, mac=ROUTER_MAC):
        """M = O = 0; A = 1, L = 0."""
        self.send(icmp6(ROUTER, "ff02::1", struct.pack(
            "!BBHBBHII", RA, 0, 0, 64, 0, 1800, 0, 0)
            + b"\x01\x01" + mac
            + struct.pack("!BBHI", 5, 1, 0, 1480)
            + struct.pack("!BBBBIII16s", 3, 4, 64, 0x40, 7200, 3600, 0,
                          mip4.ip6(PREFIX))))

    def pump(self):
        while True:
            try:
                raw, source = self.sock.recvfrom(4096)
            except BlockingIOError:
                return
            if source[2] == 4:          # our own
                continue
            p = Packet(raw)
            self.seen.append(p)
            if p.type == RS:
                self.advertise()
            elif p.type == NS and p.src != "::" and \
                    raw[48:64] == mip4.ip6(ROUTER):
                self.send(icmp6(ROUTER, p.src, struct.pack(
                    "!BBHI", NA, 0, 0, 0xe0000000) + mip4.ip6(ROUTER)
                    + b"\x02\x01" + ROUTER_MAC))
            elif p.type == ECHO:
                self.send(icmp6(p.dst, p.src, bytes([REPLY]) + raw[41:], 64))


class HomeAgent(threading.Thread):
    """Answers at once, unless told to wait or to refuse; or, where had does
    that, no registrations at all. And a RADIUS server for accounting."""

    def __init__(self, ns, serves=True):
        super().__init__(daemon=True)
        self.ns, self.over = ns, False
        self.wait, self.with_tunnel = 0, True
        self.requests, self.tunnels, self.others = [], {}, []
        self.accounts = []
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((HA if serves else CORE, 434 if serves else 0))
        self.sock.settimeout(0.02)
        with ns.inside():
            self.radius = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.radius.bind((CORE, 1813))
        self.radius.settimeout(0)

    def account(self):
        try:
            raw, source = self.radius.recvfrom(4096)
        except BlockingIOError:
            return
        self.accounts.append(raw)
        head = struct.pack("!BBH", 5, raw[1], 20)
        self.radius.sendto(head + hashlib.md5(head + raw[4:20] + b"secret")
                           .digest(), source)

    def run(self):
        while not self.over:
            try:
                raw, source = self.sock.recvfrom(2048)
                self.take(raw, source)
            except TimeoutError:
                pass
            self.account()
            for t in list(self.tunnels.values()):
                t.pump()

    def take(self, raw, source):
        m = mip4.parse(raw)
        m.source = source
        if m.type != mip4.RRQ:
            self.others.append(m)
            return
        assert m.verify(mip4.MN_HA, 512, KEY)
        self.requests.append(m)
        time.sleep(self.wait)
        reply = struct.pack("!BBH", mip4.RRP, 0, m.lifetime) + \
            mip4.ip4("0.0.0.0") + mip4.ip4(HA) + struct.pack("!Q", m.ident) \
            + mip4.nai(m.nai)
        if self.with_tunnel:
            reply += mip4.hoa()
        if m.lifetime:
            reply += mip4.rev_support(mip4.now() >> 32)
        if m.lifetime and self.with_tunnel and m.coa not in self.tunnels:
            self.tunnels[m.coa] = Tunnel(self.ns, f"t{len(self.tunnels)}",
                                         m.coa)
        self.sock.sendto(mip4.sign(reply, mip4.MN_HA, 512, KEY), source)
        if m.lifetime and self.with_tunnel:
            self.tunnels[m.coa].advertise()

    def revoke(self, nai, coa):
        raw = mip4.rev(HA, coa, mip4.now() >> 32, a=True, i=True) + \
            mip4.nai(nai) + mip4.hoa()
        self.sock.sendto(mip4.sign(raw, mip4.MN_HA, 512, KEY), (coa, 434))

    def of(self, nai, lifetime=True):
        return [m for m in self.requests
                if m.nai == nai and bool(m.lifetime) == lifetime]

    def close(self):
        self.over = True
        self.join()
        self.sock.close()
        self.radius.close()
        for t in self.tunnels.values():
            t.sock.close()


class Net(ownnet.OwnNet):
    """mn --acc0-- an --core-- ha, and mn2 on acc1."""

    def __init__(self, directory, with_had):
        super().__init__(directory, "n", ("mn", "mn2", "an", "ha"))
        an = self.ns["an"]
        for host, link in (("mn", "acc0"), ("mn2", "acc1"), ("ha", "core0")):
            an.ip(f"link add {link} type veth peer name eth0"
                  f" netns n{host}", f"link set {link} up")
        an.sysctl("ipv6/conf/core0/disable_ipv6", 1)
        an.ip("link set lo up", f"address add {OWN}/24 dev core0",
              f"route add {HA} via {CORE}")
        self.ns["ha"].ip("link set lo up", "link set eth0 up",
                         f"address add {HA}/32 dev lo",
                         f"address add {CORE}/24 dev eth0")
        self.secret("mh.key", KEY.decode())
        self.ctl = self.hactl = None
        self.ha = HomeAgent(self.ns["ha"], not with_had)
        self.ha.start()
        if with_had:
            self.start_had()

    def start_had(self):
        self.ns["ha"].ip(f"address add {FAR}/128 dev lo")
        self.run_had(HAD)

    def run_had(self, text):
        self.hactl = self.run("ha", "had", text, ha=HA, prefix=PREFIX,
                              coa=COA, alice=ALICE, bob=BOB)

    def start(self, keep="false", idle=0):
        self.ctl = self.run("an", "nasd", CONF, own=OWN, coa=COA, coa2=COA2,
                            ha=HA, radius=CORE, alice=ALICE, bob=BOB,
                            keep=keep, idle=idle)
        wait_for("the links to be open", 10, lambda: all(
            n["open"] for n in self.links()))

    @property
    def nasd(self):
        return self.daemons["nasd"]

    def close(self):
        self.ha.close()
        super().close()

    def host(self, name="mn"):
        """It comes, as any host does."""
        self.ns[name].ip("link set lo up", "link set eth0 up")

    def links(self):
        return self.ctl("show statistics")["access_nodes"]

    def link(self, name="acc0"):
        return next(n for n in self.links() if n["link"] == name)

    def session(self, nai=ALICE):
        found = [s for s in self.ctl("show sessions")["sessions"]
                 if s["username"] == nai]
        return found[0] if found else None

    def is_up(self, nai=ALICE):
        s = self.session(nai)
        return s and s["state"] == "up"

    def address(self, name="mn"):
        done = self.ns[name].run("ip", "-6", "-o", "address", "show", "dev",
                                 "eth0", "scope", "global", "-tentative")
        return PREFIX.rstrip(":") in done.stdout

    def ping(self, name="mn"):
        done = self.ns[name].run("ping", "-c", "1", "-W", "10", FAR)
        assert done.returncode == 0, done.stdout + done.stderr

    def tool(self, *words):
        return subprocess.run([f"{STAGE}/bin/nasctl", "-s", self.ctl.path,
                               *words], check=True, timeout=60, text=True,
                              capture_output=True).stdout

    def say(self, frame, name="mn"):
        """Not by that host's kernel."""
        with self.ns[name].inside():
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        with raw:
            raw.bind(("eth0", 0))
            raw.send(frame)

    def forge(self, to, mac):
        """Host mn sends the other's care-of address a tunnelled packet."""
        inner = icmp6("fe80::bad", "ff02::1", struct.pack(
            "!BBHBBHII", RA, 0, 0, 64, 0, 1800, 0, 0))
        self.say(to + mac + b"\x08\0" + ipv4(HA, COA2, 41, inner))

    def left(self):
        return rtnl.snapshot(self.ns["an"])


@contextlib.contextmanager
def used(made, keep="false"):
    with ownnet.used(made):
        made.start(keep)
        yield made
        made.stop("nasd")
        for link in ("acc0", "acc1"):
            assert made.ns["an"].sysctl(
                f"ipv6/conf/{link}/disable_ipv6") == "0"


@pytest.fixture
def net(open_dir, request):
    with used(Net(str(open_dir), getattr(request, "param", False))) as made:
        yield made


def frame(body, mac, src="fe80::5", dst="ff02::2", hop_limit=255):
    return bytes.fromhex("333300000002") + mac + b"\x86\xdd" + \
        icmp6(src, dst, body, hop_limit)


def test_entry(net):
    """Figure 6: what the host says before there is a tunnel goes through it
    afterwards, and nothing is changed on the way."""
    net.ha.wait = 0.3
    with Tap(net.ns["mn"], "eth0") as tap:
        net.host()
        wait_for("an address by SLAAC", 20, net.address)
        asked = net.ha.of(ALICE)[0]
        assert asked.order == [mip4.NAI, mip4.HOA_REQUEST, mip4.REV_SUPPORT,
                               mip4.MN_HA]
        assert asked.flags == 0x20 and asked.get(mip4.HOA_REQUEST) == b"\0"
        assert (asked.home, asked.coa) == ("0.0.0.0", COA)
        assert asked.source == (COA, 434)
        net.ping()
        seen = net.ha.tunnels[COA].seen
        first = next(p for p in seen if p.type == NS)
        assert first.src == "::" and first.hop_limit == 255, seen
        assert all(p.hop_limit == 255 for p in seen if p.type in (RS, NS))
        assert any(p.type == RS for p in seen), seen
        assert any(p.next == 0 and p.hop_limit == 1 for p in seen), seen
        assert [p.hop_limit for p in seen if p.type == ECHO] == [64]
        # To the host they come from its router, as that has said.
        mac = bytes.fromhex(net.link()["mobile_node"].replace(":", ""))
        echo = [f for _, f in tap.read() if f[12:14] == b"\x86\xdd"
                and f[20] == 58 and f[54] == REPLY]
        assert echo and echo[-1][:12] == mac + ROUTER_MAC
    link = wait_for("the bridge", 10, lambda: (
        n := net.link())["bridged"] and n["packets_delivered"] and
        n["router"] and n)
    assert link["router"] == ROUTER_MAC.hex(":")
    wait_for("the session", 10, net.is_up)
    s = net.session()
    assert (s["access"], s["state"], s["home_address"]) == ("node", "up", None)

    wait_for("its accounting", 10, lambda: any(
        ALICE.encode() in a for a in net.ha.accounts))

    # Nobody else on the link speaks for it, nor does what is no neighbour's.
    with net.ns["mn"].inside():
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with raw:
        raw.bind(("eth0", 0))
        rs = struct.pack("!BBHI", RS, 0, 0, 0)
        before = len(seen)
        raw.send(frame(rs, bytes.fromhex("020000000bad")))
        raw.send(frame(rs, mac, hop_limit=254))
        raw.send(frame(struct.pack("!BBHBBHII", RA, 0, 0, 64, 0, 1800, 0, 0),
                       mac, "fe80::5", "ff02::1"))
        wait_for("them to be counted", 10, lambda: all(
            net.link()[f"dropped_{k}"] for k in (
                "other_node", "hop_limit", "router_advertisement")))
        net.ping()
        assert not any(p.src == "fe80::5" and p.hop_limit == 255 and
                       p.type == RS for p in seen[before:])

    # The operator ends it: deregistered, and not heard for a while.
    empty = net.left()
    net.tool("terminate", ALICE)
    wait_for("the session to go", 20, lambda: not net.session())
    gone = wait_for("its deregistration", 10, lambda: net.ha.of(
        ALICE, False))[-1]
    assert gone.order == [mip4.NAI, mip4.HOA, mip4.MN_HA]
    assert gone.get(mip4.HOA) == b"\0" and gone.source == (COA, 434)
    wait_for("nothing to be left", 10, lambda: net.left() != empty and
             not net.link()["bridged"])
    # Octets of two pings at least, each way, in the Stop.
    stop = wait_for("its Stop", 10, lambda: next(
        (a for a in net.ha.accounts if b"\x28\x06\0\0\0\x02" in a), None))
    for attribute in (b"\x2a\x06", b"\x2b\x06"):
        octets = struct.unpack("!I", stop.partition(attribute)[2][:4])[0]
        assert 200 < octets < 100000, stop


def test_no_tunnel(net):
    """An unmodified home agent: no service, deregistered, and said so."""
    net.ha.with_tunnel = False
    net.host()
    wait_for("the deregistration", 20, lambda: net.ha.of(ALICE, False))
    net.nasd.wait_log("HA does not confirm the IPv6 tunnel", 5)
    wait_for("the session to go", 20, lambda: not net.session())
    assert net.ha.of(ALICE, False)[0].order == [mip4.NAI, mip4.HOA,
                                                mip4.MN_HA]
    wait_for("nothing to be left", 10, lambda: not any(
        "nm4n-c0000264" in x for x in net.left()))
    assert not net.address()


def test_proactive_and_revoked(net):
    """The tunnel is there before the host; the home agent detaches it."""
    net.ns["mn2"].sysctl("ipv6/conf/eth0/disable_ipv6", 1)
    net.host("mn2")
    wait_for("the session", 20, lambda: net.is_up(BOB))
    assert not net.link("acc1")["bridged"]
    assert net.ha.of(BOB)[0].coa == COA2
    net.ns["mn2"].sysctl("ipv6/conf/eth0/disable_ipv6", 0)
    wait_for("an address by SLAAC", 20, lambda: net.address("mn2"))
    net.ping("mn2")
    time.sleep(1)
    net.ha.revoke(BOB, COA2)
    wait_for("the answer", 10, lambda: net.ha.others)
    ack = net.ha.others[0]
    assert ack.type == mip4.ACK and ack.verify(mip4.MN_HA, 512, KEY)
    assert ack.order == [mip4.NAI, mip4.HOA, mip4.MN_HA]
    assert ack.source == (COA2, 434)
    wait_for("the session to go", 20, lambda: not net.session(BOB))
    assert not net.ha.of(BOB, False)
    done = net.ns["mn2"].run("ping", "-c", "1", "-W", "1", FAR)
    assert done.returncode != 0


def test_killed(net):
    """Both processes die: packets pass, and the next nasd goes on."""
    net.nasd.stop()
    net.start(keep="true")
    net.host()
    wait_for("an address by SLAAC", 20, net.address)
    net.ping()
    net.nasd.kill()
    net.ping()
    asked = len(net.ha.of(ALICE))
    net.start()
    wait_for("the session", 20, net.is_up)
    wait_for("its renewal", 10, lambda: len(net.ha.of(ALICE)) > asked)
    assert net.ha.of(ALICE)[-1].order == [mip4.NAI, mip4.HOA,
                                          mip4.REV_SUPPORT, mip4.MN_HA]
    net.ping()
    wait_for("the bridge", 10, lambda: net.link()["bridged"])
    text = net.tool("show", "sessions")
    assert re.search(f"acc0 +{ALICE} .* up ", text), text


def talk(net):
    """The host says 1500 bytes, and fewer, which pass, and asks for what has
    ended. How many have not passed, as last read?"""
    for body, src, dst in (
            (bytes([RS]).ljust(8, b"\0"), "fe80::7", "ff02::2"),
            (bytes([ECHO]).ljust(1460, b"\0"), PREFIX + "7", FAR),
            (bytes([ECHO]).ljust(16, b"\0"), PREFIX + "7", FAR)):
        net.say(frame(body, bytes.fromhex("020000007777"), src, dst))
    s = net.session()
    return s and net.ctl("show session", id=s["id"]).get("rx_dropped")


def test_another_host(net):
    """Who has asked while no sessions were begun keeps nobody out; who has
    come and is idle, but for Neighbor Discovery, goes. What is too large for
    the tunnel is counted."""
    net.nasd.stop()
    net.start(idle=5)
    net.tool("drain")
    net.host()
    wait_for("its solicitation", 20, lambda: net.link()["solicitations"])
    assert not net.session()
    net.ns["mn"].ip("link set eth0 down",
                    "link set eth0 address 02:00:00:00:77:77")
    net.tool("undrain")
    net.host()
    wait_for("the session", 20, net.is_up)
    wait_for("the right host", 20, lambda:
             net.link()["mobile_node"] == "02:00:00:00:77:77")
    wait_for("what did not fit", 60, lambda: talk(net), 0.5)
    sizes = wait_for("what did", 10, lambda: {
        len(p.raw) for p in net.ha.tunnels[COA].seen if p.dst == FAR})
    assert sizes == {56}
    with net.ns["mn"].popen(["ping", "-q", "-i", "0.5", "ff02::2%eth0"],
                            stdout=subprocess.DEVNULL) as busy:
        try:
            # Its next solicitation may begin another one at once.
            wait_for("the idle session to end", 60, lambda: "idle timeout" in [
                p["ended"] for p in net.ctl("show recent")["sessions"]], 0.5)
        finally:
            busy.kill()


def test_another_tunnel(net):
    """Somebody has one of the same ends: no service, until that has gone."""
    net.ns["an"].ip(f"link add other type sit local {COA} remote {HA}")
    net.host()
    net.nasd.wait_log("data path could not be installed", 20)
    net.ns["an"].ip("link del other")
    wait_for("the session", 90, net.is_up)
    assert net.ha.of(ALICE)


@pytest.mark.parametrize("net", [True], indirect=True, ids=["had"])
def test_with_had(net):
    """Two hosts, had, and nothing of the test's own in between."""
    net.host()
    net.host("mn2")
    for name in ("mn", "mn2"):
        wait_for("an address by SLAAC", 30, lambda: net.address(name))
        wait_for("a ping", 20, lambda: net.ns[name].run(
            "ping", "-c", "1", "-W", "2", FAR).returncode == 0)
    link = wait_for("the bridge", 10, lambda: (
        n := net.link())["bridged"] and n["router"] and n)
    assert link["router"] != link["mobile_node"]
    assert link["router_addresses_learnt"] == 1
    bindings = {b["nai"]: b for b in
                net.hactl("show bindings")["bindings"]}
    assert set(bindings) == {ALICE, BOB}
    assert {b["care_of"] for b in bindings.values()} == {COA, COA2}
    # From one to the other, by way of the home agent.
    done = net.ns["mn2"].run("ip", "-6", "-o", "address", "show", "dev",
                             "eth0", "scope", "global")
    other = re.search(r"inet6 (\S+)/", done.stdout).group(1)
    done = net.ns["mn"].run("ping", "-c", "1", "-W", "10", other)
    assert done.returncode == 0, done.stdout
    # What a host says to come from the home agent, in a tunnel, is not
    # believed, whatever the filters of this host are.
    for name in ("all", "acc0"):
        net.ns["an"].sysctl(f"ipv4/conf/{name}/rp_filter", 0)
    mac = net.ns["an"].ip("link show dev acc0")
    mac = re.search(r"link/ether (\S+)", mac).group(1)
    with Tap(net.ns["mn2"], "eth0") as tap:
        net.forge(bytes.fromhex(mac.replace(":", "")),
                  bytes.fromhex(link["mobile_node"].replace(":", "")))
        net.ns["ha"].run("ping", "-c", "1", "-W", "10", other)
        seen = tap.read()
        assert any(f[54] == ECHO for _, f in seen if len(f) > 54), seen
        assert not any(mip4.ip6("fe80::bad") in f for _, f in seen), seen
    # had ends one, nasd the other.
    before = net.left()
    net.hactl("revoke", id=ALICE)
    wait_for("the session to go", 20, lambda: not net.session())
    net.tool("terminate", BOB)
    wait_for("no binding", 20, lambda: not
             net.hactl("show bindings")["bindings"])
    wait_for("the tunnels to go", 10, lambda: before != net.left())
