# SPDX-License-Identifier: BSD-2-Clause
"""Rate limits of sessions, from RADIUS and profiles; and what an AAA server
changes or ends while they live (RFC 5176), with FreeRADIUS' own radclient."""

import hashlib
import os
import re
import select
import socket
import struct
import subprocess
import time

import pytest
from test_40_endings import accounting

from netlab import config
from netlab.process import wait_for
from netlab.topology import AAA, CN6, NAS1

PROFILES = """
profile "bronze" {
	rate-down = "800k"
	rate-up = "400k"
}
profile "gold" {
	rate-down = "100M"
	rate-up = "50M"
	burst = 200
}
"""
SO_RCVBUFFORCE = 33         # all of a flow, before anybody reads
BURST = 18000               # the least there is
PACKETS, SIZE = 200, 1000
WIRE = SIZE + 48            # with UDP and IPv6


class Flow:
    """Datagrams one way between two namespaces, as fast as they can be
    sent."""

    def __init__(self, src, dst, address):
        self.address = address
        with dst.inside():
            self.inbox = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        with src.inside():
            self.outbox = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.inbox.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20)
        self.inbox.setblocking(False)
        self.inbox.bind((address, 0))
        self.received, self.started = 0, time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.inbox.close()
        self.outbox.close()

    def blast(self, n=PACKETS):
        for _ in range(n):
            self.outbox.sendto(bytes(SIZE), self.inbox.getsockname()[:2])
        return self

    def drain(self, seconds=0.0):
        """Packets that have come by then, in all."""
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            if select.select([self.inbox], [], [], left)[0]:
                self.inbox.recv(SIZE)
                self.received += 1
            elif left == 0.0:
                return self.received

    def most(self, bps):
        """What a limit may have let through since the flow began."""
        passed = time.monotonic() - self.started
        return (BURST + 1.25 * bps / 8 * passed) / WIRE + 2


def faster(lab, hoa, bps):
    """More comes down than a limit would have let through."""
    with Flow(lab.ns["cn"], lab.ns["mn1"], hoa) as down:
        return down.blast().drain(0.5) > down.most(bps)


def shown(lab, name):
    return lab.session(config.user(name))


def tc(lab, ifname):
    return lab.ns["nas1"].run("tc", "qdisc", "show", "dev", ifname).stdout


def test_rates_from_radius(lab):
    """Both ways what is too much stays behind, and is counted: no packet is
    missing otherwise."""
    client = lab.connect(user="lea")
    hoa = client.wait_global()
    s = shown(lab, "lea")
    assert (s["rate_down"], s["rate_up"]) == (400000, 200000)
    rules = tc(lab, s["ifname"])
    assert "tbf" in rules and "rate 400Kbit" in rules and \
        "fq_codel" in rules, rules
    with Flow(lab.ns["cn"], lab.ns["mn1"], hoa) as down:
        down.blast()
        got = down.drain(1)
        assert 10 <= got <= down.most(400000), got
        wait_for("the queue to be empty", 30, lambda: down.drain(0.2) +
                 shown(lab, "lea")["down_dropped"] == PACKETS)
        assert shown(lab, "lea")["down_dropped"] > 0
    with Flow(lab.ns["mn1"], lab.ns["cn"], CN6) as up:
        up.blast()
        wait_for("each packet to be somewhere", 10, lambda: up.drain(0.2) +
                 shown(lab, "lea")["up_dropped"] == PACKETS)
        assert 10 <= up.received <= up.most(200000), up.received
    # only too much is too much
    assert client.ping(CN6, 2)[1] == 2


def test_rates_of_a_profile(lab):
    """By its name; one that the configuration does not have is none."""
    lab.restart_nasd(extra=PROFILES)
    client = lab.connect(user="max")
    s = shown(lab, "max")
    assert (s["rate_down"], s["rate_up"]) == (800000, 400000)
    assert s["profile"] == "bronze"
    client.hang_up()
    lab.restart_nasd(extra=PROFILES.replace("bronze", "iron"))
    lab.connect(user="max")
    s = shown(lab, "max")
    assert (s["rate_down"], s["rate_up"]) == (0, 0)
    assert "tbf" not in tc(lab, s["ifname"])


MODULES = ("act_police", "sch_tbf")


