# SPDX-License-Identifier: BSD-2-Clause
"""nasctl and hactl on running daemons: what they show, and how they exit."""

import json
import subprocess

from netlab import config
from netlab.process import wait_for
from netlab.topology import HA

ALICE = config.user("alice")


def as_json(lab, tool, *words):
    status, text = lab.tool(tool, "-o", "json", *words)
    assert status == 0, text
    return json.loads(text)


def test_tables_and_json(lab):
    client = lab.connect()
    hoa = client.wait_global()
    status, text = lab.tool("nasctl", "show", "sessions")
    assert status == 0 and ALICE in text and HA in text
    assert text.splitlines()[0].split()[:3] == ["ID", "IFNAME", "USERNAME"]
    assert ALICE in json.dumps(as_json(lab, "nasctl", "show", "sessions"))
    status, text = lab.tool("hactl", "show", "bindings")
    assert status == 0 and ALICE in text
    assert ALICE in json.dumps(as_json(lab, "hactl", "show", "bindings"))
    pools = lab.hactl("show pools")["pools"]
    used = {p["name"]: p["used"] for p in pools}
    assert used == {"homes": 1, "village": 0}, pools
    assert hoa


def test_timeline(lab):
    """Every step, in order, with its time; kept when the session is gone."""
    client = lab.connect()
    session = lab.session(ALICE)
    assert session["reply_code"] == 0 and session["lifetime"] == 1800
    steps = [s["step"] for s in session["timeline"]]
    times = [s["t_ms"] for s in session["timeline"]]
    assert times == sorted(times)
    order = [steps.index(k) for k in (
        "padr", "hello", "auth-request", "auth-accept", "conf-req",
        "tunnel-up", "assign", "up")]
    assert order == sorted(order), steps
    status, text = lab.tool("nasctl", "show", "session", ALICE)
    assert status == 0 and "auth-accept" in text
    client.hang_up()
    wait_for("the session to go", 15, lambda: not lab.sessions())
    past = lab.nasctl("show session", id=session["id"])
    assert [s["step"] for s in past["timeline"]][:len(steps) - 1] == \
        steps[:-1] and past["ended"]


def test_failed_session_is_remembered(lab):
    lab.write_chap_secrets(f'"{config.user("mallory")}" * "wrong" *\n')
    try:
        lab.dial("mn1", "mallory").failure(40)
    finally:
        lab.write_chap_secrets()
    wait_for("the session to go", 15, lambda: not lab.sessions())
    status, text = lab.tool("nasctl", "show", "recent")
    assert status == 0 and config.user("mallory") in text


def test_exit_statuses(lab):
    """0 done, 1 no match, 2 usage, 3 no daemon."""
    for tool, words in (("nasctl", ("show", "sessions")),
                        ("nasctl", ("show", "statistics")),
                        ("nasctl", ("show", "radius")),
                        ("nasctl", ("show", "home-agents")),
                        ("nasctl", ("show", "version")),
                        ("hactl", ("show", "bindings")),
                        ("hactl", ("show", "pools")),
                        ("hactl", ("show", "statistics"))):
        status, text = lab.tool(tool, *words)
        assert status == 0, (tool, words, text)
    assert lab.tool("nasctl", "terminate", "nobody")[0] == 1
    assert lab.tool("nasctl", "show", "session", "nobody")[0] == 1
    assert lab.tool("nasctl", "no", "such")[0] == 2
    assert lab.tool("nasctl", "--no-such-option")[0] == 2
    assert lab.tool("nasctl", "-s", "/run/netmip4/none", "show",
                    "sessions")[0] == 3


def test_secrets_are_nowhere(lab):
    """Neither in logs nor on command lines nor in what the tools show."""
    lab.connect()
    shown = [lab.tool("nasctl", "-o", "json", *words)[1] for words in (
        ("show", "session", ALICE), ("show", "radius"),
        ("show", "home-agents"), ("show", "statistics"))]
    shown += [lab.nas.log(0), lab.had.log(0)]
    shown.append(subprocess.run(["ps", "-eo", "args"], text=True,
                                capture_output=True, check=True).stdout)
    for secret in (config.password("alice"), config.RADIUS_SECRET,
                   config.FA_HA_KEY, config.FA_HA_KEY2):
        assert not any(secret in text for text in shown), secret
