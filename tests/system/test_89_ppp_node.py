# SPDX-License-Identifier: BSD-2-Clause
"""PPP subscribers as mobile nodes of an access node (draft-navali 3.2,
Figure 6): stock pppd at both ends, RADIUS with the mobile nodes' keys, and
had, whose home link they are on as far as they can tell."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys

import mip4
import pytest

from netlab import config
from netlab.net import Namespace
from netlab.process import wait_for
from netlab.topology import CN6, HA, HA2, HA2_6, NAS1

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_70_mobility import Transfer, messages  # noqa: E402
from test_72_home_agents import Cut, asked, bound  # noqa: E402
from test_84_coa import radclient  # noqa: E402
from test_85_restart import kill_nasd  # noqa: E402

FRANK, GRACE, IVAN = (config.user(u) for u in ("frank", "grace", "ivan"))
COAS = ("192.0.2.100", "192.0.2.101")
HOME = "2001:db8:ffff::"
RS, RA, NS, NA, ECHO = 133, 134, 135, 136, 128
CONF = """\
ppp-addresses = access-node
care-of-pool = "192.0.2.100-192.0.2.101"
dynamic-authorization {{
	client "aaa" {{
		address = "203.0.113.10"
		secret-file = "{secret}"
	}}
}}
"""


# Behind an address in a configuration.
GRE = '"\n\tencapsulation = "gre'


def had_conf(lab, gre=False):
    grace = config.write(lab.files.path("grace.key"),
                         config.GRACE_KEY + "\n", 0o600)
    return f"""
