# SPDX-License-Identifier: BSD-2-Clause
"""GRE with keys at the home agent [RFC 6245, 2784, 2890]: access routers and
an access node that the test plays, with packets built here byte by byte, and
behind the access node a host as it is."""

import contextlib
import ipaddress
import select
import socket
import struct
import time

import mip4
import pytest
from packets import icmp6
from test_89_access_node_ha import (CN6, D, HA, HA2, IID, MAC, MN, ROUTED,
                                    ROUTER, STRANGER, Host, Node, config)

from netlab.process import wait_for

KEY = b"mobile-home key."
AR_KEY = b"foreign-home key"
MN2, MN3 = "mn2@example.net", "mn3@example.net"
ALICE, BOB = "gre1@example.net", "gre2@example.net"
G = 0x08


def conf(lab):
    config.write(lab.files.path("mn.key"), KEY.decode() + "\n", 0o600)
    config.write(lab.files.path("ar.key"), AR_KEY.decode() + "\n", 0o600)
    mn, ar = lab.files.path("mn.key"), lab.files.path("ar.key")
    return f"""
peer "gre1" {{
	address = "{STRANGER}"
	gre = yes
	key "256" {{ key-file = "{ar}" }}
}}
peer "gre2" {{
	address = "{HA2}"
	gre = yes
	key "256" {{ key-file = "{ar}" }}
}}
""", "".join(f"""
subscriber "{nai}" {{
	key "512" {{ key-file = "{mn}" }}
}}
""" for nai in (MN, MN2, MN3)) + f"""
access-node "bridges" {{
	care-of = {{"{STRANGER}", "{HA2}"}}
	pools = {{"village"}}
	gre = yes
}}
"""


def gre_key(key):
    return struct.pack("!BBHI", 48, 0, 4, key)


def echo(source, number, size=64):
    return icmp6(source, CN6, struct.pack("!BBHHH", 128, 0, 0, 7, number) +
                 bytes(size - 48), 64)


class Ends:
    """The ends of tunnels at one care-of address, by hand."""

    def __init__(self, ns, coa):
        self.ns, self.coa = ns, coa
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.gre = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
            self.sit = socket.socket(socket.AF_INET, socket.SOCK_RAW, 41)
        self.sock.bind((coa, 434))
        self.sock.settimeout(60)

    def close(self):
        for s in (self.sock, self.gre, self.sit):
            s.close()

    def ask(self, nai, ext, key=None, life=600, flags=G):
        """A registration as an access router's; its reply."""
        m = mip4.rrq(life, HA, self.coa, mip4.now(), flags=flags)
        m += mip4.nai(nai) + ext
        if key is not None:
            m += gre_key(key)
        m += mip4.rev_support(mip4.now() >> 32)
        self.sock.sendto(mip4.sign(m, mip4.FA_HA, 256, AR_KEY), (HA, 434))
        return self.reply()

    def ask_for(self, nai, key=None, ext=None, life=600, flags=D | G):
        """The same as an access node's."""
        m = mip4.rrq(life, HA, self.coa, mip4.now(), flags=flags)
        m += mip4.nai(nai) + (ext or mip4.hoa_request())
        if key is not None:
            m += gre_key(key)
        m += mip4.rev_support(mip4.now() >> 32)
        self.sock.sendto(mip4.sign(m, mip4.MN_HA, 512, KEY), (HA, 434))
        return self.reply()

    def receive(self):
        raw, source = self.sock.recvfrom(2048)
        assert source == (HA, 434)
        m = mip4.parse(raw)
        assert m.verify(mip4.FA_HA, 256, AR_KEY) or \
            m.verify(mip4.MN_HA, 512, KEY), m.order
        return m

    def reply(self):
        """Revocations may be said again meanwhile."""
        while (m := self.receive()).type != mip4.RRP:
            assert m.type == mip4.REV
        return m

    def revoked(self, nai, type_, spi, key):
        """The revocation of what somebody has here, acknowledged. Others may
        be said again meanwhile."""
        rev = self.receive()
        while (rev.type, rev.nai) != (mip4.REV, nai):
            rev = self.receive()
        assert rev.coa == self.coa
        m = mip4.rev_ack(rev.rev_id) + mip4.nai(rev.nai) + mip4.hoa(rev.hoa)
        self.sock.sendto(mip4.sign(m, type_, spi, key), (HA, 434))
        return rev

    def send(self, key, packet):
        """key None: GRE without one."""
        head = struct.pack("!HH", 0, 0x86dd) if key is None else \
            struct.pack("!HHI", 0x2000, 0x86dd, key)
        self.gre.sendto(head + packet, (HA, 0))

    def heard(self, wanted, what="an answer"):
        """What has come from the home agent by GRE until a packet for which
        wanted(key, inner) is true: [(key, outer, inner)], that one last."""
        found, end = [], time.monotonic() + 60
        while time.monotonic() < end:
            if not select.select([self.gre], [], [], 1)[0]:
                continue
            raw = self.gre.recv(2048)
            assert socket.inet_ntoa(raw[12:16]) == HA
            assert raw[20:24] == b"\x20\0\x86\xdd", raw[20:28].hex()
            found.append((struct.unpack("!I", raw[24:28])[0], raw[:20],
                          raw[28:]))
            if wanted(found[-1][0], raw[28:]):
                return found
        raise AssertionError(f"{what} did not come")

    def echoes(self, key, source, number, size=64):
        """Numbers of the echo replies that have come up to this one's, with
        the key that they came in, and the last one as it was."""
        self.send(key, echo(source, number, size))
        found = self.heard(lambda _, p: p[40] == 129 and
                           p[46:48] == struct.pack("!H", number),
                           f"an echo reply {number}")
        return [(k, struct.unpack("!H", p[46:48])[0]) for k, _, p in found
                if p[40] == 129], found[-1]


