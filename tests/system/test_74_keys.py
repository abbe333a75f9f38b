# SPDX-License-Identifier: BSD-2-Clause
"""Subscribers with a key of their own: RADIUS gives it to the NAS when they
dial in, and to the home agent that looks them up. Both ends then demand it,
neither shows it."""

import glob
import hmac
import json

import mip4
import pytest
from test_70_mobility import had_counters, messages, port, violations
from test_90_tshark import tshark

from netlab import capture, config
from netlab.process import wait_for
from netlab.topology import CN6, HA, NAS1, NAS2, STRANGER

KEYS = {"frank": (512, config.FRANK_KEY.encode()),
        "grace": (513, config.GRACE_KEY.encode())}
SECRETS = [key for _, key in KEYS.values()] + [
    b"what had believes....", b"what nasd believes...", b"fifteen bytes.."]


@pytest.fixture
def asking(lab):
    """The lab, its home agent looking subscribers up."""
    lab.restart_had(extra=lab.files.lookup())
    return lab


def known(lab):
    """hactl show users, by first name."""
    return {u["nai"].partition("@")[0]: u
            for u in lab.hactl("show users")["users"]}


def nothing_tells(lab):
    """No key in what the daemons log and show, nor on a command line."""
    shown = [json.dumps(control(what)) for control, what in (
        (lab.hactl, "show users"), (lab.hactl, "show statistics"),
        (lab.hactl, "show radius"), (lab.nasctl, "show sessions"),
        (lab.nasctl, "show recent"), (lab.nasctl, "show radius"))]
    shown += [json.dumps(lab.nasctl("show session", id=s["id"]))
              for s in lab.sessions()]
    shown += [lab.had.log(), lab.nas.log(), lab.tool("hactl", "show",
                                                     "users")[1]]
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as f:
                shown.append(f.read().decode(errors="replace"))
        except OSError:
            pass
    for text in shown:
        for secret in SECRETS:
            assert secret.decode() not in text
            assert secret.hex() not in text.lower()


def signed(core, user):
    """The messages of a user, each with a good 32 where RFC 3344 has it."""
    spi, key = KEYS[user]
    seen = [m for m in messages(core, mip4.RRQ, mip4.RRP)
            if m.nai == config.user(user)]
    for m in seen:
        assert m.verify(mip4.MN_HA, spi, key, last=False), m.order
        assert m.order.index(mip4.MN_HA) < m.order.index(mip4.FA_HA)
    return seen


def kinds(messages_seen):
    """Their types; what is said again for want of an answer, and its answer,
    are one."""
    types = [m.type for m in messages_seen]
    return [t for i, t in enumerate(types) if i == 0 or t != types[i - 1]]


def test_keys_by_radius(asking, tmp_path):
    """3GPP2's attributes and WiMAX's; who has no key needs none; a home that
    only the home agent is told of."""
    lab, before = asking, had_counters(asking)
    core = lab.tap("nas1", "core0")
    clients = {user: lab.dial(mn, user) for mn, user in (
        ("mn1", "frank"), ("mn2", "grace"), ("mn3", "judy"))}
    for client in clients.values():
        client.wait_opened()
        client.wait_global()
        client.wait_default_route()
        assert client.ping(CN6)[1] == 1
    users = known(lab)
    for user, (spi, _) in KEYS.items():
        assert kinds(signed(core, user)) == [mip4.RRQ, mip4.RRP]
        assert users[user]["keys"] == f"SPI {spi} hmac-md5"
        assert users[user]["source"] == "radius"
        steps = lab.session(config.user(user))["timeline"]
        assert any(f"MN-HA SPI {spi}" in json.dumps(s) for s in steps)
    assert users["judy"]["keys"] == ""
    assert users["judy"]["home"] == "2001:db8:100:77::"
    judy = next(b for b in lab.bindings() if b["nai"].startswith("judy"))
    assert judy["home_prefix"] == "2001:db8:100:77::/64"
    assert lab.hactl("show statistics")["look_ups"]["known"] == 3
    for user in KEYS:
        clients[user].hang_up()
    wait_for("both to be deregistered", 20, lambda: len(lab.bindings()) == 1)
    for user in KEYS:
        wait_for("the last answer", 10, lambda u=user: kinds(
            signed(core, u)) == 2 * [mip4.RRQ, mip4.RRP])
        seen = signed(core, user)
        assert seen[-2].lifetime == 0 and seen[-1].code == 0
    nothing_tells(lab)
    wait_for("each answer to be seen", 10, lambda: had_counters(lab)[
        "code_0"] - before["code_0"] == len(messages(core, mip4.RRP)) >= 5)
    after = had_counters(lab)
    # but for what was said again while an answer was being prepared
    assert all(after[c] == before[c] for c in after
               if c.startswith(("code_1", "drop_")) and
               c != "drop_duplicate-while-pending")
    # Wireshark reads it alike.
    path = str(tmp_path / "core.pcap")
    capture.write_pcap(path, core.read())
    rows = tshark(path, 'mip.nai contains "frank"', kind="mip.type",
                  exts="mip.ext.type", spi="mip.auth.spi")
    first = {r["kind"]: r for r in reversed(rows)}
    assert set(first) == {"1", "3"}
    assert first["1"]["exts"] == "131,120,32,137,34"
    assert first["3"]["exts"] == "131,221,32,137,34"
    for row in rows:
        assert [int(s, 16) for s in row["spi"].split(",")] == [512, 256]


