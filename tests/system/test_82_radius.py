# SPDX-License-Identifier: BSD-2-Clause
"""RADIUS servers: over TLS against FreeRADIUS' own listener, tried by
nasctl, dead and alive again, with Status-Server as the judge."""

import json
import signal
import subprocess

import pytest

from netlab import config, decode
from netlab.process import wait_for
from netlab.radsec import Radsec
from netlab.topology import CN6

ALICE = config.user("alice")


@pytest.fixture
def radsec(lab):
    """The lab, whose NAS asks the server over TLS first."""
    with Radsec(lab) as server:
        lab.restart_nasd(radius=server.nasd())
        yield server


def servers(lab):
    return {s["name"]: s for s in lab.nasctl("show radius")["servers"]}


def wait_state(lab, name, state, seconds=30):
    return wait_for(f"{name} to be {state}", seconds,
                    lambda: servers(lab)[name]["state"] == state, 0.2)


def radius_test(lab, *words, password=None):
    """nasctl radius test: (exit status, what it says)."""
    done = subprocess.run(
        [f"{lab.stage}/bin/nasctl", "radius", "test", *words], text=True,
        capture_output=True, timeout=60, check=False,
        input="" if password is None else password + "\n")
    return done.returncode, done.stdout + done.stderr


def records(server, what):
    """Blocks of the detail file with that Acct-Status-Type."""
    return [block for block in server.accounting().split("\n\n")[:-1]
            if f"Acct-Status-Type = {what}" in block]


def test_radsec(lab, radsec):
    """A subscriber by it, both kinds over one connection; a user and all
    servers tried; it dies, and everybody goes to the other; it is back."""
    wait_state(lab, "radsec", "alive")
    status, text = radius_test(lab)
    assert status == 0, text
    assert text.count("answered") == 4 and "2083" in text and "1813" in text
    status, text = radius_test(lab, ALICE, password="secret-alice")
    assert status == 0, text
    assert text.startswith("accepted by radsec in ")
    assert "Reply-Message = Welcome, Alice" in text
    status, text = radius_test(lab, ALICE, "aaa1", password="wrong")
    assert status == 1 and text.startswith("rejected by aaa1 in "), text

    client = lab.connect()
    assert client.ping(CN6)[1] == 1
    wait_for("a Start over TLS", 20, lambda: records(radsec, "Start"))
    start = records(radsec, "Start")[0]
    assert ALICE in start and "Framed-IPv6-Address = 2001:db8:100:" in start
    wait_for("its answer", 20, lambda: servers(lab)["radsec"]["acct"][
        "responses"] >= 1)
    now = servers(lab)
    assert now["radsec"]["transport"] == "tls"
    assert now["radsec"]["auth"]["access_accepts"] == 2
    assert now["aaa1"]["auth"]["access_accepts"] == 0

    radsec.stop()
    wait_state(lab, "radsec", "dead")
    bob = lab.connect("mn2", "bob")
    assert bob.ping(CN6)[1] == 1
    assert servers(lab)["aaa1"]["auth"]["access_accepts"] == 1
    wait_for("its record to be acknowledged", 30, lambda: servers(lab)[
        "aaa1"]["acct_state"] == "alive", 0.2)
    radsec.start()
    wait_state(lab, "radsec", "alive", 60)
    client.hang_up()
    wait_for("a Stop over TLS", 30, lambda: records(radsec, "Stop"))
    # Once: nothing is repeated.
    assert len(records(radsec, "Stop")) == len(records(radsec, "Start")) == 1
    shown = lab.nas.log() + json.dumps(servers(lab))
    assert "secret-alice" not in shown
    assert config.RADIUS_SECRET not in shown


def test_status_server(lab, radsec):
    """What does not answer is dead for as long as that lasts; a certificate
    of another name is no server."""
    # Stopped, it can not even be asked to end: whatever happens it goes on.
    lab.radius.signal(signal.SIGSTOP)
    try:
        status, text = radius_test(lab, ALICE, "aaa1",
                                   password="secret-alice")
        assert status == 4 and text.startswith("no answer"), text
        wait_state(lab, "aaa1", "dead")
        assert servers(lab)["aaa1"]["auth"]["status_timeouts"] >= 1
        status, text = radius_test(lab, ALICE, password="secret-alice")
        assert status == 0 and "accepted by radsec" in text, text
    finally:
        lab.radius.signal(signal.SIGCONT)
    wait_state(lab, "aaa1", "alive")
    assert servers(lab)["aaa1"]["auth"]["status_responses"] >= 2
    lab.restart_nasd(radius=radsec.nasd("bbb.example.net"))
    wait_state(lab, "radsec", "dead")
    lab.nas.wait_log("hostname mismatch")
    status, text = radius_test(lab, ALICE, password="secret-alice")
    assert status == 0 and "accepted by aaa1" in text, text


def start_of(lab, user):
    """The lab's server's record of a session's start, or None."""
    try:
        with open(lab.files.path("raddb/detail"), encoding="utf-8") as f:
            return next((b for b in f.read().split("\n\n")[:-1]
                         if user in b and "Acct-Status-Type = Start" in b),
                        None)
    except FileNotFoundError:
        return None


def test_attributes(lab):
    """What an Access-Accept may grant, next to what nobody here knows; and one
    that can not be."""
    tap = lab.tap("mn1", "eth0")
    client = lab.connect("mn1", "oscar")
    assert client.wait_global().endswith(":5:ca:12")
    assert client.ping(CN6)[1] == 1     # while it is not idle yet
    wait_for("the DNS servers", 10, lambda: any(
        p.values.get("rdnss") == ["2001:db8:ffff::53", "2001:db8:ffff::54"]
        for p in decode.packets(tap) if p.what == "RA"), 0.2)
    oscar = config.user("oscar")
    start = wait_for("its Start", 20, lambda: start_of(lab, oscar))
    for line in ("Class = 0x6f6e65", "Class = 0x74776f",
                 "Framed-Interface-Id = 0:5:ca:12",
                 "3GPP2-Foreign-Agent-Address = 192.0.2.1",
                 "3GPP2-Home-Agent-IP-Address = 198.51.100.1",
                 'Connect-Info = "PPPoE"', "NAS-IP-Address = 192.0.2.1",
                 "Framed-IPv6-Prefix = 2001:db8:100:"):
        assert line in start, f"{line} is not in\n{start}"
    # Nothing is said by the peer for so long, but LCP's echoes and what is for
    # the router itself.
    with client.ns.popen(["ping", "-q", "-i", "0.5", "ff02::2%ppp0"],
                         stdout=subprocess.DEVNULL) as busy:
        try:
            wait_for("the idle session to go", 60, lambda: not lab.sessions(),
                     0.5)
        finally:
            busy.kill()
    past = lab.nasctl("show session", id=oscar)
    assert "dle" in json.dumps(past), past
    mark = lab.nas.log_mark()
    lab.dial("mn2", "peggy").failure(60)
    assert "reply refused: Session-Timeout has a wrong length" in \
        lab.nas.log(mark)
    assert servers(lab)["aaa1"]["auth"]["bad_attributes"] >= 1
