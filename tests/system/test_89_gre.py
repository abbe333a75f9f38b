# SPDX-License-Identifier: BSD-2-Clause
"""GRE with keys [RFC 6245] between nasd and had: an access router's
subscribers, and an access node's hosts that share one care-of address. What is
on the wire is read here byte by byte."""

import os
import socket
import struct
import sys

import mip4
import pytest

from netlab import config
from netlab.host import Host
from netlab.process import wait_for
from netlab.topology import CN6, HA, NAS1, STRANGER

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_89_access_node as an  # noqa: E402
from test_70_mobility import Transfer  # noqa: E402
from test_85_restart import kill_nasd, resumed  # noqa: E402

LINE = """
ethernet "line0" {
	user = "%i@example.net"
}
"""
USER = "line0@example.net"
ALICE = config.user("alice")


class Outer:
    """An IPv4 packet with GRE in it, of an Ethernet frame."""

    def __init__(self, frame):
        head = 14 + (frame[14] & 15) * 4
        self.src = socket.inet_ntoa(frame[26:30])
        self.dst = socket.inet_ntoa(frame[30:34])
        self.flags, self.kind, self.key = struct.unpack(
            "!HHI", frame[head:head + 8])
        self.inner = frame[head + 8:]


def outers(tap, protocol=47):
    return [Outer(f) for _, f in tap.read()
            if f[12:14] == b"\x08\0" and f[23] == protocol]


def keys_of(shown):
    return shown["gre_key_in"], shown["gre_key_out"]


def carries(tap, ours, theirs, shown):
    """Both ways, each with the key of who gets it, and nothing else in GRE's
    header; of 6in4 nothing."""
    key_in, key_out = keys_of(shown)
    seen = outers(tap)
    assert {(o.src, o.dst, o.flags, o.kind) for o in seen
            if o.key in (key_in, key_out)} == {
        (theirs, ours, 0x2000, 0x86dd), (ours, theirs, 0x2000, 0x86dd)}
    assert {o.key for o in seen if o.dst == ours} >= {key_in}
    assert {o.key for o in seen if o.src == ours} >= {key_out}
    assert not outers(tap, 41)


def send_gre(ns, src, dst, key, inner, kind=0x86dd):
    with ns.inside():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, 47)
    with raw:
        raw.bind((src, 0))
        raw.sendto(struct.pack("!HHI", 0x2000, kind, key) + inner, (dst, 0))


def echo(dst, ident, src=CN6):
    return an.icmp6(src, dst, struct.pack("!BBHHH", an.ECHO, 0, 0, ident, 1),
                    64)


def dropped(lab):
    lab.nasctl("show sessions")
    return lab.nasctl("show statistics")["tunnels"]["gre_dropped"]


@pytest.fixture
def ar(lab):
    """Both daemons for GRE, and a host on a line beside the PPP subscribers."""
    host = Host(lab.ns["mn2"], lab.ns["nas1"], lab.logs, lab.work)
    lab.restart_had(peer_more="gre = yes")
    lab.restart_nasd(extra=LINE, ha_more="encapsulation = gre", keep=True)
    yield lab, host
    host.vanish()
    lab.hang_up_all()
    lab.nas.stop()
    lab.start_nasd(extra=LINE)
    lab.nas.stop()
    host.close()


