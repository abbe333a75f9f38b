# SPDX-License-Identifier: BSD-2-Clause
"""Several home agents: which one a subscriber is registered at when one is
silent, refuses, sends elsewhere, is drained, or comes back; that it is bound
at one of them only, in the end; and what becomes of the bindings of one that
has lost them."""

import signal
import socket

import mip4
import pytest
from test_70_mobility import messages

from netlab import config
from netlab.process import wait_for
from netlab.topology import CN6, HA, HA2, HA2_6, STRANGER

ALICE, BOB, CAROL = (config.user(u) for u in ("alice", "bob", "carol"))
ELSEWHERE = "198.51.100.65"     # also an address of the first one, in 136


@pytest.fixture
def two(lab):
    """The lab with both home agents; the first one is preferred."""
    lab.start_had2()
    lab.restart_nasd(more_has=[("ha2", HA2)])
    yield lab
    lab.hang_up_all()
    wait_for("the sessions to go", 20, lambda: not lab.sessions())
    # What the NAS still has to say about those it has given up.
    wait_for("nobody bound at the second", 20, lambda: not bound(lab.ha2ctl))
    lab.nas.stop(20)
    lab.stop_had2()


def bound(hactl):
    return {b["nai"] for b in hactl("show bindings")["bindings"]}


def agents(lab):
    return {a["name"]: a for a in
            lab.nasctl("show home-agents")["home_agents"]}


def asked(tap, user):
    """The home agents that were sent requests for a user, in order."""
    found = [m.ha for m in messages(tap, mip4.RRQ)
             if m.nai == user and m.lifetime > 0]
    return [ha for i, ha in enumerate(found) if i == 0 or ha != found[i - 1]]


class Cut:
    """The way to the first home agent, in the core, that loses everything."""

    def __init__(self, lab):
        self.core = lab.ns["core"]

    def __enter__(self):
        self.core.ip(f"route add blackhole {HA}/32")

    def __exit__(self, *_):
        self.core.ip(f"route del blackhole {HA}/32")


def test_silent(two):
    """The second one within the budget; the next subscriber does not wait;
    what was asked of the first is taken back when it answers again."""
    lab = two
    core = lab.tap("nas1", "core0")
    with Cut(lab):
        alice = lab.connect("mn1", "alice")
        assert alice.ping(HA2_6)[1] == 1
        assert asked(core, ALICE) == [HA, HA2]
        assert bound(lab.ha2ctl) == {ALICE}
        down = wait_for("ha1 to be held down", 15, lambda: next(
            (a for a in agents(lab).values() if a["state"] == "down"), None))
        assert (down["name"], down["times_down"]) == ("ha1", 1), down
        # hold-down is 0 for as long as a probe takes to be sent
        wait_for("a probe", 15, lambda: agents(lab)["ha1"]["probes"] > 0)
        assert wait_for("the time to the next", 5,
                        lambda: agents(lab)["ha1"]["hold_down"]) <= 16
        status, text = lab.tool("nasctl", "show", "home-agents")
        assert status == 0 and "down" in text, text
        core.clear()
        lab.connect("mn2", "bob")
        assert asked(core, BOB) == [HA2]
        assert not [m for m in messages(core, mip4.RRQ)
                    if m.ha == HA and not m.nai.startswith("probe-")]
        core.clear()
    wait_for("ha1 to be back", 120, lambda: agents(lab)["ha1"]["state"] ==
             "up")
    wait_for("alice to be taken back", 10, lambda: [
        m for m in messages(core, mip4.RRQ)
        if (m.ha, m.nai, m.lifetime) == (HA, ALICE, 0)])
    wait_for("all to be answered", 10, lambda: agents(lab)["ha1"][
        "waiting"] == 0)
    # Nobody is moved; whoever dials in comes to the first again.
    lab.connect("mn3", "carol")
    assert bound(lab.hactl) == {CAROL}
    assert bound(lab.ha2ctl) == {ALICE, BOB}
    assert alice.ping(HA2_6)[1] == 1
    # A probe is nobody's registration.
    assert lab.hactl("show statistics")["counters"]["bindings"] == 1


def test_late_acceptance(two):
    """The first one does hear the request, its answers are lost: once they
    come through, the subscriber is bound at the second one only."""
    lab = two
    lab.ns["ha"].ip("route add blackhole 192.0.2.1/32")
    try:
        alice = lab.connect("mn1", "alice")
        assert bound(lab.hactl) == {ALICE} == bound(lab.ha2ctl)
    finally:
        lab.ns["ha"].ip("route del blackhole 192.0.2.1/32")
    wait_for("the first to let go", 40, lambda: not bound(lab.hactl))
    assert bound(lab.ha2ctl) == {ALICE}
    assert alice.ping(HA2_6)[1] == 1


