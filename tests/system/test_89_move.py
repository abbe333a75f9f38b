# SPDX-License-Identifier: BSD-2-Clause
"""A host moves from one access node to another (draft-navali 3.2.3, Figure 7):
two nasd, had and a switch whose ports say which of them has the host's link.
The host notices nothing, and nothing of it is left where it was."""

import base64
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import ownnet
import pytest
from ownnet import STAGE

from netlab import rtnl
from netlab.capture import Tap
from netlab.control import ControlError
from netlab.process import children, wait_for

HA, CN6 = "192.0.2.1", "2001:db8:99::2"
PREFIX = "2001:db8:1:"
NAI, KEY = "alice@example.net", "0123456789abcdef"
NODES = {"old": ("192.0.2.10", "192.0.2.100"),
         "new": ("192.0.2.11", "192.0.2.101")}
NASD = ownnet.NASD + """\
care-of-pool = "{coa}"
access-node "acc0" {{
	nai = "{nai}"
	proactive = {proactive}
	key "512" {{ key-file = "{dir}/mh.key" }}
}}
home-agent "ha1" {{ address = "{ha}" }}
"""
HAD = ownnet.DAEMON + """\
address = "{ha}"
revocation = {revocation}
max-lifetime = {life}
pool "village" {{
	prefix = "2001:db8:1::/64"
	mode = shared
}}
access-node "bridges" {{
	care-of = {{"192.0.2.100/31"}}
	pools = {{"village"}}
}}
subscriber "{nai}" {{ key "512" {{ key-file = "{dir}/mh.key" }} }}
"""


