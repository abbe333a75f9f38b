# SPDX-License-Identifier: BSD-2-Clause
"""Access nodes behind a foreign agent (draft-navali 3.2.1, Figure 5): nasd,
fad, which knows nothing of the draft, and two home agents that give the same
private address; hosts with a stock kernel. Nothing is left."""

import contextlib
import os
import re
import socket
import struct
import threading

import mip4
import ownnet
import pytest
from packets import ipv4, ipv4_sum

from netlab import rtnl
from netlab.capture import Tap
from netlab.control import ControlError
from netlab.process import wait_for

COA, HOME = "192.0.2.1", "172.16.0.5"
FA = ("10.9.0.1", "10.9.1.1")
OWN = ("10.9.0.2", "10.9.1.2")
HA = ("198.51.100.1", "198.51.100.9")
PREFIX = ("2001:db8:1::", "2001:db8:2::")
FAR = ("2001:db8:99::1", "2001:db8:99::9")
NAI = ("alice@example.net", "bob@example.net")
KEY, FA_HA, MN_FA = b"0123456789abcdef", b"fh" * 8, b"mf" * 8
T = 0x02
NASD = ownnet.NASD + """\
home-agent "ha0" {{ address = "{ha[0]}" }}
home-agent "ha1" {{ address = "{ha[1]}" }}
{nodes}"""
NODE = """\
access-node "acc{i}" {{
	nai = "{nai}"
	home-agent = "ha{i}"
	via-fa = "{fa}"
	fa-care-of = "{coa}"
	lifetime = 12
	key "512" {{ key-file = "{dir}/mh.key" }}
}}
"""
HAD = ownnet.DAEMON + """\
address = "{ha}"
pool "village" {{
	prefix = "{prefix}/64"
	mode = shared
}}
access-node "behind" {{
	pools = {{"village"}}
	assign-ipv4-hoa = "{home}"
	foreign-agent "{coa}" {{ {key} }}
}}
subscriber "{nai}" {{ key "512" {{ key-file = "{dir}/mh.key" }} }}
"""
FAD = ownnet.DAEMON + """\
care-of-address = "{coa}"
link "acc0" {{
	address = "{fa[0]}"
	prefix-length = 24
}}
link "acc1" {{
	address = "{fa[1]}"
	prefix-length = 24
}}
home-agent "ha0" {{
	address = "{ha[0]}"
	key "256" {{ key-file = "{dir}/fh.key" }}
}}
home-agent "ha1" {{ address = "{ha[1]}" }}
"""


