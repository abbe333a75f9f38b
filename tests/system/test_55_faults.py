# SPDX-License-Identifier: BSD-2-Clause
"""A process of a daemon dies: the other one cleans up or ends, and the next
start finds nothing in its way. nasd's sessions go on [test_85_restart]."""

import os
import signal

from netlab.process import children, wait_for
from netlab.topology import CN6


def gone(pid):
    """Ended; its parent need not have noticed."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def comm(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as f:
        return f.read().strip()


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
             lambda: all(gone(pid) for pid in rest))


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
    assert client.ping(CN6)[1] == 0
    lab.start_had()
    works_again(lab)


def test_had_root_side_killed(lab):
    lab.connect()
    kill_and_wait(lab.had, lab.had.pid)
    lab.start_had()
    works_again(lab)