@pytest.fixture
def no_limits():
    """A kernel that can not limit rates, nor load what is missing."""
    if not os.path.isdir("/run/lab-modules"):
        pytest.skip("this kernel would load its modules again")
    wait_for("unused modules", 10, lambda: subprocess.run(
        ["rmmod", *MODULES], check=False).returncode == 0, 0.5)
    yield
    subprocess.run(["modprobe", "-a", "-d", "/run/lab-modules", *MODULES],
                   check=True)


def test_kernel_without_limits(lab, no_limits):
    """Says so; by the configuration the subscriber has none, or no session."""
    mark = lab.nas.log_mark()
    client = lab.connect(user="lea")
    s = shown(lab, "lea")
    assert (s["rate_down"], s["rate_up"]) == (0, 0)
    assert client.ping(CN6)[1] == 1
    assert lab.nas.log(mark).count("it needs sch_tbf, cls_matchall and"
                                   " act_police") == 1
    client.hang_up()
    lab.restart_nasd(extra="unlimited-sessions = refuse\n")
    mark = lab.nas.log_mark()
    lab.dial(user="lea").failure()
    assert "its rate can not be limited" in lab.nas.log(mark)


def dae(lab, more=""):
    """nasd.conf's section, for the AAA server."""
    return (f'dynamic-authorization {{ client "aaa1" {{ address = "{AAA}"\n'
            f'secret-file = "{lab.files.path("radius.secret")}"\n'
            f'{more} }} }}\n')


def radclient(lab, kind, *attributes, secret=config.RADIUS_SECRET, tries=3):
    """What FreeRADIUS' client says: the answer's name, its Error-Cause."""
    with lab.ns["aaa"].inside():
        done = subprocess.run(
            ["radclient", "-x", "-r", str(tries), "-t", "2", f"{NAS1}:3799",
             kind, secret], input="\n".join(attributes) + "\n", text=True,
            capture_output=True, timeout=60, check=False)
    text = done.stdout + done.stderr
    said = re.search(r"Received ((?:CoA|Disconnect)-\w+)", text)
    cause = re.search(r"Error-Cause = (\S+)", text)
    return (said and said.group(1)), (cause and cause.group(1)), text


class Client:
    """Another client, which sends the same bytes as often as it likes."""

    def __init__(self, ns):
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    @staticmethod
    def request(code, *attributes, ident=7, when=None):
        attributes = [*attributes, (55, struct.pack(
            "!I", int(time.time() if when is None else when)))]
        body = b"".join(bytes((kind, len(v) + 2)) + v
                        for kind, v in attributes)
        head = struct.pack("!BBH", code, ident, 20 + len(body))
        return head + hashlib.md5(head + bytes(16) + body + config.
                                  RADIUS_SECRET.encode()).digest() + body

    def ask(self, packet, seconds=30):
        """The answer's code and its Error-Cause; (None, None)."""
        self.sock.sendto(packet, (NAS1, 3799))
        if not select.select([self.sock], [], [], seconds)[0]:
            return None, None
        data, cause = self.sock.recv(4096), None
        at = 20
        while at < len(data):
            if data[at] == 101:
                cause = int.from_bytes(data[at + 2:at + 6], "big")
            at += data[at + 1]
        return data[0], cause


def counters(lab, name="aaa1"):
    for row in lab.nasctl("show dynamic-authorization")["clients"]:
        if row["client"] == name:
            return row
    return None


def test_coa(lab):
    """Rate, profile and timeouts of a live session, all or nothing; the
    subscriber notices nothing but the rate."""
    lab.restart_nasd(extra=PROFILES + dae(lab))
    client = lab.connect(user="lea")
    hoa = client.wait_global()
    s = shown(lab, "lea")
    me = f'User-Name = "{config.user("lea")}"'
    said, _, text = radclient(
        lab, "coa", me, f'Acct-Session-Id = "{s["id"]}"',
        f"NAS-IP-Address = {NAS1}", "WISPr-Bandwidth-Max-Down = 40000000",
        "Session-Timeout = 5000", "Acct-Interim-Interval = 600")
    assert said == "CoA-ACK", text
    s = shown(lab, "lea")
    assert (s["rate_down"], s["rate_up"]) == (40000000, 200000)
    assert "rate 40Mbit" in tc(lab, s["ifname"])
    assert any(faster(lab, hoa, 400000) for _ in range(3))
    # One bad value, and the good ones are not taken either.
    said, cause, text = radclient(
        lab, "coa", me, "WISPr-Bandwidth-Max-Up = 9000000",
        'Filter-Id = "platinum"')
    assert (said, cause) == ("CoA-NAK", "Invalid-Attribute-Value"), text
    s = shown(lab, "lea")
    assert (s["rate_down"], s["rate_up"]) == (40000000, 200000)
    said, _, text = radclient(lab, "coa", me, 'Filter-Id = "gold"')
    assert said == "CoA-ACK", text
    s = shown(lab, "lea")
    assert (s["rate_down"], s["rate_up"]) == (100000000, 50000000)
    assert s["profile"] == "gold" and client.running()
    assert counters(lab)["coas"] == 3 and counters(lab)["naks"] == 1
    # Already over: the session ends for that reason.
    core = lab.tap("nas1", "core0")
    with Client(lab.ns["aaa"]) as other:
        assert other.ask(other.request(43, (1, config.user(
            "lea").encode()), (27, bytes((0, 0, 0, 1))))) == (44, None)
    client.daemon.wait(20)
    wait_for("the session to go", 15, lambda: not lab.sessions())
    assert lab.nasctl("show recent")["sessions"][0]["terminate_cause"] == 5
    assert core


