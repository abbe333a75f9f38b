#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The plugin in a real pppd over kernel PPPoE, against a mobile node that
misbehaves (pppmn.py) and a stand-in for nasd (fakenasd.py).

Rig makes the Ethernet pair and plays one session at a time; CASES is every
row of what mobile nodes, nasd and operators do to it.  Needs root and a kernel
with PPPoE.  As a program: pluginrig.py PLUGIN [CASE...], exit status 0 when
every case did what it should.
"""
import os
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fakenasd  # noqa: E402
import pppmn  # noqa: E402

ASSIGNED = "0a00:0000:0000:0042"


class Outcome:
    def __init__(self, node, seen, log, status, seconds):
        self.node, self.seen, self.log = node, seen, log
        self.status, self.seconds = status, seconds

    def types(self):
        return [m["type"] for m in self.seen]

    def first(self, kind):
        return next((m for m in self.seen if m["type"] == kind), None)

    def all(self, kind):
        return [m for m in self.seen if m["type"] == kind]

    def __str__(self):
        return "node %s\nseen %s\nexit %s after %.1f s\n%s" % (
            self.node, "\n     ".join(map(str, self.seen)), self.status,
            self.seconds, self.log)


class Rig:
    def __init__(self, plugin, pppd="/usr/sbin/pppd", directory="/tmp",
                 access="rig0", mobile="rig1"):
        self.plugin, self.pppd, self.dir = plugin, pppd, directory
        self.access, self.mobile, self.sid = access, mobile, 0
        self.socket = os.path.join(directory, "plugin.sock")
        subprocess.run(["ip", "link", "add", access, "type", "veth", "peer",
                        "name", mobile], check=True)
        for name in (access, mobile):
            path = "/proc/sys/net/ipv6/conf/%s/disable_ipv6" % name
            with open(path, "w", encoding="ascii") as f:
                f.write("1")
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
        self.eth = pppmn.Ethernet(mobile)
        with open("/sys/class/net/%s/address" % access,
                  encoding="ascii") as f:
            self.mac = bytes.fromhex(f.read().strip().replace(":", ""))

    def close(self):
        self.eth.sock.close()
        subprocess.run(["ip", "link", "del", self.access], check=True)

    def options(self, auth, extra):
        mac = ":".join("%02x" % b for b in self.eth.mac)
        out = [self.pppd, "plugin", "rp-pppoe.so", "nic-" + self.access,
               "rp_pppoe_sess", "%d:%s" % (self.sid, mac),
               "plugin", self.plugin, "netmip4-socket", self.socket,
               "netmip4-link", str(1000 + self.sid), "silent", "nodetach",
               "+ipv6", "noccp", "novj", "noaccomp", "nopcomp",
               "default-asyncmap", "mru", "1492", "mtu", "1492",
               "nodefaultroute", "debug", "lcp-echo-interval", "2", "lcp-echo-failure", "2",
               "name", "nas1", "logfd", "2"]
        if not any(":" in word for word in extra):
            out.append("noip")
        return out + (["noauth"] if auth is None else ["require-" + auth]) \
            + list(extra)

    def play(self, behave="ok", auth="chap", rules=None, extra=(),
             during=None, server=True, duration=60, user="alice",
             password="secret", linger=60, **kw):
        """One session. during(rig, server, pppd): runs in a thread."""
        self.sid += 1
        self.drain()
        nasd = fakenasd.Server(self.socket, rules) if server else None
        self.nasd = nasd
        stop = threading.Event()
        thread = threading.Thread(target=self.serve, args=(nasd, stop))
        if nasd:
            thread.start()
        log = open(os.path.join(self.dir, "pppd.log"), "w+b")
        t0 = time.monotonic()
        pppd = subprocess.Popen(self.options(auth, extra), stderr=log,
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL)
        self.wait_bound(pppd)
        helper = threading.Thread(target=during, args=(self, nasd, pppd)) \
            if during else None
        if helper:
            helper.start()
        # pppd may open, and say so, well after the node.
        node = pppmn.Node(self.mobile, user, password, behave, self.sid,
                          self.mac, duration=duration, eth=self.eth,
                          ready=lambda _: nasd is None or self.told("UP"),
                          **kw)
        node.alive = lambda: pppd.poll() is None
        result = node.run()
        result["log"] = node.log
        if helper:
            helper.join()
        status = self.finish(pppd, node, result["end"], linger)
        seconds = time.monotonic() - t0
        stop.set()
        if nasd:
            thread.join()
            nasd.drain()
            nasd.stop()
        log.seek(0)
        text = log.read().decode(errors="replace")
        log.close()
        self.last = Outcome(result, nasd.seen if nasd else [], text, status,
                            seconds)
        return self.last

    def told(self, kind):
        """How often nasd has been told that."""
        return [m["type"] for m in list(self.nasd.seen)].count(kind)

    def serve(self, nasd, stop):
        while not stop.is_set():
            nasd.step(0.02)

    def drain(self):
        while self.eth.recv(0.05):
            pass

    def wait_bound(self, pppd):
        end = time.monotonic() + 60
        while time.monotonic() < end and pppd.poll() is None:
            with open("/proc/net/pppoe", encoding="ascii") as f:
                if len(f.readlines()) > 1:
                    return
            time.sleep(0.02)

    def finish(self, pppd, node, end, linger):
        """Wait for pppd, told to end when it would live on by right."""
        if end == "done":
            pppd.send_signal(signal.SIGTERM)
        until = time.monotonic() + linger
        while pppd.poll() is None and time.monotonic() < until:
            got = self.eth.recv(0.05)
            if got and end == "done":   # the node is still polite
                node.on_frame(got)
        if pppd.poll() is None:
            pppd.kill()
            pppd.wait()
            return "killed"
        return pppd.returncode


def check(ok, what):
    if not ok:
        raise AssertionError(what)


def opened(o, iid=ASSIGNED, times=1):
    check(o.node["opens"] == times, "opened %d times" % o.node["opens"])
    check(o.node["iid"] == iid, "identifier " + o.node["iid"])
    up = o.all("UP")
    check(len(up) == times and up[-1]["remote"] == iid, "UP says otherwise")
    check(up[-1]["local"] == o.node["peer_iid"], "local identifier")
    check(up[-1]["local"] != iid, "identifiers are equal")


def refused(o, text):
    check(o.node["opens"] == 0, "opened")
    check(o.first("UP") is None, "nasd was told UP")
    check(text in (o.node["v6_end"] or ""), "peer was told " +
          str(o.node["v6_end"]))
    check(text in o.log, "not in the log")
    check(text in o.types_text(), "nasd was not told why")


Outcome.types_text = lambda o: " ".join(m.get("text", "") for m in o.seen)


def case_ok(rig):
    """CHAP, random identifier: Nak'd once, opened"""
    o = rig.play()
    opened(o)
    check(o.types() == ["HELLO", "AUTH", "IID_REQ", "UP", "DOWN", "BYE", "EOF"],
          str(o.types()))
    h, a = o.first("HELLO"), o.first("AUTH")
    check(h["link"] == 1000 + rig.sid and h["sid"] == rig.sid and
          h["state"] == "NEW" and h["device"] == rig.access and
          h["ifname"].startswith("ppp"), str(h))
    check(h["peer"].lower() == ":".join("%02x" % b for b in rig.eth.mac),
          h["peer"])
    check(a["user"] == "alice" and a["kind"] == 2 and
          len(a["response"]) == 32, str(a))
    check(o.node["counts"]["8057 ConfNak"] == 1, "Naks")
    check(o.first("BYE")["text"] == "pppd was told to end", "BYE")
    return o


