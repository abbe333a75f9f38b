# SPDX-License-Identifier: BSD-2-Clause
"""Access nodes at the home agent: bridges made of the kernel's tc and of
registrations by the test's own hands, behind them a host as it is, with the
kernel's own autoconfiguration [draft-navali 3.2, Figures 6 and 7]."""

import contextlib
import ipaddress
import re
import socket
import struct

import mip4
import pytest

from netlab import config
from netlab.capture import Tap
from netlab.net import Namespace
from netlab.process import wait_for
from netlab.topology import CN6, HA, HA2, STRANGER

HOME = "2001:db8:ffff::/64"
ROUTED = "2001:db8:200:1:0:"
ROUTER, ROUTER_MAC = "fe80::c633:6401", "02:00:c6:33:64:01"
MN, MAC, IID = "mn1@example.net", "02:00:00:00:aa:01", "ff:fe00:aa01"
KEY = b"mobile-home key."
D = 0x20


def conf(more=""):
    return f"""
access-node "bridges" {{
	care-of = {{"{STRANGER}", "198.51.100.4/31"}}
	pools = {{"village"}}
	{more}
}}
subscriber "{MN}" {{
	key "512" {{ key-file = "{{}}" }}
}}
"""


class Node:
    """One access node and its link to a host."""

    def __init__(self, ns, coa):
        self.ns, self.coa = ns, coa
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((coa, 434))
        self.sock.settimeout(60)
        ns.ip(f"link add an0 type sit local {coa} remote {HA}"
              " nopmtudisc")
        ns.sysctl("ipv6/conf/an0/disable_ipv6", 1)
        ns.ip("link set an0 up")

    def bridge(self):
        """Between its end of the link and the tunnel; nothing is changed."""
        self.ns.sysctl("ipv6/conf/link0/disable_ipv6", 1)
        self.ns.ip("link set link0 up")
        done = self.ns.run("tc", "-batch", "-", input=f"""\
qdisc add dev link0 clsact
filter add dev link0 ingress protocol ipv6 matchall \
action mirred egress redirect dev an0
qdisc add dev an0 clsact
filter add dev an0 ingress protocol ipv6 matchall \
action vlan push_eth dst_mac {MAC} src_mac {ROUTER_MAC} pipe \
action mirred egress redirect dev link0
""")
        assert done.returncode == 0, done.stderr

    def register(self, life=600, ext=None):
        m = mip4.rrq(life, HA, self.coa, mip4.now(), flags=D) + mip4.nai(MN)
        m += mip4.hoa_request() if ext is None else ext
        m += mip4.rev_support(mip4.now() >> 32)
        self.sock.sendto(mip4.sign(m, mip4.MN_HA, 512, KEY), (HA, 434))
        return self.receive()

    def receive(self):
        raw, source = self.sock.recvfrom(2048)
        assert source == (HA, 434)
        m = mip4.parse(raw)
        assert m.nai == MN and m.verify(mip4.MN_HA, 512, KEY), m.order
        return m

    def acknowledge(self, rev):
        """A revocation of what is registered here."""
        assert rev.type == mip4.REV and rev.a and rev.coa == self.coa
        assert rev.order == [131, 221, 32] and rev.get(mip4.HOA) == b"\0"
        m = mip4.rev_ack(rev.rev_id) + mip4.nai(MN) + mip4.hoa()
        self.sock.sendto(mip4.sign(m, mip4.MN_HA, 512, KEY), (HA, 434))

    def close(self):
        self.sock.close()
        self.ns.ip("link del an0")


def accepted(reply, life=600):
    assert (reply.code, reply.lifetime) == (0, life)
    assert reply.order == [131, 221, *([137] if life else []), 32]
    assert reply.get(mip4.HOA) == b"\0" and reply.home == "0.0.0.0"


