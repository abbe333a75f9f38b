# SPDX-License-Identifier: BSD-2-Clause
"""Mobile nodes that stock pppd cannot play, against the whole product:
PPPoE and PPP over a raw socket (pppmn.py)."""

import ipaddress
import os
import sys

import pytest

from netlab import config, decode
from netlab.process import wait_for

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pppmn  # noqa: E402

UNIQUE = ipaddress.IPv6Network(config.UNIQUE_POOL)


def play(lab, behave, user="alice", mn="mn1", **kw):
    """One session of a raw mobile node; its result."""
    with lab.ns[mn].inside():
        return pppmn.Node("eth0", config.user(user), config.password(user),
                          behave, **kw).run()


def registrations(core):
    """But for those that are said again for want of an answer."""
    found, waits = [], False
    for p in decode.packets(core):
        if p.proto == "RRQ" and p.values["lifetime"]:
            if not waits:
                found.append(p)
            waits = True
        elif p.proto == "RRP":
            waits = False
    return found


@pytest.mark.parametrize("behave", ("ok", "iid0", "noiid-once", "badopt"))
def test_comes_up(lab, behave):
    """A random identifier, 0, none at first, an option nobody knows: one
    registration, and the assigned identifier in the end."""
    core = lab.tap("nas1", "core0")
    result = play(lab, behave, until=lambda node: node.counts.get("ra"))
    assert result["opens"] == 1, result
    asked, = registrations(core)
    assert asked.values["iid"].replace(":", "") == \
        result["iid"].replace(":", "").zfill(16), (asked, result)
    prefix = ipaddress.IPv6Network(result["ra_prefix"], strict=False)
    assert prefix.subnet_of(UNIQUE)


@pytest.mark.parametrize("behave", ("noiid", "insist-zero", "reject", "nak"))
def test_is_refused(lab, behave):
    """What cannot end well is ended, in time, and leaves nothing."""
    result = play(lab, behave, duration=90)
    assert result["opens"] == 0, result
    assert result["end"] not in (None, "time over"), result
    wait_for("the session to go", 15, lambda: not lab.sessions())


def test_new_identifier_each_time(lab):
    """Requests repeated with new ids while held: no second registration."""
    core = lab.tap("nas1", "core0")
    result = play(lab, "newid")
    assert result["opens"] == 1, result
    assert len(registrations(core)) == 1


def test_renegotiation(lab):
    """Down and up again within the session: the same binding."""
    core = lab.tap("nas1", "core0")
    result = play(lab, "reneg", opened_for=2.0)
    assert result["opens"] == 2, result
    assert len(registrations(core)) == 1


@pytest.mark.parametrize("behave", ("term", "term6", "padt"))
def test_ends_politely(lab, behave):
    core = lab.tap("nas1", "core0")
    result = play(lab, behave)
    assert result["opens"] == 1, result
    wait_for("the session to go", 20, lambda: not lab.sessions())
    wait_for("its deregistration", 10, lambda: [
        p for p in decode.packets(core)
        if p.proto == "RRQ"][-1].values["lifetime"] == 0)


def test_fall_silent(lab):
    """LCP echoes, or the limit of what has not begun, tell."""
    play(lab, "mute", "bob", "mn2", duration=3)
    play(lab, "vanish", duration=5)
    wait_for("the sessions to go", 120, lambda: not lab.sessions())