def case_pap(rig):
    """PAP: the password goes to nasd, not to the log"""
    o = rig.play(auth="pap", password="s3cr3t-pap", extra=["hide-password"])
    opened(o)
    a = o.first("AUTH")
    check(a["secret"] == "s3cr3t-pap" and a["kind"] == 1, str(a))
    check("s3cr3t-pap" not in o.log, "password in the log")
    return o


def case_eap(rig):
    """EAP: nasd's packets reach the peer, the peer's nasd, as they are"""
    o = rig.play(auth="eap")
    opened(o)
    first, *more = o.all("EAP")
    check(first["packet"] == "" and first["mtu"] == 1492, str(first))
    check(all(m["txn"] == first["txn"] for m in more), "transactions")
    check(any(m["packet"] == "0201000a01" + b"alice".hex() for m in more),
          str(more))
    return o


def case_eap_rejected(rig):
    """nasd rejects: Failure, and its text in LCP's Terminate-Request"""
    o = rig.play(auth="eap", rules={"accept": False, "text": "no such user"})
    check(not o.node["authed"] and o.node["opens"] == 0, "authenticated")
    check(o.node["end"] == "LCP terminated: no such user", o.node["end"])
    check(o.first("BYE")["text"] == "authentication failed", "BYE")
    return o


