# SPDX-License-Identifier: BSD-2-Clause
"""Who is turned away, how soon, and whether the reason is told."""

import os
import signal
import socket

from netlab import config, decode
from netlab.process import wait_for
from netlab.topology import AAA, CN6, STRANGER

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def held_for(access):
    """Seconds from the MN's first Configure-Request to the end of IPv6CP or of
    the link as the NAS announces it."""
    packets = decode.packets(access)
    mn = next(p.src for p in packets if p.what == "PADI")
    first = next(p.time for p in packets if p.proto == "IPv6CP" and
                 p.what == "Configure-Request" and p.src == mn)
    end = next(p.time for p in packets if p.time > first and p.src != mn and
               (p.what == "Terminate-Request" or p.what == "PADT"))
    return end - first


def refused(lab, client, access):
    """The client's dial-in ends, IPv6CP never opened, before it gives up
    itself after 30 s."""
    text = client.failure(60)
    assert "remote LL address" not in text
    assert held_for(access) < 28
    wait_for("no binding", 10, lambda: not lab.bindings())


def test_wrong_password(lab):
    lab.write_chap_secrets(f'"{config.user("mallory")}" * "wrong" *\n')
    core, mark = lab.tap("nas1", "core0"), lab.nas.log_mark()
    try:
        client = lab.dial("mn1", "mallory")
        text = client.failure(40)
    finally:
        lab.write_chap_secrets()
    assert "CHAP authentication failed" in text
    packets = decode.packets(core)
    assert any(p.what == "Access-Reject" for p in packets)
    assert not any(p.proto == "RRQ" for p in packets)
    lab.nas.wait_log("mallory", since=mark)


def test_first_radius_server_silent(lab):
    """The second one is asked; the session comes up all the same."""
    with lab.ns["stranger"].inside():
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with silent:
        silent.bind((STRANGER, 1812))
        silent.settimeout(30)
        lab.restart_nasd(radius=[("silent", STRANGER, 500, 2),
                                 ("aaa1", AAA, 2000, 3)])
        client = lab.connect()
        assert client.ping(CN6)[1] == 1
        assert silent.recv(4096)[0] == 1        # it had been asked


def test_no_radius_server_answers(lab):
    with lab.ns["stranger"].inside():
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with silent:
        silent.bind((STRANGER, 1812))
        lab.restart_nasd(radius=[("silent", STRANGER, 500, 2)])
        client = lab.dial()
        text = client.failure(60)
    assert "CHAP authentication failed" in text or \
        "Connection terminated" in text
    assert not lab.bindings()


def test_home_agent_silent(lab):
    """Refused before the peer gives up, and nasd says why."""
    access, mark = lab.tap("mn1", "eth0"), lab.nas.log_mark()
    pids = lab.daemon_pids()["had"]

    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        text = lab.dial().failure(60)
        assert "remote LL address" not in text
        assert held_for(access) < 28
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    lab.nas.wait_log("no reply|no answer|silent", since=mark)


def test_home_agent_denies(lab):
    """A pool of one prefix: the second subscriber gets code 130."""
    lab.restart_had(unique="2001:db8:100::/64")
    lab.connect("mn1", "alice")
    access, core = lab.tap("mn2", "eth0"), lab.tap("nas1", "core0")
    mark = lab.nas.log_mark()
    client = lab.dial("mn2", "dave")
    text = client.failure(40)
    assert "remote LL address" not in text
    assert held_for(access) < 12        # it did not wait for another answer
    codes = [p.values["code"] for p in decode.packets(core)
             if p.proto == "RRP" and p.values.get("nai") ==
             config.user("dave")]
    assert codes and codes[0] == 130
    lab.nas.wait_log("denied", since=mark)
    assert "insufficient resources" in text     # and the MN is told
    assert [b["nai"] for b in lab.bindings()] == [config.user("alice")]


