# SPDX-License-Identifier: BSD-2-Clause
"""IPv4 beside IPv6: FreeRADIUS says Framed-IP-Address, a stock pppd gets it by
IPCP, and nothing else of its IPv4 passes."""

import os
import sys

import pytest

from netlab import config
from netlab.process import Daemon, wait_for
from netlab.topology import AAA, CN6, NAS1

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_83_accounting import Detail  # noqa: E402
from test_84_coa import dae, radclient  # noqa: E402
from test_85_restart import kill_nasd, resumed  # noqa: E402

IPV4 = f"""
ipv4 {{
	address = "{NAS1}"
	dns-servers = {{"192.0.2.53"}}
}}
"""
MINE, OTHER = "10.99.0.7", "10.99.0.66"
QUINN = config.user("quinn")


@pytest.fixture
def routed(lab):
    """The NAS forwards IPv4, and the core knows where the subscribers are."""
    lab.ns["nas1"].sysctl("ipv4/ip_forward", 1)
    lab.ns["core"].ip(f"route add 10.99.0.0/24 via {NAS1}")
    lab.restart_nasd(extra=IPV4 + dae(lab))
    yield lab
    lab.ns["core"].ip(f"route del 10.99.0.0/24 via {NAS1}")
    lab.ns["nas1"].sysctl("ipv4/ip_forward", 0)


def ping4(ns, target, *options, wait=10):
    return ns.run("ping", "-4", "-n", "-c", "1", "-W", str(wait), *options,
                  target).returncode == 0


def ipv4_up(lab, user=QUINN):
    return wait_for("IPCP", 20, lambda: (lambda s: s and s["ipv4_up"] and s)(
        lab.session(user)), 0.2)


def only_its_own(lab, mn, target=AAA):
    """Its address passes both ways, another does not."""
    # Its end of IPCP may be open later than ours.
    wait_for("its address", 20, lambda: f"inet {MINE} " in mn.run(
        "ip", "-4", "address", "show", "dev", "ppp0", "up").stdout)
    mn.ip(f"route replace {target} dev ppp0")
    assert ping4(mn, target) and ping4(lab.ns["aaa"], MINE)
    mn.ip(f"address add {OTHER}/32 dev ppp0")
    ifname = lab.session(QUINN)["ifname"]
    # An answer would come.
    lab.ns["nas1"].ip(f"route replace {OTHER} dev {ifname}")
    assert ping4(lab.ns["aaa"], MINE)
    assert not ping4(mn, target, "-I", OTHER, wait=1)
    lab.ns["nas1"].ip(f"route del {OTHER} dev {ifname}")
    mn.ip(f"address del {OTHER}/32 dev ppp0")


def test_both_stacks(routed):
    """Address, name servers, filter, records; nasd killed, the session ended
    by its address."""
    lab, mn = routed, routed.ns["mn1"]
    detail = Detail(lab)
    client = lab.connect("mn1", "quinn", "usepeerdns", ipv4=True)
    shown = ipv4_up(lab)
    assert shown["ipv4_address"] == MINE
    # Its end of IPCP is open a message later than ours, or sooner; this is
    # what it says last.
    client.daemon.wait_log("primary   DNS address 10.99.0.53")
    log = client.log()
    assert f"local  IP address {MINE}" in log, log
    assert f"remote IP address {NAS1}" in log, log
    only_its_own(lab, mn)
    assert client.ping(CN6)[1] == 1
    wait_for("counters", 10, lambda: lab.session(QUINN)["rx_packets"] >
             shown["rx_packets"])

    kill_nasd(lab)
    assert ping4(mn, AAA)
    lab.start_nasd(extra=IPV4 + dae(lab))
    resumed(lab, [shown["id"]])
    assert ipv4_up(lab)["ipv4_address"] == MINE
    only_its_own(lab, mn)
    assert client.ping(CN6)[1] == 1

    mine = f"Framed-IP-Address = {MINE}"
    assert radclient(lab, "disconnect", f"Framed-IP-Address = {OTHER}")[1] \
        == "Session-Context-Not-Found"
    said, _, text = radclient(lab, "disconnect", mine)
    assert said == "Disconnect-ACK", text
    client.daemon.wait(20)
    wait_for("its Stop", 20, lambda: "Stop" in detail.kinds(QUINN), 0.2)
    records = [r for r in detail.records() if r.get("User-Name") == QUINN]
    assert [r["Framed-IP-Address"] for r in records] == [MINE] * len(records)


def test_who_gets_none(routed):
    """Addresses that can not be had; a peer without IPCP, and IPv4 that
    RADIUS does not give: IPv6 all the same."""
    lab = routed
    quinn = lab.connect("mn1", "quinn")         # with noip
    assert lab.session(QUINN)["ipv4_address"] == MINE
    for user, why in (("rita", f"{MINE} is session"), ("sam", "no pool")):
        mark = lab.nas.log_mark()
        log = lab.dial("mn2", user, ipv4=True).failure()
        assert "CHAP authentication failed" in log, log
        assert why in lab.nas.log(mark), lab.nas.log(mark)
    bob = lab.connect("mn2", "bob", ipv4=True)
    bob.daemon.wait_log(r"LCP ProtRej .* 80 21")
    assert bob.ping(CN6)[1] == 1 and quinn.ping(CN6)[1] == 1
    assert not lab.session(QUINN)["ipv4_up"]
    assert lab.session(config.user("bob"))["ipv4_address"] is None
    assert lab.nasctl("show statistics")["sessions"]["ipv4_refused"] == 2


def test_serial_line(routed):
    """A pppd that somebody else has started, with an address of ours of its
    own."""
    lab = routed
    mine = " ".join(["exec", "nsenter", "--net=/run/netns/mn1",
                     "/usr/sbin/pppd", "notty", "user", QUINN, "noauth",
                     "+ipv6", "noccp", "nodefaultroute", "debug"])
    nas = Daemon(lab.ns["nas1"], "serial-pppd", [
        "/usr/sbin/pppd", "nodetach", "pty", mine, "plugin",
        f"{lab.stage}/lib/netmip4/netmip4.so", "netmip4-socket",
        f"{lab.files.run_dir('nas1')}/plugin.sock", "auth", "require-chap",
        "name", "nas1", "10.99.0.1:", "+ipv6", "noccp", "logfd", "2"],
        lab.logs)
    try:
        assert ipv4_up(lab)["access"] == "ppp"
        only_its_own(lab, lab.ns["mn1"])
    finally:
        nas.stop(15)
    wait_for("the session to go", 20, lambda: not lab.sessions())