def case_eap_restart(rig):
    """nasd restarts in the middle: it begins anew"""
    o = rig.play(auth="eap", rules={"drop_on": "EAP"})
    opened(o)
    starts = [m for m in o.all("EAP") if not m["packet"]]
    check(len(starts) == 2 and starts[0]["txn"] != starts[1]["txn"],
          str(starts))
    return o


def case_eap_no_nasd(rig):
    """no nasd: refused after the limit"""
    o = rig.play(auth="eap", server=False, extra=["netmip4-hold", "4"])
    check(o.node["end"] == "LCP terminated: Try again later", o.node["end"])
    check("authentication refused: no answer from nasd" in o.log, "log")
    return o


def case_must_encrypt(rig):
    """nasd wants encryption, pppd is not told to: refused"""
    o = rig.play(rules={"must_encrypt": True})
    check(o.node["opens"] == 0 and not o.node["authed"], "authenticated")
    check("told to require MPPE" in o.log, "log")
    return o


def case_noauth(rig):
    """no authentication asked for: nasd is asked for the identifier only"""
    o = rig.play(auth=None)
    opened(o)
    check(o.first("AUTH") is None, "asked")
    return o


def case_chap_rejected(rig):
    """nasd rejects CHAP: its text reaches the peer, LCP ends"""
    o = rig.play(rules={"accept": False, "text": "no such user"})
    check(o.node["auth_text"] == "no such user", str(o.node["auth_text"]))
    check(o.node["opens"] == 0 and not o.node["authed"], "authenticated")
    check(o.first("BYE")["text"] == "authentication failed", "BYE")
    return o


def case_pap_rejected(rig):
    """the same with PAP"""
    o = rig.play(auth="pap", rules={"accept": False, "text": "expired"})
    check(o.node["auth_text"] == "expired", str(o.node["auth_text"]))
    check(o.node["opens"] == 0 and not o.node["authed"], "authenticated")
    return o


def case_slow(rig):
    """nasd answers after 7 s each: the peer's repetitions are held, one
    request each goes to nasd"""
    o = rig.play(rules={"delay": 7})
    opened(o)
    check(len(o.all("AUTH")) == 1 and len(o.all("IID_REQ")) == 1, "repeated")
    check(o.node["counts"]["8057 ConfNak"] == 1, "Naks")
    return o


def case_iid0(rig):
    """identifier 0"""
    o = rig.play("iid0")
    opened(o)
    check(o.first("IID_REQ")["iid"] == "0000:0000:0000:0000", "IID_REQ")
    return o


def case_insist_refused(rig):
    """insists on its own, nasd refuses"""
    o = rig.play("insist")
    refused(o, "shared prefix")
    check([m["insists"] for m in o.all("IID_REQ")] == [False, True], "IID_REQ")
    check(o.node["counts"]["8057 ConfNak"] == 2, "Naks")
    check("8057 ConfRej" not in o.node["counts"], "Rejected")
    return o


def case_insist_granted(rig):
    """insists on its own, nasd gives it"""
    o = rig.play("insist", rules={"assign_insist": "own"})
    opened(o, o.node["own_iid"])
    return o


def case_insist_other(rig):
    """insists on its own, nasd gives yet another: refused"""
    o = rig.play("insist", rules={"assign_insist": "0a00:0000:0000:0043"})
    refused(o, "insists on another identifier")
    return o


def case_insist_zero(rig):
    """takes no identifier"""
    o = rig.play("insist-zero")
    refused(o, "does not take an identifier")
    return o


def case_noiid(rig):
    """never sends the option"""
    o = rig.play("noiid")
    refused(o, "does not negotiate its identifier")
    check(o.first("IID_REQ")["has_iid"] is False, "IID_REQ")
    return o


def case_noiid_once(rig):
    """sends the option when Nak'd with it"""
    o = rig.play("noiid-once")
    opened(o)
    return o


def case_copy(rig):
    """asks for the identifier that pppd has: pppd takes another"""
    o = rig.play("copy", duration=40)
    check(o.node["opens"] == 0, "opened")
    return o


def case_newid(rig):
    """a new id each repetition: the newest is answered"""
    o = rig.play("newid", rules={"delay": 2})
    opened(o)
    check(len(o.all("IID_REQ")) == 1, "asked again")
    return o


