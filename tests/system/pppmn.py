#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A mobile node that can misbehave: PPPoE and PPP over a raw socket.

Does what stock pppd would not: insists, stays silent, repeats itself with new
identifiers, rejects for ever.  Needs CAP_NET_RAW on an Ethernet interface and
nothing but Python.  As a program it plays one session and prints one line of
JSON; as a module, Node(...).run() returns the same as a dictionary.

Behaviours (PPP):
  ok          random identifier, takes what it is Nak'd
  iid0        the same, beginning with identifier 0
  insist      keeps its own identifier whatever it is Nak'd
  insist-zero keeps asking for 0
  noiid       IPv6CP without the option
  noiid-once  without the option first, then with it
  copy        always asks for the identifier its peer has
  newid       repeats its request every 0.3 s with a new id
  reject      Configure-Rejects its peer's requests for ever
  nak         Configure-Naks its peer's requests for ever
  badopt      adds an unknown option to the first request
  reneg       negotiates anew 0.5 s after Opened
  term        LCP Terminate-Request 0.5 s after Opened
  term6       IPv6CP Terminate-Request 0.5 s after Opened
  padt        PADT 0.5 s after Opened
  vanish      says nothing more 0.5 s after Opened
  ip4         IPCP as well, with whatever address it is given
  ip4-reject  IPCP, with a Configure-Reject to each request
  silent      LCP and authentication, no IPv6CP
  mute        nothing after PADS