def test_refusing(two):
    """Drained at the home agent: 130, and the next is asked; who is there
    stays. Then the same said by the NAS's operator."""
    lab = two
    alice = lab.connect("mn1", "alice")
    assert bound(lab.hactl) == {ALICE}
    core = lab.tap("nas1", "core0")
    status, text = lab.tool("hactl", "drain")
    assert status == 0, text
    bob = lab.connect("mn2", "bob")
    assert asked(core, BOB) == [HA, HA2]
    assert {m.code for m in messages(core, mip4.RRP)} == {130, 0}
    assert bound(lab.ha2ctl) == {BOB} and bob.ping(HA2_6)[1] == 1
    assert agents(lab)["ha1"]["sessions_refused"] == 1
    # Renewals go on.
    core.clear()
    assert lab.tool("nasctl", "renew", "ha1")[0] == 0
    wait_for("the renewal", 5, lambda: [
        m for m in messages(core, mip4.RRP) if (m.nai, m.code) == (ALICE, 0)])
    assert lab.tool("hactl", "undrain")[0] == 0
    bob.hang_up()
    wait_for("bob to go", 10, lambda: not bound(lab.ha2ctl))

    core.clear()
    assert lab.tool("nasctl", "drain", "home-agent", "ha1")[0] == 0
    assert lab.tool("nasctl", "drain", "home-agent", "ha9")[0] == 1
    assert agents(lab)["ha1"]["drained"]
    bob = lab.connect("mn2", "bob")
    assert asked(core, BOB) == [HA2]
    assert lab.tool("nasctl", "undrain", "home-agent", "ha1")[0] == 0
    assert bound(lab.hactl) == {ALICE} and alice.ping(CN6)[1] == 1


def test_redirected(two):
    """143 with the extension of RFC 4433, and 136: followed, past one that
    is more preferred than where they lead."""
    lab = two
    lab.restart_had(extra=f'redirect = "{HA2}"\n')
    lab.hactl("drain")
    lab.restart_nasd(more_has=[("silent", STRANGER), ("ha2", HA2)])
    core = lab.tap("nas1", "core0")
    lab.connect("mn1", "alice")
    assert asked(core, ALICE) == [HA, HA2]
    denied = next(m for m in messages(core, mip4.RRP) if m.code)
    assert (denied.code, denied.ha) == (143, HA)
    assert denied.get(139) == socket.inet_aton(HA2)
    assert denied.order == [131, 139, 34]
    assert bound(lab.ha2ctl) == {ALICE} and not bound(lab.hactl)
    assert agents(lab)["ha1"]["sessions_redirected"] == 1
    lab.hang_up_all()

    lab.hactl("undrain")
    lab.ns["ha"].ip(f"address add {ELSEWHERE}/32 dev lo")
    lab.ns["core"].ip(f"route add {ELSEWHERE}/32 via {HA}")
    try:
        lab.restart_nasd(ha=ELSEWHERE, more_has=[("silent", STRANGER),
                                                 ("true", HA)])
        core.clear()
        client = lab.connect("mn1", "alice")
        assert asked(core, ALICE) == [ELSEWHERE, HA]
        denied = next(m for m in messages(core, mip4.RRP) if m.code)
        assert (denied.code, denied.ha) == (136, HA)
        assert bound(lab.hactl) == {ALICE} and client.ping(CN6)[1] == 1
        lab.hang_up_all()
        wait_for("the sessions to go", 20, lambda: not lab.sessions())
    finally:
        lab.ns["core"].ip(f"route del {ELSEWHERE}/32")
        lab.ns["ha"].ip(f"address del {ELSEWHERE}/32 dev lo")


def test_lost_table(lab):
    """Killed and started again with an empty table: renewals bring back the
    same home addresses, and the subscribers notice an outage only."""
    clients = [lab.connect("mn1", "alice"), lab.connect("mn2", "bob")]
    before = {b["nai"]: b["home_address"] for b in lab.bindings()}
    assert len(before) == 2
    lab.had.signal(signal.SIGKILL)
    lab.had.process.wait()
    lab.start_had()
    assert not lab.bindings()
    status, text = lab.tool("nasctl", "renew", "nobody")
    assert status == 1 and "no such home agent" in text, text
    status, text = lab.tool("nasctl", "renew", "ha1")
    assert status == 0 and "2" in text, text
    wait_for("both to be back", 10, lambda: len(lab.bindings()) == 2)
    assert {b["nai"]: b["home_address"] for b in lab.bindings()} == before
    for client in clients:
        wait_for("a ping", 10, lambda c=client: c.ping(CN6, wait=2)[1])
