# SPDX-License-Identifier: BSD-2-Clause
"""What a home agent does to bindings that are up: it revokes them, a
subscriber takes them along to another NAS, keys are changed under them. The
messages that lie, or come twice, change nothing, and are counted."""

import os
import re
import signal
import socket
import threading
import time

import mip4
import pytest
from test_40_endings import nas_pppd
from test_90_tshark import tshark

from netlab import capture, config, decode
from netlab.process import wait_for
from netlab.topology import CN6, HA, NAS1, NAS2, STRANGER

KEY = bytes.fromhex(config.FA_HA_KEY)
WRONG = bytes.fromhex(config.FA_HA_KEY2)
NEW = bytes.fromhex(config.NEW_KEY)
ALICE, DAVE = config.user("alice"), config.user("dave")


@pytest.fixture
def two(lab):
    """The lab with both NASs; what the second leaves is checked too."""
    lab.start_nas2()
    yield lab
    lab.hang_up_all()
    lab.stop_nas2()


def port(lab, where, address, number=0):
    """A UDP socket of a place in the lab."""
    with lab.ns[where].inside():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, number))
    s.settimeout(30)
    return s


def silent(sock):
    """Nothing has come there, once it is known that it would have."""
    sock.settimeout(0.1)
    with pytest.raises(TimeoutError):
        sock.recv(2048)


def revoking(lab):
    return lab.hactl("show statistics")["counters"]["revoking"]


def had_counters(lab):
    return lab.hactl("show statistics")["counters"]


def nas_counters(lab):
    return lab.nasctl("show statistics")["registration"]


def violations(control):
    """{(address, reason): (count, answer)}."""
    rows = control("show violations")["violations"]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", r["last"])
               and r["ago"] >= 0 for r in rows), rows
    return {(r["address"], r["reason"]): (r["count"], r["answer"])
            for r in rows}


def messages(tap, *kinds):
    """The mobility messages of a kind that a tap saw, parsed; not those that
    a test has cut short."""
    found = []
    for _, frame in tap.read():
        if frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        ihl = (frame[14] & 15) * 4
        udp = frame[14 + ihl:14 + int.from_bytes(frame[16:18], "big")]
        if 434 in (int.from_bytes(udp[:2], "big"),
                   int.from_bytes(udp[2:4], "big")) and udp[8] in kinds:
            try:
                found.append(mip4.parse(udp[8:]))
            except ValueError:
                pass
    return found


def stop_of(lab, session):
    """Its Stop in FreeRADIUS's detail file, {attribute: value}, or None."""
    try:
        with open(lab.files.path("raddb/detail"), encoding="utf-8") as f:
            records = f.read().split("\n\n")[:-1]     # that are whole
    except FileNotFoundError:
        return None
    found = [dict(re.findall(r"^\t(\S+) = (.*)$", r, re.M))
             for r in records if "Acct-Status-Type = Stop" in r]
    return next((r for r in found if r.get("Acct-Session-Id") ==
                 f'"{session}"'), None)


def was_revoked(lab, user=ALICE):
    """The session is closed for that reason, and says so everywhere."""
    wait_for("the session to go", 15, lambda: not lab.sessions())
    past = lab.nasctl("show session", id=user)
    assert (past["ended"], past["terminate_cause"]) == \
        ("home agent revoked the registration", 10), past
    stop = wait_for("the Stop record", 5, lambda: stop_of(lab, past["id"]))
    assert stop["User-Name"] == f'"{user}"'
    assert stop["Acct-Terminate-Cause"] == "NAS-Request"
    wait_for("its pppd to end", 10, lambda: not nas_pppd(lab))


