# SPDX-License-Identifier: BSD-2-Clause
"""Everybody at once, as after a power cut in a town: stock pppds."""

import contextlib
import os
import subprocess
import sys

from netlab import config
from netlab.process import wait_for
from netlab.topology import CN6

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_83_accounting import Detail, all_sent  # noqa: E402
from test_85_restart import kill_nasd  # noqa: E402

MANY = 100
# A pppd that has no turn for a while has not lost its link.
PATIENT = ("lcp-echo-failure", "30")
USERS = [f"user{i + 1}" for i in range(MANY)]


def global_addresses(ns):
    """{interface: address} of all PPP links of a namespace."""
    with ns.inside(), open("/proc/net/if_inet6", encoding="ascii") as f:
        rows = [line.split() for line in f]
    return {name: address for address, _, _, scope, _, name in rows
            if scope == "00" and name.startswith("ppp")}


def ids_of_up(lab):
    """None, when the guest's one processor has had no turn for the answer."""
    try:
        return {s["id"] for s in lab.sessions() if s["state"] == "up"}
    except TimeoutError:
        return set()


def up(lab):
    return len(ids_of_up(lab))


def test_hundred_at_once(lab):
    """All come up; of half of them that dial in again some are up and others
    anywhere in between when nasd is killed, and all are there once more."""
    lab.restart_nasd(per_mac=MANY, log="info", pppd_options=PATIENT)
    detail = Detail(lab)
    for i, user in enumerate(USERS):
        # Who is not served at once asks again, as a home router does.
        lab.dial("mn1", user, "persist", "maxfail", "0", "holdoff", "1",
                 unit=i)
    wait_for(f"{MANY} sessions", 400, lambda: up(lab) == MANY, 2)
    found = wait_for(f"{MANY} addresses", 60, lambda: len(
        global_addresses(lab.ns["mn1"])) == MANY and global_addresses(
            lab.ns["mn1"]), 1)
    assert len(set(found.values())) == MANY
    bound = {b["nai"]: b for b in lab.bindings()}
    assert {config.user(u) for u in USERS} == set(bound)
    # The first and the last have what they were told.
    for client in (lab.clients[0], lab.clients[-1]):
        assert client.addresses()["global"] == \
            bound[client.user]["home_address"]
        assert client.ping(CN6, 1, wait=10,
                           options=("-I", client.ifname))[1] == 1
    pppoe, = lab.nasctl("show statistics")["pppoe"]
    # A pppd that gave up waiting and asks anew is one session more for a
    # while; nobody is refused for anything else.
    assert pppoe["refused"] == pppoe["per_mac_limit"]
    assert pppoe["send_errors"] == 0

    first = wait_for("who they are", 60, lambda: ids_of_up(lab), 1)
    for client in lab.clients[:MANY // 2]:
        with contextlib.suppress(TimeoutError):     # done, if said late
            lab.nasctl("terminate", match=client.user)
    wait_for("some to be back", 200, lambda: len(ids_of_up(lab) - first) >= 5,
             0.5)
    stay = ids_of_up(lab)
    kill_nasd(lab)
    lab.start_nasd(per_mac=MANY, log="info", pppd_options=PATIENT)
    wait_for(f"{MANY} sessions again", 400, lambda: up(lab) == MANY, 2)
    wait_for("those of before", 60, lambda: stay <= ids_of_up(lab), 1)
    wait_for(f"{MANY} bindings", 60, lambda: len(lab.bindings()) == MANY, 1)
    for client in (lab.clients[0], lab.clients[-1]):
        assert client.ping(CN6, 1, wait=10,
                           options=("-I", client.ifname))[1] == 1
    # All at once, too, the other way.
    subprocess.run(["kill", *(str(c.daemon.pid) for c in lab.clients)],
                   check=True)
    for c in lab.clients:
        c.daemon.wait(120)
    wait_for("all to have gone", 200, lambda: not lab.sessions() and
             not lab.bindings(), 1)
    # And each has its records.
    all_sent(lab, 120)
    started, stopped = ({r["Acct-Session-Id"] for r in detail.records()
                         if r["Acct-Status-Type"] == kind}
                        for kind in ("Start", "Stop"))
    assert started == stopped and first | stay <= started
