# SPDX-License-Identifier: BSD-2-Clause
"""Subscribers over PPP whose home address comes by DHCPv6, from Debian's
clients [draft-navali Figure 3]."""

import os
import sys

import pytest

from netlab.client import Client
from netlab.host import Host
from netlab.process import wait_for
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
    address = caller.wait_global(40)
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
    """Nothing is registered before it asks; RELEASE ends all of it."""
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
    caller.start("dhcp6c")
    first = works(lab, caller)
    caller.release()
    caller.start("dhcp6c", fresh=False)
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


def test_does_not_ask(lab, caller):
    """A host that configures itself gets no address, and no way out."""
    assert isinstance(caller.ppp, Client)
    wait_for("the router's word", 20, lambda: lab.nasctl("show statistics")[
        "ra"]["sent"] > 0, 0.2)
    assert "global" not in caller.addresses()
    assert lab.session(USER)["state"] == "authenticated"
    caller.ppp.hang_up()
    wait_for("the session to end", 20, lambda: lab.session(USER) is None, 0.2)