@contextlib.contextmanager
def ends(lab):
    with contextlib.closing(Ends(lab.ns["stranger"], STRANGER)) as one, \
            contextlib.closing(Ends(lab.ns["ha2"], HA2)) as other:
        yield one, other


def key_of(reply, order):
    assert reply.code == 0 and reply.order == order, (reply.code, reply.order)
    data = reply.get(48)
    assert len(data) == 4 and data != bytes(4)
    return struct.unpack("!I", data)[0]


AR_ORDER, AN_ORDER = [131, 221, 48, 137, 34], [131, 221, 48, 137, 32]


def devices(lab):
    return {line.split(":")[1].split("@")[0].strip()
            for line in lab.ns["ha"].run("ip", "-o", "link").stdout
            .splitlines()
            if ": had" in line}


def row(lab, nai):
    found, = [b for b in lab.bindings() if b["nai"] == nai]
    return found


def test_access_routers(lab):
    """Keys are checked per binding, in both directions; a handoff; and the
    same by 6in4 in between."""
    peers, _ = conf(lab)
    lab.restart_had(extra=peers)
    iid = b"\x02\0\0\0\0\0\0\x21"
    with ends(lab) as (one, other):
        # Without a key, without an authenticator around it.
        assert one.ask(ALICE, mip4.hoa_request(iid)).code == 139
        reply = one.ask(ALICE, mip4.hoa_request(iid), 0x01020304)
        key, home = key_of(reply, AR_ORDER), reply.hoa
        assert devices(lab) == {"hadgre"}
        reply = one.ask(BOB, mip4.hoa_request(iid), 0x01020304, flags=0)
        bobs, bob = key_of(reply, AR_ORDER), reply.hoa
        assert bobs != key and bob != home
        shown = row(lab, ALICE)
        assert (shown["encapsulation"], shown["gre_key_in"],
                shown["gre_key_out"]) == ("gre", key, 0x01020304)

        # What comes is as RFC 2890 has it, what goes, too; nothing else does.
        _, (back, outer, inner) = one.echoes(key, home, 1)
        assert back == 0x01020304 and ipaddress.ip_address(
            inner[24:40]) == ipaddress.ip_address(home)
        # A router on the way; DF.
        assert outer[8] == 63 and outer[6] & 0x40, outer.hex()
        one.echoes(bobs, bob, 2)
        one.send(key ^ 1, echo(home, 3))                # nobody's
        one.send(bobs, echo(home, 4))                   # another's
        one.send(key, echo(bob, 5))
        one.send(None, echo(home, 6))
        one.send(key, echo("2001:db8:999::1", 7))
        other.send(key, echo(home, 8))                  # not from there
        assert one.echoes(key, home, 9)[0] == [(0x01020304, 9)]
        drops = lab.ns["ha"].run("tc", "-s", "filter", "show", "dev",
                                 "hadgre", "ingress", "prio", "20").stdout
        assert "(dropped 6," in drops, drops

        # 1500 bytes with the outer headers, and not one more.
        one.echoes(key, home, 10, 1472)
        done = lab.ns["cn"].run("ping", "-6", "-n", "-c", "1", "-W", "9", "-M",
                                "do", "-s", "1425", home)
        assert "mtu: 1472" in done.stdout or "mtu=1472" in done.stdout, \
            done.stdout

        # A renewal keeps the key; another key of the router's is taken.
        again = one.ask(ALICE, mip4.hoa(home), 0x01020304)
        assert key_of(again, AR_ORDER) == key
        key = key_of(one.ask(ALICE, mip4.hoa(home), 0x0a0b0c0d), AR_ORDER)
        assert one.echoes(key, home, 11)[0][-1] == (0x0a0b0c0d, 11)

        # Elsewhere: the old way ends, the new one is there with the reply.
        moved = other.ask(ALICE, mip4.hoa_request(iid), 0)
        there = key_of(moved, AR_ORDER)
        assert moved.hoa == home
        assert other.echoes(there, home, 12)[0] == [(there, 12)]
        one.send(key, echo(home, 13))
        assert other.echoes(there, home, 14)[0] == [(there, 14)]
        assert one.revoked(ALICE, mip4.FA_HA, 256, AR_KEY).hoa == home
        one.echoes(bobs, bob, 15)

        # By 6in4 and back, of which the other subscriber notices nothing.
        reply = other.ask(ALICE, mip4.hoa(home), flags=0)
        assert reply.order == [131, 221, 137, 34]
        assert row(lab, ALICE)["encapsulation"] == "6in4"
        other.send(there, echo(home, 16))
        other.sit.sendto(echo(home, 17), (HA, 0))
        other.sit.settimeout(60)
        assert other.sit.recv(2048)[66:68] == struct.pack("!H", 17)
        there = key_of(other.ask(ALICE, mip4.hoa(home), 0), AR_ORDER)
        assert other.echoes(there, home, 18)[0] == [(there, 18)]
        one.echoes(bobs, bob, 19)

        # Somebody removes the device.
        lab.ns["ha"].ip("link del hadgre")
        wait_for("a new device", 10, lambda: "hadgre" in devices(lab))
        for e, k, a in ((other, there, home), (one, bobs, bob)):
            def answers():
                e.send(k, echo(a, 20))
                return select.select([e.gre], [], [], 1)[0]
            wait_for("its routes", 10, answers)
        gone = other.ask(ALICE, mip4.hoa(home), 0, life=0)
        assert key_of(gone, [131, 221, 48, 34]) == there
        lab.hactl("revoke", id=BOB)
        one.revoked(BOB, mip4.FA_HA, 256, AR_KEY)
        wait_for("the end", 10, lambda: not lab.bindings() and
                 not devices(lab))