class Host:
    """A host, whose link leads to one access node or another."""

    def __init__(self):
        self.ns, self.at = Namespace("an-host"), None
        self.ns.ip("link set lo up")

    def plug(self, node):
        node.ns.ip(f"link add link0 type veth peer name eth0 address {MAC}"
                   " netns an-host")
        self.at = node
        node.bridge()
        self.ns.ip("link set eth0 up")

    def move(self, node):
        self.at.ns.ip(f"link set link0 netns {node.ns.name}")
        self.at = node
        node.bridge()

    def addresses(self):
        text = self.ns.ip("address show dev eth0")
        found = re.findall(r"inet6 (\S+)/\d+ (.*)", text)
        return {a for a, flags in found if "tentative" not in flags and
                "dadfailed" not in flags}

    def ping(self, to, *more):
        done = self.ns.run("ping", "-6", "-n", "-c", "1", "-W", "9", *more, to)
        return " 1 received" in done.stdout

    def flood(self, n):
        """Duplicate address detection for n addresses of the prefix, by
        hand."""
        with self.ns.inside():
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        with s:
            s.bind(("eth0", 0x86dd))
            for i in range(n):
                target = mip4.ip6(f"2001:db8:200:1::{i + 256:x}:1")
                group = mip4.ip6("ff02::1:ff00:0")[:13] + target[13:]
                body = b"\x87\0\0\0\0\0\0\0" + target
                total = sum(struct.unpack("!20H", group + body))
                total = (total + 24 + 58) % 65535       # RFC 8200 8.1
                s.send(b"\x33\x33" + group[12:] + bytes.fromhex(
                    MAC.replace(":", "")) + b"\x86\xdd\x60\0\0\0\0\x18\x3a"
                    b"\xff" + bytes(16) + group + body[:2] +
                    struct.pack("!H", 65535 - total) + body[4:])

    def close(self):
        if self.at:
            self.at.ns.ip("link del link0")
        self.ns.close()


@pytest.fixture
def nodes(lab):
    """Two access nodes and a host that is plugged in nowhere yet."""
    config.write(lab.files.path("mn.key"), KEY.decode() + "\n", 0o600)
    lab.ns["cn"].ip("neighbour flush dev eth0")
    with contextlib.ExitStack() as stack:
        both = [stack.enter_context(contextlib.closing(Node(lab.ns[n], a)))
                for n, a in (("stranger", STRANGER), ("ha2", HA2))]
        host = stack.enter_context(contextlib.closing(Host()))
        yield lab, host, *both
    lab.ns["cn"].ip("neighbour flush dev eth0")


def serve(lab, more="", **kw):
    lab.restart_had(extra=conf(more).replace("{}", lab.files.path("mn.key")),
                    **kw)


def binding(lab):
    found, = lab.bindings()
    return found


def advertisement(tap):
    """The first one a link has carried, as (source, hop limit, flags,
    options)."""
    def poll():
        for _, f in tap.read():
            if f[12:14] == b"\x86\xdd" and f[20] == 58 and f[54] == 134:
                return f
        return None
    f = wait_for("a Router Advertisement", 10, poll)
    body, options = f[54:], {}
    at = 16
    while at < len(body):
        options[body[at]] = body[at:at + 8 * body[at + 1]]
        at += 8 * body[at + 1]
    return str(ipaddress.ip_address(f[22:38])), f[21], body[5], options


@contextlib.contextmanager
def connection(host, cn, address):
    """TCP from an address to the host cn: both ends."""
    with contextlib.ExitStack() as stack:
        with cn.inside():
            server = stack.enter_context(socket.create_server(
                (CN6, 5001), family=socket.AF_INET6))
        with host.inside():
            here = stack.enter_context(socket.create_connection(
                (CN6, 5001), 60, (address, 0)))
        server.settimeout(60)
        there = stack.enter_context(server.accept()[0])
        here.settimeout(60)
        there.settimeout(60)
        yield here, there