class Net(ownnet.OwnNet):
    """mn0 --acc0-- an --up0/acc0-- fa --core0/eth0-- ha0, and the same with
    1."""

    def __init__(self, directory):
        super().__init__(directory, "v-", ("mn0", "mn1", "an", "fa", "ha0",
                                           "ha1"))
        an, fa = self.ns["an"], self.ns["fa"]
        for ns in (an, fa):
            ns.ip("link set lo up")
            ns.sysctl("ipv6/conf/default/disable_ipv6", 1)
        # Debian's own default is loose.
        fa.sysctl("ipv4/conf/all/rp_filter", 2)
        fa.ip(f"address add {COA}/32 dev lo")
        for i in (0, 1):
            an.ip(f"link add acc{i} type veth peer name eth0"
                  f" netns v-mn{i}", f"link set acc{i} up",
                  f"link add up{i} type veth peer name acc{i} netns v-fa",
                  f"address add {OWN[i]}/24 dev up{i}",
                  f"link set up{i} up")
            an.sysctl(f"ipv6/conf/acc{i}/disable_ipv6", 0)
            fa.ip(f"link add core{i} type veth peer name eth0"
                  f" netns v-ha{i}", f"address add {FA[i]}/24 dev acc{i}",
                  f"address add 10.8.{i}.1/24 dev core{i}",
                  f"link set acc{i} up", f"link set core{i} up",
                  f"route add {HA[i]} via 10.8.{i}.2")
            self.ns[f"ha{i}"].sysctl("ipv6/conf/eth0/disable_ipv6", 1)
            self.ns[f"ha{i}"].ip(
                "link set lo up", f"address add {HA[i]}/32 dev lo",
                f"address add {FAR[i]}/128 dev lo",
                f"address add 10.8.{i}.2/24 dev eth0", "link set eth0 up",
                f"route add {COA} via 10.8.{i}.1")
        fa.ip("route add default via 10.8.0.2")
        self.secret("mh.key", KEY.decode())
        self.secret("fh.key", FA_HA.decode())
        self.secret("mf.key", MN_FA.decode())
        self.ctl = self.fadctl = None
        self.hactl, self.lines = {}, 1

    def start_fad(self, text=FAD):
        self.fadctl = self.run("fa", "fad", text, coa=COA, fa=FA, ha=HA)

    def start_had(self, i):
        key = f'key "256" {{ key-file = "{self.dir}/fh.key" }}'
        self.hactl[i] = self.run(
            f"ha{i}", "had", HAD, f"had{i}", ha=HA[i], prefix=PREFIX[i],
            home=HOME, coa=COA, key="" if i else key, nai=NAI[i])

    def start_nasd(self, keep="false", node=NODE):
        self.ctl = self.run(
            "an", "nasd", NASD, own=OWN[0], radius=OWN[0], ha=HA, keep=keep,
            nodes="".join(node.format(i=i, nai=NAI[i], fa=FA[i], coa=COA,
                                      dir=self.dir)
                          for i in range(self.lines)))
        wait_for("the links to be open", 10, lambda: all(
            n["open"] for n in self.links()))

    def start(self, lines=1):
        self.lines = lines
        self.start_fad()
        for i in range(lines):
            self.start_had(i)
        self.start_nasd()

    def counts(self, key):
        return self.ctl("show statistics")[key]

    def agent(self):
        return self.counts("foreign_agents")[0]

    def links(self):
        return self.ctl("show statistics")["access_nodes"]

    def host(self, i=0):
        self.ns[f"mn{i}"].ip("link set lo up", "link set eth0 up")

    def address(self, i=0):
        done = self.ns[f"mn{i}"].run("ip", "-6", "-o", "address", "show",
                                     "dev", "eth0", "scope", "global",
                                     "-tentative")
        found = re.search(rf"inet6 ({PREFIX[i].rstrip(':')}\S+)/",
                          done.stdout)
        return found and found.group(1)

    def pings(self, i=0):
        return self.ns[f"mn{i}"].run("ping", "-c", "1", "-W", "5",
                                     FAR[i]).returncode == 0

    def up(self, i=0):
        self.host(i)
        wait_for("an address by SLAAC", 30, lambda: self.address(i))
        wait_for("a ping", 20, lambda: self.pings(i))

    def renew(self):
        """Its registration has most of its lifetime before it."""
        def young():
            session = self.ctl("show session", id=NAI[0])
            if session["reg_left"] > session["lifetime"] - 3:
                return True
            with contextlib.suppress(ControlError):     # it is under way
                self.ctl("renew", name="all")
            return False
        wait_for("a renewal", 20, young, 0.5)

    def left(self):
        return set().union(*(
            {f"{n} {x}" for x in rtnl.snapshot(self.ns[n])}
            for n in ("an", "fa", "ha0", "ha1")))

    def arp(self):
        return [self.ns["an"].run("cat", "/proc/sys/net/ipv4/conf/up0/"
                                  f"arp_{x}").stdout.strip()
                for x in ("announce", "ignore")]


@pytest.fixture
def net(open_dir):
    with ownnet.used(Net(str(open_dir))) as made:
        yield made
        for name in ("nasd", "fad", "had0", "had1"):
            if name in made.daemons:
                made.stop(name)
        assert made.arp() == ["0", "0"]


class Packet:
    """An IPv4 packet as it was on a link."""

    def __init__(self, frame):
        ip = frame[14:14 + struct.unpack("!H", frame[16:18])[0]]
        self.len, self.ttl, self.proto = len(ip), ip[8], ip[9]
        self.src, self.dst = (socket.inet_ntoa(ip[i:i + 4])
                              for i in (12, 16))
        self.body = ip[20:]
        self.m = mip4.parse(self.body[8:]) if self.proto == 17 and \
            434 in struct.unpack("!HH", self.body[:4]) else None

    def inner(self):
        return Packet(bytes(12) + b"\x08\0" + self.body)


