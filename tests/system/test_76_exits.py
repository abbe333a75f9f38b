# SPDX-License-Identifier: BSD-2-Clause
"""Where home addresses meet the rest of IPv6: a home link, on which the home
agent stands in for subscribers, and stock Linux hosts on it."""

import re
import socket

import pytest

from netlab import config
from netlab.process import wait_for
from netlab.topology import CN6, HA6

HOME = "2001:db8:ffff::/64"
BOB = config.user("bob")


@pytest.fixture
def on_link(lab):
    """The shared pool is the link of the home agent and cn. What cn's kernel
    remembers of neighbours is forgotten."""
    lab.ns["cn"].ip("neighbour flush dev eth0")
    before = groups(lab)
    lab.restart_had(shared=HOME, home_link="home0")
    yield lab
    lab.hang_up_all()
    wait_for("all to be released", 10, lambda: not lab.bindings())
    assert link(lab)["groups"] == link(lab)["held"] == 0
    assert groups(lab) == before
    lab.ns["cn"].ip("neighbour flush dev eth0")


def link(lab):
    found, = lab.hactl("show home-links")["home_links"]
    return found


def groups(lab):
    """What the home agent's kernel listens to on the link."""
    with lab.ns["ha"].inside(), open("/proc/net/igmp6",
                                     encoding="ascii") as f:
        return sorted(words[2] for words in map(str.split, f)
                      if words[1] == "home0")


def lladdr(lab, ns, ifname):
    text = lab.ns[ns].ip(f"link show dev {ifname}")
    return re.search(r"link/ether (\S+)", text).group(1)


def neighbour(lab, address):
    """What cn knows of an address: its link-layer address."""
    text = lab.ns["cn"].ip(f"neighbour show to {address} dev eth0")
    found = re.search(r"lladdr (\S+)", text)
    return found and found.group(1)


def home_address(lab, user=BOB):
    return next(b["home_address"] for b in lab.bindings()
                if b["nai"] == user)


def test_neighbours(on_link):
    """A host of the home link reaches the subscriber by neighbour discovery
    alone; DAD of others for its address fails."""
    lab, cn = on_link, on_link.ns["cn"]
    tap = lab.tap("cn", "eth0")
    client = lab.connect("mn1", "bob")
    hoa = home_address(lab)
    assert client.addresses()["global"] == hoa
    nd = [m for _, f in tap.read() if (m := neighbour_message(f, hoa))]
    # RFC 4862 5.4.2, then RFC 6275 10.4.1
    probe, announced = nd[0], nd[1]
    assert probe == {"type": 135, "src": "::", "dst": solicited_node(hoa),
                     "hops": 255, "flags": 0, "options": b""}
    mac = lladdr(lab, "ha", "home0")
    assert (announced["type"], announced["dst"]) == (136, "ff02::1")
    assert announced["flags"] == 0x20 and announced["hops"] == 255
    assert announced["options"] == b"\2\1" + bytes.fromhex(
        mac.replace(":", ""))
    assert announced["src"].startswith("fe80::")
    # No route to it, and nothing learned but by asking.
    cn.ip("neighbour flush dev eth0")
    done = cn.run("ping", "-6", "-n", "-c", "2", "-W", "3", hoa)
    assert " 2 received" in done.stdout, done.stdout
    assert neighbour(lab, hoa) == mac
    assert client.ping(CN6)[1] == 1
    row = link(lab)
    assert (row["held"], row["probed"], row["duplicates"]) == (1, 1, 0)
    assert row["answered"] >= 1 and row["state"] == "up"
    assert row["lladdr"] == mac
    assert solicited_node(hoa) in map(group_text, groups(lab))
    status, text = lab.tool("hactl", "show", "home-links")
    assert status == 0 and "home0" in text, text

    # A host that wants the same address does not get it [RFC 4862 5.4].
    cn.sysctl("ipv6/conf/eth0/accept_dad", 1)
    try:
        cn.ip(f"address add {hoa}/64 dev eth0")
        wait_for("duplicate address detection", 5, lambda: "dadfailed" in
                 cn.ip(f"address show dev eth0 to {hoa}"))
    finally:
        cn.ip(f"address del {hoa}/64 dev eth0")
        cn.sysctl("ipv6/conf/eth0/accept_dad", 0)
    assert link(lab)["defended"] >= 1
    assert client.running() and client.ping(CN6)[1] == 1

    # Nobody answers for it any more.
    client.hang_up()
    wait_for("the end", 10, lambda: not lab.bindings())
    answered = link(lab)["answered"]
    cn.ip("neighbour flush dev eth0")
    done = cn.run("ping", "-6", "-n", "-c", "1", "-W", "1", hoa)
    assert " 0 received" in done.stdout, done.stdout
    assert link(lab)["answered"] == answered and not neighbour(lab, hoa)


