# SPDX-License-Identifier: BSD-2-Clause
"""Ethernet lines let nothing pass without a session, whatever has been on them
before; and each session is accounted for itself alone."""

import os
import shutil
import sys

import pytest

from netlab.host import Host
from netlab.process import wait_for
from netlab.topology import CN6

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_85_restart import kill_nasd, resumed  # noqa: E402
from test_88_ethernet import LINE, USER, works  # noqa: E402


@pytest.fixture
def host(lab):
    host = Host(lab.ns["mn2"], lab.ns["nas1"], lab.logs, lab.work)
    lab.restart_nasd(extra=LINE)
    yield host
    host.vanish()
    lab.nas.stop()
    host.close()


def filters(lab):
    """The prios of what is on the line's ingress: 1 lets link-local packets
    pass, 8 drops what nothing has let pass."""
    text = lab.ns["nas1"].run("tc", "filter", "show", "dev", "line0",
                              "ingress").stdout.split()
    return sorted({int(text[i + 1]) for i, word in enumerate(text)
                   if word == "pref"})


def routes(lab):
    return [line for line in lab.ns["nas1"].run(
        "ip", "-6", "route", "show", "table", "all", "dev",
        "line0").stdout.splitlines() if "table 134" in line]


def test_line_comes_back(lab, host):
    """An interface that is made anew is as closed as the one before; and who
    pulls his cable has left."""
    wait_for("the line to be closed", 10, lambda: filters(lab) == [1, 8], 0.2)
    host.close()
    host = Host(lab.ns["mn2"], lab.ns["nas1"], lab.logs, lab.work)
    wait_for("the line to be closed", 10, lambda: filters(lab) == [1, 8], 0.2)
    host.start("dhclient")
    session = works(lab, host)
    host.ns.ip(f"link set {host.ifname} down")
    wait_for("the session to end", 20, lambda: lab.session(USER) is None, 0.2)
    past = lab.nasctl("show recent")["sessions"]
    assert [p["ended"] for p in past if p["id"] == session["id"]] == [
        "link lost"]


def test_session_lost(lab, host):
    """nasd is killed, and the next one knows nothing of the session."""
    host.start("dhclient")
    works(lab, host)
    assert routes(lab)
    kill_nasd(lab)
    shutil.rmtree(f"{lab.files.run_dir('nas1')}/state")
    lab.start_nasd(extra=LINE)
    wait_for("the line to be closed", 10, lambda: filters(lab) == [1, 8] and
             not routes(lab), 0.2)
    host.vanish()
    host.start("dhclient")
    works(lab, host)
    host.release()


def test_counted_for_itself(lab, host):
    """What passed before a session is not its own, also of nasd's next life."""
    host.start("dhclient")
    first = works(lab, host)
    host.ping(CN6, count=10, options=("-s", "1200", "-i", "0.1"))
    wait_for("counters", 20, lambda: lab.session(USER)["rx_bytes"] > 12000,
             0.2)
    host.release()
    wait_for("its end", 20, lambda: lab.session(USER) is None, 0.2)
    host.start("dhclient")
    second = works(lab, host)       # its client is told after us
    assert second["id"] != first["id"]
    assert lab.session(USER)["rx_bytes"] < 6000
    kill_nasd(lab)
    host.ping(CN6, count=5, options=("-s", "1200", "-i", "0.1"))
    lab.start_nasd(extra=LINE)
    resumed(lab, [second["id"]])
    wait_for("what passed meanwhile", 20, lambda: 6000 < lab.session(
        USER)["rx_bytes"] < 12000, 0.2)
    host.release()