def packets(tap):
    return [Packet(f) for _, f in tap.read() if f[12:14] == b"\x08\0"]


def is_nested(p, up):
    """IPv6 in IPv4 in IPv4."""
    ends = (COA, HA[0]) if up else (HA[0], COA)
    if p.proto != 4 or (p.src, p.dst) != ends:
        return False
    q = p.inner()
    ends = (HOME, HA[0]) if up else (HA[0], HOME)
    return q.proto == 41 and (q.src, q.dst) == ends and \
        q.body[0] >> 4 == 6


def transfer(near, far, near_ns, far_ns, size=300000):
    """Bytes from one to the other and back, by TCP."""
    with far_ns.inside():
        server = socket.create_server((far, 7777), family=socket.AF_INET6)

    def serve():
        conn = server.accept()[0]
        with conn:
            conn.sendall(conn.recv(size, socket.MSG_WAITALL))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with near_ns.inside():
        client = socket.socket(socket.AF_INET6)
    with client, server:
        client.settimeout(60)
        client.bind((near, 0))
        client.connect((far, 7777))
        data = os.urandom(size)
        sender = threading.Thread(target=client.sendall, args=(data,))
        sender.start()
        with client.makefile("rb") as back:
            assert back.read(size) == data
        sender.join()
    thread.join()


def test_figure_5(net):
    """Each message, then packets in two tunnels, and the end."""
    net.start()
    empty = net.left()
    with Tap(net.ns["an"], "up0") as near, \
            Tap(net.ns["ha0"], "eth0") as far:
        net.up()
        seen, home = packets(near), packets(far)
    asked = next(p for p in seen if p.m and p.m.type == mip4.RRQ)
    assert (asked.src, asked.dst, asked.ttl) == (OWN[0], FA[0], 255)
    assert asked.m.order == [mip4.NAI, 220, mip4.MN_HA]
    assert asked.m.flags == T and asked.m.get(220) == b"\0"
    assert (asked.m.home, asked.m.ha, asked.m.coa) == ("0.0.0.0", HA[0], COA)
    assert asked.m.verify(mip4.MN_HA, 512, KEY)
    relayed = next(p for p in home if p.m and p.m.type == mip4.RRQ)
    assert (relayed.src, relayed.dst) == (COA, HA[0])
    assert relayed.m.order == [mip4.NAI, 220, mip4.MN_HA, mip4.REV_SUPPORT,
                               mip4.FA_HA]
    answer = next(p for p in home if p.m and p.m.type == mip4.RRP)
    assert (answer.src, answer.dst) == (HA[0], COA)
    assert answer.m.order == [mip4.NAI, mip4.HOA, mip4.MN_HA,
                              mip4.REV_SUPPORT, mip4.FA_HA]
    assert (answer.m.code, answer.m.home) == (0, HOME)
    assert answer.m.verify(mip4.FA_HA, 256, FA_HA)
    given = next(p for p in seen if p.m and p.m.type == mip4.RRP)
    assert (given.src, given.dst) == (FA[0], HOME)
    assert given.m.order == [mip4.NAI, mip4.HOA, mip4.MN_HA]
    assert given.m.get(mip4.HOA) == b"\0"
    assert given.m.verify(mip4.MN_HA, 512, KEY)
    # One tunnel on the access node's link, two behind the agent.
    assert any(p.proto == 41 and (p.src, p.dst) == (HOME, HA[0])
               for p in seen)
    assert any(p.proto == 41 and (p.src, p.dst) == (HA[0], HOME)
               for p in seen)
    assert any(is_nested(p, True) for p in home)
    assert any(is_nested(p, False) for p in home)
    assert not any(p.proto == 41 for p in home)

    binding, = net.hactl[0]("show bindings")["bindings"]
    assert (binding["nai"], binding["care_of"], binding["foreign_agent"],
            binding["ipv4_home_address"]) == (NAI[0], COA, True, HOME)
    link, = net.links()
    assert (link["foreign_agent"], link["ipv4_home_address"]) == \
        (FA[0], HOME)
    visitor, = net.fadctl("show visitors")["visitors"]
    assert visitor["home_address"] == HOME and visitor["reverse"]

    # The host heeds the MTU of two tunnels.
    done = net.ns["mn0"].run("cat", "/proc/sys/net/ipv6/conf/eth0/mtu")
    assert done.stdout.strip() == "1460"
    with Tap(net.ns["ha0"], "eth0") as far:
        transfer(net.address(), FAR[0], net.ns["mn0"], net.ns["ha0"])
        assert max(p.len for p in packets(far)) == 1500

    # Not everybody behind the agent is the mobile node.
    ha = net.ns["ha0"]
    with net.ns["fa"].inside():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW,
                            socket.IPPROTO_RAW)
    inner = next(p for p in home if is_nested(p, True)).body
    with raw, Tap(ha, f"hadx{mip4.ip4(HOME).hex()}") as tap:
        for src, count in (("172.16.0.6", 0), (HOME, 1)):
            tap.clear()
            head = inner[:12] + mip4.ip4(src) + inner[16:]
            raw.sendto(ipv4(COA, HA[0], 4, ipv4_sum(head)),
                       (HA[0], 0))
            net.pings()
            assert sum(inner[20:] in f for _, f in tap.read()) == count

    # Over: by way of the agent, too.
    net.ctl("terminate", match=NAI[0])
    wait_for("no binding", 20, lambda: not
             net.hactl[0]("show bindings")["bindings"])
    wait_for("no visitor", 20, lambda: not
             net.fadctl("show visitors")["visitors"])
    wait_for("nothing to be left", 20, lambda: not {
        x for x in net.left() ^ empty if "dev acc0" not in x})


