# SPDX-License-Identifier: BSD-2-Clause
"""PPPoE beyond a plain dial-in, and sessions of pppds that others start."""

import os
import struct
import sys

from netlab import config, decode
from netlab.process import Daemon, wait_for
from netlab.topology import CN6

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pppmn  # noqa: E402

CIRCUIT, REMOTE = b"dslam1 eth 0/1/2:35", b"remote-7"
LINE = pppmn.tag(0x0105, struct.pack("!I", 3561) +
                 bytes([1, len(CIRCUIT)]) + CIRCUIT +
                 bytes([2, len(REMOTE)]) + REMOTE)


def pppoe_stats(lab):
    return lab.nasctl("show statistics")["pppoe"][0]


def test_access_node_says_the_line(lab):
    """Its identifiers reach RADIUS, with every packet, nasctl, and the NAI."""
    lab.restart_nasd(pppoe="access-line-ids = true",
                     extra='nai = "%{circuit-id}@lines.example"\n')
    core = lab.tap("nas1", "core0")
    with lab.ns["mn1"].inside():
        eth = pppmn.Ethernet("eth0")
        ac, sid = pppmn.Discovery(eth, extra=LINE).run()
        shown = lab.nasctl("show session", id=lab.sessions()[0]["id"])
        result = pppmn.Node("eth0", config.user("alice"),
                            config.password("alice"), sid=sid, ac=ac,
                            eth=eth).run()
    assert (shown["circuit_id"], shown["remote_id"]) == (
        CIRCUIT.decode(), REMOTE.decode())
    assert result["opens"] == 1, result
    wait_for("the session to go", 15, lambda: not lab.sessions())
    wait_for("its Stop", 10, lambda: any(
        p.values.get("status") == "Stop" for p in decode.packets(core)))
    packets = decode.packets(core)
    assert {p.values["nai"] for p in packets if p.proto == "RRQ"} == {
        "dslam1=20eth=200/1/2=3A35@lines.example"}
    frames = [frame for _, frame in core.frames[:len(packets)]
              if CIRCUIT in frame and REMOTE in frame]
    asked = sum(p.what in ("Access-Request", "Accounting-Request")
                for p in packets)
    assert asked >= 3 and len(frames) == asked


def test_subscriber_says_a_line(lab):
    """Nobody believes it unless the configuration says so; and where the NAI
    is made of it, who has none is refused."""
    lab.restart_nasd(extra='nai = "%{circuit-id}@lines.example"\n')
    with lab.ns["mn1"].inside():
        eth = pppmn.Ethernet("eth0")
        ac, sid = pppmn.Discovery(eth, extra=LINE).run()
        shown = lab.nasctl("show session", id=lab.sessions()[0]["id"])
        result = pppmn.Node("eth0", config.user("alice"),
                            config.password("alice"), sid=sid, ac=ac,
                            eth=eth).run()
    assert shown["circuit_id"] is None and shown["remote_id"] is None
    assert result["opens"] == 0
    wait_for("the session to go", 15, lambda: not lab.sessions())


def set_mtu(lab, mtu):
    lab.ns["acc"].ip(*[f"link set {name} mtu {mtu}"
                       for name in ("nas1", "mn1", "br0")])
    lab.ns["nas1"].ip(f"link set acc0 mtu {mtu}")
    lab.ns["mn1"].ip(f"link set eth0 mtu {mtu}")


def change_mtu(lab, mtu):
    """nasd runs on, and hears of it."""
    mark = lab.nas.log_mark()
    set_mtu(lab, mtu)
    lab.nas.wait_log(f"acc0: MTU {mtu} instead of", since=mark)


def mtu_of(ns, ifname):
    return int(ns.ip(f"link show {ifname}").split(" mtu ")[1].split()[0])


def test_mru_of_1500(lab):
    """RFC 4638 where the Ethernet carries it, since a moment ago, and packets
    of the tunnel's MTU pass whole."""
    change_mtu(lab, 1508)
    try:
        client = lab.connect("mn1", "alice", "mtu", "1500", "mru", "1500")
        shown = lab.session(config.user("alice"))
        assert shown["mru"] == 1500 and shown["ra_mtu"] == 1480
        assert mtu_of(lab.ns["mn1"], "ppp0") == 1500
        assert mtu_of(lab.ns["nas1"], shown["ifname"]) == 1500
        assert client.ping(CN6, options=("-s", str(1480 - 48)))[1] == 1
        client.hang_up()
    finally:
        change_mtu(lab, 1500)


def test_mru_on_ordinary_ethernet(lab):
    client = lab.connect("mn1", "alice", "mtu", "1500", "mru", "1500")
    shown = lab.session(config.user("alice"))
    assert shown["mru"] == 1492 and shown["ra_mtu"] == 1480
    assert mtu_of(lab.ns["nas1"], shown["ifname"]) == 1492
    client.hang_up()


def test_stray_session(lab):
    """Who uses a session that is none hears so; an established one does
    not."""
    client = lab.connect("mn2", "bob")
    before = pppoe_stats(lab)
    with lab.ns["mn1"].inside():
        eth = pppmn.Ethernet("eth0")
        ac, _, _ = pppmn.Discovery(eth).padi()
        echo = struct.pack("!HBBHI", pppmn.LCP, 9, 1, 8, 0)
        eth.send(ac, pppmn.ETH_SESS, 0, 0x7007, echo)

        def told():
            got = eth.recv(0.2)
            return got and got[3:5] == (pppmn.PADT, 0x7007)
        wait_for("a PADT", 5, told)
        eth.sock.close()
    assert pppoe_stats(lab)["padt_stray"] == before["padt_stray"] + 1
    assert client.ping(CN6, 3)[1] == 3
    assert pppoe_stats(lab)["strays"] == before["strays"] + 1