def test_access_router(ar):
    lab, host = ar
    core = lab.tap("nas1", "core0")
    client = lab.connect("mn1")
    host.start("dhclient")
    wait_for("a session of the line", 40, lambda: (
        lab.session(USER) or {}).get("state") == "up", 0.2)
    address = host.wait_global(20)
    host.wait_default_route(20)
    alice, line = lab.session(ALICE), lab.session(USER)
    assert [s["encapsulation"] for s in (alice, line)] == ["gre", "gre"]
    assert len({*keys_of(alice), *keys_of(line)}) == 4
    for who in (client, host):
        assert who.ping(CN6)[1] == 1
    for shown in (alice, line):
        carries(core, NAS1, HA, shown)
    assert alice["ra_mtu"] == 1472
    assert lab.ns["mn1"].sysctl("ipv6/conf/ppp0/mtu") == "1472"
    assert client.ping(CN6, options=("-s", "1424", "-M", "do"))[1] == 1
    tunnels = lab.nasctl("show statistics")["tunnels"]["tunnels"]
    assert tunnels == [{"home_agent": HA, "encapsulation": "gre",
                        "mtu": 1472, "sessions": 2}]
    transfer = Transfer(lab, "mn1", 100)
    transfer.finish()

    # Nobody's key, another one's, a stranger's, and another protocol.
    home = alice["home_address"]
    key_in = alice["gre_key_in"]
    before = dropped(lab)
    with lab.tap("mn1", "ppp0") as tap:
        for ident, (src, key, kind) in enumerate((
                ("ha", key_in ^ 1, 0x86dd),
                ("ha", line["gre_key_in"], 0x86dd),
                ("stranger", key_in, 0x86dd),
                ("ha", key_in, 0x0800))):
            ns = lab.ns[src]
            send_gre(ns, HA if src == "ha" else STRANGER, NAS1, key,
                     echo(home, 0x4700 + ident), kind)
        wait_for("them to be counted", 10, lambda: dropped(lab) >= before + 4)
        send_gre(lab.ns["ha"], HA, NAS1, key_in, echo(home, 0x4747))
        wait_for("the right one", 10, lambda: any(
            b"\x47\x47\0\1" in f for _, f in tap.read()))
        assert not any(struct.pack("!H", 0x4700 + i) + b"\0\1" in f
                       for _, f in tap.read() for i in range(4))

    # Killed: packets pass, and nothing is agreed on anew.
    ids = [alice["id"], line["id"]]
    kill_nasd(lab)
    assert client.ping(CN6)[1] == 1
    lab.start_nasd(extra=LINE, ha_more="encapsulation = gre", keep=True)
    resumed(lab, ids)
    assert [keys_of(lab.session(u)) for u in (ALICE, USER)] == [
        keys_of(alice), keys_of(line)]
    core.clear()
    for who in (client, host):
        assert who.ping(CN6)[1] == 1
    carries(core, NAS1, HA, alice)

    # had forgets everything: what it has drawn instead is taken.
    lab.restart_had(peer_more="gre = yes")
    assert lab.tool("nasctl", "renew", "all")[0] == 0
    wait_for("its new keys", 20, lambda: all(
        keys_of(lab.session(u))[1] != keys_of(old)[1]
        for u, old in ((ALICE, alice), (USER, line))), 0.2)
    for who in (client, host):
        wait_for("a ping", 10, lambda w=who: w.ping(CN6, wait=2)[1])
    core.clear()
    for who in (client, host):
        assert who.ping(CN6, count=3)[1] >= 1
    carries(core, NAS1, HA, lab.session(ALICE))
    assert lab.session(ALICE)["gre_key_in"] == key_in

    # Somebody removes the device: all of it is made anew.
    lab.ns["nas1"].ip("link del nm4-gre")
    wait_for("the device", 20, lambda: lab.nasctl("show statistics")[
        "tunnel_repair"]["remade"] == 1)
    for who in (client, host):
        wait_for("a ping", 10, lambda w=who: w.ping(CN6, wait=2)[1])
    assert host.addresses()["global"] == address

    # A configuration without it is for others: these stay what they are.
    config.write(lab.files.path("nasd.conf"), lab.files.nasd(
        extra=LINE, keep=True))
    assert lab.tool("nasctl", "reload")[0] == 0
    client.hang_up()
    host.release()
    wait_for("had to forget them", 20, lambda: not lab.bindings(), 0.2)
    wait_for("nothing to be sent there", 10, lambda: "tunnel_key" not in
             lab.ns["nas1"].run("tc", "filter", "show", "dev", "nm4-gre",
                                "egress").stdout)
    wait_for("the session to end", 10, lambda: lab.session(ALICE) is None)


# ---- access node ----

COA = an.COA