class GreNode(Node):
    """An access node whose tunnel is made once the keys are known."""

    def __init__(self, e, key_in, key_out):
        self.ns, self.coa = e.ns, e.coa
        self.ns.ip(f"link add an0 type gre local {e.coa} remote {HA} "
                   f"ikey {key_in} okey {key_out} ttl 64")
        self.ns.sysctl("ipv6/conf/an0/disable_ipv6", 1)
        self.ns.ip("link set an0 up")

    def close(self):
        self.ns.ip("link del an0")


def solicitation(source):
    body = bytes([133, 0, 0, 0, 0, 0, 0, 0])
    return icmp6(source, "ff02::2", body, 255)


def test_access_node(lab):
    """Two mobile nodes with the same link-local address at one care-of
    address, one of which moves."""
    _, nodes = conf(lab)
    lab.restart_had(extra=nodes)
    local, home = f"fe80::{IID}", str(ipaddress.ip_address(ROUTED + IID))
    with ends(lab) as (one, other), contextlib.ExitStack() as stack:
        host = stack.enter_context(contextlib.closing(Host()))
        key = key_of(one.ask_for(MN, 0), AN_ORDER)
        key2 = key_of(one.ask_for(MN2, 5), AN_ORDER)
        assert key2 not in (5, key)
        # A key that another one has there; and the one that has none [D28].
        assert one.ask_for(MN3, 5).code == 129
        assert one.ask_for(MN3, key).code == 129
        assert one.ask_for(MN3, flags=D).code == 0
        assert len(devices(lab)) == 3
        assert {row(lab, n)["encapsulation"] for n in (MN, MN2)} == {"gre"}

        first = stack.enter_context(contextlib.closing(
            GreNode(one, key, key)))
        host.plug(first)
        wait_for("an address of its own", 30, lambda: home in host.addresses())
        assert host.ns.sysctl("ipv6/conf/eth0/mtu") == "1472"
        wait_for("it to be bound", 20, lambda: set(row(lab, MN)["addresses"])
                 == {home, local})
        assert host.ping(CN6) and host.ping(CN6, "-M", "do", "-s", "1424")

        # The other one, by hand: what is sent to it comes with its key, and
        # it can not speak for its neighbour.
        one.send(key2, solicitation(local))
        one.heard(lambda k, p: k == 5 and p[40] == 134 and p[7] == 255 and
                  p[8:24] == mip4.ip6(ROUTER), "a Router Advertisement")
        wait_for("it to be heard", 10, lambda: local in
                 row(lab, MN2)["addresses"])
        mine = "2001:db8:200:1::77"
        one.send(key2, echo(mine, 1))
        wait_for("another address", 10, lambda: mine in
                 row(lab, MN2)["addresses"])
        one.send(key2, echo(home, 2))
        one.send(key, echo(mine, 3))
        one.send(key ^ 1, echo(mine, 4))
        seen, _ = one.echoes(key2, mine, 5)
        assert seen[-1] == (5, 5) and not {2, 3, 4} & {n for _, n in seen}
        assert mine not in row(lab, MN)["addresses"]

        # Somebody removes its device: made anew, and so are its routes.
        lab.ns["ha"].ip(f"link del hadk{key:08x}")
        wait_for("a new device", 15, lambda: host.ping(CN6, "-W", "2"))
        one.echoes(key2, mine, 6)

        # A renewal with the key that both have.
        assert key_of(one.ask_for(MN, key, mip4.hoa()), AN_ORDER) == key
        # It moves; its old place is told, and the neighbour stays.
        there = key_of(other.ask_for(MN, 0), AN_ORDER)
        second = stack.enter_context(contextlib.closing(
            GreNode(other, there, there)))
        host.move(second)
        rev = one.revoked(MN, mip4.MN_HA, 512, KEY)
        assert rev.order == [131, 221, 32]
        assert host.ping(CN6, "-I", home)
        one.echoes(key2, mine, 7)
        assert row(lab, MN)["care_of"] == HA2

        # Each ends by itself.
        lab.hactl("revoke", id=MN2)
        one.revoked(MN2, mip4.MN_HA, 512, KEY)
        assert host.ping(CN6, "-I", home)
        assert one.ask_for(MN3, life=0, ext=mip4.hoa(), flags=D).code == 0
        gone = other.ask_for(MN, 0, mip4.hoa(), life=0)
        assert key_of(gone, [131, 221, 48, 32]) == there
        wait_for("the end", 10, lambda: not lab.bindings() and
                 not devices(lab))