def test_vlan_without_an_interface(lab):
    """A PADI with a tag for which there is no interface is not answered as if
    it had none."""
    with lab.ns["mn1"].inside():
        eth = pppmn.Ethernet("eth0")
        find = pppmn.Discovery(eth)
        before = pppoe_stats(lab)
        payload = pppmn.tag(pppmn.T_SERVICE) + pppmn.tag(pppmn.T_UNIQ,
                                                         find.uniq)
        eth.sock.send(pppmn.BROADCAST + eth.mac + struct.pack(
            "!HHHBBHH", 0x8100, 100, pppmn.ETH_DISC, 0x11, pppmn.PADI, 0,
            len(payload)) + payload)
        wait_for("nasd to have seen it", 5, lambda: pppoe_stats(lab)[
            "other_vlan"] > before["other_vlan"])
        assert find.wait(pppmn.PADO, 0.5) is None
        assert pppoe_stats(lab)["pado"] == before["pado"]
        eth.sock.close()


# pppds that others start: nothing but the plugin's option.

def plugin_options(lab):
    return ["plugin", f"{lab.stage}/lib/netmip4/netmip4.so",
            "netmip4-socket", f"{lab.files.run_dir('nas1')}/plugin.sock",
            "auth", "require-chap", "name", "nas1", "noip", "+ipv6", "noccp",
            "lcp-echo-interval", "2", "lcp-echo-failure", "3"]


def mobile_options():
    return ["user", config.user("alice"), "noauth", "noip", "+ipv6", "noccp",
            "nodefaultroute", "lcp-echo-interval", "0", "debug"]


def global_address(ns, ifname):
    with ns.inside(), open("/proc/net/if_inet6", encoding="ascii") as f:
        return any(line.split()[3] == "00" and line.split()[-1] == ifname
                   for line in f)


def session_is_whole(lab, access_is="ppp"):
    """Up by its own registration, reaches the world, and ends properly."""
    wait_for("an address at mn1", 40,
             lambda: global_address(lab.ns["mn1"], "ppp0"))
    shown = lab.session(config.user("alice"))
    assert shown["state"] == "up" and shown["access"] == access_is
    assert [b["nai"] for b in lab.bindings()] == [config.user("alice")]

    def reached():
        done = lab.ns["mn1"].run("ping", "-6", "-n", "-c", "1", "-W", "2",
                                 CN6)
        return done.returncode == 0
    wait_for("a ping through the tunnel", 10, reached)
    return shown


def has_ended(lab, core):
    wait_for("the binding to go", 15, lambda: not lab.bindings())
    wait_for("the session to go", 15, lambda: not lab.sessions())
    wait_for("an Accounting Stop", 5, lambda: "Stop" in [
        p.values.get("status") for p in decode.packets(core)
        if p.what == "Accounting-Request"])


def test_serial_line(lab):
    """Two pppds with a pair of terminals between them."""
    core = lab.tap("nas1", "core0")
    mine = " ".join(["exec", "nsenter", "--net=/run/netns/mn1",
                     "/usr/sbin/pppd", "notty", *mobile_options()])
    nas = Daemon(lab.ns["nas1"], "serial-pppd", [
        "/usr/sbin/pppd", "nodetach", "pty", mine, *plugin_options(lab),
        "logfd", "2"], lab.logs)
    try:
        session_is_whole(lab)
    finally:
        nas.stop(15)
    has_ended(lab, core)


def xl2tpd(lab, ns, text, options):
    """One xl2tpd with its files beside the lab's."""
    path = lab.files.path(f"xl2tpd-{ns}")
    config.write(f"{path}.options", "\n".join(options) + "\n")
    config.write(f"{path}.conf", text.format(options=f"{path}.options"))
    return Daemon(lab.ns[ns], f"{ns}-xl2tpd", [
        "/usr/sbin/xl2tpd", "-D", "-c", f"{path}.conf", "-p", f"{path}.pid",
        "-C", f"{path}.control"], lab.logs)


LNS = """[global]
access control = no
[lns default]
ip range = 10.99.0.2-10.99.0.9
local ip = 10.99.0.1
pppoptfile = {options}
"""
LAC = """[global]
[lac nas]
lns = 10.9.0.1
autodial = yes
pppoptfile = {options}
"""


def test_l2tp(lab):
    """xl2tpd on both sides; it knows nothing of us."""
    core = lab.tap("nas1", "core0")
    lab.ns["nas1"].ip("address add 10.9.0.1/24 dev acc0")
    lab.ns["mn1"].ip("address add 10.9.0.2/24 dev eth0")
    lns = lac = None
    try:
        lns = xl2tpd(lab, "nas1", LNS, plugin_options(lab) +
                     ["mtu", "1400", "mru", "1400"])
        lac = xl2tpd(lab, "mn1", LAC, mobile_options() +
                     ["mtu", "1400", "mru", "1400"])
        shown = session_is_whole(lab)
        assert shown["ra_mtu"] == 1400      # what LCP came to
    finally:
        for one in (lac, lns):
            if one:
                one.stop(15)
        lab.ns["nas1"].ip("address del 10.9.0.1/24 dev acc0")
        lab.ns["mn1"].ip("address del 10.9.0.2/24 dev eth0")
    has_ended(lab, core)