access-node "bridges" {{
	care-of = {{"192.0.2.100/31"}}
	pools = {{"village"}}
	gre = {str(gre).lower()}
}}
subscriber "{FRANK}" {{
	key "512" {{ key-file = "{lab.files.path('frank.key')}" }}
}}
subscriber "{GRACE}" {{ key "513" {{ key-file = "{grace}" }} }}
"""


def nas_conf(lab):
    return CONF.format(secret=lab.files.path("radius.secret"))


def privacy(lab, value):
    """Whether hosts have privacy addresses, too, on links to come."""
    for mn in ("mn1", "mn2"):
        lab.ns[mn].sysctl("ipv6/conf/default/use_tempaddr", value)


@pytest.fixture
def nas(lab):
    """The lab with nasd as an access node, and had with a home link."""
    core = lab.ns["core"]
    core.ip(f"route add 192.0.2.100/31 via {NAS1}")
    lab.ns["cn"].ip("neighbour flush dev eth0")
    lab.restart_had(extra=had_conf(lab), shared=HOME + "/64",
                    home_link="home0")
    lab.restart_nasd(extra=nas_conf(lab))
    privacy(lab, 2)
    yield lab
    privacy(lab, 0)
    lab.hang_up_all()
    wait_for("the sessions to go", 20, lambda: not lab.sessions())
    core.ip("route del 192.0.2.100/31")
    lab.ns["cn"].ip("neighbour flush dev eth0")


def binding(lab, user=FRANK):
    return next((b for b in lab.bindings() if b["nai"] == user), None)


def is_up(lab, user=FRANK):
    session = lab.session(user)
    return session and session["state"] == "up" and session


def links(lab):
    return {n["nai"]: n for n in
            lab.nasctl("show statistics")["access_nodes"]}


def tunnelled(tap, outer=None):
    """IPv6 packets in IPv4, as (source of the outer header, packet)."""
    found = []
    for _, f in tap.read():
        if f[12:14] == b"\x08\0" and f[23] == 41:
            source = socket.inet_ntoa(f[26:30])
            if outer in (None, source):
                found.append((source, f[34:]))
    return found


def of_type(packets, kind):
    return [p for p in packets if p[6] == 58 and p[40] == kind]


def dial(lab, mn, user, iid):
    """With an identifier that is known."""
    return lab.dial(mn, user, "ipv6", f"::aa:{iid},")


def addresses(lab, mn):
    """Global ones."""
    text = lab.ns[mn].ip("address show dev ppp0 scope global")
    return re.findall(r"inet6 (\S+)/", text)


def reaches(client, to=CN6):
    """had lets a new address pass once nobody else has shown to have it."""
    wait_for("a ping", 20, lambda: client.ping(to, wait=3)[1])


def forgotten(lab, user=FRANK):
    wait_for("had to forget it", 20, lambda: binding(lab, user) is None, 0.2)
    wait_for("the session to end", 20, lambda: lab.session(user) is None, 0.2)


def stop_of(core, user):
    """Octets that it has sent and received, by its Stop."""
    for _, f in core.read():
        if f[12:14] != b"\x08\0" or f[23] != 17 or f[36:38] != b"\x07\x15" \
                or f[42] != 4:
            continue
        attributes, at = {}, 62
        while at + 2 < len(f) and f[at + 1] > 2:
            attributes[f[at]] = f[at + 2:at + f[at + 1]]
            at += f[at + 1]
        if attributes.get(1) == user.encode() and \
                attributes.get(40) == b"\0\0\0\2":
            return [int.from_bytes(attributes[i], "big") for i in (42, 43)]
    return None


def test_figure_6(nas):
    """Two at once, and no place for a third one."""
    lab = nas
    core = lab.tap("nas1", "core0")
    # No answer before it has solicited a router.
    lab.had.signal(signal.SIGSTOP)
    frank = dial(lab, "mn1", "frank", 1)
    try:
        wait_for("its solicitation", 30, lambda: links(lab).get(
            FRANK, {}).get("solicitations"))
    finally:
        lab.had.signal(signal.SIGCONT)
    # Its identifier is its own; the other end has another one.
    local, remote = frank.wait_opened()
    assert mip4.ip6(local) == mip4.ip6("fe80::aa:1") != mip4.ip6(remote)
    frank.wait_global(20)
    wait_for("a privacy address", 10, lambda: len(addresses(lab, "mn1")) == 2)
    assert HOME + "aa:1" in addresses(lab, "mn1")
    frank.wait_default_route(20)
    session = wait_for("the session to be up", 10, lambda: is_up(lab))
    assert (session["access"], session["home_address"],
            session["prefix_mode"]) == ("pppoe", None, "")
    asked = next(m for m in messages(core, mip4.RRQ) if m.nai == FRANK)
    assert asked.order == [mip4.NAI, mip4.HOA_REQUEST, mip4.REV_SUPPORT,
                           mip4.MN_HA]
    assert asked.get(mip4.HOA_REQUEST) == b"\0" and asked.flags == 0x20
    assert (asked.home, asked.coa) == ("0.0.0.0", COAS[0])
    assert asked.verify(mip4.MN_HA, 512, config.FRANK_KEY.encode())

    # Nothing is changed on the way; what it said early came later.
    reaches(frank)
    up = [p for _, p in tunnelled(core, COAS[0])]
    assert {p[7] for p in of_type(up, RS)} == {255}, up
    assert {p[7] for p in of_type(up, ECHO)} == {64}
    assert {p[7] for _, p in tunnelled(core, HA) if p[6] == 58
            and p[40] == RA} == {255}
    link = wait_for("the bridge", 10, lambda: (
        n := links(lab)[FRANK])["bridged"] and n["packets_delivered"] and n)
    assert link["care_of_address"] == COAS[0]

    # The NAS is nobody there: neither heard nor speaking.
    ppp = lab.tap("mn1", "ppp0")
    core.clear()
    for to in ("ff02::1", "fe80::aa:1"):
        lab.ns["nas1"].run("ping", "-6", "-c", "1", "-W", "1", "-I", "ppp0",
                           to)
    assert frank.ping(remote + "%ppp0", wait=1)[1] == 0
    own = mip4.ip6(remote)
    assert not [f for _, f in ppp.read() if own in f[:40] and
                mip4.ip6("fe80::aa:1") not in f[:26]]
    assert not [p for _, p in tunnelled(core) if p[8:24] == own]

    # TCP, and another one on the same node, by way of the home agent.
    transfer = Transfer(lab, "mn1", 100)
    grace = dial(lab, "mn2", "grace", 2)
    grace.wait_global(40)
    grace.wait_default_route(20)
    wait_for("the session to be up", 10, lambda: is_up(lab, GRACE))
    assert (binding(lab)["care_of"], binding(lab, GRACE)["care_of"]) == COAS
    # There is no duplicate address detection on such a link: an address is
    # known once it has been used.
    wait_for("a ping", 20, lambda: frank.ping(
        CN6, wait=3, options=("-I", HOME + "aa:1"))[1])
    reaches(grace, HOME + "aa:1")
    transfer.finish()
    assert lab.tool("nasctl", "show", "sessions")[0] == 0

    # A third one has no care-of address; one without a key can not be.
    mark = lab.nas.log_mark()
    lab.dial("mn3", "ivan").failure(40)
    assert "no address of care-of-pool is free" in lab.nas.log(mark)
    lab.dial("mn3", "alice").failure(40)
    assert "no MN-HA key in the Access-Accept" in lab.nas.log(mark)
    wait_for("the two to be left", 10, lambda: len(lab.sessions()) == 2)

    # It hangs up: deregistered, and accounted.
    frank.hang_up()
    forgotten(lab)
    gone = [m for m in messages(core, mip4.RRQ)
            if m.nai == FRANK and m.lifetime == 0]
    assert gone[-1].order == [mip4.NAI, mip4.HOA, mip4.MN_HA]
    assert gone[-1].coa == COAS[0]
    sent, received = wait_for("its Stop", 10, lambda: stop_of(core, FRANK))
    assert 200 < sent < received and received > 100 * Transfer.BLOCK
    # The place is another one's; his packets are still his own.
    reaches(grace)
    wait_for("one care-of address to be left", 10, lambda: [
        n["care_of_address"] for n in links(lab).values()] == [COAS[1]])
    # What is for no router keeps nobody here.
    session = lab.session(GRACE)["id"]
    said, _, text = radclient(lab, "coa", f'User-Name = "{GRACE}"',
                              "Idle-Timeout = 4")
    assert said == "CoA-ACK", text
    with lab.ns["mn2"].popen(["ping", "-q", "-i", "0.5", "ff02::2%ppp0"],
                             stdout=subprocess.DEVNULL) as busy:
        try:
            grace.failure(60)
        finally:
            busy.kill()
    forgotten(lab, GRACE)
    past = wait_for("its end", 10, lambda: [
        p["ended"] for p in lab.nasctl("show recent")["sessions"]
        if p["id"] == session])
    assert past == ["idle timeout"]


def test_endings(nas):
    """The AAA server, the home agent, and a host that has the address."""
    lab = nas
    frank = dial(lab, "mn1", "frank", 1)
    frank.wait_global(40)
    wait_for("the session to be up", 20, lambda: is_up(lab))
    me = f'User-Name = "{FRANK}"'
    said, cause, text = radclient(lab, "coa", me,
                                  "WISPr-Bandwidth-Max-Up = 3000000")
    assert (said, cause) == ("CoA-NAK", "Resources-Unavailable"), text
    said, _, text = radclient(lab, "disconnect", me)
    assert said == "Disconnect-ACK", text
    frank.failure(20)
    forgotten(lab)

    frank = dial(lab, "mn1", "frank", 1)
    frank.wait_global(40)
    wait_for("the session to be up", 20, lambda: is_up(lab))
    lab.hactl("revoke", id=FRANK)
    assert "home agent revoked the registration" in frank.failure(20)
    forgotten(lab)

    # Somebody on the home link has what it will take.
    with other(lab, HOME + "aa:1"):
        frank = dial(lab, "mn1", "frank", 1)
        frank.wait_opened()
        tap = wait_for("its interface", 10, lambda: tap_of(lab, "mn1"))
        frank.wait_global(20)
        frank.wait_default_route(20)
        lab.ns["mn1"].run("ping", "-6", "-c", "3", "-W", "2", "-I",
                          HOME + "aa:1", CN6)
        assert "home agent revoked the registration" in frank.failure(30)
        told = [f for _, f in tap.read() if len(f) >= 64 and f[40] == NA]
        assert told and told[0][48:64] == mip4.ip6(HOME + "aa:1")
        assert told[0][7] == 255
        forgotten(lab)


@contextlib.contextmanager
def other(lab, address):
    lab.ns["cn"].ip(f"address add {address}/128 dev eth0")
    try:
        yield
    finally:
        lab.ns["cn"].ip(f"address del {address}/128 dev eth0")


def tap_of(lab, mn):
    try:
        return lab.tap(mn, "ppp0")
    except OSError:
        return None


def test_killed(nas):
    """Packets pass while there is no nasd; the next one goes on. What ended
    meanwhile leaves nothing."""
    lab = nas
    frank = dial(lab, "mn1", "frank", 1)
    grace = dial(lab, "mn2", "grace", 2)
    for client, user in ((frank, FRANK), (grace, GRACE)):
        client.wait_global(40)
        wait_for("the session to be up", 20, lambda: is_up(lab, user))
        client.wait_default_route(20)
    reaches(frank)
    session = lab.session(FRANK)
    kill_nasd(lab)
    assert frank.ping(CN6)[1] == 1
    grace.hang_up()
    lab.start_nasd(extra=nas_conf(lab))
    resumed_one(lab, session)
    assert frank.ping(CN6)[1] == 1
    forgotten(lab, GRACE)
    wait_for("the bridge", 10, lambda: links(lab)[FRANK]["bridged"])
    # The other place can be had.
    grace = dial(lab, "mn2", "grace", 2)
    grace.wait_global(40)
    assert binding(lab)["care_of"] != binding(lab, GRACE)["care_of"]
    grace.hang_up()
    said, _, text = radclient(lab, "coa", f'User-Name = "{FRANK}"',
                              "Session-Timeout = 1")
    assert said == "CoA-ACK", text
    assert "session timeout" in frank.failure(20)
    forgotten(lab)
    forgotten(lab, GRACE)


def test_with_gre(nas):
    """The same in GRE, told apart by keys."""
    lab = nas
    lab.restart_had(extra=had_conf(lab, True), shared=HOME + "/64",
                    home_link="home0")
    lab.restart_nasd(extra=nas_conf(lab), ha=HA + GRE)
    core = lab.tap("nas1", "core0")
    frank = dial(lab, "mn1", "frank", 1)
    frank.wait_global(40)
    frank.wait_default_route(20)
    session = wait_for("the session to be up", 10, lambda: is_up(lab))
    assert session["encapsulation"] == "gre" and session["gre_key_out"]
    assert session["care_of_address"] == COAS[0]
    reaches(frank)
    protocols = [f[23] for _, f in core.read() if f[12:14] == b"\x08\0"]
    assert 47 in protocols and 41 not in protocols
    frank.hang_up()
    forgotten(lab)


TWO = """
access-node "node0" {{
	nai = "{ivan}"
	home-agent = {{"ha1", "ha2"}}
	key "515" {{ key-file = "{key}" }}
}}
"""
VILLAGE2 = "2001:db8:600::"


class Host:
    """Not over PPP: on the node's Ethernet link."""

    def __init__(self, lab):
        self.lab = lab
        self.ns = Namespace("node-host")
        lab.ns["nas1"].ip("link add node0 type veth peer name eth0"
                          " netns node-host", "link set node0 up")

    def plug(self):
        self.ns.ip("link set lo up", "link set eth0 up")

    def unplug(self):
        self.ns.ip("link set eth0 down")

    def has(self, prefix):
        return prefix in self.ns.ip("address show dev eth0 scope global"
                                    " -tentative")

    def ping(self, to):
        return self.ns.run("ping", "-6", "-n", "-c", "1", "-W", "5",
                           to).returncode == 0

    def close(self):
        self.lab.ns["nas1"].ip("link del node0")
        self.ns.close()


