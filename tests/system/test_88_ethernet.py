# SPDX-License-Identifier: BSD-2-Clause
"""Subscribers without PPP, on Ethernet lines of their own, with Debian's DHCPv6
clients [draft-navali Figure 3]."""

import os
import sys

import pytest

from netlab.host import Host
from netlab.process import Timeout, wait_for
from netlab.topology import CN6

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_85_restart import kill_nasd, resumed  # noqa: E402

LINE = """
ethernet "line0" {
	user = "%i@example.net"
}
"""
USER = "line0@example.net"


@pytest.fixture
def host(lab):
    """A host, and a NAS that serves its line."""
    host = Host(lab.ns["mn2"], lab.ns["nas1"], lab.logs, lab.work)
    lab.restart_nasd(extra=LINE)
    yield host
    host.vanish()
    lab.nas.stop()
    host.close()


def bound(lab, host):
    def poll():
        s = lab.session(USER)
        return s and s["state"] == "up" and s
    try:
        return wait_for("a session of the line", 40, poll, 0.2)
    except Timeout as e:
        raise Timeout(f"{e}\n{host.daemon.tail(30)}") from None


def binding(lab):
    return next((b for b in lab.bindings() if b["nai"] == USER), None)


def works(lab, host):
    """It has its home address and a way out; its session."""
    session = bound(lab, host)
    address = host.wait_global(20)
    host.wait_default_route(20)
    assert session["home_address"] == address
    assert host.ping(CN6, count=2)[1] >= 1
    return session


@pytest.mark.parametrize("client", ["dhclient", "dhcpcd", "dhcp6c", "dibbler"])
def test_figure_3(lab, host, client):
    """Address, way out, and its end: had forgets with the RELEASE."""
    host.start(client)
    session = works(lab, host)
    assert session["access"] == "ethernet"
    assert session["calling_sid"].count("-") == 5
    assert binding(lab)["home_address"] == session["home_address"]
    # Another source does not pass, nor does anything without a session.
    other = session["home_address"].rpartition(":")[0] + ":7777"
    host.ns.ip(f"address add {other}/128 dev {host.ifname} nodad")
    assert host.ping(CN6, wait=1, options=("-I", other))[1] == 0
    host.ns.ip(f"address del {other}/128 dev {host.ifname}")
    host.release()
    wait_for("had to forget it", 20, lambda: binding(lab) is None, 0.2)
    wait_for("the session to end", 20, lambda: lab.session(USER) is None, 0.2)
    past = lab.nasctl("show recent")["sessions"]
    assert [p["ended"] for p in past if p["id"] == session["id"]] == [
        "peer ended the session: released"]
    host.ns.ip(f"address add {other}/128 dev {host.ifname} nodad",
               f"route replace default via {link_local(lab)} dev"
               f" {host.ifname}")
    assert host.ping(CN6, wait=1, options=("-I", other))[1] == 0
    host.ns.ip(f"address del {other}/128 dev {host.ifname}")


def link_local(lab):
    found = lab.ns["nas1"].run("ip", "-6", "-o", "address", "show", "dev",
                               "line0", "scope", "link").stdout.split()
    return found[found.index("inet6") + 1].partition("/")[0]


def test_ended_by_the_operator(lab, host):
    """The client hears of it when it renews, and gets an address again."""
    host.start("dhclient")
    first = works(lab, host)
    assert lab.tool("nasctl", "terminate", USER)[0] == 0
    wait_for("had to forget it", 20, lambda: binding(lab) is None, 0.2)
    wait_for("no way out", 20, lambda: not host.has_default_route(), 0.2)
    host.vanish()
    host.start("dhclient", fresh=False)     # it asks for what it had
    assert works(lab, host)["id"] != first["id"]
    host.release()


def test_nasd_killed(lab, host):
    """Packets pass on, and another nasd has the session and its lease."""
    host.start("dhclient")
    session = works(lab, host)
    kill_nasd(lab)
    assert host.ping(CN6)[1] == 1
    lab.start_nasd(extra=LINE)
    resumed(lab, [session["id"]])
    assert host.ping(CN6)[1] == 1
    host.release()
    wait_for("had to forget it", 20, lambda: binding(lab) is None, 0.2)
    # What the one that was killed had changed of its host is as it was.
    nas = lab.ns["nas1"]
    assert nas.sysctl("ipv6/conf/line0/accept_ra") == "0"
    assert lab.nas.stop() == 0
    assert nas.sysctl("ipv6/conf/line0/accept_ra") == "1"


def test_not_allowed(lab, host):
    """RADIUS does not know the line: no address, and said so."""
    lab.restart_nasd(extra=LINE.replace("%i@", "nobody-%i@"))
    mark = lab.nas.log_mark()
    host.start("dhclient")
    lab.nas.wait_log("authentication rejected", 40, mark)
    assert "global" not in host.addresses()
    # It asks again now and then.
    wait_for("no session", 10, lambda: not lab.sessions())
    host.vanish()