def test_overlapping(net):
    """Two home agents, one home address: told apart by the links."""
    net.start(2)
    net.up(0)
    net.up(1)
    assert net.pings(0)
    visitors = net.fadctl("show visitors")["visitors"]
    assert [v["home_address"] for v in visitors] == [HOME, HOME]
    assert [n["ipv4_home_address"] for n in net.links()] == [HOME, HOME]
    for i in (0, 1):
        binding, = net.hactl[i]("show bindings")["bindings"]
        assert binding["ipv4_home_address"] == HOME
        assert binding["revocation"] == (i == 0)
    # One goes, and does not ask again for a while; the other stays.
    net.renew()
    net.hactl[0]("revoke", id=NAI[0])
    wait_for("one visitor", 20, lambda: len(
        net.fadctl("show visitors")["visitors"]) == 1)
    assert net.pings(1)


# What the agent offers is learnt, and it has a key.
LEARNT = NODE.replace('fa-care-of = "{coa}"',
                      'fa-key "768" {{ key-file = "{dir}/mf.key" }}').replace(
    "lifetime = 12", "lifetime = 300")
# It knows the mobile node, and is soon missed.
KNOWING = FAD.replace("prefix-length = 24", """prefix-length = 24
	max-interval = 4
	lifetime = 6""") + f"""\
max-lifetime = 200
mobile-node "{NAI[0]}" {{{{
	key "768" {{{{ key-file = "{{dir}}/mf.key" }}}}
}}}}
"""