@pytest.fixture
def two(lab):
    """Two home agents by GRE, the first of which is preferred, a PPP
    subscriber and a host on a link."""
    lab.ns["core"].ip(f"route add 192.0.2.100/31 via {NAS1}")
    key = config.write(lab.files.path("ivan.key"), "key of a third one\n",
                       0o600)
    more = had_conf(lab, True) + f"""
subscriber "{IVAN}" {{ key "515" {{ key-file = "{key}" }} }}
"""
    lab.restart_had(extra=more)
    lab.start_had2(extra=more, shared=VILLAGE2 + "/64")
    host = Host(lab)
    lab.restart_nasd(ha=HA + GRE, more_has=[("ha2", HA2 + GRE)],
                     extra=nas_conf(lab) + TWO.format(ivan=IVAN, key=key))
    yield lab, host
    lab.hang_up_all()
    host.unplug()
    wait_for("the sessions to go", 20, lambda: not lab.sessions())
    lab.nas.stop(20)
    host.close()
    lab.stop_had2()
    lab.ns["core"].ip("route del 192.0.2.100/31")


def gre_keys(lab, hactl):
    """The four of both, the same at both ends."""
    found = set()
    for b in hactl("show bindings")["bindings"]:
        s = lab.session(b["nai"])
        assert b["encapsulation"] == s["encapsulation"] == "gre"
        assert (b["gre_key_in"], b["gre_key_out"]) == (
            s["gre_key_out"], s["gre_key_in"])
        found |= {b["gre_key_in"], b["gre_key_out"]}
    assert len(found) == 4
    return found


