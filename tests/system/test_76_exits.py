# SPDX-License-Identifier: BSD-2-Clause
"""Where home addresses meet the rest of IPv6: a home link, on which the home
agent stands in for subscribers, and stock Linux hosts on it."""

import re
import socket

import pytest

from netlab import config
from netlab.process import wait_for
from netlab.topology import AAA, CN6, HA, HA6, STRANGER

HOME = "2001:db8:ffff::/64"
BOB, ALICE = config.user("bob"), config.user("alice")


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
    wait_for("nothing to be held", 10, lambda: (now := link(lab))["groups"]
             == now["held"] == 0 and groups(lab) == before)
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
    nd = wait_for("what had says", 10, lambda: (found := [
        m for _, f in tap.read() if (m := neighbour_message(f, hoa))])[1:] and
        found)
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
    done = cn.run("ping", "-6", "-n", "-c", "2", "-W", "9", hoa)
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

    # A host that wants the same address does not get it [RFC 4862 5.4]. It
    # would not either while the address is announced.
    wait_for("three announcements", 10, lambda: (
        now := link(lab))["sent"] - now["answered"] == 4)
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
    wait_for("the end", 10, lambda: not lab.bindings() and
             link(lab)["held"] == 0)
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
        done = lab.ns["ha"].run("ping", "-6", "-n", "-c", "1", "-W", "9",
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
    # A good one, to us alone, as of neighbours who know us.
    mac = bytes.fromhex(lladdr(lab, "ha", "home0").replace(":", ""))
    tap = lab.tap("cn", "eth0")
    with lab.ns["cn"].inside(), socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, 0) as s:
        s.sendto(message(135, cn6, target, target),
                 ("eth0", 0x86dd, 0, 0, mac))
    wait_for("the answer", 5, lambda: any(
        m["type"] == 136 and m["flags"] == 0x40 and m["dst"] == CN6
        for _, f in tap.read() if (m := neighbour_message(f, hoa))))
    after = link(lab)
    assert after["malformed"] - before["malformed"] == len(bad)
    assert after["answered"] == before["answered"] + 1
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
    wait_for("the neighbours", 10, lambda: client.ping(CN6, wait=2)[1])
    other = lab.connect("mn3", "carol")
    assert link(lab)["state"] == "up" and link(lab)["held"] == 2
    assert other.ping(CN6)[1] == 1

    # The device is made anew: groups are joined and addresses announced there.
    # (With the link-layer addresses it had, so that nothing is left behind.)
    macs = lladdr(lab, "ha", "home0"), lladdr(lab, "cn", "eth0")
    ha.ip("link del home0",
          f"link add home0 address {macs[0]} type veth"
          f" peer name eth0 address {macs[1]} netns cn",
          f"address add {HA6}/64 dev home0", "link set home0 up")
    lab.ns["cn"].ip(f"address add {CN6}/64 dev eth0", "link set eth0 up",
                    f"route add default via {HA6}")
    wait_for("the link to be up", 10, lambda: link(lab)["state"] == "up")
    for one in (client, other):
        wait_for("the neighbours", 10,
                 lambda c=one: c.ping(CN6, wait=2)[1])
    assert solicited_node(home_address(lab)) in map(group_text, groups(lab))

    # An address that becomes ours is given to nobody, for as long as it is.
    before = reserved(lab)
    ha.ip("address add 2001:db8:ffff::77/64 dev home0")
    wait_for("it to be reserved", 10, lambda: reserved(lab) == before + 1)
    ha.ip("address del 2001:db8:ffff::77/64 dev home0")
    wait_for("it to be free", 10, lambda: reserved(lab) == before)


def reserved(lab):
    """Of the pool on the link."""
    return next(p["reserved"] for p in lab.hactl("show pools")["pools"]
                if p["prefix"] == HOME)


# 6to4. "stranger" is a 6to4 host, "aaa" the relay, with a native IPv6 network
# behind it.