def test_address_in_use(on_link):
    """A host has the address that the home agent would have given: the
    subscriber gets another one, and the host is left in peace."""
    lab, cn = on_link, on_link.ns["cn"]
    client = lab.connect("mn1", "bob")
    first = home_address(lab)
    client.hang_up()
    wait_for("the end", 10, lambda: not lab.bindings())
    cn.ip(f"address add {first}/64 dev eth0")
    try:
        client = lab.connect("mn1", "bob")
        second = home_address(lab)
        assert second != first
        assert client.addresses()["global"] == second
        assert client.ping(first)[1] == 1
        assert (link(lab)["duplicates"], link(lab)["held"]) == (1, 1)
        done = lab.ns["ha"].run("ping", "-6", "-n", "-c", "1", "-W", "3",
                                first)
        assert " 1 received" in done.stdout, done.stdout
        client.hang_up()
    finally:
        cn.ip(f"address del {first}/64 dev eth0")


def test_spoofed_neighbours(on_link):
    """What is forged or malformed neither harms nor is answered."""
    lab = on_link
    client = lab.connect("mn1", "bob")
    hoa = home_address(lab)
    before = link(lab)
    target = socket.inet_pton(socket.AF_INET6, hoa)
    group = socket.inet_pton(socket.AF_INET6, solicited_node(hoa))
    cn6 = socket.inet_pton(socket.AF_INET6, CN6)
    bad = [
        message(135, cn6, group, target, hops=64),
        message(135, cn6, group, target, code=1),
        message(135, cn6, group, target, options=b"\1\0" + bytes(6)),
        message(135, bytes(16), group, target, options=b"\1\1" + bytes(6)),
        message(135, cn6, group, target)[:-1] + b"\0",
        message(136, cn6, group, target, flags=0x60),
    ]
    with lab.ns["cn"].inside():
        s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    with s:
        to = ("eth0", 0x86dd, 0, 0, b"\x33\x33" + group[12:])
        for packet in bad:
            s.sendto(packet, to)
        # Another one claims to have it: said, and no more.
        s.sendto(message(136, cn6, group, target, flags=0x20), to)
    wait_for("the conflict", 5, lambda: link(lab)["conflicts"] ==
             before["conflicts"] + 1)
    after = link(lab)
    assert after["malformed"] - before["malformed"] == len(bad)
    assert after["answered"] == before["answered"]
    assert after["defended"] == before["defended"]
    lab.had.wait_log("another node answers for it", 5)
    lab.ns["cn"].ip("neighbour flush dev eth0")
    assert client.ping(CN6)[1] == 1


def test_home_link_down(on_link):
    """Nobody can be asked then: registrations are refused, bindings stay."""
    lab, ha = on_link, on_link.ns["ha"]
    client = lab.connect("mn1", "bob")
    ha.ip("link set home0 down")
    try:
        lab.had.wait_log("the home link is down", 5)
        assert link(lab)["state"] == "down"
        lab.dial("mn2", "carol").failure()
        lab.had.wait_log("data path could not be made", 5)
        assert [b["nai"] for b in lab.bindings()] == [BOB]
    finally:
        ha.ip("link set home0 up", f"address replace {HA6}/64 dev home0")
    wait_for("the neighbours", 10, lambda: client.ping(CN6)[1] == 1)
    other = lab.connect("mn3", "carol")
    assert link(lab)["state"] == "up" and link(lab)["held"] == 2
    assert other.ping(CN6)[1] == 1


def solicited_node(address):
    raw = socket.inet_pton(socket.AF_INET6, address)
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(
        "ff0200000000000000000001ff") + raw[13:])


def group_text(hexdigits):
    return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(hexdigits))


def neighbour_message(frame, target):
    """A frame's solicitation or advertisement for an address, or None."""
    if frame[12:14] != b"\x86\xdd" or frame[20] != 58 or \
            frame[54] not in (135, 136) or \
            frame[62:78] != socket.inet_pton(socket.AF_INET6, target):
        return None
    length = int.from_bytes(frame[18:20], "big")
    return {"type": frame[54], "hops": frame[21], "flags": frame[58],
            "src": socket.inet_ntop(socket.AF_INET6, frame[22:38]),
            "dst": socket.inet_ntop(socket.AF_INET6, frame[38:54]),
            "options": frame[78:54 + length]}


def message(kind, src, dst, target, *, hops=255, code=0, flags=0,
            options=b""):
    """A whole IPv6 packet, its checksum right."""
    body = bytes([kind, code, 0, 0, flags, 0, 0, 0]) + target + options
    pseudo = src + dst + len(body).to_bytes(4, "big") + b"\0\0\0\x3a" + body
    total = sum(int.from_bytes(pseudo[i:i + 2], "big")
                for i in range(0, len(pseudo), 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    body = body[:2] + (~total & 0xffff).to_bytes(2, "big") + body[4:]
    return b"\x60\0\0\0" + len(body).to_bytes(2, "big") + \
        bytes([58, hops]) + src + dst + body