def test_two_home_agents(two):
    """The first one is silent: both come to the second, and to the first when
    that is back; what was asked of it meanwhile is taken back. Each home agent
    has a key of its own for it."""
    lab, host = two
    core = lab.tap("nas1", "core0")
    with Cut(lab):
        frank = lab.dial("mn1", "frank")
        host.plug()
        frank.wait_global(40)
        frank.wait_default_route(20)
        assert frank.addresses()["global"].startswith(VILLAGE2[:-1])
        assert asked(core, FRANK) == [HA, HA2]
        wait_for("the host's address", 30, lambda: host.has(VILLAGE2[:-1]))
        assert asked(core, IVAN)[-1] == HA2
        assert bound(lab.ha2ctl) == {FRANK, IVAN}
        reaches(frank, HA2_6)
        wait_for("a ping", 20, lambda: host.ping(HA2_6))
        keys = gre_keys(lab, lab.ha2ctl)
    wait_for("ha1 to be back", 120, lambda: next(
        a for a in lab.nasctl("show home-agents")["home_agents"]
        if a["name"] == "ha1")["state"] == "up")
    # What ends begins anew at the first.
    host.unplug()
    assert frank.hang_up() is not None
    wait_for("both to be forgotten", 30, lambda: not bound(lab.ha2ctl))
    host.plug()
    frank = lab.dial("mn1", "frank")
    frank.wait_global(40)
    wait_for("both at the first", 20, lambda: bound(lab.hactl) ==
             {FRANK, IVAN})
    assert not bound(lab.ha2ctl)
    frank.wait_default_route(20)
    reaches(frank)
    wait_for("a ping", 20, lambda: host.ping(CN6))
    assert not gre_keys(lab, lab.hactl) & keys
    # One revokes: PPP ends; on the link nobody is heard for a while.
    for user in (FRANK, IVAN):
        lab.hactl("revoke", id=user)
    assert "home agent revoked the registration" in frank.failure(20)
    wait_for("the sessions to go", 20, lambda: not lab.sessions())
    wait_for("nobody to be bound", 10, lambda: not bound(lab.ha2ctl) and
             not lab.bindings())


def resumed_one(lab, session):
    def poll():
        now = lab.session(session["id"])
        return now and now["state"] == "up"
    wait_for("the session to be taken over", 30, lambda:
             lab.nasctl.alive() and poll(), 0.2)