def test_revocation(lab, tmp_path):
    """hactl revoke; messages 7 and 15 as Wireshark reads them."""
    core = lab.tap("nas1", "core0")
    client = lab.connect()
    hoa = lab.bindings()[0]["home_address"]
    core.clear()
    status, text = lab.tool("hactl", "revoke", ALICE)
    assert status == 0, text
    client.daemon.wait(15)
    was_revoked(lab)
    wait_for("had to be done", 10, lambda: not lab.bindings() and
             not revoking(lab))
    assert lab.tool("hactl", "revoke", ALICE)[0] == 1
    # The home agent needs no deregistration of what it has revoked.
    assert not messages(core, mip4.RRQ)

    # The first of each: what is answered late is said again.
    rev = messages(core, mip4.REV)[0]
    ack = messages(core, mip4.ACK)[0]
    assert rev.order == ack.order == [131, 221, 34]
    assert rev.verify(34, 256, KEY) and ack.verify(34, 256, KEY)
    assert rev.hoa == ack.hoa == hoa and rev.unique

    path = str(tmp_path / "core.pcap")
    capture.write_pcap(path, core.read())
    rows = tshark(path, "mip.type == 7 || mip.type == 15", kind="mip.type",
                  src="ip.src", dst="ip.dst", sport="udp.srcport",
                  dport="udp.dstport", a="mip.rev.a", home="mip.homeaddr",
                  hda="mip.rev.hda", fda="mip.rev.fda", rid="mip.revid",
                  exts="mip.ext.type", nai="mip.nai", spi="mip.auth.spi")
    seven, fifteen = (next(r for r in rows if r["kind"] == kind)
                      for kind in ("7", "15"))
    assert (seven["src"], seven["dst"], seven["dport"]) == (HA, NAS1, "434")
    assert (fifteen["src"], fifteen["dst"]) == (NAS1, HA)
    assert fifteen["dport"] == seven["sport"]
    assert (seven["hda"], seven["fda"]) == (HA, NAS1)
    assert seven["a"] in ("1", "True") and seven["rid"] == fifteen["rid"]
    for row in (seven, fifteen):
        assert row["home"] == "0.0.0.0" and row["nai"] == ALICE
        assert row["exts"] == "131,221,34"
        assert int(row["spi"], 16) == 256


def test_lost_acknowledgment(lab):
    """Asked again with a new identifier, not twice within a second; nasd has
    no such session any more, and acknowledges all the same [RFC 3543 3.4]."""
    core = lab.tap("nas1", "core0")
    client = lab.connect()
    core.clear()
    lab.ns["core"].ip(f"route add blackhole {HA}/32")
    try:
        lab.hactl("revoke", id=ALICE)
        wait_for("the second revocation", 10, lambda: len(
            messages(core, mip4.REV)) >= 2)
    finally:
        lab.ns["core"].ip(f"route del blackhole {HA}/32")
    client.daemon.wait(15)
    wait_for("an acknowledgment", 10, lambda: not revoking(lab))
    was_revoked(lab)
    wait_for("each to be acknowledged", 10, lambda: [
        m.rev_id for m in messages(core, mip4.ACK)] == [
        m.rev_id for m in messages(core, mip4.REV)])
    ids = [m.rev_id for m in messages(core, mip4.REV)]
    assert all(b > a for a, b in zip(ids, ids[1:])), ids
    times = [p.time for p in decode.packets(core) if p.proto == "Revocation"]
    # Each goes a second after the one before, but may be seen late.
    assert all(b - a > 0.5 for a, b in zip(times, times[1:])), times


def counted(after, before, prefix, cases):
    """Each case by its reason, as often as it was sent."""
    return all(after[prefix + why] - before[prefix + why] ==
               sum(c[0] == why for c in cases) for why, _ in cases)


def revocation(rev_id, *, key=KEY, a=True, fda=NAS1, nai=DAVE, hoa=None):
    m = mip4.rev(HA, fda, rev_id, a=a) + mip4.nai(nai)
    if hoa:
        m += mip4.hoa(hoa, True)
    return mip4.sign(m, mip4.FA_HA, 256, key)


def test_revocations_that_lie(lab):
    """At nasd: forged, reflected, stale, replayed: all silent, all counted,
    none ends the session."""
    core = lab.tap("nas1", "core0")
    client = lab.connect("mn1", "dave")
    core.clear()
    lab.hactl("revoke", id=DAVE)
    client.daemon.wait(15)
    wait_for("the session to go", 15, lambda: not lab.sessions())
    wait_for("had to say no more of it", 10, lambda: not revoking(lab))
    old = messages(core, mip4.REV)[0]
    client = lab.connect("mn1", "dave")
    hoa = lab.bindings()[0]["home_address"]
    assert old.hoa == hoa
    # above the registration's timestamp, which may be ahead of the clock
    now, before = (mip4.now() >> 32) + 5, nas_counters(lab)
    cases = [
        ("bad_authenticator", revocation(now, key=WRONG, hoa=hoa)),
        ("revocation_reflected", revocation(now, a=False, hoa=hoa)),
        ("revocation_stale", revocation(now - 100, hoa=hoa)),
        ("revocation_stale", old.raw),
        ("revocation_wrong_domain_address",
         revocation(now, fda=NAS2, hoa=hoa)),
        ("revocation_wrong_identity",
         revocation(now, hoa="2001:db8:100:ffff::9")),
        ("unauthenticated", revocation(now)[:-22]),
        ("malformed", revocation(now, hoa=hoa)[:-3]),
        ("short", revocation(now)[:17]),
    ]
    with port(lab, "ha", HA) as ha, port(lab, "stranger", STRANGER) as other:
        for _, raw in cases:
            ha.sendto(raw, (NAS1, 434))
        other.sendto(revocation(now, hoa=hoa), (NAS1, 434))
        wait_for("all to be counted", 20, lambda: counted(
            nas_counters(lab), before, "dropped_", cases))
        seen = wait_for("the stranger's", 20, lambda: (STRANGER,
                        "wrong_source") in (v := violations(lab.nasctl)) and v)
        silent(ha)
    for why in {c[0] for c in cases}:
        n = sum(c[0] == why for c in cases)
        assert seen[HA, why][0] >= n and seen[HA, why][1] == "none"
    status, text = lab.tool("nasctl", "show", "violations", "match", "reason",
                            "stale")
    assert status == 0 and "ha1" in text, text
    assert client.running() and client.ping(CN6)[1] == 1
    assert len(lab.bindings()) == 1