def test_keys_that_fail(asking):
    """One that is too short is a rejection, with its reason; one that the two
    ends do not share is 131, and both say so."""
    lab = asking
    core, mark = lab.tap("nas1", "core0"), lab.nas.log_mark()
    text = lab.dial("mn1", "heidi").failure(60)
    assert "CHAP authentication failed" in text
    assert "3GPP2-MN-HA-Shared-Key: shorter than 16 bytes: taken for a" in \
        lab.nas.log(mark)
    assert not messages(core, mip4.RRQ) and "heidi" not in known(lab)
    mark, had_mark = lab.nas.log_mark(), lab.had.log_mark()
    lab.dial("mn1", "ivan").failure(60)
    # The registration, and perhaps by now its deregistration.
    assert {m.code for m in messages(core, mip4.RRP)} == {131}
    assert "mobile node failed authentication" in lab.nas.log(mark)
    assert "131 (mobile node failed authentication): mobile-home " \
        "authenticator" in lab.had.log(had_mark)
    # Its deregistration, which may be said again [D87], is refused, too.
    n, what = violations(lab.hactl)[NAS1, "mobile-home authenticator"]
    assert n >= 1 and what == "code 131"
    wait_for("the session to be over", 15, lambda: not lab.sessions())
    past = lab.nasctl("show session", id=config.user("ivan"))
    assert "mobile node failed authentication" in json.dumps(past)
    assert not lab.bindings()
    # He is given the right one: once had has forgotten what it was told, for
    # which it may ask again while he is still being deregistered.
    wait_for("ivan to be forgotten", 10, lambda: lab.tool(
        "hactl", "flush", "users", config.user("ivan"))[0] == 0 and
        "ivan" not in known(lab))
    nothing_tells(lab)


def test_nobody_to_ask(lab):
    """No server answers the home agent: whom it does not know is denied, whom
    it knows is served meanwhile."""
    lab.restart_had(extra=f"""
subscriber "{config.user("frank")}" {{
	key "512" {{ key-file = "{lab.files.path("frank.key")}" }}
}}
""" + lab.files.lookup(STRANGER, wait=4))
    core, mark = lab.tap("nas1", "core0"), lab.had.log_mark()
    alice = lab.dial("mn2", "alice")
    wait_for("had to ask", 20, lambda: known(lab).get("alice", {}).get(
        "state") in ("asking", "silent"))
    frank = lab.connect("mn1", "frank")
    assert frank.ping(CN6)[1] == 1
    assert signed(core, "frank")
    alice.failure(60)
    seen = [m for m in messages(core, mip4.RRP)
            if m.nai == config.user("alice")]
    assert {m.code for m in seen} == {130}
    assert "AAA does not answer" in lab.had.log(mark)
    # What is said again may make it ask once more.
    wait_for("had to know that", 20, lambda: known(lab)["alice"]["state"] ==
             "silent")
    servers = lab.hactl("show radius")["servers"]
    assert servers[0]["timeouts"] >= 1 and servers[0]["state"] == "dead"
    assert frank.running() and frank.ping(CN6)[1] == 1
    nothing_tells(lab)


def test_server_dies(lab):
    """Sessions that are up stay up: an answer too old serves on, its key is
    still demanded [D67]."""
    lab.restart_had(extra=lab.files.lookup(wait=1, cache_time=1,
                                           negative_cache_time=1))
    core = lab.tap("nas1", "core0")
    client = lab.connect("mn1", "frank")
    lab.radius.stop()
    core.clear()

    def used():
        """Once the answer is too old."""
        lab.tool("nasctl", "renew", "all")
        return lab.hactl("show statistics")["look_ups"]["stale_used"]
    try:
        wait_for("what had was told to be used", 20, used, 1)
        wait_for("a renewal", 20, lambda: any(
            m.code == 0 for m in messages(core, mip4.RRP)))
    finally:
        lab.start_radius()
    assert signed(core, "frank")
    assert client.running() and client.ping(CN6)[1] == 1
    nothing_tells(lab)


def test_root_key(lab):
    """The key of each pair of agents, derived at both ends from one file
    [D69]; what is derived for one NAS is no other's."""
    root = [(256, "new.key", "hmac-md5 ha-rk = true")]
    lab.restart_had(key=root)
    lab.restart_nasd(key=root)
    core = lab.tap("nas1", "core0")
    client = lab.connect()
    assert client.ping(CN6)[1] == 1
    keys = {coa: hmac.new(bytes.fromhex(config.NEW_KEY), b"FA-HA" + mip4.ip4(
        HA) + mip4.ip4(coa) + bytes.fromhex("00000100"), "sha1").digest()
        for coa in (NAS1, NAS2)}
    seen = messages(core, mip4.RRQ, mip4.RRP)
    assert kinds(seen) == [mip4.RRQ, mip4.RRP]
    assert all(m.verify(mip4.FA_HA, 256, keys[NAS1]) for m in seen)
    with port(lab, "nas2", NAS2) as nas2:
        for key, code in ((keys[NAS1], 132), (keys[NAS2], 0)):
            m = mip4.rrq(0, HA, NAS2, mip4.now()) + mip4.nai(
                config.user("bob")) + mip4.hoa_request(bytes(8))
            nas2.sendto(mip4.sign(m, mip4.FA_HA, 256, key), (HA, 434))
            assert mip4.parse(nas2.recv(2048)).code == code