@pytest.fixture
def net(open_dir, monkeypatch):
    monkeypatch.setattr(an, "CONF", an.CONF.replace(
        "{coa}-{coa2}", "{coa}").replace(
        'address = "{ha}" }}', 'address = "{ha}" encapsulation = gre }}'))
    monkeypatch.setattr(an, "HAD", an.HAD.replace(
        'pools = {{"village"}}', 'pools = {{"village"}}\n\tgre = yes'))
    with an.used(an.Net(str(open_dir), True), keep="true") as made:
        yield made


def test_access_node(net):
    """Two hosts with the same link-local address, at one care-of address."""
    core = an.Tap(net.ns["an"], "core0")
    for name in ("mn", "mn2"):
        ns = net.ns[name]
        ns.sysctl("ipv6/conf/eth0/use_tempaddr", 2)
        ns.ip("link set lo up", "link set eth0 up")
    for name in ("mn", "mn2"):
        wait_for("an address by SLAAC", 30, lambda: net.address(name))
        wait_for("a ping", 20, lambda: net.ns[name].run(
            "ping", "-c", "1", "-W", "2", an.FAR).returncode == 0)
        assert net.ns[name].sysctl("ipv6/conf/eth0/mtu") == "1472"
        net.ns[name].ip("address add fe80::5/64 dev eth0")
        assert "temporary" in net.ns[name].run(
            "ip", "-6", "-o", "address", "show", "dev", "eth0").stdout
    shown = [net.ctl("show session", id=net.session(n)["id"])
             for n in (an.ALICE, an.BOB)]
    assert len({k for s in shown for k in keys_of(s)}) == 4
    for s in shown:
        carries(core, COA, an.HA, s)
    # Each has said that it has the link-local address, with its own key, and
    # nobody says otherwise.
    for s in shown:
        wait_for("its detection of duplicates", 10, lambda: any(
            o.key == s["gre_key_out"] and mip4.ip6("fe80::5") in o.inner
            for o in outers(core)))
    for name in ("mn", "mn2"):
        wait_for("the address to be its own", 10, lambda: "fe80::5" in
                 net.ns[name].run("ip", "-6", "address", "show", "dev",
                                  "eth0", "-tentative").stdout)
    assert {b["care_of"] for b in net.hactl("show bindings")["bindings"]} == {
        COA}

    # Another key, or IPv4 with the right one, comes to nobody.
    with an.Tap(net.ns["mn"], "eth0") as tap:
        bad = an.icmp6("fe80::bad", "ff02::1", struct.pack(
            "!BBHBBHII", an.RA, 0, 0, 64, 0, 1800, 0, 0))
        send_gre(net.ns["ha"], an.HA, COA, shown[0]["gre_key_in"] ^ 1, bad)
        send_gre(net.ns["ha"], an.HA, COA, shown[1]["gre_key_in"], bad)
        send_gre(net.ns["ha"], an.HA, COA, shown[0]["gre_key_in"], bad,
                 0x0800)
        net.ping()
        assert not any(mip4.ip6("fe80::bad") in f for _, f in tap.read())

    net.nasd.kill()
    for name in ("mn", "mn2"):
        net.ping(name)
    net.start()
    for nai in (an.ALICE, an.BOB):
        wait_for("the session", 20, lambda: net.is_up(nai))
    assert [keys_of(net.ctl("show session", id=s["id"]))
            for s in shown] == [keys_of(s) for s in shown]
    core.clear()
    for name in ("mn", "mn2"):
        net.ping(name)
    for s in shown:
        carries(core, COA, an.HA, s)
    core.close()

    # One goes, the other has the care-of address still.
    net.tool("terminate", an.BOB)
    wait_for("the session to go", 20, lambda: not net.session(an.BOB))
    net.ping()
    net.hactl("revoke", id=an.ALICE)
    wait_for("the session to go", 20, lambda: not net.session())
    wait_for("no binding", 10, lambda: not
             net.hactl("show bindings")["bindings"])
    wait_for("its care-of address to go", 10, lambda: f"inet {COA}" not in
             net.ns["an"].ip("address show"))
