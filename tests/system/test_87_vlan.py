# SPDX-License-Identifier: BSD-2-Clause
"""VLANs and QinQ of an access interface, whose interfaces are made when a
subscriber asks for one, and go when nobody needs them any more."""

import contextlib
import os
import re
import sys

from netlab import config
from netlab.process import wait_for
from netlab.topology import CN6

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pppmn  # noqa: E402
from test_85_restart import kill_nasd  # noqa: E402

VLANS = '''vlans = {"100-101", "300-310 inner 1-4094"}
	max-vlans = 2
	vlan-idle = 5
'''


@contextlib.contextmanager
def vlan(lab, node, outer, inner=None):
    """A VLAN interface at a mobile node; its name."""
    ns, name = lab.ns[node], f"eth0.{outer}"
    kind = "802.1ad" if inner else "802.1q"
    todo = [f"link add link eth0 name {name} type vlan proto {kind} id "
            f"{outer}", f"link set {name} up"]
    if inner:
        todo += [f"link add link {name} name {name}.{inner} type vlan id "
                 f"{inner}", f"link set {name}.{inner} up"]
    ns.ip(*todo)
    try:
        yield f"{name}.{inner}" if inner else name
    finally:
        ns.ip(f"link del {name}")


def at_nas(lab):
    """VLAN interfaces that the access concentrator's kernel has."""
    with lab.ns["nas1"].inside(), open("/proc/net/dev",
                                       encoding="ascii") as f:
        return {name for name in re.findall(r"^ *([^:\s]+):", f.read(), re.M)
                if "." in name}


def shown(lab):
    """{interface: row} of the VLANs that nasd serves."""
    return {row["interface"]: row for row in
            lab.nasctl("show interfaces")["interfaces"]
            if row["origin"] != "configured"}


def counters(lab):
    return lab.nasctl("show statistics")["vlans"][0]


def offered(ns, device, seconds=30):
    """One PADI, not repeated: is there a PADO?"""
    with ns.inside():
        eth = pppmn.Ethernet(device)
        find = pppmn.Discovery(eth)
        eth.send(pppmn.BROADCAST, pppmn.ETH_DISC, pppmn.PADI, 0,
                 pppmn.tag(pppmn.T_SERVICE) +
                 pppmn.tag(pppmn.T_UNIQ, find.uniq))
        try:
            return find.wait(pppmn.PADO, seconds) is not None
        finally:
            eth.sock.close()


def test_made_on_demand(lab):
    """Stock pppd over a VLAN and over QinQ; what is not to be made; nasd is
    killed; nothing is left in the end."""
    lab.restart_nasd(pppoe=VLANS)
    core = lab.tap("nas1", "core0")
    with vlan(lab, "mn1", 100) as one, vlan(lab, "mn2", 300, 7) as two, \
            vlan(lab, "mn3", 101) as more, vlan(lab, "mn3", 200) as wrong:
        a = lab.connect("mn1", "alice", device=one)
        b = lab.connect("mn2", "bob", device=two)
        assert at_nas(lab) == {"acc0.100", "acc0.300", "acc0.300.7"}
        rows = shown(lab)
        assert {(n, r["parent"], r["vlan"], r["inner_vlan"], r["origin"],
                 r["sessions"]) for n, r in rows.items()} == {
            ("acc0.100", "acc0", 100, None, "made", 1),
            ("acc0.300.7", "acc0", 300, 7, "made", 1)}
        ports = {lab.session(config.user(u))["port_id"]
                 for u in ("alice", "bob")}
        assert ports == {"acc0.100", "acc0.300.7"}
        assert not offered(lab.ns["mn3"], wrong, 1)
        assert not offered(lab.ns["mn3"], more, 1)
        wait_for("both to be counted", 10, lambda: (
            n := counters(lab))["out_of_range"] == n["limit"] == 1)

        kill_nasd(lab)
        lab.start_nasd(pppoe=VLANS)
        wait_for("both to be taken over", 30, lambda: [
            s["state"] for s in lab.sessions()] == ["up", "up"])
        wait_for("the same VLANs", 10, lambda: shown(lab) == rows)
        assert a.ping(CN6)[1] == 1 and b.ping(CN6)[1] == 1
        a.hang_up()
        wait_for("the unused one to go", 20,
                 lambda: at_nas(lab) == {"acc0.300", "acc0.300.7"})
        # and there is room again
        assert offered(lab.ns["mn3"], more)
        b.hang_up()
        wait_for("all to go", 20, lambda: not at_nas(lab))
    # NAS-Port-Id with NAS-Port-Type PPPoEoVLAN and PPPoEoQinQ
    for name, kind in ((b"acc0.100", 33), (b"acc0.300.7", 34)):
        port_id = bytes([87, 2 + len(name)]) + name
        told = wait_for("its Start and Stop", 10, lambda p=port_id: len(
            n := [f for _, f in core.read() if p in f]) > 2 and n)
        assert all(bytes([61, 6, 0, 0, 0, kind]) in f for f in told)


def test_found_and_made(lab):
    """An operator's interface is used and stays; ranges change while nasd
    runs; one is taken away; what was made goes when nasd does, and not before
    then for being idle."""
    vlans = VLANS.replace("vlan-idle = 5", "vlan-idle = 600")
    nas = lab.ns["nas1"]
    nas.ip("link add link acc0 name cust type vlan id 101", "link set cust up")
    try:
        lab.restart_nasd()      # without VLANs
        path = lab.files.path("nasd.conf")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        config.write(path, text.replace(
            'pppoe "acc0" {', f'pppoe "acc0" {{\n\t{vlans}', 1))
        with vlan(lab, "mn1", 101) as theirs, vlan(lab, "mn3", 100) as ours:
            assert not offered(lab.ns["mn1"], theirs, 0.5)
            plan = lab.nasctl("reload")["changes"]
            assert {c["effect"] for c in plan} == {"live"}, plan
            assert offered(lab.ns["mn1"], theirs)
            assert offered(lab.ns["mn3"], ours)
            assert {n: r["origin"] for n, r in shown(lab).items()} == {
                "cust": "found", "acc0.100": "made"}
            nas.ip("link del acc0.100")
            wait_for("nasd to notice", 10, lambda: set(shown(lab)) ==
                     {"cust"})
            assert offered(lab.ns["mn3"], ours)
            config.write(path, text.replace(
                'pppoe "acc0" {', 'pppoe "acc0" {\n\tvlans = {"101"}', 1))
            lab.nasctl("reload")
            wait_for("what is in no range to go", 10,
                     lambda: not at_nas(lab))
            assert not offered(lab.ns["mn3"], ours, 0.5)
            config.write(path, text.replace(
                'pppoe "acc0" {', f'pppoe "acc0" {{\n\t{vlans}', 1))
            lab.nasctl("reload")
            assert offered(lab.ns["mn3"], ours)
            lab.nas.stop(20)
        assert not at_nas(lab)
        assert "cust" in nas.ip("link show cust")
    finally:
        nas.ip("link del cust")