def test_home_link(nodes):
    """Figure 6, with neighbours; then several addresses, one of which is
    another's; then Figure 7."""
    lab, host, first, second = nodes
    serve(lab, shared=HOME, home_link="home0")
    accepted(first.register())
    host.plug(first)
    lab.taps.append(tap := Tap(host.ns, "eth0"))
    home = f"2001:db8:ffff::{IID}"
    wait_for("an address of its own", 30, lambda: home in host.addresses())
    source, hops, flags, options = advertisement(tap)
    assert (source, hops, flags) == (ROUTER, 255, 0)
    assert options[1] == b"\1\1" + bytes.fromhex(ROUTER_MAC.replace(":", ""))
    assert struct.unpack("!I", options[5][4:])[0] == 1480
    assert options[3][2:4] == b"\x40\x40"               # /64, A without L
    assert ipaddress.ip_address(options[3][16:]) == \
        ipaddress.ip_network(HOME).network_address
    # Reached by neighbour discovery alone, and reaches.
    wait_for("both to be bound", 10, lambda: set(binding(lab)["addresses"])
             == {home, f"fe80::{IID}"})
    row = binding(lab)
    assert (row["kind"], row["peer"], row["care_of"], row["nai"]) == \
        ("access-node", "bridges", STRANGER, MN)
    assert host.ping(CN6)
    done = lab.ns["cn"].run("ping", "-6", "-n", "-c", "1", "-W", "9", home)
    assert " 1 received" in done.stdout, done.stdout
    link, = lab.hactl("show home-links")["home_links"]
    assert link["held"] == 2, link
    mac = re.search(r"link/ether (\S+)",
                    lab.ns["ha"].ip("link show dev home0")).group(1)
    assert f"lladdr {mac}" in \
        lab.ns["cn"].ip(f"neighbour show to {home} dev eth0")
    # Nobody but had answers for its address.
    host.ns.ip("neighbour flush dev eth0")
    assert host.ping(CN6)
    assert f"lladdr {ROUTER_MAC}" in \
        host.ns.ip(f"neighbour show to {ROUTER} dev eth0")

    # One more, used without being looked for [D30]; one that cn has: known to
    # the host, and that is all.
    host.ns.ip("address add 2001:db8:ffff::77/128 dev eth0 nodad")
    wait_for("another address", 20, lambda: host.ping(
        CN6, "-I", "2001:db8:ffff::77", "-W", "2"))
    wait_for("it to be bound", 10, lambda: "2001:db8:ffff::77" in
             binding(lab)["addresses"])
    host.ns.ip(f"address add {CN6}/128 dev eth0")
    wait_for("duplicate address detection", 10, lambda: "dadfailed" in
             host.ns.ip(f"address show dev eth0 to {CN6}"))
    host.ns.ip(f"address del {CN6}/128 dev eth0")
    assert CN6 not in binding(lab)["addresses"] and host.ping(CN6)

    # It moves, and does not know: a connection goes on.
    with connection(host.ns, lab.ns["cn"], home) as (here, there):
        here.sendall(b"before")
        assert there.recv(64) == b"before"
        accepted(second.register())
        host.move(second)
        first.acknowledge(first.receive())
        here.sendall(b"after")
        assert there.recv(64) == b"after"
        there.sendall(b"and back")
        assert here.recv(64) == b"and back"
    row = binding(lab)
    assert row["care_of"] == HA2
    assert set(row["addresses"]) == {home, f"fe80::{IID}",
                                     "2001:db8:ffff::77"}
    assert host.ping(CN6, "-I", "2001:db8:ffff::77")
    wait_for("the old one's answer", 10, lambda: lab.hactl(
        "show statistics")["counters"]["revoke_acked"] == 1)
    assert lab.hactl("show statistics")["mobile_nodes"]["conflicts"] == 1
    status, text = lab.tool("hactl", "show", "bindings")
    assert status == 0 and "bridges" in text, text

    lab.hactl("revoke", id=MN)
    second.acknowledge(second.receive())
    wait_for("the end", 10, lambda: not lab.bindings())
    wait_for("nothing to be held", 10, lambda: [
        (n["held"], n["groups"])
        for n in lab.hactl("show home-links")["home_links"]] == [(0, 0)])


