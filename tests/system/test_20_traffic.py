# SPDX-License-Identifier: BSD-2-Clause
"""What the data plane carries, and what it does not."""

import ipaddress
import socket
import struct

from netlab import decode
from netlab.process import wait_for
from netlab.topology import CN6, HA, NAS1

FOREIGN = "2001:db8:bad::1"


def echo_request(src, dst, ident=0x6e6d):
    """An IPv6 packet with an ICMPv6 echo request, checksum and all."""
    src6, dst6 = (socket.inet_pton(socket.AF_INET6, a) for a in (src, dst))
    body = struct.pack("!BBHHH", 128, 0, 0, ident, 1) + b"netmip4!"
    pseudo = src6 + dst6 + struct.pack("!IHBB", len(body), 0, 0, 58) + body
    total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    body = body[:2] + struct.pack("!H", ~total & 0xffff) + body[4:]
    return struct.pack("!IHBB", 6 << 28, len(body), 58, 64) + src6 + dst6 + \
        body


def send_6in4(lab, target, inner):
    with lab.ns["stranger"].inside():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 41)
    with raw:
        raw.sendto(inner, (target, 0))


def requests(tap, ident=None):
    return [p for p in decode.packets(tap) if p.what == "Echo-Request" and
            (ident is None or p.values["ident"] == ident)]


def test_foreign_inner_source(lab):
    """A subscriber sends from its own prefix or not at all."""
    client = lab.connect()
    hoa = client.wait_global()
    core = lab.tap("nas1", "core0")
    lab.ns["mn1"].ip(f"address add {FOREIGN}/128 dev ppp0")
    assert client.ping(CN6, 3, 1, ("-I", FOREIGN))[1] == 0
    assert not requests(core)
    assert client.ping(CN6, options=("-I", hoa))[1] == 1


def test_strangers_tunnel_packet_at_the_nas(lab):
    """Protocol 41 from another than the home agent reaches no subscriber."""
    client = lab.connect()
    hoa = client.wait_global()
    core, access = lab.tap("nas1", "core0"), lab.tap("mn1", "eth0")
    send_6in4(lab, NAS1, echo_request(CN6, hoa))
    wait_for("the packet to reach the NAS", 3, lambda: requests(core, 0x6e6d))
    assert client.ping(CN6)[1] == 1         # what comes after it passes
    assert not requests(access, 0x6e6d)


def test_strangers_tunnel_packet_at_the_home_agent(lab):
    """Nor does one with a subscriber's source leave the home agent."""
    client = lab.connect()
    hoa = client.wait_global()
    core, home = lab.tap("ha", "core0"), lab.tap("ha", "home0")
    send_6in4(lab, HA, echo_request(hoa, CN6))
    wait_for("the packet to reach the home agent", 3,
             lambda: requests(core, 0x6e6d))
    assert client.ping(CN6)[1] == 1
    assert not requests(home, 0x6e6d)


def test_tunnel_carries_only_homes(lab):
    """The trusted NAS's tunnel does not carry a foreign source either."""
    client = lab.connect()
    core, home = lab.tap("ha", "core0"), lab.tap("ha", "home0")
    with lab.ns["nas1"].inside():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 41)
    with raw:
        raw.sendto(echo_request(FOREIGN, CN6), (HA, 0))
    wait_for("the packet to reach the home agent", 3,
             lambda: requests(core, 0x6e6d))
    assert client.ping(CN6)[1] == 1
    assert not requests(home, 0x6e6d)


def overlook(lab):
    """Makes the mobile node believe in the link's own MTU."""
    lab.ns["mn1"].sysctl("ipv6/conf/ppp0/mtu", 1492)
    lab.ns["mn1"].ip(f"route add {CN6}/128 dev ppp0 mtu 1492")


