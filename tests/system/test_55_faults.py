# SPDX-License-Identifier: BSD-2-Clause
"""A process of a daemon dies: the other one cleans up or ends, and the next
start finds nothing in its way. nasd's sessions go on [test_85_restart]. Or it
hangs, or somebody else removes what it has made."""

import os
import signal
from contextlib import contextmanager

from netlab.process import alive, children, comm, wait_for
from netlab.topology import CN6


def engine_of(daemon):
    """The daemon's child that is no pppd."""
    for pid in children(daemon.pid):
        if comm(pid) == daemon.name:
            return pid
    raise AssertionError(f"{daemon.name} has no engine")


def kill_and_wait(daemon, victim):
    """Kills one of the daemon's processes; its children end with it."""
    rest = [daemon.pid, *(p for p in children(daemon.pid)
                          if comm(p) == daemon.name)]
    os.kill(victim, signal.SIGKILL)
    daemon.wait(15)
    wait_for("its other processes to end", 15,
             lambda: not any(alive(pid) for pid in rest))


def works_again(lab):
    """The same subscriber, whose binding at the home agent may be the one
    that nobody has ended."""
    lab.hang_up_all()
    assert lab.connect().ping(CN6)[1] == 1


def goes_on(lab, client):
    """The next nasd has the session that the one before has left."""
    lab.start_nasd()
    wait_for("the session to be taken over", 20, lambda: [
        s["state"] for s in lab.sessions()] == ["up"])
    assert lab.nasctl("show version")["resumed"] == 1
    assert client.ping(CN6)[1] == 1


def test_nasd_engine_killed(lab):
    client = lab.connect()
    mark = lab.nas.log_mark()
    kill_and_wait(lab.nas, engine_of(lab.nas))
    assert lab.nas.process.returncode == 128 + signal.SIGKILL
    assert "the engine was killed by signal SIGKILL" in lab.nas.log(mark)
    assert not os.path.exists(lab.nasctl.path)
    goes_on(lab, client)
    works_again(lab)


def test_nasd_root_side_killed(lab):
    """Nobody is left to remove tunnels: the next nasd takes them over."""
    client = lab.connect()
    mark = lab.nas.log_mark()
    kill_and_wait(lab.nas, lab.nas.pid)
    assert "the root side has ended" in lab.nas.log(mark)
    goes_on(lab, client)
    works_again(lab)


def test_had_engine_killed(lab):
    client = lab.connect()
    kill_and_wait(lab.had, engine_of(lab.had))
    assert lab.had.process.returncode == 128 + signal.SIGKILL
    assert client.ping(CN6, wait=1)[1] == 0
    lab.start_had()
    works_again(lab)


def test_had_root_side_killed(lab):
    lab.connect()
    kill_and_wait(lab.had, lab.had.pid)
    lab.start_had()
    works_again(lab)


def devices(ns, prefix):
    """Names of those that begin so."""
    out = ns.run("ip", "-o", "link", "show").stdout
    names = (line.split(": ")[1].partition("@")[0]
             for line in out.splitlines())
    return [name for name in names if name.startswith(prefix)]


def comes_back(what, client):
    wait_for(f"traffic after {what}", 20,
             lambda: client.ping(CN6, wait=1)[1] == 1)


def test_tunnel_devices_removed(lab):
    """By an operator's mistake, at either end [D146]: they are made anew with
    all that leads through them, and nobody dials in again."""
    client = lab.connect()
    for where, prefix, daemon in (("nas1", "nm4-", lab.nas),
                                  ("ha", "had", lab.had)):
        ns = lab.ns[where]
        for what in (("del",), ("set", "down")):
            name, = devices(ns, prefix)
            args = (what[0], name) if what[0] == "del" else \
                (what[0], name, what[1])
            mark = daemon.log_mark()
            assert ns.run("ip", "link", *args).returncode == 0
            comes_back(f"ip link {what} of {name}", client)
            daemon.wait_log("its device was gone or down and has been made",
                            since=mark)
    assert lab.nasctl("show statistics")["tunnel_repair"]["remade"] >= 2
    wait_for("each route to be counted", 10, lambda: (
        t := lab.hactl("show statistics")["tunnels"])["remade"] >= 2 and
        t["routes_remade"] >= 2)
    second = lab.connect("mn2", "bob")
    assert second.ping(CN6)[1] == 1
    assert client.ping(CN6)[1] == 1


@contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_root_side_hangs(lab):
    """The engine says so, and what it knows; then all goes on [D147]."""
    client = lab.connect()
    mark = lab.nas.log_mark()
    before = lab.nasctl("show statistics")["root_side"]["silences"]
    with stopped(lab.nas.pid):
        assert [s["state"] for s in lab.sessions()] == ["up"]
        lab.nas.wait_log("the root side has not answered", 30, since=mark)
        side = lab.nasctl("show statistics")["root_side"]
        assert side["unanswered"] >= 1 and side["oldest_ms"] >= 5000
        assert [s["state"] for s in lab.sessions()] == ["up"]
    lab.nas.wait_log("the root side answers again", since=mark)
    assert lab.nasctl("show statistics")["root_side"]["silences"] == before + 1
    assert client.ping(CN6)[1] == 1