def test_duplicate_at_entry(nodes):
    """A host of the home link has its first address: it is told, and the
    access node is told to detach it."""
    lab, host, first, _ = nodes
    home, cn = f"2001:db8:ffff::{IID}", lab.ns["cn"]
    serve(lab, shared=HOME, home_link="home0")
    cn.ip(f"address add {home}/64 dev eth0")
    try:
        accepted(first.register())
        host.plug(first)
        lab.taps.append(tap := Tap(host.ns, "eth0"))
        first.acknowledge(first.receive())
        # Its kernel removes an address that it has made itself. The
        # advertisement is as cn has sent it.
        wait_for("duplicate address detection", 10, lambda: home not in
                 host.ns.ip("address show dev eth0"))
        na, = {f for _, f in tap.read() if f[12:14] == b"\x86\xdd" and
               f[20] == 58 and f[54] == 136}
        mac = re.search(r"link/ether (\S+)",
                        cn.ip("link show dev eth0")).group(1)
        assert (na[21], na[62:78]) == (255, mip4.ip6(home))
        assert na[78:] == b"\2\1" + bytes.fromhex(mac.replace(":", ""))
    finally:
        cn.ip(f"address del {home}/64 dev eth0")
    wait_for("the end", 10, lambda: not lab.bindings())
    assert lab.hactl("show statistics")["mobile_nodes"]["conflicts"] == 1


def test_routed_prefix(nodes):
    """Without a home link, with privacy addresses. Who asks for too many gets
    16, what is sent from others is dropped, a device that somebody removes is
    made anew."""
    lab, host, first, _ = nodes
    conf_of = {"more": "valid-lifetime = 500\n\tpreferred-lifetime = 400"}
    serve(lab, **conf_of)
    host.ns.sysctl("ipv6/conf/default/use_tempaddr", 2)
    accepted(first.register(), 500)
    host.plug(first)
    home = str(ipaddress.ip_address(f"{ROUTED}{IID}"))
    wait_for("an address of its own", 30, lambda: home in host.addresses())
    # Without anybody to ask on a link it is there at once; the MTU is the
    # tunnel's.
    wait_for("a privacy address", 20, lambda: len(host.addresses()) == 3 and
             set(binding(lab)["addresses"]) == host.addresses())
    temporary, = {a for a in host.addresses() if a.startswith("2001:")} - \
        {home}
    assert host.ping(CN6, "-I", temporary) and host.ping(CN6, "-I", home)
    assert host.ns.sysctl("ipv6/conf/eth0/mtu") == "1480"
    assert host.ping(CN6, "-M", "do", "-s", "1432")

    host.flood(1000)
    wait_for("it to be heard", 10, lambda: lab.hactl("show statistics")
             ["mobile_nodes"]["too_many"] > 0)
    # They are there once their routes are.
    wait_for("all that it may have", 10,
             lambda: len(binding(lab)["addresses"]) == 16)
    assert host.ping(CN6)
    host.ns.ip("address add 2001:db8:999::1/128 dev eth0 nodad")
    assert not host.ping(CN6, "-I", "2001:db8:999::1", "-W", "1")
    host.ns.ip("address del 2001:db8:999::1/128 dev eth0")
    accepted(first.register(ext=mip4.hoa()), 500)
    lab.ns["ha"].ip(f"link del hadx{socket.inet_aton(STRANGER).hex()}")
    wait_for("a new device", 15, lambda: host.ping(CN6, "-W", "2"))
    accepted(first.register(ext=b""), 500)
    wait_for("it to be bound", 10, lambda: home in
             binding(lab)["addresses"])
    # A home agent that has forgotten all learns again from what it hears.
    serve(lab, **conf_of)
    accepted(first.register(ext=mip4.hoa()), 500)
    wait_for("its addresses", 20, lambda: host.ping(CN6, "-I", home, "-W",
                                                    "2"))
    wait_for("them to be bound", 10, lambda: home in
             binding(lab)["addresses"])
    accepted(first.register(0, mip4.hoa()), 0)
    wait_for("the end", 10, lambda: not lab.bindings())