def test_acknowledgments_that_lie(lab):
    """At had: revocations sent back to it, acknowledgments of nothing, keys
    and sources that are wrong."""
    core = lab.tap("nas1", "core0")
    client = lab.connect("mn1", "dave")
    hoa = lab.bindings()[0]["home_address"]
    before, now = had_counters(lab), mip4.now() >> 32
    known = violations(lab.hactl)   # of nasd's own, when it was slow

    def news():
        return {key: (n - known.get(key, (0, ""))[0], answer) for key,
                (n, answer) in violations(lab.hactl).items()}

    def ack(key=KEY):
        return mip4.sign(mip4.rev_ack(now) + mip4.nai(DAVE), mip4.FA_HA,
                         256, key)
    cases = [
        ("revocation-stale", revocation(now, hoa=hoa)),       # reflected
        ("revocation-stale", revocation(now - 100, a=False, hoa=hoa)),
        ("revocation-stale", ack()),
        ("revocation-not-authentic", ack(WRONG)),
        ("revocation-not-authentic", revocation(now, key=WRONG, a=False)),
        ("revocation-identity", mip4.sign(mip4.rev(HA, NAS1, now),
                                          mip4.FA_HA, 256, KEY)),
        ("short", ack()[:9]),
    ]
    with port(lab, "nas1", NAS1) as nas, port(lab, "stranger", STRANGER) as \
            other:
        for _, raw in cases:
            nas.sendto(raw, (HA, 434))
        other.sendto(ack(), (HA, 434))
        wait_for("all to be counted", 20, lambda: counted(
            had_counters(lab), before, "drop_", cases))
        seen = wait_for("the stranger's", 20, lambda: (
            v := news()) and any(
                a == STRANGER and n for (a, _), (n, _) in v.items()) and v)
        silent(nas)
    for why in {c[0] for c in cases}:
        n = sum(c[0] == why for c in cases)
        assert seen[NAS1, why] == (n, "none"), seen
    assert (STRANGER, "no-security-association") in seen or \
        (STRANGER, "unexpected-type") in seen
    assert client.running() and client.ping(CN6)[1] == 1
    # While one is being revoked, and nasd can not answer, only the true
    # acknowledgment ends that.
    pids = lab.daemon_pids()["nasd"]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        before = had_counters(lab)
        core.clear()
        lab.hactl("revoke", id=DAVE)
        rev = wait_for("the revocation", 5, lambda: messages(
            core, mip4.REV))[0]
        true = mip4.sign(mip4.rev_ack(rev.rev_id) + mip4.nai(DAVE) +
                         mip4.hoa(hoa, True), mip4.FA_HA, 256, KEY)
        with port(lab, "nas1", NAS1) as nas:
            nas.sendto(ack(), (HA, 434))
            nas.sendto(true[:-1] + bytes([true[-1] ^ 1]), (HA, 434))
            wait_for("both to be dropped", 10, lambda: counted(
                had_counters(lab), before, "drop_", (
                    ("revocation-stale", None),
                    ("revocation-not-authentic", None))))
            assert revoking(lab) == 1
            nas.sendto(true, (HA, 434))
            wait_for("had to believe it", 10, lambda: not revoking(lab))
            assert had_counters(lab)["revoke_acked"] == \
                before["revoke_acked"] + 1
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    client.daemon.wait(15)