class Net(ownnet.OwnNet):
    """mn --sw--(old|new)--core--ha--cn, where sw is a switch with a bridge
    for each access node."""

    def __init__(self, directory):
        super().__init__(directory, "m", ("mn", "sw", "old", "new", "ha",
                                          "cn"))
        self.secret("mh.key", KEY)
        self.ctl, self.hactl = {}, None
        ns = self.ns
        for n in ns.values():
            n.ip("link set lo up")
        # Bridges are hosts, too, if they may be.
        for what in ("all", "default"):
            ns["sw"].sysctl(f"ipv6/conf/{what}/disable_ipv6", 1)
        for name in NODES:
            ns["sw"].ip(f"link add br-{name} type bridge mcast_snooping 0",
                        f"link set br-{name} up")
        ns["ha"].ip("link add br0 type bridge", "link set br0 up",
                    f"address add {HA}/24 dev br0",
                    "link add cn0 type veth peer name eth0 netns mcn",
                    "link set cn0 up", "address add 2001:db8:99::1/64 dev cn0"
                    " nodad")
        ns["ha"].sysctl("ipv6/conf/all/forwarding", 1)
        ns["cn"].ip("link set eth0 up", f"address add {CN6}/64 dev eth0 nodad",
                    "route add default via 2001:db8:99::1")
        self.port("mn", "eth0", "mn")
        for name, (own, _) in NODES.items():
            self.port(name, "acc0", name)
            ns["ha"].ip(f"link add {name} type veth peer name core0"
                        f" netns m{name}", f"link set {name} master br0 up")
            ns[name].sysctl("ipv6/conf/core0/disable_ipv6", 1)
            ns[name].ip("link set core0 up", "link set acc0 up",
                        f"address add {own}/24 dev core0")
            self.plug(name, name)
        self.plug("mn", "old")

    def start(self, revocation):
        self.hactl = self.run(
            "ha", "had", HAD, ha=HA, nai=NAI,
            revocation=str(revocation).lower(),
            life=600 if revocation else 30)
        for name in NODES:
            self.start_node(name)

    def start_node(self, name, proactive=False):
        own, coa = NODES[name]
        self.ctl[name] = self.run(
            name, "nasd", NASD, name, own=own, coa=coa, ha=HA, radius=HA,
            nai=NAI, keep="false", proactive=str(proactive).lower())
        wait_for("the link to be open", 10, lambda: self.link(name)["open"])

    def kill_node(self, name, proactive=False):
        """It is not asked, and there again."""
        self.kill(name)
        self.start_node(name, proactive)

    def signal_had(self, number):
        """To both of its processes."""
        had = self.daemons["had"].pid
        for pid in (had, *children(had)):
            os.kill(pid, number)

    def port(self, where, device, name):
        self.ns["sw"].ip(f"link add {name} type veth peer name {device}"
                         f" netns m{where}", f"link set {name} up")

    def plug(self, port, node):
        self.ns["sw"].ip(f"link set {port} master br-{node}")

    def link(self, name):
        return self.ctl[name]("show statistics")["access_nodes"][0]

    def session(self, name):
        found = self.ctl[name]("show sessions")["sessions"]
        return found[0] if found else None

    def keys(self, name):
        """Of GRE: its own, and the home agent's."""
        found = self.ctl[name]("show session", id=self.session(name)["id"])
        return found["gre_key_in"], found["gre_key_out"]

    def nasctl(self, name, *words, given=None):
        done = subprocess.run(
            [f"{STAGE}/bin/nasctl", "-s", self.ctl[name].path, *words],
            check=False, timeout=60, text=True, capture_output=True,
            input=given)
        return done.returncode, done.stdout + done.stderr

    def renew(self, name):
        """Its registration has most of its lifetime before it."""
        def young():
            session = self.ctl[name]("show session", id=NAI)
            if session["reg_left"] > session["lifetime"] - 4:
                return True
            self.nasctl(name, "renew", "all")
            return False
        wait_for("a renewal", 20, young, 0.5)

    def host(self):
        """Its address and its router's, which are not to change."""
        lines = " ".join(rtnl.snapshot(self.ns["mn"]))
        via = re.search(r"route6 default via (\S+)", lines)
        address = re.search(f"address ({PREFIX}[^/]+)/64 dev eth0", lines)
        return via and address and (address.group(1), via.group(1))

    def neighbour(self):
        """The link-layer address that its router has for it."""
        found = re.search(r"lladdr (\S+)", self.ns["mn"].ip(
            f"neighbour show to {self.host()[1]} dev eth0"))
        return found and found.group(1)

    def is_clean(self, name):
        """As it was when nasd had just opened its link."""
        return not self.session(name) and not any(
            re.search("nm4n|192.0.2.10[01]", x)
            for x in rtnl.snapshot(self.ns[name]))

    def move(self, old, new):
        """Figure 7, with the port switched last: what the new access node has
        it can have from nowhere else."""
        before = self.link(new)["solicitations"]
        status, context = self.nasctl(old, "export", NAI)
        assert status == 0, context
        status, text = self.nasctl(new, "-o", "json", "import", "acc0",
                                   given=context)
        assert status == 0, text
        wait_for("the bridge", 20, lambda: self.link(new)["bridged"])
        assert self.link(new)["solicitations"] == before
        self.plug("mn", new)
        return json.loads(context)

    def left(self):
        return {f"{n} {x}" for n in NODES for x in rtnl.snapshot(self.ns[n])}


def by_gre(text):
    """A configuration: both speak GRE."""
    return text.replace('address = "{ha}" }}', 'address = "{ha}"\n'
                        '\tencapsulation = gre\n}}').replace(
        'pools = {{"village"}}\n}}', 'pools = {{"village"}}\n\tgre = yes\n}}')


@pytest.fixture
def net(open_dir, request, monkeypatch):
    if "gre" in request.node.name:
        for name in ("NASD", "HAD"):
            monkeypatch.setitem(globals(), name, by_gre(globals()[name]))
    with ownnet.used(Net(str(open_dir))) as made:
        made.start(request.param)
        yield made
        made.stop(*NODES)


