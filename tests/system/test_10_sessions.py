# SPDX-License-Identifier: BSD-2-Clause
"""draft-navali Figures 1 and 2 on real software: every step, in its order,
with the right values; and what subscribers can do then."""

import ipaddress

from netlab import config, decode
from netlab.ladder import Ladder
from netlab.process import wait_for
from netlab.topology import CN6, HA, NAS1

UNIQUE = ipaddress.IPv6Network(config.UNIQUE_POOL)
SHARED = ipaddress.IPv6Network(config.SHARED_POOL)


def iid_of(address):
    return ":".join(ipaddress.IPv6Address(address).exploded.split(":")[4:])


def mac_of(packets):
    return next(p.src for p in packets if p.what == "PADI")


def climb(access, core, user, address):
    """Checks all steps; returns the registration and its reply."""
    packets = decode.packets(access)
    ladder = Ladder(packets, decode.packets(core), mac_of(packets), user)
    opened = ladder.negotiation()
    ladder.configuration(opened, address)
    ladder.traffic()
    times = {s.number: s.time for s in ladder.steps}
    # 4 is independent of 2 and 3, 7 of 5 and 6; 10 of the rest.
    for chain in ((1, 2, 3, 5, 6, 8, 9, 11, 12, 13), (4, 7)):
        ordered = [times[n] for n in chain]
        assert ordered == sorted(ordered), ladder.steps
    rrq = next(p for p in decode.packets(core) if p.proto == "RRQ")
    rrp = next(p for p in decode.packets(core) if p.proto == "RRP")
    return ladder, rrq, rrp


def dial_and_climb(lab, user):
    access, core = lab.tap("mn1", "eth0"), lab.tap("nas1", "core0")
    client = lab.connect("mn1", user)
    address = client.wait_global()
    assert client.ping(CN6, 3)[:2] == (3, 3)
    _, rrq, rrp = climb(access, core, config.user(user), address)
    return client, ipaddress.IPv6Address(address), rrq, rrp


def check_shown(lab, user, hoa):
    """nasd and had tell the same."""
    session = lab.session(config.user(user))
    assert session["state"] == "up"
    assert ipaddress.IPv6Address(session["home_address"]) == hoa
    assert session["home_agent"] == HA
    binding, = [b for b in lab.bindings() if b["nai"] == config.user(user)]
    assert ipaddress.IPv6Address(binding["home_address"]) == hoa
    assert binding["care_of"] == NAS1
    return session, binding


def test_unique_prefix(lab):
    """Figure 1."""
    _, address, rrq, rrp = dial_and_climb(lab, "alice")
    hoa = ipaddress.IPv6Address(rrp.values["hoa"])
    assert rrp.values["code"] == 0 and rrp.values["unique"]
    assert int(rrq.values["iid"].replace(":", ""), 16) != 0
    assert hoa in UNIQUE and iid_of(hoa) == rrq.values["iid"]
    assert address == hoa
    session, binding = check_shown(lab, "alice", hoa)
    assert session["prefix_mode"] == "unique" and binding["unique"]
    assert binding["pool"] == "homes"


def test_shared_prefix(lab):
    """Figure 2."""
    _, address, rrq, rrp = dial_and_climb(lab, "bob")
    hoa = ipaddress.IPv6Address(rrp.values["hoa"])
    assert rrp.values["code"] == 0 and not rrp.values["unique"]
    assert int(rrq.values["iid"].replace(":", ""), 16) == 0
    assert hoa in SHARED and address == hoa
    session, binding = check_shown(lab, "bob", hoa)
    assert session["prefix_mode"] == "shared" and not binding["unique"]
    assert binding["pool"] == "village"


def test_same_prefix_again(lab):
    """A unique prefix is sticky by NAI."""
    prefixes = set()
    for _ in range(2):
        client = lab.connect("mn1", "alice")
        prefixes.add(ipaddress.IPv6Interface(
            client.wait_global() + "/64").network)
        client.hang_up()
        wait_for("the binding to go", 15, lambda: not lab.bindings())
    assert len(prefixes) == 1


def test_two_in_a_shared_prefix(lab):
    """They reach each other by way of the home agent, and neither can use the
    other's address."""
    bob, carol = lab.dial("mn1", "bob"), lab.dial("mn2", "carol")
    for client in (bob, carol):
        client.wait_opened()
    one, two = bob.wait_global(), carol.wait_global()
    bob.wait_default_route()
    carol.wait_default_route()
    assert one != two
    ha = lab.tap("ha", "core0")
    sent, received, _ = bob.ping(two, 3)
    assert received == sent
    tunnelled = [p for p in decode.packets(ha) if p.outer and
                 p.what == "Echo-Request" and
                 ipaddress.IPv6Address(p.dst) == ipaddress.IPv6Address(two)]
    # In from nas1 and out to nas1 again, each of them.
    assert {(p.outer.src, p.outer.dst) for p in tunnelled} == \
        {(NAS1, HA), (HA, NAS1)}
    ha.clear()
    lab.ns["mn1"].ip(f"address add {two}/128 dev ppp0")
    assert bob.ping(CN6, 3, 1, ("-I", two))[1] == 0
    assert not [p for p in decode.packets(ha) if p.outer and
                p.what == "Echo-Request"]


def test_several_at_once(lab):
    """Nobody's entry disturbs another's."""
    users = ("alice", "bob", "carol")
    clients = [lab.dial(f"mn{i + 1}", u) for i, u in enumerate(users)]
    for client in clients:
        client.wait_opened()
    addresses = {client.wait_global() for client in clients}
    assert len(addresses) == 3
    for client in clients:
        client.wait_default_route()
        assert client.ping(CN6)[:2] == (1, 1)
    assert {s["username"] for s in lab.sessions()} == \
        {config.user(u) for u in users}


def test_home_agent_from_radius(lab):
    """The Access-Accept names it; nasd's default is one that is not there."""
    lab.restart_nasd(ha="198.51.100.77", extra=f"""\
home-agent "named" {{
	address = "{HA}"
	{lab.files.key("fa-ha.key")}
}}
""")
    client = lab.connect("mn1", "dave")
    session = lab.session(config.user("dave"))
    assert session["home_agent"] == HA
    assert session["home_address"] == client.wait_global()
    assert client.ping(CN6)[1] >= 1