def test_packet_too_big(lab):
    """Both ends of the tunnel say how much fits."""
    client = lab.connect()
    hoa = client.wait_global()
    # 1492 bytes fit the PPPoE link, not the tunnel; the Router Advertisement
    # has said so, which a host may overlook.
    wait_for("the host to take it", 5, lambda: lab.ns["mn1"].sysctl(
        "ipv6/conf/ppp0/mtu") == "1480")
    overlook(lab)
    # Each ends with the error that it gets.
    _, received, text = client.ping(CN6, options=("-s", "1444", "-M", "do"))
    assert received == 0 and "mtu=1480" in text.replace(": ", "="), text
    done = lab.ns["cn"].run("ping", "-6", "-n", "-c", "1", "-W", "9", "-s",
                            "1452", "-M", "do", hoa)
    assert "mtu=1480" in done.stdout.replace(": ", "="), done.stdout
    # What is announced gets through, both ways.
    assert client.ping(CN6, options=("-s", "1432", "-M", "do"))[1] == 1


def test_large_packets_after_too_big(lab):
    """Senders that listen get their large packets across in fragments: one
    request tells the mobile node, one reply the correspondent."""
    client = lab.connect()
    overlook(lab)
    client.ping(CN6, 2, 1, ("-s", "1444"))
    # Where the correspondent is told late, it is one more that is lost.
    wait_for("both to have listened", 10, lambda: client.ping(
        CN6, 2, 1, options=("-s", "1444"))[1] == 2)


def test_dscp(lab):
    """Inner traffic class to outer TOS, both ways."""
    client = lab.connect()
    hoa = client.wait_global()
    core = lab.tap("nas1", "core0")
    assert client.ping(CN6, options=("-Q", "0xb8"))[1] == 1
    done = lab.ns["cn"].run("ping", "-6", "-n", "-c", "1", "-W", "9", "-Q",
                            "0x28", hoa)
    assert done.returncode == 0, done.stdout
    seen = {(p.outer.src, p.outer.values["tos"], p.values["tclass"])
            for p in requests(core) if p.outer}
    assert {(NAS1, 0xb8, 0xb8), (HA, 0x28, 0x28)} <= seen, seen


def test_hop_limit(lab):
    """Each router takes one; the one that takes the last says so."""
    client = lab.connect()
    core, home = lab.tap("nas1", "core0"), lab.tap("ha", "home0")
    access = lab.tap("mn1", "eth0")

    def exceeded():
        return [p for p in decode.packets(access)
                if p.what == "Time-Exceeded"]
    # Each ends with the error that it gets.
    client.ping(CN6, options=("-t", "1"))
    wait_for("the first router's word", 5, exceeded)
    assert not requests(core)
    access.clear()
    client.ping(CN6, options=("-t", "2"))
    wait_for("the second router's word", 5, exceeded)
    assert requests(core) and not requests(home)
    assert client.ping(CN6, options=("-t", "3"))[1] == 1
    inner = [p.values["hlim"] for p in requests(home)]
    assert inner == [1]


def test_both_directions_only_by_the_tunnel(lab):
    """Nothing of a subscriber's is seen bare on the core."""
    client = lab.connect()
    core = lab.tap("nas1", "core0")
    assert client.ping(CN6, 3)[1] == 3
    echoes = [p for p in decode.packets(core)
              if p.what in ("Echo-Request", "Echo-Reply")]
    assert len(echoes) == 6 and all(
        p.outer and {p.outer.src, p.outer.dst} == {NAS1, HA} for p in echoes)
    hoa = ipaddress.IPv6Address(client.wait_global())
    assert all(hoa in (ipaddress.IPv6Address(p.src),
                       ipaddress.IPv6Address(p.dst)) for p in echoes)


def test_counters_are_live(lab):
    """nasctl shows what has passed, not what had at some earlier reading."""
    client = lab.connect()
    client.wait_global()
    before = lab.sessions()[0]
    assert client.ping(CN6, 5, options=("-s", "1000"))[1] == 5
    for key in ("rx_bytes", "tx_bytes"):
        # Each echo with its ICMPv6 and IPv6 header; what is shown may be some
        # time old.
        wait_for(key, 10, lambda k=key: lab.sessions()[0][k] - before[k] >=
                 5 * 1048, 0.2)