# Handoff. dave has the same identifier everywhere (Framed-Interface-Id), so
# what he keeps is not only the prefix but the address.

class Transfer:
    """CN sends numbered blocks over one TCP connection that the mobile node
    has opened; both ends sit still in threads of their own."""
    BLOCK = 1000

    def __init__(self, lab, mn, blocks):
        self.blocks, self.got = blocks, b""
        with lab.ns["cn"].inside():
            self.listener = socket.create_server(
                ("::", 5001), family=socket.AF_INET6)
        with lab.ns[mn].inside():
            self.sock = socket.create_connection((CN6, 5001), timeout=60)
        self.address = self.sock.getsockname()[0]
        self.threads = [threading.Thread(target=t, daemon=True)
                        for t in (self._send, self._receive)]
        for t in self.threads:
            t.start()

    def block(self, i):
        return i.to_bytes(4, "big") * (self.BLOCK // 4)

    def _send(self):
        peer, _ = self.listener.accept()
        with peer:
            for i in range(self.blocks):
                peer.sendall(self.block(i))
                time.sleep(0.01)

    def _receive(self):
        self.sock.settimeout(60)
        while data := self.sock.recv(65536):
            self.got += data

    def finish(self):
        for t in self.threads:
            t.join(60)
            assert not t.is_alive(), f"{len(self.got)} bytes so far"
        self.sock.close()
        self.listener.close()
        assert self.got == b"".join(map(self.block, range(self.blocks)))


def binding(lab, user):
    return next(b for b in lab.bindings() if b["nai"] == user)


def move(lab, user, *taps):
    """The user, up at nas1, dials in at nas2 too; the second client."""
    for tap in taps:
        tap.clear()
    second = lab.dial("mn1", user, ac="nas2", unit=1)
    second.wait_opened()
    second.wait_global()
    return second


def test_handoff(two):
    lab = two
    core = lab.tap("nas1", "core0")
    first = lab.connect("mn1", "dave", ac="nas1")
    before = binding(lab, DAVE)
    assert before["care_of"] == NAS1
    transfer = Transfer(lab, "mn1", 400)
    wait_for("the transfer to run", 10, lambda: len(transfer.got) > 20000)
    second = move(lab, "dave", core)
    first.daemon.wait(15)
    was_revoked(lab, DAVE)
    after = binding(lab, DAVE)
    assert (after["care_of"], after["peer"]) == (NAS2, "nas2")
    for same in ("home_address", "home_prefix", "pool"):
        assert after[same] == before[same]
    transfer.finish()
    assert second.addresses()["global"] == transfer.address
    assert second.ping(CN6)[1] == 1
    # Told by a revocation of the old care-of address, and not contradicted.
    rev = messages(core, mip4.REV)[0]
    assert (rev.coa, rev.nai, rev.hoa) == (NAS1, DAVE, before["home_address"])
    assert messages(core, mip4.ACK) and not messages(core, mip4.RRQ)
    assert lab.nas2ctl("show sessions")["sessions"][0]["username"] == DAVE
    assert had_counters(lab)["moved"] >= 1
    # Whoever still believes to have it there may deregister it.
    with port(lab, "nas1", NAS1) as nas:
        m = mip4.rrq(0, HA, NAS1, mip4.now()) + mip4.nai(DAVE)
        m += mip4.hoa(before["home_address"], True)
        nas.sendto(mip4.sign(m, mip4.FA_HA, 256, KEY), (HA, 434))
        reply = mip4.parse(nas.recv(2048))
    assert (reply.code, reply.lifetime) == (0, 0)
    assert binding(lab, DAVE)["care_of"] == NAS2
    assert second.ping(CN6)[1] == 1


def test_late_deregistration(two):
    """nas1 does not hear of the move, and deregisters when its link ends: the
    binding at nas2 stays."""
    lab = two
    core = lab.tap("nas1", "core0")
    first = lab.connect("mn1", "dave", ac="nas1")
    lab.ns["core"].ip(f"route add blackhole {NAS1}/32")
    try:
        second = move(lab, "dave", core)
        assert first.running()
        first.hang_up()
        wait_for("the deregistration", 10, lambda: messages(core, mip4.RRQ))
        # It has told that it knows.
        wait_for("had to hear it", 10, lambda: not revoking(lab))
        assert binding(lab, DAVE)["care_of"] == NAS2
    finally:
        lab.ns["core"].ip(f"route del blackhole {NAS1}/32")
    assert messages(core, mip4.RRQ)[-1].lifetime == 0
    second.wait_default_route()
    assert second.ping(CN6)[1] == 1
    wait_for("nas1 to be done", 15, lambda: not lab.sessions())
    assert binding(lab, DAVE)["care_of"] == NAS2


def test_flap_limit(two):
    """Five moves in a minute, and no sixth [D50]; the binding is unharmed."""
    lab = two
    ports = {NAS1: port(two, "nas1", NAS1), NAS2: port(two, "nas2", NAS2)}
    user = config.user("flapper")

    def register(coa, lifetime=1800):
        m = mip4.rrq(lifetime, HA, coa, mip4.now()) + mip4.nai(user)
        m += mip4.hoa_request(b"\x02\0\0\0\0\0\0\x09")
        m += mip4.rev_support(mip4.now() >> 32)
        ports[coa].sendto(mip4.sign(m, mip4.FA_HA, 256, KEY), (HA, 434))
        return mip4.parse(ports[coa].recv(2048))
    where = [NAS1, NAS2] * 3
    codes = [register(coa).code for coa in where]
    assert codes == [0] * 6
    home = binding(lab, user)["home_address"]
    denied = register(NAS1)
    assert denied.code == 129
    assert violations(lab.hactl)[NAS1, "moves too often"] == (1, "code 129")
    assert binding(lab, user)["care_of"] == NAS2
    kept = register(NAS2)
    assert kept.code == 0 and kept.hoa == home
    assert register(NAS2, 0).code == 0
    for s in ports.values():
        s.close()
    wait_for("all to be acknowledged", 20, lambda: not revoking(lab))


# Keys. A daemon reads them when it starts: a home agent that was restarted
# gets its bindings back by the next renewal, so they are lost to nobody.

def renewed(lab, core, *key):
    """By the operator, and accepted; all of it is signed so."""
    core.clear()
    assert lab.tool("nasctl", "renew", "all")[0] == 0
    wait_for(f"a renewal with SPI {key[0]}", 15, lambda: any(
        m.code == 0 for m in messages(core, mip4.RRP)))
    assert all(m.verify(34, *key)
               for m in messages(core, mip4.RRQ, mip4.RRP))
    wait_for("the binding", 5, lab.bindings)


def test_key_rollover(lab):
    """Added at the home agent, then used by the NAS, then the old one taken
    away: no registration is refused at any time."""
    old, new = (256, "fa-ha.key"), (257, "new.key", "hmac-sha256")
    core = lab.tap("nas1", "core0")
    codes = []

    def add_codes():
        codes.extend(m.code for m in messages(core, mip4.RRP))
    client = lab.connect()
    add_codes()
    lab.restart_had(key=[old, new])
    renewed(lab, core, 256, KEY)
    add_codes()
    assert client.running() and client.ping(CN6)[1] == 1
    lab.restart_nasd(key=[new, old])
    client.daemon.wait(15)
    client = lab.connect()
    add_codes()
    renewed(lab, core, 257, NEW, "sha256")
    add_codes()
    lab.restart_had(key=[new])
    renewed(lab, core, 257, NEW, "sha256")
    add_codes()
    assert client.running() and client.ping(CN6)[1] == 1
    assert codes and set(codes) == {0}, codes
    counters = had_counters(lab)
    assert counters["code_131"] == counters["code_132"] == 0


def test_hmac_sha256(lab):
    """An association with another algorithm, over all four messages."""
    key = [(4096, "new.key", "hmac-sha256")]
    lab.restart_had(key=key)
    lab.restart_nasd(key=key)
    core = lab.tap("nas1", "core0")
    client = lab.connect()
    assert client.ping(CN6)[1] == 1
    lab.hactl("revoke", id=ALICE)
    client.daemon.wait(15)
    was_revoked(lab)
    seen = messages(core, mip4.RRQ, mip4.RRP, mip4.REV, mip4.ACK)
    assert {m.type for m in seen} == {mip4.RRQ, mip4.RRP, mip4.REV, mip4.ACK}
    for m in seen:
        assert m.verify(34, 4096, NEW, "sha256")
        assert len(m.get(34)) == 4 + 32


def test_hangup_ends_nothing(lab):
    """SIGHUP, which a closed terminal sends too."""
    client = lab.connect()
    for daemon, control in ((lab.had, lab.hactl), (lab.nas, lab.nasctl)):
        mark = daemon.log_mark()
        daemon.signal(signal.SIGHUP)
        daemon.wait_log("SIGHUP", 5, mark)
        assert control.alive()
    assert client.ping(CN6)[1] == 1 and len(lab.bindings()) == 1
