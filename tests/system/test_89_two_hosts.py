# SPDX-License-Identifier: BSD-2-Clause
"""Two hosts behind one access node that have the same link-local address, and
three global ones each; and how long addresses are theirs [draft-navali 3.2,
PROTOCOLS D166]."""

import os
import re
import sys
import time

import pytest

from netlab.process import wait_for

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_89_access_node import ALICE, BOB, FAR, net  # noqa: E402,F401
from test_89_access_node_ha import (  # noqa: E402,F401
    HOME, IID, accepted, binding, nodes, serve)
import mip4  # noqa: E402

MAC, LOCAL = "02:00:00:00:aa:99", "fe80::ff:fe00:aa99"
PLACES = {"mn": ("::a1", "2001:db8:1::a3"), "mn2": ("::b1", "2001:db8:1::b3")}


def addresses(ns):
    """{address: flags}, of those that are not to be verified any more."""
    found = re.findall(r"inet6 (\S+)/\d+ (.*)",
                       ns.ip("address show dev eth0"))
    return {a: flags for a, flags in found if "tentative" not in flags or
            "dadfailed" in flags}


def pings(ns, source, to=FAR):
    done = ns.run("ping", "-6", "-n", "-c", "1", "-W", "9", "-I", source, to)
    return " 1 received" in done.stdout


@pytest.mark.parametrize("net", [True], indirect=True, ids=["had"])
def test_same_link_local_address(net):  # noqa: F811
    """Each by SLAAC, with privacy, and by hand; what one has the other can not
    have too."""
    for name, (token, own) in PLACES.items():
        ns = net.ns[name]
        ns.sysctl("ipv6/conf/eth0/use_tempaddr", 2)
        ns.ip(f"link set eth0 address {MAC}",
              f"token set {token} dev eth0", "link set lo up",
              "link set eth0 up", f"address add {own}/128 dev eth0")
    found = {}
    for name in PLACES:
        wait_for(f"four addresses of {name}", 40, lambda n=name: len(
            addresses(net.ns[n])) == 4)
        found[name] = set(addresses(net.ns[name]))
        assert LOCAL in found[name] and "dadfailed" not in \
            str(addresses(net.ns[name]))
        assert sum("temporary" in f for f in addresses(
            net.ns[name]).values()) == 1
    assert found["mn"] & found["mn2"] == {LOCAL}

    def bound():
        return {b["nai"]: set(b["addresses"]) for b in
                net.hactl("show bindings")["bindings"]} == {
            ALICE: found["mn"], BOB: found["mn2"]}
    wait_for("all to be bound", 20, bound)
    # To each what is its own: an answer that the other got would be missed,
    # also their router's, which goes to the address that they share.
    for name, ns in ((n, net.ns[n]) for n in PLACES):
        ns.ip("neighbour flush dev eth0")
        for source in sorted(found[name] - {LOCAL}):
            assert pings(ns, source), (name, source)
    # And from one to the other, by way of the home agent.
    assert pings(net.ns["mn"], PLACES["mn"][1], PLACES["mn2"][1])

    taken = PLACES["mn"][1]
    net.ns["mn2"].ip(f"address add {taken}/128 dev eth0")
    wait_for("duplicate address detection", 20, lambda: "dadfailed" in
             addresses(net.ns["mn2"]).get(taken, ""))
    net.ns["mn2"].ip(f"address del {taken}/128 dev eth0")
    assert pings(net.ns["mn"], taken) and pings(net.ns["mn2"],
                                                PLACES["mn2"][1])
    assert bound()


def test_lifetime(nodes):  # noqa: F811
    """After the last advertisement of a prefix its addresses live for as long
    as that says: then the host has none, had defends none, and the next host
    may have it. The binding, and the link-local address, stay."""
    lab, host, first, _ = nodes
    serve(lab, "valid-lifetime = 12\n\tpreferred-lifetime = 12",
          shared=HOME, home_link="home0")
    accepted(first.register(), 12)
    host.plug(first)
    home, cn = f"2001:db8:ffff::{IID}", lab.ns["cn"]
    wait_for("an address of its own", 30, lambda: home in host.addresses())

    def expired():
        accepted(first.register(ext=mip4.hoa()), 12)
        return lab.hactl("show statistics")["mobile_nodes"]["expired"]
    since = None

    def over():
        """Two seconds after an end there is another advertisement, but after
        the third one, which is the last for minutes."""
        nonlocal since
        if expired() and home not in host.ns.ip("address show dev eth0"):
            since = since or time.monotonic()
            return time.monotonic() - since > 8
        since = None
        return False
    wait_for("the last one to be over", 180, over, 1)
    # The host counts on its own, from when it heard of it [D227].
    wait_for("no address but the link's", 30,
             lambda: host.addresses() == {f"fe80::{IID}"} and
             expired() and binding(lab)["addresses"] == [f"fe80::{IID}"] and
             lab.hactl("show home-links")["home_links"][0]["held"] == 1)
    cn.sysctl("ipv6/conf/eth0/accept_dad", 1)       # not in the lab else
    try:
        cn.ip(f"address add {home}/64 dev eth0")
        wait_for("duplicate address detection", 10, lambda: expired() and
                 ("dadfailed" in (now := cn.ip("address show dev eth0 to " +
                                               home)) or
                  "tentative" not in now))
        assert "dadfailed" not in cn.ip(f"address show dev eth0 to {home}")
    finally:
        cn.ip(f"address del {home}/64 dev eth0")
        cn.sysctl("ipv6/conf/eth0/accept_dad", 0)
    accepted(first.register(0, mip4.hoa()), 0)
    wait_for("the end", 10, lambda: not lab.bindings())