OUR = "2002:c633:6401"          # of HA
HOST = "2002:cb00:7142"         # of STRANGER
NATIVE = "2001:db8:eeee"


@pytest.fixture
def sixtofour(lab):
    """Stock devices at the others' ends; had's unique pool lies in the 6to4
    prefix of its own address."""
    host, relay = lab.ns["stranger"], lab.ns["aaa"]
    host.ip(f"tunnel add t64 mode sit local {STRANGER} ttl 64",
            "link set t64 up", f"address add {HOST}::1/16 dev t64 nodad")
    relay.ip(f"tunnel add rel mode sit local {AAA} remote {HA} ttl 64",
             "link set rel up", f"route add {OUR}::/48 dev rel",
             f"address add {NATIVE}::1/128 dev lo nodad")
    try:
        lab.restart_had(**CONF)
        yield lab
    finally:
        lab.hang_up_all()
        host.ip("link del t64")
        relay.ip("link del rel", f"address del {NATIVE}::1/128 dev lo")


CONF = {"unique": f"{OUR}:8000::/49",
        "extra": f'exit "6to4" {{\n\trelay = "{AAA}"\n}}\n'}


def exits(lab):
    return {row["device"]: row for row in lab.hactl("show exits")["exits"]}


def ping(ns, target):
    done = ns.run("ping", "-6", "-n", "-c", "1", "-W", "9", target)
    return " 1 received" in done.stdout


def protocol41(lab, ns, outer, src, dst):
    """Sends an IPv6 packet (UDP without data) in IPv4 to the home agent."""
    raw = [socket.inet_pton(socket.AF_INET6, a) for a in (src, dst)]
    inner = b"\x60\0\0\0\0\x08\x11\x40" + raw[0] + raw[1] + \
        b"\x23\x28\x23\x28\0\x08\0\0"
    head = b"\x45\0" + (20 + len(inner)).to_bytes(2, "big") + \
        b"\0\1\0\0\x40\x29\0\0" + socket.inet_aton(outer) + \
        socket.inet_aton(HA)
    with lab.ns[ns].inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    with s:
        s.sendto(head + inner, (HA, 0))


def test_6to4(sixtofour):
    """There and back: another 6to4 host directly, the rest by the relay."""
    lab = sixtofour
    client = lab.connect()
    mine = client.addresses()["global"]
    assert mine.startswith(f"{OUR}:"), mine
    before = exits(lab)
    assert client.ping(f"{HOST}::1")[1] == 1
    assert ping(lab.ns["stranger"], mine)
    assert client.ping(f"{NATIVE}::1")[1] == 1
    assert ping(lab.ns["aaa"], mine)
    assert client.ping(CN6)[1] == 1
    after = exits(lab)
    for device in ("had6to4", "hadrelay"):
        assert after[device]["rx_packets"] - before[device]["rx_packets"] \
            == after[device]["tx_packets"] - before[device]["tx_packets"] == 2
        assert after[device]["state"] == "up"
        assert not any(after[device][k] for k in after[device]
                       if k.startswith("in_"))
        assert " mtu 1480 " in lab.ns["ha"].ip(f"link show dev {device}")
    # What the home agent has to say comes from its own 6to4 address.
    done = lab.ns["stranger"].run("ping", "-6", "-n", "-c", "1", "-W", "9",
                                  f"{OUR}:ffff::1")
    assert f"From {OUR}::1" in done.stdout, done.stdout
    status, text = lab.tool("hactl", "show", "exits")
    assert status == 0 and "hadrelay" in text, text
    # No address is left that the kernel made up for the device.
    assert f"::{HA}/96" not in lab.ns["ha"].ip("address show dev had6to4")