"""
import argparse
import hashlib
import json
import os
import select
import socket
import struct
import sys
import time

ETH_DISC, ETH_SESS = 0x8863, 0x8864
PADI, PADO, PADR, PADS, PADT = 0x09, 0x07, 0x19, 0x65, 0xA7
T_END, T_SERVICE, T_ACNAME, T_UNIQ, T_COOKIE, T_RELAY = (
    0, 0x101, 0x102, 0x103, 0x104, 0x110)
T_ERRORS = {0x201: "Service-Name-Error", 0x202: "AC-System-Error",
            0x203: "Generic-Error"}
LCP, PAP, CHAP, EAP, IPV6CP, IPCP, IPV6 = (
    0xC021, 0xC023, 0xC223, 0xC227, 0x8057, 0x8021, 0x0057)
REQ, ACK, NAK, REJ, TERM, TERM_ACK, CODE_REJ, PROTO_REJ, ECHO, ECHO_REPLY = (
    range(1, 11))
BROADCAST = b"\xff" * 6
CODES = {REQ: "ConfReq", ACK: "ConfAck", NAK: "ConfNak", REJ: "ConfRej",
         TERM: "TermReq", TERM_ACK: "TermAck", CODE_REJ: "CodeRej",
         PROTO_REJ: "ProtRej", ECHO: "EchoReq", ECHO_REPLY: "EchoRep"}


def tag(kind, value=b""):
    return struct.pack("!HH", kind, len(value)) + value


def tags_of(payload):
    out = []
    while len(payload) >= 4:
        kind, length = struct.unpack("!HH", payload[:4])
        out.append((kind, payload[4:4 + length]))
        payload = payload[4 + length:]
        if kind == T_END:
            break
    return out


def options_of(data):
    out = []
    while len(data) >= 2 and data[1] >= 2:
        out.append((data[0], data[2:data[1]]))
        data = data[data[1]:]
    return out


def option(kind, value):
    return bytes([kind, len(value) + 2]) + value


def iid_text(iid):
    return ":".join("%02x%02x" % (iid[i], iid[i + 1]) for i in (0, 2, 4, 6))


def iid_bytes(text):
    return b"".join(struct.pack("!H", int(g, 16)) for g in text.split(":"))


class Ethernet:
    """One raw socket for both PPPoE ethertypes."""

    def __init__(self, ifname):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(3))
        self.sock.bind((ifname, 0))
        self.mac = self.sock.getsockname()[4]

    def send(self, dst, ethertype, code, sid, payload):
        frame = dst + self.mac + struct.pack("!HBBHH", ethertype, 0x11, code,
                                             sid, len(payload)) + payload
        self.sock.send(frame)

    def recv(self, timeout):
        """(src, dst, ethertype, code, sid, payload) or None."""
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left < 0:
                left = 0
            if not select.select([self.sock], [], [], left)[0]:
                return None
            frame, addr = self.sock.recvfrom(4096)
            if addr[2] == socket.PACKET_OUTGOING or len(frame) < 20:
                continue
            ethertype, vertype, code, sid, length = struct.unpack(
                "!HBBHH", frame[12:20])
            if ethertype not in (ETH_DISC, ETH_SESS) or vertype != 0x11:
                continue
            if frame[0:6] not in (self.mac, BROADCAST):
                continue
            return (frame[6:12], frame[0:6], ethertype, code, sid,
                    frame[20:20 + length])


class Discovery:
    """PADI to PADS, each step by itself for the tests of the concentrator."""

    def __init__(self, eth, service=b"", uniq=None, extra=b""):
        self.eth = eth
        self.service = service
        self.uniq = os.urandom(8) if uniq is None else uniq
        self.extra = extra

    def _tags(self):
        return tag(T_SERVICE, self.service) + tag(T_UNIQ, self.uniq) + \
            self.extra

    def wait(self, code, timeout):
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            got = self.eth.recv(end - time.monotonic())
            if got is None:
                return None
            src, _, ethertype, gcode, sid, payload = got
            tags = tags_of(payload)
            if ethertype == ETH_DISC and gcode == code and \
                    (T_UNIQ, self.uniq) in tags:
                return src, sid, tags
        return None

    def padi(self, timeout=10):
        self.eth.send(BROADCAST, ETH_DISC, PADI, 0, self._tags())
        return self.wait(PADO, timeout)

    def padr(self, ac, cookie, timeout=30):
        extra = tag(T_COOKIE, cookie) if cookie is not None else b""
        self.eth.send(ac, ETH_DISC, PADR, 0, self._tags() + extra)
        return self.wait(PADS, timeout)

    def run(self):
        """(mac of the concentrator, session id) or a text."""
        for _ in range(3):
            pado = self.padi()
            if pado is not None:
                break
        else:
            return "no PADO"
        cookie = dict(pado[2]).get(T_COOKIE)
        pads = self.padr(pado[0], cookie)
        if pads is None:
            return "no PADS"
        for kind, value in pads[2]:
            if kind in T_ERRORS:
                return T_ERRORS[kind] + ": " + value.decode(errors="replace")
        return pads[0], pads[1]


class Layer:
    """Our side of one control protocol."""

    def __init__(self):
        self.ident = 0
        self.resend_at = None
        self.acked = False      # ours by the peer
        self.peer_acked = False  # the peer's by us
        self.told = False       # by a Nak or Reject what would be granted
        self.peer_ident = None  # of the peer's request that we have acked
        self.last = b""

    @property
    def opened(self):
        return self.acked and self.peer_acked


class Node:
    def __init__(self, ifname, user="", password="", behave="ok", sid=None,
                 ac=None, service="", duration=60.0, iid=None, opened_for=1.0,
                 resend=3.0, eth=None, until=None, ready=None):
        self.eth = eth or Ethernet(ifname)
        self.user, self.password = user.encode(), password.encode()
        self.behave, self.sid, self.ac = behave, sid, ac
        self.service, self.duration = service.encode(), duration
        self.opened_for, self.resend = opened_for, resend
        self.until = until          # opened_for and, asked of it, until then
        self.ready = ready          # acts when, asked of it, that is so
        self.lcp, self.v6, self.v4 = Layer(), Layer(), Layer()
        self.ip4 = bytes(4)
        self.iid = iid or bytes([os.urandom(1)[0] & 0xFD]) + os.urandom(7)
        self.own_iid = self.iid
        if behave in ("iid0", "insist-zero"):
            self.iid = b"\0" * 8
        self.peer_iid = None
        self.auth = None            # PPP protocol
        self.authed = False
        self.auth_failed = False
        self.rejected = False
        self.opens = 0
        self.open_at = None
        self.acted = False
        self.gone = False
        self.end = None
        self.counts = {}
        self.log = []
        self.alive = lambda: True   # false: give up, the peer is gone
        self.t0 = time.monotonic()

    # --- output
    def note(self, text):
        self.log.append("%7.3f %s" % (time.monotonic() - self.t0, text))

    def send(self, proto, code, ident, data=b""):
        if self.gone:
            return
        self.note("> %04x %s id=%d %s" % (proto, CODES.get(code, code), ident,
                                          data.hex()))
        self.eth.send(self.ac, ETH_SESS, 0, self.sid,
                      struct.pack("!HBBH", proto, code, ident,
                                  len(data) + 4) + data)

    def request(self, proto, layer, data, new=True):
        if new:
            layer.ident = (layer.ident + 1) & 0xFF
        layer.last = data
        layer.acked = False
        # Who asks again for what has been granted negotiates anew: nothing
        # gets lost here, a slow peer is only late.
        pause = self.resend
        if layer.told:
            pause = 10 * self.resend
        elif proto == IPV6CP and self.behave == "newid":
            pause = 0.3
        layer.resend_at = time.monotonic() + pause
        self.send(proto, REQ, layer.ident, data)

    def v6_request(self, new=True):
        data = option(1, self.iid)
        if self.behave == "noiid" or \
                (self.behave == "noiid-once" and not self.rejected):
            data = b""
        if self.behave == "copy" and self.peer_iid:
            data = option(1, self.peer_iid)
        if self.behave == "badopt" and not self.rejected:
            data += option(99, b"xy")
        self.request(IPV6CP, self.v6, data, new)

    def v4_request(self):
        self.request(IPCP, self.v4, option(3, self.ip4))

    # --- input
    def on_lcp(self, code, ident, data):
        if code == REQ:
            for kind, value in options_of(data):
                if kind == 3:
                    self.auth = struct.unpack("!H", value[:2])[0]
            self.lcp.peer_acked = True
            self.send(LCP, ACK, ident, data)
            if self.lcp.acked:
                self.lcp_up()
        elif code == ACK and ident == self.lcp.ident:
            self.lcp.acked, self.lcp.resend_at = True, None
            if self.lcp.peer_acked:
                self.lcp_up()
        elif code in (NAK, REJ) and ident == self.lcp.ident:
            self.request(LCP, self.lcp, b"")
        elif code == ECHO:
            self.send(LCP, ECHO_REPLY, ident, b"\0\0\0\0" + data[4:])
        elif code == TERM:
            self.send(LCP, TERM_ACK, ident)
            self.end = "LCP terminated: " + data.decode(errors="replace")
        elif code == TERM_ACK:
            self.end = "LCP terminated by us"

    def lcp_up(self):
        if self.auth == PAP:
            self.send_pap()
        elif self.auth is None:
            self.auth_done()

    def send_pap(self):
        self.pap_at = time.monotonic() + self.resend
        self.send(PAP, 1, 1, bytes([len(self.user)]) + self.user +
                  bytes([len(self.password)]) + self.password)

    def auth_done(self):
        if self.authed:
            return
        self.authed = True
        self.note("authenticated")
        if self.behave != "silent":
            self.v6_request()
        if self.behave.startswith("ip4"):
            self.v4_request()

    def on_auth(self, proto, code, ident, data):
        if proto == CHAP and code == 1:
            challenge = data[1:1 + data[0]]
            digest = hashlib.md5(bytes([ident]) + self.password +
                                 challenge).digest()
            self.send(CHAP, 2, ident, bytes([16]) + digest + self.user)
            return
        text = data[1:] if proto == PAP else data
        ok = code == (2 if proto == PAP else 3)
        self.auth_text = text.decode(errors="replace")
        if ok:
            self.auth_done()
        else:
            self.auth_failed = True

    def on_eap(self, code, ident, data):
        if code == 1:
            self.send(EAP, 2, ident, data[:1] + self.user)
        elif code == 3:
            self.auth_done()
        elif code == 4:
            self.auth_failed = True

    def on_v6(self, code, ident, data):
        if self.behave == "silent":
            return
        if code == REQ:
            self.on_v6_request(ident, data)
        elif code == TERM:
            self.send(IPV6CP, TERM_ACK, ident)
            self.v6.resend_at = None
            self.v6_end = data.decode(errors="replace")
            self.note("IPv6CP terminated: " + self.v6_end)
        elif ident != self.v6.ident:
            return
        elif code == ACK and not self.v6.acked:
            self.v6.acked, self.v6.resend_at = True, None
            self.v6_open()
        elif code == NAK:
            self.v6.told = True
            self.on_v6_nak(data)
        elif code == REJ:
            self.v6.told = self.rejected = True
            self.v6_request()

    def on_v6_request(self, ident, data):
        opts = dict(options_of(data))
        if self.behave == "reject":
            self.send(IPV6CP, REJ, ident, data)
            return
        if self.behave == "nak":
            self.send(IPV6CP, NAK, ident, option(1, os.urandom(8)))
            return
        if self.v6.opened and ident == self.v6.peer_ident:
            self.send(IPV6CP, ACK, ident, data)     # ours was late
            return
        if self.opens and self.v6.opened:   # the peer negotiates anew
            self.v6.acked = self.v6.peer_acked = self.v6.told = False
            self.v6_request()
        self.peer_iid = opts.get(1, self.peer_iid)
        self.v6.peer_acked, self.v6.peer_ident = True, ident
        self.send(IPV6CP, ACK, ident, data)
        self.v6_open()

    def on_v6_nak(self, data):
        opts = dict(options_of(data))
        self.nakked = opts.get(1)
        self.rejected = True
        if self.behave in ("insist", "insist-zero", "noiid", "copy"):
            self.v6_request()
            return
        if self.nakked:
            self.iid = self.nakked
        self.v6_request()

    def on_v4(self, code, ident, data):
        if code == REQ and self.behave == "ip4-reject":
            self.send(IPCP, REJ, ident, data)
        elif code == REQ:
            self.v4.peer_acked = True
            self.send(IPCP, ACK, ident, data)
        elif code == TERM:
            self.send(IPCP, TERM_ACK, ident)
            self.v4.resend_at = None
        elif ident != self.v4.ident:
            return
        elif code == ACK:
            self.v4.acked, self.v4.resend_at = True, None
            self.note("IPv4 " + socket.inet_ntoa(self.ip4))
        elif code == NAK:
            self.ip4 = dict(options_of(data)).get(3, self.ip4)
            self.v4_request()

    def v6_open(self):
        if self.v6.opened:
            self.opens += 1
            self.open_at = time.monotonic()
            self.note("opened %s %s" % (iid_text(self.iid),
                                        iid_text(self.peer_iid or b"\0" * 8)))

    def on_ipv6(self, data):
        if len(data) > 56 and data[6] == 58 and data[40] == 134:
            self.count("ra")
            rest = data[56:]
            while len(rest) >= 8 and rest[1]:
                if rest[0] == 3:
                    self.ra_prefix = socket.inet_ntop(
                        socket.AF_INET6, rest[16:32]) + "/%d" % rest[2]
                rest = rest[rest[1] * 8:]

    def count(self, name):
        self.counts[name] = self.counts.get(name, 0) + 1

    def on_frame(self, got):
        src, _, ethertype, code, sid, payload = got
        if src != self.ac or sid != self.sid:
            return
        if ethertype == ETH_DISC:
            if code == PADT:
                self.end = "PADT"
            return
        proto = struct.unpack("!H", payload[:2])[0]
        if proto == IPV6:
            self.on_ipv6(payload[2:])
            return
        code, ident, length = struct.unpack("!BBH", payload[2:6])
        data = payload[6:2 + length]
        self.note("< %04x %s id=%d %s" % (proto, CODES.get(code, code), ident,
                                          data.hex()))
        self.count("%04x %s" % (proto, CODES.get(code, code)))
        if self.gone or self.behave == "mute":
            return
        if proto == LCP:
            self.on_lcp(code, ident, data)
        elif proto in (PAP, CHAP):
            self.on_auth(proto, code, ident, data)
        elif proto == EAP:
            self.on_eap(code, ident, data)
        elif proto == IPV6CP:
            self.on_v6(code, ident, data)
        elif proto == IPCP and self.behave.startswith("ip4"):
            self.on_v4(code, ident, data)
        else:
            self.lcp_reject(payload)

    def lcp_reject(self, payload):
        self.lcp.ident = (self.lcp.ident + 1) & 0xFF
        self.send(LCP, PROTO_REJ, self.lcp.ident, payload)

    # --- time
    def on_time(self, now):
        for proto, layer in ((LCP, self.lcp), (IPV6CP, self.v6),
                             (IPCP, self.v4)):
            if layer.resend_at is not None and now >= layer.resend_at:
                if proto == IPV6CP:
                    self.v6_request(new=self.behave == "newid")
                else:
                    self.request(proto, layer, layer.last, new=False)
        if self.auth == PAP and not self.authed and not self.auth_failed and \
                now >= getattr(self, "pap_at", now + 1):
            self.send_pap()
        if self.open_at is None or not self.v6.opened:
            return
        if not self.acted and now >= self.open_at + 0.5 and (
                self.ready is None or self.ready(self)):
            self.acted = True
            self.act()
        if self.behave not in ("term", "term6", "padt", "vanish") and \
                now >= self.open_at + self.opened_for and self.acted and (
                    self.until is None or self.until(self)):
            self.end = "done"

    def act(self):
        if self.behave == "reneg":
            self.v6.acked = self.v6.peer_acked = self.v6.told = False
            self.iid = self.own_iid
            self.rejected = False
            self.v6_request()
        elif self.behave == "term":
            self.send(LCP, TERM, 200, b"bye")
        elif self.behave == "term6":
            self.send(IPV6CP, TERM, 200, b"bye")
        elif self.behave == "padt":
            self.eth.send(self.ac, ETH_DISC, PADT, self.sid, b"")
            self.end = "PADT sent"
        elif self.behave == "vanish":
            self.gone = True

    def run(self):
        """A session that it has begun it ends, when it is done, too."""
        begins = self.sid is None
        if begins:
            found = Discovery(self.eth, self.service).run()
            if isinstance(found, str):
                return self.result(found)
            self.ac, self.sid = found
            self.note("session %d" % self.sid)
        self.pads_at = time.monotonic()
        if self.behave != "mute":
            self.request(LCP, self.lcp, option(5, os.urandom(4)))
        end = self.t0 + self.duration
        while self.end is None:
            now = time.monotonic()
            if now >= end or not self.alive():
                self.end = "time over" if now >= end else "peer gone"
                break
            self.on_time(now)
            got = self.eth.recv(min(0.05, end - now))
            if got is not None:
                self.on_frame(got)
        if begins and self.end == "done":
            self.eth.send(self.ac, ETH_DISC, PADT, self.sid, b"")
        return self.result(self.end)

    def result(self, end):
        def ms(t):
            return None if t is None else round((t - self.t0) * 1000, 1)
        return {"end": end, "opens": self.opens, "authed": self.authed,
                "auth_text": getattr(self, "auth_text", None),
                "iid": iid_text(self.iid), "own_iid": iid_text(self.own_iid),
                "peer_iid": self.peer_iid and iid_text(self.peer_iid),
                "v6_end": getattr(self, "v6_end", None),
                "ra_prefix": getattr(self, "ra_prefix", None),
                "opened_ms": ms(self.open_at), "sid": self.sid,
                "pads_ms": ms(getattr(self, "pads_at", None)),
                "counts": self.counts}


def main():
    p = argparse.ArgumentParser(description="misbehaving PPPoE client")
    p.add_argument("ifname")
    p.add_argument("--user", default="")
    p.add_argument("--password", default="")
    p.add_argument("--behave", default="ok")
    p.add_argument("--service", default="")
    p.add_argument("--sid", type=int, help="no discovery: this session id")
    p.add_argument("--ac", help="the concentrator's MAC address, with --sid")
    p.add_argument("--iid", help="own identifier, a:b:c:d")
    p.add_argument("--duration", type=float, default=30)
    p.add_argument("--opened-for", type=float, default=1)
    p.add_argument("--resend", type=float, default=3)
    p.add_argument("-v", "--verbose", action="store_true")
    a = p.parse_args()
    node = Node(a.ifname, a.user, a.password, a.behave, a.sid,
                a.ac and bytes.fromhex(a.ac.replace(":", "")), a.service,
                a.duration, a.iid and iid_bytes(a.iid), a.opened_for,
                a.resend)
    result = node.run()
    if a.verbose:
        print("\n".join(node.log), file=sys.stderr)
    print(json.dumps(result))
    return 0 if result["opens"] else 1


if __name__ == "__main__":
    sys.exit(main())