def test_unknown_home_agent(lab):
    """RADIUS names one for which there is no key."""
    core, mark = lab.tap("nas1", "core0"), lab.nas.log_mark()
    client = lab.dial("mn1", "erin")
    text = client.failure(40)
    assert "remote LL address" not in text
    assert not any(p.proto == "RRQ" for p in decode.packets(core))
    lab.nas.wait_log("198.51.100.99", since=mark)


def test_wrong_key(lab):
    """had's answer cannot be believed either, and nasd says why."""
    lab.restart_had(key="wrong.key")
    access, core = lab.tap("mn1", "eth0"), lab.tap("nas1", "core0")
    client = lab.dial()
    refused(lab, client, access)
    codes = {p.values["code"] for p in decode.packets(core)
             if p.proto == "RRP"}
    assert codes <= {132}
    if codes:
        lab.nas.wait_log("replies fail authentication")


def test_clock_off(lab):
    """nasd's clock is a minute slow: 133, resynchronised, session up."""
    core = lab.tap("nas1", "core0")
    lab.restart_nasd(env={"LD_PRELOAD": FAKETIME, "FAKETIME": "-60s",
                          "DONT_FAKE_MONOTONIC": "1"})
    client = lab.connect()
    assert client.ping(CN6)[1] == 1
    lab.nas.wait_log(r"clock of home agent .*: offset (59|60|61) s")
    replies = [p.values["code"] for p in decode.packets(core)
               if p.proto == "RRP"]
    # It may have been learnt by what an earlier session still had to say.
    assert set(replies) == {133, 0} and replies[-1] == 0, replies


def test_insists_on_its_own_identifier(lab):
    """With a prefix of its own it gets its way, by a registration of its
    identifier [draft-navali 3.1.1.1; RFC 5072 4.1]."""
    core = lab.tap("nas1", "core0")
    client = lab.dial("mn1", "alice", "ipv6", "::1:2:3:4,")
    client.wait_opened()
    assert client.wait_global().endswith(":1:2:3:4")
    client.wait_default_route()
    assert client.ping(CN6)[1] == 1
    last = [p for p in decode.packets(core) if p.proto == "RRQ" and
            "iid" in p.values][-1]
    assert last.values["iid"] == "0001:0002:0003:0004"


def test_insists_in_a_shared_prefix(lab):
    """There the home agent assigns the whole address: refused."""
    access, mark = lab.tap("mn1", "eth0"), lab.nas.log_mark()
    client = lab.dial("mn1", "bob", "ipv6", "::1:2:3:4,")
    refused(lab, client, access)
    acks = [p for p in decode.packets(access) if p.proto == "IPv6CP" and
            p.what == "Configure-Ack" and
            p.values.get("iid") == "0001:0002:0003:0004"]
    assert not acks
    assert lab.nas.log(mark)


def test_session_limit(lab):
    """PADI is not answered, or PADR refused, beyond max-sessions."""
    lab.restart_nasd(max_sessions=1)
    lab.connect("mn1", "alice")
    client = lab.dial("mn2", "bob", "maxfail", "1")
    wait_for("it to be turned away", 20, lambda: lab.nasctl(
        "show statistics")["pppoe"][0]["full"])
    assert len(lab.sessions()) == 1
    client.close()
    assert "remote LL address" not in client.log()


def test_no_pppd(lab):
    """Not where the configuration says: no session, and the reason."""
    lab.restart_nasd(pppd="/no/such/pppd")
    mark = lab.nas.log_mark()
    client = lab.dial()
    wait_for("nasd to say what is wrong", 15, lambda: "cannot start"
             " /no/such/pppd: No such file" in lab.nas.log(mark))
    client.close()
    wait_for("the session to go", 15, lambda: not lab.sessions())


def test_pppd_that_cannot_start(lab):
    """An option that pppd does not know: no session, and the reason."""
    lab.restart_nasd(pppd_options=("no-such-option",))
    mark = lab.nas.log_mark()
    client = lab.dial()
    client.failure(60)
    wait_for("nasd to say what is wrong with pppd", 5,
             lambda: "pppd" in lab.nas.log(mark))
    wait_for("no session", 10, lambda: not lab.sessions())
