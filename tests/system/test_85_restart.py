# SPDX-License-Identifier: BSD-2-Clause
"""nasd goes and comes again, killed or asked to, with sessions up: they stay,
packets pass, and what ended meanwhile is accounted and deregistered."""

import re
import subprocess
import tempfile
import time

from test_40_endings import nas_pppd, records

from netlab import config
from netlab.process import wait_for
from netlab.topology import CN6, HA, HA2

KEPT = ("id", "ifname", "home_address", "home_agent", "calling_sid",
        "pppoe_session")


def nas_pppds(lab):
    return set(nas_pppd(lab))


def stops(core):
    return [r for r in records(core) if r["status"] == "Stop"]


def kill_nasd(lab):
    """All of it, at once; its pppds live on."""
    lab.nas.kill()


class Ping:
    """A ping that goes on."""

    def __init__(self, ns, interval="0.1"):
        self.ns, self.interval = ns, interval
        self.process = None
        self.output = tempfile.TemporaryFile("a+")

    def __enter__(self):
        with self.ns.inside():
            self.process = subprocess.Popen(
                ["ping", "-6", "-n", "-i", self.interval, CN6],
                stdout=self.output)
        return self

    def __exit__(self, kind, value, trace):
        self.process.kill()
        self.process.wait()
        self.output.close()

    def answered(self):
        """Numbers, with 0."""
        self.output.seek(0)
        return {0, *map(int, re.findall(r"icmp_seq=(\d+) ttl",
                                        self.output.read()))}

    def lost(self):
        """How many of those before one that is answered from now on were
        not."""
        now = max(10, *self.answered())
        got = wait_for("an answer", 15, lambda: (
            n := self.answered()) and max(n) > now and n)
        return max(got) + 1 - len(got)


def wait_up(lab, n, seconds=30):
    wait_for(f"{n} sessions to be up", seconds, lambda: [
        s["state"] for s in lab.sessions()] == ["up"] * n)


def resumed(lab, ids):
    """Another run has these sessions, up."""
    def poll():
        try:
            return lab.nasctl.alive() and \
                lab.nasctl("show version")["resumed"] == len(ids) and \
                {(s["id"], s["state"]) for s in lab.sessions()} == {
                    (i, "up") for i in ids}
        except ConnectionError:
            return False        # the one that goes
    wait_for("the sessions to be taken over", 30, poll, 0.1)