def case_reject(rig):
    """Configure-Rejects for ever: 30 packets are enough"""
    o = rig.play("reject", rules={"mute_iid": True})
    check(o.node["opens"] == 0, "opened")
    check("does not come to an end" in o.log, "no limit")
    check(len(o.log.splitlines()) < 400, "log floods")
    return o


def case_nak(rig):
    """Configure-Naks for ever"""
    o = rig.play("nak", rules={"mute_iid": True})
    check(o.node["opens"] == 0, "opened")
    check("does not come to an end" in o.log, "no limit")
    return o


def case_badopt(rig):
    """an unknown option is Rejected, the rest goes on"""
    o = rig.play("badopt")
    opened(o)
    check(o.node["counts"]["8057 ConfRej"] == 1, "Reject")
    return o


def case_reneg(rig):
    """negotiates anew when open: the same identifier, nasd hears DOWN, UP"""
    o = rig.play("reneg", opened_for=1.5,
                 until=lambda _: rig.told("UP") == 2)
    opened(o, times=2)
    check([t for t in o.types() if t in ("UP", "DOWN", "IID_REQ")] ==
          ["IID_REQ", "UP", "DOWN", "UP", "DOWN"], str(o.types()))
    return o


def case_local_taken(rig):
    """nasd assigns pppd's own identifier (D17): pppd takes another"""
    o = rig.play(rules={"assign": "local"})
    opened(o, o.first("IID_REQ")["local"])
    return o


def case_refused(rig):
    """nasd refuses: the reason reaches the peer"""
    o = rig.play(rules={"refuse": "home agent denied: 131"})
    refused(o, "home agent denied: 131")
    return o


def case_term(rig):
    """LCP Terminate-Request"""
    o = rig.play("term")
    opened(o)
    check(o.types()[-3:] == ["DOWN", "BYE", "EOF"], str(o.types()))
    check(o.first("BYE")["text"] == "peer ended the link",
          o.first("BYE")["text"])
    return o


def case_term6(rig):
    """IPv6CP Terminate-Request: nothing is left, LCP ends"""
    o = rig.play("term6")
    opened(o)
    check(o.types()[-3:] == ["DOWN", "BYE", "EOF"], str(o.types()))
    return o


def case_vanish(rig):
    """silence: LCP echo ends it"""
    o = rig.play("vanish", duration=60)
    opened(o)
    check(o.first("BYE")["text"] == "peer does not answer LCP echos",
          o.first("BYE")["text"])
    return o


def case_silent(rig):
    """no IPv6CP at all: pppd gives up by itself"""
    o = rig.play("silent", duration=45, extra=["ipv6cp-restart", "1"])
    check(o.first("IID_REQ") is None, "asked")
    check(o.first("BYE") is not None, "no BYE")
    return o


def case_sigkill(rig):
    """pppd is killed: the socket says so"""
    def kill(_rig, nasd, pppd):
        wait_for(nasd, "UP")
        pppd.kill()
    o = rig.play("vanish", during=kill)
    check(o.types()[-1] == "EOF" and "BYE" not in o.types(), str(o.types()))
    return o


def case_close_soft(rig):
    """nasd revokes: IPv6CP goes down, then the link"""
    o = rig.play(rules={"close_after_up": "revoked by the home agent"},
                 opened_for=30)
    check("revoked by the home agent" in (o.node["v6_end"] or ""),
          str(o.node["v6_end"]))
    check(o.first("BYE")["text"] == "revoked by the home agent", "BYE")
    check(o.types()[-3:] == ["DOWN", "BYE", "EOF"], str(o.types()))
    return o


def case_close_hard(rig):
    """nasd ends the link"""
    o = rig.play(rules={"close_after_up": "Session-Timeout", "hard": True},
                 opened_for=30)
    check(o.node["end"] == "LCP terminated: Session-Timeout", o.node["end"])
    return o


def case_no_nasd(rig):
    """no nasd, no authentication: refused after the hold limit"""
    o = rig.play(server=False, auth=None, extra=["netmip4-hold", "4"])
    check(o.node["opens"] == 0, "opened")
    check("no answer from nasd in 4 s" in o.log, "log")
    check("no connection to nasd" in o.log, "log")
    return o


def case_no_nasd_auth(rig):
    """no nasd: authentication refused after the limit"""
    o = rig.play(server=False, extra=["netmip4-hold", "4"])
    check(o.node["auth_text"] == "Try again later", str(o.node["auth_text"]))
    check("authentication refused: no answer from nasd" in o.log, "log")
    return o


