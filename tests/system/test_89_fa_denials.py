# SPDX-License-Identifier: BSD-2-Clause
"""What a foreign agent itself denies (RFC 3344 3.4) to an access node behind
it: fad's own limits, and how nasd takes them."""

import os
import sys

from netlab.process import wait_for

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_89_via_fa as via  # noqa: E402
from test_89_via_fa import net  # noqa: E402, F401  a fixture

OTHER_COA = "192.0.2.9"


def start_fad(net, coa, **limits):
    text = via.FAD + "".join(f"{key.replace('_', '-')} = {value}\n"
                             for key, value in limits.items())
    net.fadctl = net.run("fa", "fad", text, coa=coa, fa=via.FA, ha=via.HA)


def session(net, i):
    found = [s for s in net.ctl("show sessions")["sessions"]
             if s["username"] == via.NAI[i]]
    return found[0] if found else None


def comes_until(net, code):
    """The second host comes, again and again, until the agent has said so."""
    said = f"denied by foreign agent {via.FA[1]}, code {code}: "
    net.ns["mn1"].ip("link set lo up")

    def comes():
        net.ns["mn1"].ip("link set eth0 down", "link set eth0 up")
        return said in net.daemons["nasd"].log()
    wait_for(f"code {code}", 60, comes, 2)


def test_denied(net):
    """69 is obeyed; 66 and 77 end a first registration; 77 ends none that is
    there before its lifetime does."""
    fa = net.ns["fa"]
    net.lines = 2
    start_fad(net, via.COA, max_lifetime=11, max_visitors=1)
    net.start_had(0)
    net.start_nasd()
    net.up(0)
    shown = net.ctl("show session", id=session(net, 0)["id"])
    assert shown["lifetime"] == 11      # 12 were asked for

    # It has room for nobody else.
    comes_until(net, 66)
    wait_for("the session to go", 20, lambda: not session(net, 1))
    wait_for("a ping", 20, lambda: net.pings(0))
    visitor, = net.fadctl("show visitors")["visitors"]
    assert visitor["home_address"] == via.HOME

    # It is another one now, which has not the care-of address.
    fa.ip(f"address add {OTHER_COA}/32 dev lo")
    net.stop("fad")
    start_fad(net, OTHER_COA)
    comes_until(net, 77)
    said = f"foreign agent {via.FA[0]}: code 77"
    wait_for("the first one to hear it, too", 30, lambda: said in
             net.daemons["nasd"].log())
    wait_for("its registration to end", 60, lambda: not session(net, 0))
    fa.ip(f"address del {OTHER_COA}/32 dev lo")
