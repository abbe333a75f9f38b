# SPDX-License-Identifier: BSD-2-Clause
"""Whose home address comes from which pool: by realm, by what RADIUS asks for
at the access concentrator, by subscriber; and what happens when one is
full."""

from test_30_refusals import held_for

from netlab import config, decode
from netlab.process import wait_for
from netlab.topology import CN6

ALICE, BOB, DAVE = (config.user(u) for u in ("alice", "bob", "dave"))
KATE, KEN = "kate@example.org", "ken@example.org"

POOLS = """
pool "business" {
	prefix = "2001:db8:300::/62"
}
pool "org" {
	prefix = "2001:db8:400::/48"
}
realm "example.org" {
	pools = {"org", "business"}
	max-lifetime = 900
}
realm "*" {
	pools = {"village", "homes"}
}
subscriber "bob@example.net" {
	home-address = "2001:db8:200:1::b0b"
}
"""


def pools(lab):
    return {p["name"]: p for p in lab.hactl("show pools")["pools"]}


def test_pools(lab):
    lab.restart_had(extra=POOLS)
    core = lab.tap("nas1", "core0")
    assert pools(lab)["village"]["reserved"] == 1
    # Her realm's, and of these the one that RADIUS names; his, the first.
    kate = lab.connect("mn1", KATE)
    lab.connect("mn2", KEN)
    # Fixed.
    bob = lab.connect("mn3", "bob")
    homes = {b["nai"]: b for b in lab.bindings()}
    assert (homes[KATE]["pool"], homes[KEN]["pool"], homes[BOB]["pool"]) == \
        ("business", "org", "village"), homes
    assert homes[KATE]["home_address"].startswith("2001:db8:300:")
    assert homes[KEN]["home_address"].startswith("2001:db8:400:")
    assert homes[BOB]["home_address"] == "2001:db8:200:1::b0b"
    assert (homes[KATE]["lifetime"], homes[BOB]["lifetime"]) == (900, 1800)
    assert bob.addresses()["global"] == "2001:db8:200:1::b0b"
    assert kate.ping(CN6)[1] == 1 and bob.ping(CN6)[1] == 1

    rrqs = {p.values["nai"]: p.values for p in decode.packets(core)
            if p.proto == "RRQ"}
    assert rrqs[KATE]["service"] == "business"
    assert rrqs[KATE]["extensions"] == [131, 120, 151, 137, 34]
    assert "service" not in rrqs[BOB]
    counters = lab.hactl("show statistics")["counters"]
    # Ken's is misspelt: logged, and served like those who ask for nothing.
    # What is asked again for want of an answer counts again.
    asked = [p.values["nai"] for p in decode.packets(core)
             if p.proto == "RRQ" and "service" in p.values]
    assert 1 <= counters["hint_followed"] <= asked.count(KATE), counters
    assert 1 <= counters["hint_unknown"] <= asked.count(KEN), counters
    assert 'asks for pool "busyness", which is not known' in lab.had.log()
    used = {name: p["used"] for name, p in pools(lab).items()}
    assert used == {"homes": 0, "village": 1, "business": 1, "org": 1}


def test_full(lab):
    """A pool of one prefix. It goes from her who has left to him who is here;
    then there is none for her, and she is told why."""
    lab.restart_had(unique="2001:db8:100::/64")
    alice = lab.connect("mn1", "alice")
    hoa = lab.bindings()[0]["home_address"]
    alice.hang_up()
    wait_for("the binding to end", 10, lambda: not lab.bindings())
    wait_for("its prefix to be held", 10, lambda: (
        p := pools(lab)["homes"])["used"] == 0 and p["held"] == 1)
    lab.connect("mn2", "dave")
    binding, = lab.bindings()
    assert binding["nai"] == DAVE
    assert binding["home_prefix"] == "2001:db8:100::/64"
    assert hoa.startswith("2001:db8:100:")

    access, core = lab.tap("mn1", "eth0"), lab.tap("nas1", "core0")
    mark = lab.nas.log_mark()
    text = lab.dial("mn1", "alice").failure(40)
    assert held_for(access) < 12        # it did not wait for another answer
    assert "insufficient resources" in text
    assert "insufficient resources" in lab.nas.log(mark)
    wait_for("the session to go", 15, lambda: not lab.session(ALICE))
    # Once, and again for each time that a slow answer was asked for again.
    denied = len([p for p in decode.packets(core) if p.proto == "RRP" and
                  p.values["code"] == 130])
    pool = pools(lab)["homes"]
    assert (pool["used"], pool["held"], pool["reclaimed"],
            pool["denied"]) == (1, 0, 1, denied)
    rows = lab.hactl("show violations")["violations"]
    assert [(r["reason"], r["answer"]) for r in rows] == \
        [("its pools are full", "code 130")], rows
    assert lab.hactl("show statistics")["peers"]["nas1"][
        "code_130"] == denied >= 1