def case_mute_nasd(rig):
    """nasd is there and says nothing"""
    o = rig.play(rules={"mute_iid": True}, extra=["netmip4-hold", "4"])
    refused(o, "no answer from nasd")
    return o


def case_restart_hold(rig):
    """nasd restarts while a request is held: asked again, new transaction"""
    o = rig.play(rules={"drop_on": "IID_REQ"})
    opened(o)
    q = o.all("IID_REQ")
    check(len(q) == 2 and q[0]["txn"] != q[1]["txn"], str(q))
    check([h["state"] for h in o.all("HELLO")] == ["NEW", "HELD"], "HELLO")
    return o


def case_restart_auth(rig):
    """nasd restarts while a response is held"""
    o = rig.play(rules={"drop_on": "AUTH"})
    opened(o)
    check(len(o.all("AUTH")) == 2, "AUTH")
    return o


def case_restart_up(rig):
    """nasd restarts under an open session: its state is announced"""
    o = rig.play(rules={"drop_on": "UP"},
                 until=lambda _: rig.told("HELLO") == 2)
    hello = o.all("HELLO")[-1]
    check(hello["state"] == "OPEN" and hello["remote"] == ASSIGNED and
          hello["user"] == "alice" and hello["local"] == o.node["peer_iid"],
          str(hello))
    return o


def case_session_timeout(rig):
    """the limit nasd gives with its accept"""
    o = rig.play(rules={"session_timeout": 2}, opened_for=30)
    check(o.first("BYE")["text"] == "session time is over", "BYE")
    return o


def case_ipv4_too(rig):
    """IPv4 enabled and refused by the peer: IPv6 goes on"""
    o = rig.play(extra=["10.99.0.1:10.99.0.2"])
    opened(o)
    return o


def case_ipv4(rig):
    """nasd gives an address: IPCP opens, and not before the identifier"""
    o = rig.play("ip4", extra=["10.99.0.1:"], until=lambda n: n.v4.opened,
                 rules={"ipv4": "10.99.0.7", "delay": 1})
    opened(o)
    said = [(m["up"], m["peer"]) for m in o.all("IPV4")]
    check(said[0] == (True, "10.99.0.7"), str(said))
    log = o.node["log"]
    check(any("IPv4 10.99.0.7" in line for line in log), "no address")
    answered = next(i for i, line in enumerate(log) if "< 8021 Conf" in line
                    and "ConfReq" not in line)
    check(answered > next(i for i, line in enumerate(log)
                          if "< 8057 ConfNak" in line), "IPCP came first")
    return o


def case_ipv4_none(rig):
    """nasd has IPv4 and gives none: IPCP is Protocol-Rejected"""
    o = rig.play("ip4", extra=["10.99.0.1:10.99.0.2"],
                 rules={"ipv4": "0.0.0.0"},
                 until=lambda n: n.counts.get("c021 ProtRej"))
    opened(o)
    check(not o.all("IPV4"), "IPCP opened")
    check(o.node["counts"].get("c021 ProtRej"), "Protocol-Reject")
    return o


def case_ipv4_reject(rig):
    """IPCP Configure-Rejects for ever: 30 packets are enough, IPv6 lives"""
    o = rig.play("ip4-reject", extra=["10.99.0.1:"],
                 rules={"ipv4": "10.99.0.7"},
                 until=lambda n: n.counts.get("8021 TermReq"))
    opened(o)
    check("IPCP refused" in o.log, "no limit")
    check(len(o.log.splitlines()) < 400, "log floods")
    return o


def wait_for(nasd, kind, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(m["type"] == kind for m in list(nasd.seen)):
            return
        time.sleep(0.05)


CASES = {name[5:]: f for name, f in list(globals().items())
         if name.startswith("case_")}


def main():
    rig = Rig(sys.argv[1], os.environ.get("PPPD", "/usr/sbin/pppd"))
    bad = 0
    for name in sys.argv[2:] or CASES:
        o = None
        try:
            o = CASES[name](rig)
            print("ok   %-16s %5.1f s" % (name, o.seconds), flush=True)
        except AssertionError as e:
            bad += 1
            print("FAIL %-16s %s" % (name, e), flush=True)
            print(rig.last)
            print("\n".join(rig.last.node["log"]), flush=True)
    rig.close()
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