@contextlib.contextmanager
def transfer(net, address):
    """From the correspondent to the host, until it is told to end; what came
    is what was sent. Yields how many bytes have come."""
    block, got, over = bytes(range(251)) * 4, [0], threading.Event()

    def receive(sock):
        while data := sock.recv(65536):
            at = got[0] % 251
            assert data == (block * (len(data) // len(block) + 2))[
                at:at + len(data)]
            got[0] += len(data)

    def send(sock):
        while not over.wait(0.005):
            sock.sendall(block)
        sock.shutdown(socket.SHUT_WR)

    with contextlib.ExitStack() as stack:
        with net.ns["cn"].inside():
            server = stack.enter_context(socket.create_server(
                (CN6, 5001), family=socket.AF_INET6))
        with net.ns["mn"].inside():
            here = stack.enter_context(socket.create_connection(
                (CN6, 5001), 60, (address, 0)))
        server.settimeout(60)
        there = stack.enter_context(server.accept()[0])
        here.settimeout(60)
        there.settimeout(60)
        both = [threading.Thread(target=f, args=a, daemon=True)
                for f, a in ((receive, (here,)), (send, (there,)))]
        for t in both:
            t.start()
        try:
            yield lambda: got[0]
        finally:
            over.set()
        for t in both:
            t.join(60)
        assert not any(t.is_alive() for t in both)
        assert got[0] % len(block) == 0


def goes_on(so_far):
    n = so_far()
    wait_for("the transfer to go on", 60, lambda: so_far() > n + 20000)


def refusals(net, context):
    """What the new one does not take leaves nothing."""
    other = json.dumps({**context, "nai": "bob@example.net"})
    far = json.dumps({**context, "home_agent": "192.0.2.99"})
    for words, given, code, said in (
            (("acc9",), json.dumps(context), 1, "no link"),
            (("acc0",), other, 4, "another mobile node's"),
            (("acc0",), far, 4, "home agent is not configured"),
            (("acc0",), "{\"version\":2}", 2, "\"version\" is not 1"),
            (("acc0",), "{", 2, "no JSON object"),
            (("acc0",), " " * 17000, 2, "longer than"),
            (("acc0", f"{net.dir}/none"), None, 2, "No such file")):
        status, text = net.nasctl("new", "import", *words, given=given)
        assert status == code and said in text, (status, text)
    assert not net.session("new") and not net.link("new")["mobile_node"]


@pytest.mark.parametrize("net", [True, False], indirect=True,
                         ids=["negotiated-gre", "unnegotiated"])
def test_move(net, request):
    """By GRE each access node has a key of its own, and so has the home agent
    for it."""
    negotiated = request.node.callspec.params["net"]
    net.ns["mn"].ip("link set eth0 up")
    wait_for("an address and a router", 40, net.host)
    wait_for("duplicate address detection", 20, lambda: "tentative" not in
             net.ns["mn"].ip("address show dev eth0"))
    with transfer(net, net.host()[0]) as so_far:
        goes_on(so_far)
        known, router = net.host(), wait_for("its router", 20, net.neighbour)
        old = net.link("old")
        first = net.keys("old")
        assert all(first) == negotiated
        if negotiated:
            status, text = net.nasctl("old", "export", "bob")
            assert status == 1 and "no such session" in text
            # It was to go, and stays.
            assert net.nasctl("old", "unexport", NAI)[0] == 4
            assert net.nasctl("old", "export", NAI)[0] == 0
            assert net.link("old")["exported"]
            assert net.nasctl("old", "unexport", NAI)[0] == 0
            assert not net.link("old")["exported"]
            refusals(net, {
                "version": 1, "nai": NAI, "mobile_node": old["mobile_node"],
                "router": old["router"], "home_agent": HA, "packets": [],
                "identification": "e" * 16, "lifetime_left": 1})
        else:
            # All of it is done before its registration ends.
            net.renew("old")
        context = net.move("old", "new")
        assert context["mobile_node"] == old["mobile_node"]
        assert context["router"] == old["router"] and context["nai"] == NAI
        assert context["home_agent"] == HA and context["lifetime_left"] > 0
        if not negotiated:
            # Nor does the next nasd there take it back: while the lifetime
            # lasts it has the session still.
            net.kill_node("old")
            wait_for("the old one's session", 10, lambda: net.session("old"))
            assert net.link("old")["exported"]
        goes_on(so_far)
        assert net.host() == known
        binding, = net.hactl("show bindings")["bindings"]
        assert binding["care_of"] == NODES["new"][1]
        assert known[0] in binding["addresses"]
        assert not negotiated or not set(net.keys("new")) & set(first)
        wait_for("the old one to let go", 60, lambda: net.is_clean("old"))
        wait_for("had to know", 10, lambda: bool(net.hactl("show statistics")[
            "counters"]["revoke_acked"]) == negotiated)
        assert net.link("old")["exported"]
        if not negotiated:
            # Of whom there is no session any more.
            status, text = net.nasctl("old", "unexport", "acc0")
            assert status == 0, text
            assert not net.link("old")["exported"]
        status, text = net.nasctl("new", "import", "acc0",
                                  given=json.dumps(context))
        assert status == 4 and "has a session" in text, (status, text)
        if negotiated:
            # And back, though nobody is heard there for a while.
            net.move("new", "old")
            goes_on(so_far)
            assert net.host() == known
            wait_for("the other one to let go", 60, lambda:
                     net.is_clean("new"))
        goes_on(so_far)
    wait_for("its router's address", 20, lambda:
             (net.host(), net.neighbour()) == (known, router))
    binding, = net.hactl("show bindings")["bindings"]
    assert (binding["nai"], binding["care_of"]) == \
        (NAI, NODES["old" if negotiated else "new"][1])


def in_tunnel(frames, coa, packet):
    """Has it come by the tunnel from there, byte for byte?"""
    head = socket.inet_aton(coa) + socket.inet_aton(HA)
    return any(f[23:24] == b"\x29" and f[26:34] == head and
               f[34:34 + len(packet)] == packet for _, f in frames)


@pytest.mark.parametrize("net", [True], indirect=True, ids=["negotiated"])
def test_packets_that_waited(net):
    """What the old one had kept, for the home agent did not answer, comes out
    of the new one's tunnel. And the old one, which asks for its mobile node as
    soon as there is a link, leaves it where it is."""
    net.signal_had(signal.SIGSTOP)
    net.kill_node("old", proactive=True)
    net.ns["mn"].ip("link set eth0 up")
    wait_for("a solicitation", 20, lambda: net.link("old")["solicitations"])

    def exported():
        """With what is kept, which is not for long."""
        try:
            got = net.ctl["old"]("export", id=NAI)
            if not got["packets"]:
                net.ctl["old"]("unexport", id=NAI)
        except ControlError:        # it has given up, and begins anew
            return None
        return got["packets"] and got
    context = wait_for("packets", 40, exported)
    waited = [base64.b64decode(p) for p in context["packets"]]
    assert all(p[7] == 255 for p in waited)
    with Tap(net.ns["ha"], "new") as tap:
        told = net.ctl["new"]("import", link="acc0", context=context)
        net.signal_had(signal.SIGCONT)
        assert told["packets"] == len(waited)
        net.plug("mn", "new")
        wait_for("them to come out of the tunnel", 20, lambda: all(
            in_tunnel(tap.read(), NODES["new"][1], p) for p in waited))
    wait_for("an address and a router", 40, net.host)
    wait_for("the old one to let go", 60, lambda: net.is_clean("old"))
    past = net.ctl["old"]("show recent")["sessions"]
    time.sleep(33)      # who was sent away is not heard for 30 s
    assert net.is_clean("old") and net.link("old")["exported"]
    assert net.ctl["old"]("show recent")["sessions"] == past
    # Nor does the next nasd there bring it back.
    net.kill_node("old", proactive=True)
    wait_for("the link to be up", 10, lambda: net.link("old")["carrier"])
    assert net.link("old")["exported"]
    assert net.is_clean("old") and not net.session("old")
    binding, = net.hactl("show bindings")["bindings"]
    assert binding["care_of"] == NODES["new"][1]
