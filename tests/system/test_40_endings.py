# SPDX-License-Identifier: BSD-2-Clause
"""The ways a session ends. Each leaves nothing (the leak check), deregisters,
and closes its accounting."""

import ipaddress
import json
import os
import re
import signal
import subprocess

from netlab import config, decode
from netlab.process import by_namespace, wait_for
from netlab.topology import CN6


def records(core):
    """What is said to the accounting server, but for what is said again for
    want of an answer."""
    found, asked = [], set()
    for p in decode.packets(core):
        if p.what == "Accounting-Response":
            asked.clear()
        elif p.what == "Accounting-Request" and p.values.get("status"):
            which = p.values["status"], p.values.get("session")
            if which not in asked:
                found.append(p.values)
            asked.add(which)
    return found


def accounting(core):
    """Of sessions that have begun since the tap."""
    found = records(core)
    begun = {r["session"] for r in found if r["status"] == "Start"}
    return [r["status"] for r in found if r.get("session") in begun]


def ended(lab, core, seconds=15):
    """Deregistered, and Start and Stop sent."""
    wait_for("the binding to go", seconds, lambda: not lab.bindings())
    wait_for("the session to go", seconds, lambda: not lab.sessions())
    wait_for("an Accounting Stop", 5, lambda: "Stop" in accounting(core))
    kinds = accounting(core)
    assert kinds.count("Stop") == 1, kinds
    assert kinds.index("Start") < kinds.index("Stop")
    last = [p for p in decode.packets(core) if p.proto == "RRQ"][-1]
    assert last.values["lifetime"] == 0


def no_pppd(lab):
    wait_for("its pppd to end", 10, lambda: not nas_pppd(lab))


def nas_pppd(lab):
    """The pppd on the NAS's side."""
    inode = lab.ns["nas1"].inode
    return [pid for pid, name in by_namespace().get(inode, ())
            if name == "pppd"]


def test_mn_terminates(lab):
    core, access = lab.tap("nas1", "core0"), lab.tap("mn1", "eth0")
    client = lab.connect()
    client.hang_up()
    ended(lab, core)
    assert any(p.what == "Terminate-Ack" for p in decode.packets(access))
    no_pppd(lab)


def test_mn_vanishes(lab):
    """Nothing but LCP echo tells: 3 times 2 s without an answer."""
    core = lab.tap("nas1", "core0")
    client = lab.connect()
    client.vanish()
    ended(lab, core, 25)


def test_pppd_killed(lab):
    """SIGKILL on the NAS's side: the subscriber is told by PADT. The interface
    is gone before anybody could read it; what it carried is known."""
    core, access = lab.tap("nas1", "core0"), lab.tap("mn1", "eth0")
    client = lab.connect()
    client.wait_global()
    client.ping(CN6, 3)
    pid, = nas_pppd(lab)
    access.clear()
    os.kill(pid, signal.SIGKILL)
    ended(lab, core)
    wait_for("PADT", 5, lambda: any(p.what == "PADT" for p in
                                    decode.packets(access)))
    client.daemon.wait(10)
    status, text = lab.tool("nasctl", "-o", "json", "show", "session",
                            config.user("alice"))
    assert status == 0, text
    stop, = [step["detail"] for step in json.loads(text)["timeline"]
             if step["step"] == "acct-stop"]
    received, sent = map(int, re.findall(r"\d+", stop))
    # three echos of 56 bytes, each with its ICMPv6 and IPv6 header
    assert received >= 3 * 104 and sent >= 3 * 104, stop


def test_nasctl_terminate(lab):
    core, access = lab.tap("nas1", "core0"), lab.tap("mn1", "eth0")
    client = lab.connect()
    status, text = lab.tool("nasctl", "terminate", config.user("alice"))
    assert status == 0, text
    ended(lab, core)
    client.daemon.wait(15)
    assert any(p.what == "Terminate-Request" for p in decode.packets(access))
    status, _ = lab.tool("nasctl", "terminate", config.user("alice"))
    assert status == 1


def test_redial_at_once(lab):
    """A subscriber that comes back at once gets its prefix again."""
    client = lab.connect()
    before = client.wait_global()
    client.hang_up()
    client = lab.connect()
    after = client.wait_global()
    assert ipaddress.ip_interface(f"{after}/64").network == \
        ipaddress.ip_interface(f"{before}/64").network
    assert client.ping(CN6)[1] == 1


def test_nasd_stopped(lab):
    """SIGTERM: sessions are ended and deregistered before nasd goes."""
    core = lab.tap("nas1", "core0")
    client = lab.connect()
    assert lab.nas.stop(20) == 0
    assert not lab.bindings()
    assert "Stop" in accounting(core)
    client.daemon.wait(15)
    no_pppd(lab)


def test_renewal_under_traffic(lab):
    """Several lifetimes, and no packet is lost."""
    lab.restart_nasd(lifetime=8)
    core = lab.tap("nas1", "core0")
    client = lab.connect()
    core.clear()
    with lab.ns["mn1"].inside():
        ping = subprocess.Popen(
            ["ping", "-6", "-n", "-q", "-i", "0.2", "-c", "140", CN6],
            text=True, stdout=subprocess.PIPE)
    text, _ = ping.communicate(timeout=120)
    assert "140 packets transmitted, 140 received" in text, text
    renewals = [p for p in decode.packets(core) if p.proto == "RRQ"]
    assert len(renewals) >= 3
    assert all(p.values["lifetime"] == 8 and 221 in p.values["extensions"]
               for p in renewals)
    session = lab.session(config.user("alice"))
    assert 0 < session["reg_left"] <= 8
    assert client.running()


def test_home_agent_gone_for_good(lab):
    """The lifetime runs out unanswered: the session ends, with its reason."""
    lab.restart_nasd(lifetime=8)
    client = lab.connect()
    mark = lab.nas.log_mark()
    os.kill(lab.had.pid, signal.SIGKILL)
    lab.had.wait()
    client.daemon.wait(40)
    lab.nas.wait_log("lifetime|lost", since=mark)


def test_home_agent_restarts(lab):
    """had forgets everything; the next renewal brings the binding back."""
    lab.restart_nasd(lifetime=16)
    client = lab.connect()
    lab.restart_had()
    wait_for("the binding to be back", 15, lab.bindings)
    wait_for("a ping", 10, lambda: client.ping(CN6, wait=2)[1])
    assert client.ping(CN6, 3)[1] == 3
