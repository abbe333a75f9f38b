# SPDX-License-Identifier: BSD-2-Clause
"""Everybody at once, as after a power cut in a town: stock pppds."""

import subprocess

from netlab import config
from netlab.process import wait_for
from netlab.topology import CN6

MANY = 100
USERS = [f"user{i + 1}" for i in range(MANY)]


def global_addresses(ns):
    """{interface: address} of all PPP links of a namespace."""
    with ns.inside(), open("/proc/net/if_inet6", encoding="ascii") as f:
        rows = [line.split() for line in f]
    return {name: address for address, _, _, scope, _, name in rows
            if scope == "00" and name.startswith("ppp")}


def up(lab):
    """How many are; none, when the guest's one processor has had no turn for
    the answer."""
    try:
        return sum(s["state"] == "up" for s in lab.sessions())
    except TimeoutError:
        return 0


def test_hundred_at_once(lab):
    lab.restart_nasd(per_mac=MANY, log="info")
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
    assert pppoe["refused"] == pppoe["send_errors"] == 0
    # All at once, too, the other way.
    subprocess.run(["kill", *(str(c.daemon.pid) for c in lab.clients)],
                   check=True)
    for c in lab.clients:
        c.daemon.wait(120)
    wait_for("all to have gone", 200, lambda: not lab.sessions() and
             not lab.bindings(), 1)