def test_6to4_after_a_crash(sixtofour):
    """What had could not take away is in nobody's way."""
    lab = sixtofour
    lab.had.kill()
    assert "had6to4" in lab.ns["ha"].ip("link show")
    lab.start_had(**CONF)
    wait_for("both to be up", 10, lambda: {
        row["state"] for row in exits(lab).values()} == {"up"})
    lab.had.stop()
    # Nor does it take over a route of the host's.
    lab.ns["ha"].ip(f"route add default via {CN6} dev home0 metric 1024")
    try:
        with pytest.raises(RuntimeError, match="a route to the same prefix"):
            lab.start_had(**CONF)
    finally:
        lab.ns["ha"].ip(f"route del default via {CN6} dev home0 metric 1024")
    assert "had6to4" not in lab.ns["ha"].ip("link show")
    lab.start_had()
    assert "had6to4" not in lab.ns["ha"].ip("link show")
    assert not exits(lab)


def test_6to4_spoofed(sixtofour):
    """Each class of RFC 3964 5 is dropped, and counted for what it is."""
    lab = sixtofour
    client = lab.connect()
    mine = client.addresses()["global"]
    tap = lab.tap("mn1", "ppp0")
    before = exits(lab)
    incoming = [
        ("stranger", STRANGER, "2002:cb00:7199::1", mine, "spoofed"),
        ("stranger", STRANGER, f"{HOST}::1", "2002:cb00:7199::1", "spoofed"),
        ("stranger", STRANGER, f"{NATIVE}::1", mine, "not_relay"),
        ("stranger", STRANGER, f"{NATIVE}::1", f"{NATIVE}::2", "not_relay"),
        ("stranger", STRANGER, "fe80::1", mine, "address"),
        ("stranger", STRANGER, "::1", mine, "address"),
        ("stranger", STRANGER, f"::{STRANGER}", mine, "address"),
        ("stranger", STRANGER, "::ffff:203.0.113.66", mine, "address"),
        ("stranger", STRANGER, "ff0e::1", mine, "address"),
        ("stranger", STRANGER, f"{HOST}::1", "ff02::1", "address"),
        ("stranger", STRANGER, f"{HOST}::1", "fe80::1", "address"),
        ("stranger", STRANGER, f"{HOST}::1", CN6, "destination"),
        ("stranger", "10.1.1.1", "2002:a01:101::1", mine, "embedded"),
        ("stranger", "192.168.1.1", "2002:c0a8:101::1", mine, "embedded"),
        ("aaa", AAA, f"{HOST}::1", mine, "source"),
        ("aaa", AAA, mine[:-1] + "9", mine, "embedded"),
        ("aaa", AAA, "fe80::1", mine, "address"),
        ("aaa", AAA, f"{NATIVE}::1", CN6, "destination"),
        ("aaa", AAA, f"{NATIVE}::1", f"{NATIVE}::2", "destination"),
        ("aaa", AAA, f"{NATIVE}::1", f"{HOST}::1", "destination"),
    ]
    for ns, outer, src, dst, _ in incoming:
        protocol41(lab, ns, outer, src, dst)
    outgoing = [("had6to4", "2002:a01:101::1", "embedded"),
                ("had6to4", "2002:e000:1::1", "embedded"),
                ("hadrelay", f"::{STRANGER}", "address")]
    with lab.ns["mn1"].inside(), \
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        for _, dst, _ in outgoing:
            s.sendto(b"", (dst, 9000))
    wanted = {}
    for ns, _, _, _, why in incoming:
        key = ("had6to4" if ns == "stranger" else "hadrelay", f"in_{why}")
        wanted[key] = wanted.get(key, 0) + 1
    for device, _, why in outgoing:
        wanted[device, f"out_{why}"] = wanted.get(
            (device, f"out_{why}"), 0) + 1

    def seen():
        now = exits(lab)
        return {(d, k): n for d in now for k in now[d]
                if k.startswith(("in_", "out_"))
                and (n := now[d][k] - before[d][k])}
    wait_for("all to be counted", 5, lambda: seen() == wanted or None)
    assert not [f for _, f in tap.read() if b"\x23\x28\x23\x28" in f]
    assert client.ping(f"{HOST}::1")[1] == client.ping(f"{NATIVE}::1")[1] == 1


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