def test_learnt(net):
    """Before the agent is there, with another key, with the right one, and
    without the agent for a while."""
    net.start_had(0)
    net.start_nasd(node=LEARNT.replace("mf.key", "fh.key"))
    net.host()
    wait_for("the host", 30, lambda: net.links()[0]["mobile_node"])
    assert not net.ctl("show sessions")["sessions"]
    net.start_fad(KNOWING)
    wait_for("an answer that is not believed", 40, lambda: net.counts(
        "registration")["dropped_bad_mn_fa_authenticator"])
    for said in ("code 67", "fails MN-FA authentication"):
        net.daemons["nasd"].wait_log(said)
    assert not net.fadctl("show visitors")["visitors"]

    net.stop("nasd")
    net.ns["mn0"].ip("link set eth0 down")  # it speaks when it is up
    with Tap(net.ns["an"], "up0") as near, \
            Tap(net.ns["ha0"], "eth0") as far:
        net.start_nasd(node=LEARNT)
        net.up()
        seen, home = packets(near), packets(far)
    # The nasd before has left a registration that may have been granted.
    given = next(p for p in seen if p.m and p.m.type == mip4.RRP
                 and p.m.lifetime)
    asked = next(p for p in seen if p.m and p.m.type == mip4.RRQ
                 and p.m.ident == given.m.ident)
    assert asked.m.order == [mip4.NAI, 220, mip4.MN_HA, mip4.MN_FA]
    assert asked.m.verify(mip4.MN_FA, 768, MN_FA)
    assert (asked.m.coa, asked.m.lifetime) == (COA, 200)
    assert given.m.order[-2:] == [mip4.MN_HA, mip4.MN_FA]
    assert given.m.verify(mip4.MN_FA, 768, MN_FA)
    relayed = next(p for p in home if p.m and p.m.type == mip4.RRQ)
    assert mip4.MN_FA not in relayed.m.order
    agent = net.agent()
    assert (agent["foreign_agent"], agent["interface"], agent["known"],
            agent["care_of_address"], agent["registration_lifetime"],
            agent["reverse_tunnels"]) == (FA[0], "up0", True, COA, 200, True)

    # The next nasd goes on with what it is told.
    net.kill("nasd")
    net.start_nasd(node=LEARNT)
    wait_for("the agent", 30, lambda: net.agent()["known"])
    wait_for("a ping", 20, net.pings)
    wait_for("its care-of address", 10, lambda: net.links()[0][
        "care_of_address"] == COA)

    # The link to it goes, and the routes on it, and comes back.
    net.ns["an"].ip("link set up0 down")
    wait_for("the link to be missed", 20, lambda:
             net.agent()["interface"] is None)
    net.ns["an"].ip("link set up0 up")
    wait_for("a ping", 40, net.pings)

    # It is silent, and missed; it is back, and was told at once.
    net.kill("fad")
    wait_for("the agent to be lost", 30, lambda: net.agent()["lost"])
    assert len(net.ctl("show sessions")["sessions"]) == 1
    net.start_fad(KNOWING)
    wait_for("a visitor", 40, lambda:
             net.fadctl("show visitors")["visitors"])
    wait_for("its start to be told", 10, lambda: net.agent()["restarts"] == 1)
    wait_for("a ping", 20, net.pings)


def test_killed(net):
    """The agent, the access node, then the home agent: each comes back, and
    what it had goes on."""
    net.start()
    net.up()
    net.kill("fad")
    net.start_fad()
    wait_for("a ping", 40, net.pings)
    wait_for("its home address", 20, lambda: net.links()[0][
        "ipv4_home_address"] == HOME)

    # The host would ask for its router within a minute; now it is quiet, and
    # what it sends says that it is there.
    router, mac = re.search(r"(\S+) lladdr (\S+) router", net.ns["mn0"].ip(
        "neighbour show dev eth0")).groups()
    net.ns["mn0"].ip(f"neighbour replace {router} lladdr {mac} dev eth0"
                     " router nud permanent")
    net.stop("nasd")
    net.start_nasd(keep="true")
    wait_for("a ping", 40, net.pings)
    assert not net.links()[0]["solicitations"]
    net.ns["mn0"].ip(f"neighbour replace {router} lladdr {mac} dev eth0"
                     " router nud stale")
    net.renew()
    net.kill("nasd")
    assert net.pings()
    net.start_nasd()
    wait_for("a ping", 20, net.pings)
    wait_for("its renewal", 20, lambda: any(
        "renewed" in str(s.get("timeline", "")) or s["state"] == "up"
        for s in net.ctl("show sessions")["sessions"]))
    wait_for("the bridge", 20, lambda: net.links()[0]["bridged"])

    net.kill("had0")
    net.start_had(0)
    binding, = wait_for("its binding", 60, lambda: net.hactl[0](
        "show bindings")["bindings"])
    assert binding["ipv4_home_address"] == HOME
    wait_for("a ping", 60, net.pings)
    # What they were is known to the nasd after the one that was killed.
    assert net.arp() == ["2", "1"]