def dial_many(lab, n):
    """n dial-ins from the three mobile nodes, not waited for."""
    return [lab.dial(f"mn{1 + i % 3}", user, unit=i // 3)
            for i, user in enumerate(lab.users[:n])]


def nothing_left(lab):
    wait_for("sessions to go", 20, lambda: not lab.sessions())
    nothing_left_of(lab)


def nothing_left_of(lab):
    """Of sessions, when there is no nasd."""
    wait_for("bindings to go", 20, lambda: not lab.bindings())
    wait_for("pppds to end", 20, lambda: not nas_pppds(lab))


def test_killed(lab):
    """SIGKILL with two sessions under traffic, of which one goes on and one
    ends while nobody watches."""
    core = lab.tap("nas1", "core0")
    a, b = lab.connect("mn1", "alice"), lab.connect("mn2", "bob")
    with Ping(lab.ns["mn1"]) as ping:
        before = lab.session(config.user("alice"))
        gone = lab.session(config.user("bob"))
        pppds = nas_pppds(lab)
        kill_nasd(lab)
        b.hang_up()
        wait_for("bob's pppd to end", 20, lambda: nas_pppds(lab) < pppds)
        mark = lab.nas.log_mark()
        lab.start_nasd()
        wait_up(lab, 1)
        wait_for("bob's Stop", 10, lambda: stops(core))
        wait_for("bob's binding to go", 10, lambda: len(lab.bindings()) == 1)
        assert ping.lost() == 0
    after = wait_for("counters", 10, lambda: (
        s := lab.session(config.user("alice")))["rx_bytes"] >
        before["rx_bytes"] and s)
    assert {k: after.get(k) for k in KEPT} == \
        {k: before.get(k) for k in KEPT}
    assert after["uptime"] >= before["uptime"]
    stop, = stops(core)
    assert (stop["session"], stop["cause"]) == (gone["id"], 2)
    said = lab.nas.log(mark)
    assert "tunnel taken over" in said and "File exists" not in said
    # and it can be ended like any other
    a.hang_up()
    wait_for("alice's Stop", 10, lambda: len(stops(core)) == 2)
    assert stops(core)[1]["session"] == before["id"]
    nothing_left(lab)


def test_asked_again_after(lab):
    """A session whose peer has passed EAP is asked again by the next nasd."""
    conf = {"auth": "{eap}", "pppd_more": "rechallenge = 5"}
    lab.restart_nasd(**conf)
    client = lab.dial("mn1", "alice", "refuse-pap", "refuse-chap",
                      "refuse-mschap-v2")
    client.wait_opened()
    wait_up(lab, 1)         # who is not yet, does not stay
    kill_nasd(lab)
    lab.start_nasd(**conf)
    wait_up(lab, 1)
    wait_for("alice to be asked again", 20, lambda: "auth-again" in [
        s["step"] for s in lab.nasctl("show session", id=lab.session(
            config.user("alice"))["id"])["timeline"]])
    client.hang_up()
    nothing_left(lab)


def test_killed_in_the_middle(lab):
    """SIGKILL while nine dial in: who was up stays, who was not is told to
    end, or ends, and can come again."""
    clients = dial_many(lab, 9)
    wait_for("the first to be up", 40, lambda: any(
        s["state"] == "up" for s in lab.sessions()))
    kill_nasd(lab)
    lab.start_nasd()
    assert lab.nasctl("show version")["resumed"] > 0

    def settled():
        up = [s["state"] for s in lab.sessions()]
        return set(up) <= {"up"} and len(up) == sum(
            c.running() for c in clients) and len(up)
    n = wait_for("each to be up or gone", 60, settled, 0.5)
    wait_for("as many bindings and pppds", 20, lambda: len(lab.bindings())
             == len(nas_pppds(lab)) == n)
    # the later users are let in or not for reasons of their own
    for i in [i for i in range(4) if not clients[i].running()][:1]:
        lab.connect(f"mn{1 + i % 3}", lab.users[i], unit=i // 3)
    lab.hang_up_all()
    nothing_left(lab)


def test_home_agents_in_another_order(lab):
    """The next nasd has another home agent first: the session's packets still
    go to its own."""
    lab.restart_nasd(keep=True, more_has=[("ha2", HA2)])
    lab.connect()
    session, = lab.sessions()
    assert session["home_agent"] == HA
    with Ping(lab.ns["mn1"]) as ping:
        lab.restart_nasd(keep=True, ha=HA2, more_has=[("ha2", HA)])
        resumed(lab, [session["id"]])
        assert lab.session(config.user("alice"))["home_agent"] == HA
        time.sleep(2)       # as long again by the new tables
        assert ping.lost() == 0
    # The next one has only one: the other's tunnel goes.
    lab.restart_nasd(keep=True)
    resumed(lab, [session["id"]])
    wait_for("one tunnel", 10, lambda: len(re.findall(
        r"nm4-\w+:|nm4-\w+@", lab.ns["nas1"].ip("link show"))) == 1)
    assert lab.nas.running()
    assert lab.tool("nasctl", "shutdown", "hard")[0] == 0
    assert lab.nas.wait(20) == 0
    assert "nm4-" not in lab.ns["nas1"].ip("link show")


def test_commands(lab):
    """Restart by command and by SIGTERM, drain, shutdown soft and hard."""
    core = lab.tap("nas1", "core0")
    lab.restart_nasd(keep=True)
    client = lab.connect()
    with Ping(lab.ns["mn1"]) as ping:
        session, pid = lab.sessions()[0]["id"], lab.nas.pid
        # a configuration that it would not take
        path = lab.files.path("nasd.conf")
        with open(path, encoding="utf-8") as f:
            good = f.read()
        config.write(path, good + "nonsense = 1\n")
        status, text = lab.tool("nasctl", "restart")
        assert status != 0 and "configuration" in text, text
        config.write(path, good)
        status, text = lab.tool("nasctl", "restart")
        assert status == 0, text
        resumed(lab, [session])
        assert lab.nas.running() and lab.nas.pid == pid
        # drained, also after the next start
        assert lab.tool("nasctl", "drain")[0] == 0
        lab.nas.stop()
        lab.start_nasd(keep=True)
        resumed(lab, [session])
        assert lab.nasctl("show version")["state"] == "drained"
        other = lab.dial("mn2", "bob")
        wait_for("its PADI to be ignored", 15, lambda: lab.nasctl(
            "show statistics")["pppoe"][0]["drained"])
        other.hang_up()
        assert lab.tool("nasctl", "undrain")[0] == 0
        assert ping.lost() == 0
    assert not stops(core)
    # soft: with the last session, which the subscriber ends
    assert lab.tool("nasctl", "shutdown", "soft")[0] == 0
    assert lab.nasctl("show version")["state"].startswith("ending after")
    client.hang_up()
    assert lab.nas.wait(20) == 0
    assert [s["cause"] for s in stops(core)] == [1]
    nothing_left_of(lab)
    # hard: all at once
    lab.start_nasd(keep=True)
    clients = [lab.connect("mn1", "alice"), lab.connect("mn2", "bob")]
    assert lab.tool("nasctl", "shutdown", "hard")[0] == 0
    assert lab.nas.wait(20) == 0
    assert [s["cause"] for s in stops(core)] == [1, 11, 11]
    nothing_left_of(lab)
    for c in clients:
        c.daemon.wait(15)
    assert "nm4-" not in lab.ns["nas1"].ip("link show")