def test_disconnect(lab):
    """Ends the session in order; a copy of the request does not end the
    next one."""
    lab.restart_nasd(extra=dae(lab))
    core = lab.tap("nas1", "core0")
    client = lab.connect()
    said, _, text = radclient(
        lab, "disconnect", f'User-Name = "{config.user("alice")}"',
        f"Acct-Session-Id = {shown(lab, 'alice')['id']}")
    assert said == "Disconnect-ACK", text
    client.daemon.wait(20)
    wait_for("the session to go", 15, lambda: not lab.sessions())
    wait_for("its Stop", 10, lambda: "Stop" in accounting(core))
    assert accounting(core).count("Stop") == 1
    recent = lab.nasctl("show recent")["sessions"][0]
    assert recent["terminate_cause"] == 6
    assert recent["ended"].startswith("disconnected by the AAA server")
    before = counters(lab)      # radclient may have had to ask again
    with Client(lab.ns["aaa"]) as other:
        packet = other.request(40, (1, config.user("alice").encode()))
        lab.connect(user="alice")
        assert other.ask(packet) == (41, None)
        wait_for("the session to go", 20, lambda: not lab.sessions())
        client = lab.connect(user="alice")
        assert other.ask(packet) == (41, None)
        assert client.ping(CN6, 3)[1] == 3 and client.running()
    row = counters(lab)
    assert before["disconnects"] == 1
    assert [row[k] - before[k] for k in ("disconnects", "duplicates")] == \
        [1, 1]


def test_refused(lab):
    """Each with its reason, or without any answer; nothing happens."""
    lab.restart_nasd(extra=dae(lab, "coa = false"))
    client = lab.connect()
    me = (1, config.user("alice").encode())
    said, cause, text = radclient(lab, "disconnect",
                                  'User-Name = "nobody@example.net"')
    assert (said, cause) == ("Disconnect-NAK", "Session-Context-Not-Found"), \
        text
    said, _, _ = radclient(lab, "disconnect", 'User-Name = "x"',
                           secret="another", tries=1)
    assert said is None
    with Client(lab.ns["aaa"]) as other:
        assert other.ask(other.request(40, me, (32, b"nas9"))) == (42, 403)
        assert other.ask(other.request(40, me, (27, bytes(4)))) == (42, 401)
        assert other.ask(other.request(43, me, (27, bytes(4)))) == (45, 501)
        assert other.ask(other.request(40)) == (42, 402)
        for much in (-400, 400):
            assert other.ask(other.request(40, me, when=time.time() + much),
                             1) == (None, None)
    with Client(lab.ns["stranger"]) as other:
        assert other.ask(other.request(40, me), 1) == (None, None)
    wait_for("all to be read", 10, lambda: (
        counters(lab, "(others)") or {}).get("dropped") == 1)
    row = counters(lab)
    assert row["bad_authenticator"] == 1 and row["stale"] == 2
    assert row["naks"] == 5
    assert client.ping(CN6)[1] == 1
    # One of a clock ahead is not carried out again by the next nasd.
    nobody, then = (1, b"nobody"), time.time() + 200
    with Client(lab.ns["aaa"]) as other:
        ahead = other.request(40, nobody, when=then)
        assert other.ask(ahead) == (42, 503)
        lab.restart_nasd(extra=dae(lab, "coa = false"))
        assert other.ask(ahead, 1) == (None, None)
        assert other.ask(other.request(40, nobody, when=then + 1)) == (42, 503)
