# SPDX-License-Identifier: BSD-2-Clause
"""Subscribers over PPP whose home address comes by DHCPv6, from Debian's
clients [draft-navali Figure 3]."""

import os
import socket
import struct
import sys
import time

import pytest

from netlab.client import Client
from netlab.host import Host
from netlab.process import Timeout, memory_kb, wait_for
from netlab.topology import CN6

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_85_restart import kill_nasd, resumed  # noqa: E402

CONF = "ppp-addresses = dhcpv6\n"
USER = "alice@example.net"


class Caller(Host):
    """Dials in, and then runs one of the DHCPv6 clients on its link."""

    def __init__(self, lab, mn="mn1"):
        # pylint: disable=super-init-not-called
        self.ns, self.ifname = lab.ns[mn], "ppp0"
        self.logdir = lab.logs
        self.work = os.path.join(lab.work, f"dhcp-{mn}")
        self.daemon = None
        self.dial(lab, mn)

    def dial(self, lab, mn="mn1"):
        self.ppp = lab.dial(mn)
        self.ppp.wait_opened()

    def close(self):
        self.vanish()


@pytest.fixture
def caller(lab):
    lab.restart_nasd(extra=CONF)
    caller = Caller(lab)
    yield caller
    caller.close()


def binding(lab):
    return next((b for b in lab.bindings() if b["nai"] == USER), None)


def works(lab, caller):
    """It has its home address, and no other, and a way out; its session."""
    try:
        address = caller.wait_global(40)
    except Timeout as e:
        raise Timeout(f"{e}\n{caller.daemon.tail(30)}") from None
    caller.wait_default_route(20)
    session = wait_for("the session to be up", 20, lambda: (
        lambda s: s and s["state"] == "up" and s)(lab.session(USER)), 0.2)
    assert session["home_address"] == address
    assert binding(lab)["home_address"] == address
    assert caller.ping(CN6, count=2)[1] >= 1
    return session


def forgotten(lab):
    wait_for("had to forget it", 20, lambda: binding(lab) is None, 0.2)
    wait_for("the session to end", 20, lambda: lab.session(USER) is None, 0.2)


@pytest.mark.parametrize("client", ["dhcp6c", "dhcpcd"])
def test_figure_3(lab, caller, client):
    """Nothing is registered before it asks; RELEASE ends all of it. The two
    other clients of Debian are for no PPP link: doc/PPPD.md."""
    assert lab.session(USER)["state"] == "authenticated"
    assert binding(lab) is None
    caller.start(client)
    session = works(lab, caller)
    assert session["access"] == "pppoe"
    assert session["lease_client"] and 7000 < session["lease_left"] <= 7200
    # Not from another address of its prefix.
    other = session["home_address"].rpartition(":")[0] + ":7777"
    caller.ns.ip(f"address add {other}/128 dev ppp0 nodad")
    assert caller.ping(CN6, wait=1, options=("-I", other))[1] == 0
    caller.ns.ip(f"address del {other}/128 dev ppp0")
    caller.release()
    forgotten(lab)
    caller.ppp.daemon.wait(20)


def test_asks_again_after_release(lab, caller):
    """Within the time that a session lingers, the link stays."""
    for _ in range(5):
        caller.start("dhcp6c")
        first = works(lab, caller)
        caller.release()
        caller.start("dhcp6c", fresh=False)
        if wait_for("an address, or the link's end", 20, lambda:
                    "global" in caller.addresses() and "asked" or
                    not caller.ppp.running() and "late") == "asked":
            break
        # A busy machine has not let it ask within that time.
        caller.daemon.stop()
        forgotten(lab)
        caller.dial(lab)
    second = works(lab, caller)
    assert second["id"] == first["id"]
    assert second["home_address"] == first["home_address"]
    caller.ppp.hang_up()
    forgotten(lab)


def test_nasd_killed(lab, caller):
    """Packets pass on, and another nasd has the session and its lease."""
    caller.start("dhcp6c")
    session = works(lab, caller)
    kill_nasd(lab)
    assert caller.ping(CN6)[1] == 1
    lab.start_nasd(extra=CONF)
    resumed(lab, [session["id"]])
    assert caller.ping(CN6)[1] == 1
    assert lab.nasctl("show statistics")["dhcpv6"]["bound"] == 1
    caller.release()
    forgotten(lab)


def option(code, body):
    return struct.pack("!HH", code, len(body)) + body


def client_id(n):
    return option(1, struct.pack("!HHIH", 3, 1, 0x02000000, n))


def ia_na(iaid, address=None):
    return option(3, struct.pack("!III", iaid, 0, 0) + (option(
        5, socket.inet_pton(socket.AF_INET6, address) + bytes(8))
        if address else b""))


def hostile(address, n):
    """One of many messages that nobody in his right mind would send."""
    head, many = n.to_bytes(3, "big"), b"".join(ia_na(i) for i in range(60))
    solicit = b"\x01" + head + client_id(n)
    return (
        solicit + ia_na(n),                             # a new client each
        solicit + many,                                 # that wants it all
        solicit + option(14, b"") + option(25, bytes(12)),
        b"\x05" + head + client_id(n) + option(2, b"\0\4none")
        + ia_na(1, address),                            # of another server
        b"\x06" + head + client_id(n) + ia_na(1, address),
        b"\x0c\x00" + bytes(32) + option(18, b"another line")
        + option(9, solicit + ia_na(1)),                # through a relay
        b"\x0c\x00" + bytes(32) + option(9, b"\x0c\x00"),
        solicit + b"\0\3\xff\xff" + os.urandom(64),     # cut short
        os.urandom(200),
        bytes([n % 14]) + head,
    )[n % 10]


def test_hostile(lab, caller):
    """The address stays whose it is, and nothing grows."""
    caller.start("dhcp6c")
    session = works(lab, caller)
    engine = lab.daemon_pids()["nasd"]
    before = memory_kb(engine, "Rss")
    with caller.ns.inside():
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        to = ("ff02::1:2", 547, 0, socket.if_nametoindex("ppp0"))
    began = time.monotonic()
    with sock:
        for n in range(3000):
            sock.sendto(hostile(session["home_address"], n), to)
            if n % 100 == 0:
                time.sleep(0.2)     # so that not all of it is too much
    # The most is dropped before it comes here: 50 a second are not.
    count = wait_for("what passes to be read", 20, lambda: (
        lambda c: c["received"] >= 150 and c)(
            lab.nasctl("show statistics")["dhcpv6"]), 0.5)
    assert count["received"] < 300 + 80 * (time.monotonic() - began)
    assert count["bound"] == 1 and count["addresses_asked_for"] == 1
    assert count["refused_second_client"] and count["dropped_rate_limit"]
    assert lab.session(USER)["lease_client"] == session["lease_client"]
    assert len(lab.sessions()) == 1
    assert caller.ping(CN6)[1] == 1
    assert memory_kb(engine, "Rss") < before + 2048
    caller.release()
    forgotten(lab)


def test_does_not_ask(lab, caller):
    """A host that configures itself gets no address, and no way out."""
    assert isinstance(caller.ppp, Client)
    wait_for("the router's word", 20, lambda: lab.nasctl("show statistics")[
        "ra"]["sent"] > 0, 0.2)
    assert "global" not in caller.addresses()
    assert lab.session(USER)["state"] == "authenticated"
    caller.ppp.hang_up()
    wait_for("the session to end", 20, lambda: lab.session(USER) is None, 0.2)
