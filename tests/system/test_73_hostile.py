# SPDX-License-Identifier: BSD-2-Clause
"""An access router that has a key and means ill, and a home agent that has too
much to do. What is refused has its code, its reason and its counter; nobody
else feels any of it [PROTOCOLS D80-D84]."""

import os
import signal
import socket
import time

import mip4

from netlab import config
from netlab.process import wait_for
from netlab.topology import HA, NAS1, STRANGER

KEY = bytes.fromhex(config.FA_HA_KEY)
EVIL_KEY = bytes.fromhex(config.NEW_KEY)
VICTIM = "victim@example.net"
IID = bytes.fromhex("0211223344556677")
EVIL = f"""
peer "evil" {{
	address = "{STRANGER}"
	realms = {{"evil.net"}}
	group = "evil"
	max-bindings = 3
	KEY
}}
"""


class Router:
    """An access router: an address, a key, and no manners."""

    def __init__(self, lab, where, address, key):
        self.address, self.key = address, key
        with lab.ns[where].inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, 0))
        self.sock.settimeout(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def request(self, nai, life=1800, hoa=None, coa=None, key=None):
        m = mip4.rrq(life, HA, coa or self.address, mip4.now())
        m += mip4.nai(nai)
        m += mip4.hoa(hoa, True) if hoa else mip4.hoa_request(IID)
        return mip4.sign(m, mip4.FA_HA, 256, key or self.key)

    def revocation(self, nai, fda=None):
        m = mip4.rev(HA, fda or self.address, mip4.now() >> 32)
        return mip4.sign(m + mip4.nai(nai), mip4.FA_HA, 256, self.key)

    def send(self, raw):
        self.sock.sendto(raw, (HA, 434))

    def ask(self, *args, **kw):
        self.send(self.request(*args, **kw))
        return self.answer()

    def answer(self):
        return mip4.parse(self.sock.recv(2048))


def restart(lab):
    lab.restart_had(extra=EVIL.replace("KEY", lab.files.key("new.key")))


def of(lab, nai):
    found = [b for b in lab.bindings() if b["nai"] == nai]
    for b in found:
        b.pop("since"), b.pop("left")
    return found


def test_hostile_access_router(lab):
    restart(lab)
    with Router(lab, "nas1", NAS1, KEY) as nas, \
            Router(lab, "stranger", STRANGER, EVIL_KEY) as evil:
        first = nas.request(VICTIM)
        nas.send(first)
        hoa = nas.answer().hoa
        before, = of(lab, VICTIM)
        realm = "realm not allowed from here"
        cases = [
            (realm, 129, evil.request(VICTIM)),
            (realm, 129, evil.request(VICTIM, hoa=hoa)),
            (realm, 129, evil.request(VICTIM, 0, hoa=hoa)),
            ("not this subscriber's home address", 129,
             evil.request("x@evil.net", hoa=hoa)),
            ("care-of address is not the source", 134,
             evil.request("x@evil.net", coa=NAS1)),
            ("foreign-home authenticator", 132,
             evil.request(VICTIM, key=KEY)),
            ("foreign-home authenticator", 132, first),
        ]
        for why, code, raw in cases:
            evil.send(raw)
            reply = evil.answer()
            assert reply.code == code, (why, reply.code)
            assert reply.verify(mip4.FA_HA, 256, EVIL_KEY)
        # Not its own: acknowledged as unknown, or silent.
        evil.send(evil.revocation(VICTIM))
        assert evil.answer().type == mip4.ACK
        evil.send(evil.revocation(VICTIM, fda=NAS1))
        assert of(lab, VICTIM) == [before]

        codes = [evil.ask(f"u{i}@evil.net").code for i in range(5)]
        assert codes == [0, 0, 0, 130, 130]
        # The other access router goes on as if nothing had been.
        assert nas.ask(VICTIM, hoa=hoa).code == 0
        assert nas.ask("u0@evil.net").code == 129
        assert of(lab, VICTIM) == [before]

        seen = {(r["address"], r["reason"]): r for r in
                lab.hactl("show violations")["violations"]}
        for why, code, _ in cases:
            row = seen[STRANGER, why]
            assert row["count"] == sum(c[0] == why for c in cases), row
            assert (row["peer"], row["answer"]) == ("evil", f"code {code}")
        assert seen[STRANGER, "too many bindings"]["count"] == 2
        assert seen[STRANGER, "revocation-stale"]["answer"] == "none"
        assert seen[NAS1, "subscriber of another group"]["peer"] == "nas1"
        peer = lab.hactl("show statistics")["peers"]["evil"]
        assert (peer["bindings"], peer["max_bindings"]) == (3, 3)
        assert (peer["code_129"], peer["code_130"], peer["code_132"],
                peer["code_134"]) == (4, 2, 2, 1)
        assert peer["drop_revocation-stale"] == 1
        # Its prefixes are held when they go, and none beside.
        for i in range(3):
            assert evil.ask(f"u{i}@evil.net", 0).code == 0
        peer = lab.hactl("show statistics")["peers"]["evil"]
        assert (peer["bindings"], peer["held"]) == (0, 3)


def test_overload(lab):
    """Stopped for longer than shed-after: what is new is denied, what is
    bound is renewed; then all is as before."""
    restart(lab)
    pids = lab.daemon_pids()["had"]
    mark = lab.had.log_mark()
    with Router(lab, "nas1", NAS1, KEY) as nas:
        hoa = nas.ask(VICTIM).hoa
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            nas.send(nas.request("late@example.net"))
            nas.send(nas.request(VICTIM, hoa=hoa))
            time.sleep(1)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        codes = {m.nai: m.code for m in (nas.answer(), nas.answer())}
        assert codes == {"late@example.net": 130, VICTIM: 0}
        lab.had.wait_log("overloaded: requests have waited", 5, mark)
        counters = lab.hactl("show statistics")["counters"]
        assert (counters["shed"], counters["shedding"]) == (1, 1)
        assert counters["queue_ms"] > 500
        # Where a machine is slow some more have to wait.
        wait_for("it to be let in", 20, lambda: nas.ask(
            "late@example.net").code == 0, 0.2)
        lab.had.wait_log("no longer overloaded", 5, mark)
        wait_for("nobody to be denied", 10, lambda: nas.ask(
            "late@example.net").code == 0 and not lab.hactl(
                "show statistics")["counters"]["shedding"])
