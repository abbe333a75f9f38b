#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A stand-in for nasd's side of the plugin socket (common/plugproto.h), so
that the plugin is tested with nothing else running.

Answers by rules given as a dictionary or as arguments, and records every
message.  The layout is written down here a second time on purpose: a mistake
in plugproto.c would otherwise be made on both sides.
"""
import argparse
import json
import os
import selectors
import socket
import struct
import sys
import time

MAGIC = 0x6E6D3470
TYPES = {1: "HELLO", 2: "AUTH", 3: "AUTH_RESULT", 4: "EAP", 5: "IID_REQ",
         6: "IID_ASSIGN", 7: "IID_REFUSE", 8: "UP", 9: "DOWN", 10: "CLOSE",
         11: "BYE", 12: "IPV4"}
NUMBERS = {v: k for k, v in TYPES.items()}
STATES = ["NEW", "AUTHED", "HELD", "OPEN"]


def text(raw):
    return raw.split(b"\0")[0].decode(errors="replace")


def pad(value, size):
    return value.encode()[:size - 1].ljust(size, b"\0")


def iid(raw):
    return ":".join(raw[i:i + 2].hex() for i in (0, 2, 4, 6))


def iid_raw(value):
    return b"".join(struct.pack("!H", int(g, 16)) for g in value.split(":"))


def encode(name, txn, body):
    return struct.pack("!IHHI", MAGIC, NUMBERS[name], len(body), txn) + body


def decode(raw):
    magic, kind, length, txn = struct.unpack("!IHHI", raw[:12])
    body = raw[12:]
    assert magic == MAGIC and length == len(body), raw.hex()
    m = {"type": TYPES[kind], "txn": txn}
    if kind == 1:
        (version, m["link"], m["pid"], state, m["sid"], ifname, device, peer,
         user, local, remote) = struct.unpack("!HIIBH16s16s32s256s8s8s", body)
        assert version == 2
        m.update(state=STATES[state], ifname=text(ifname),
                 device=text(device), peer=text(peer), user=text(user),
                 local=iid(local), remote=iid(remote))
    elif kind == 2:
        (m["kind"], m["chap_id"], user, n, secret, c, challenge, r,
         response) = struct.unpack("!BB256sH256sB64sB64s", body)
        m.update(user=text(user), secret=secret[:n].decode(errors="replace"),
                 challenge=challenge[:c].hex(), response=response[:r].hex())
    elif kind == 4:
        m["mtu"], n = struct.unpack("!HH", body[:4])
        m["packet"] = body[4:].hex()
        assert len(body) == 4 + n
    elif kind == 5:
        m["conf_id"], has, peer, local, insists = struct.unpack("!BB8s8sB",
                                                                body)
        m.update(has_iid=bool(has), iid=iid(peer), local=iid(local),
                 insists=bool(insists))
    elif kind == 12:
        up, peer, _, _ = struct.unpack("!B4s4s4s", body)
        m.update(up=bool(up), peer=socket.inet_ntoa(peer))
    elif kind == 8:
        local, remote, ifname = struct.unpack("!8s8s16s", body)
        m.update(local=iid(local), remote=iid(remote), ifname=text(ifname))
    elif kind in (7, 9, 10, 11):
        hard, why = struct.unpack("!B256s", body)
        m.update(hard=bool(hard), text=text(why))
    return m


def reason(name, why, hard=False, txn=0):
    return encode(name, txn, struct.pack("!B256s", hard, pad(why, 256)))


class Server:
    """rules: accept, text, user, must_encrypt, assign ("local" gives back the plugin's own),
    assign_insist ("own" gives the peer's), refuse, mute_auth, mute_iid,
    delay, close_after_up, hard, drop_on (type after which the connection is
    closed once), bad_version, ipv4."""

    def __init__(self, path, rules=None, out=None):
        self.rules = dict(rules or {})
        self.out, self.seen, self.due = out, [], []
        if os.path.exists(path):
            os.unlink(path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock.bind(path)
        self.sock.listen(64)
        self.sel = selectors.DefaultSelector()
        self.sel.register(self.sock, selectors.EVENT_READ)
        self.conns = []

    def record(self, m):
        m["t"] = round(time.monotonic(), 4)
        self.seen.append(m)
        if self.out:
            print(json.dumps(m), file=self.out, flush=True)

    def reply(self, conn, raw):
        self.due.append((time.monotonic() + self.rules.get("delay", 0), conn,
                         raw))

    def on_message(self, conn, m):
        r, kind = self.rules, m["type"]
        if kind == "HELLO":
            hello = struct.pack("!HIIBH16s16s32s256s8s8s",
                                3 if r.get("bad_version") else 2, 0,
                                os.getpid(), 0, 0, b"", b"", b"", b"",
                                b"", b"")
            conn.send(encode("HELLO", 0, hello))
        elif kind == "AUTH" and not r.get("mute_auth"):
            if "ipv4" in r:
                self.reply(conn, encode("IPV4", 0, struct.pack(
                    "!B4s4s4s", 0, socket.inet_aton(r["ipv4"]),
                    socket.inet_aton("10.99.0.53"), bytes(4))))
            self.reply(conn, self.result(m["txn"]))
        elif kind == "EAP" and not r.get("mute_auth"):
            self.on_eap(conn, m)
        elif kind == "IID_REQ" and not r.get("mute_iid"):
            self.on_iid_req(conn, m)
        elif kind == "UP" and "close_after_up" in r:
            self.reply(conn, reason("CLOSE", r["close_after_up"],
                                    r.get("hard", False)))

    def result(self, txn):
        r = self.rules
        return encode("AUTH_RESULT", txn, struct.pack(
            "!B256sI256sBB32s32s", bool(r.get("accept", True)),
            pad(r.get("text", ""), 256), r.get("session_timeout", 0),
            pad(r.get("user", "who"), 256), bool(r.get("must_encrypt")), 0,
            b"", b""))

    def on_eap(self, conn, m):
        """Asks for the identity, then has its verdict; says Success or
        Failure first."""
        if not m["packet"]:
            packet = bytes((1, 1, 0, 5, 1))
        elif m["packet"].startswith("0201"):
            packet = bytes((3 if self.rules.get("accept", True) else 4,
                            1, 0, 4))
        else:
            return
        self.reply(conn, encode("EAP", m["txn"], struct.pack(
            "!HH", 0, len(packet)) + packet))
        if m["packet"]:
            self.reply(conn, self.result(m["txn"]))

    def on_iid_req(self, conn, m):
        r = self.rules
        if "refuse" in r or (m["insists"] and "assign_insist" not in r):
            self.reply(conn, reason("IID_REFUSE",
                                    r.get("refuse", "shared prefix"),
                                    txn=m["txn"]))
            return
        give = r.get("assign", "0a00:0000:0000:0042")
        if m["insists"]:
            give = m["iid"] if r["assign_insist"] == "own" \
                else r["assign_insist"]
        if give == "local":
            give = m["local"]
        self.reply(conn, encode("IID_ASSIGN", m["txn"], iid_raw(give)))

    def close(self, conn, note):
        self.record({"type": note})
        self.sel.unregister(conn)
        self.conns.remove(conn)
        self.due = [d for d in self.due if d[1] is not conn]
        conn.close()

    def step(self, timeout):
        for key, _ in self.sel.select(timeout):
            if key.fileobj is self.sock:
                conn, _ = self.sock.accept()
                conn.setblocking(False)
                self.conns.append(conn)
                self.sel.register(conn, selectors.EVENT_READ)
                continue
            conn = key.fileobj
            try:
                raw = conn.recv(4096)
            except OSError:
                raw = b""
            if not raw:
                self.close(conn, "EOF")
                continue
            m = decode(raw)
            self.record(m)
            if self.rules.get("drop_on") == m["type"]:
                del self.rules["drop_on"]
                self.close(conn, "DROPPED")
                continue
            self.on_message(conn, m)
        now = time.monotonic()
        for item in [d for d in self.due if d[0] <= now]:
            self.due.remove(item)
            try:
                item[1].send(item[2])
            except OSError:
                pass

    def drain(self):
        """Reads all that there is, of peers that have ended."""
        while self.sel.select(0):
            self.step(0)

    def run(self, seconds, until=None):
        """Serves; stops early after a message of type until."""
        end = time.monotonic() + seconds
        start = len(self.seen)
        while time.monotonic() < end:
            self.step(0.01 if self.due else 0.05)
            if until and any(m["type"] == until for m in self.seen[start:]):
                return True
        return False

    def stop(self):
        for conn in list(self.conns):
            self.sel.unregister(conn)
            conn.close()
        self.conns, self.due = [], []
        self.sel.unregister(self.sock)
        self.sock.close()


def main():
    p = argparse.ArgumentParser(description="stand-in for nasd")
    p.add_argument("socket")
    p.add_argument("rules", nargs="?", default="{}", help="JSON")
    p.add_argument("--seconds", type=float, default=3600)
    a = p.parse_args()
    Server(a.socket, json.loads(a.rules), sys.stdout).run(a.seconds)


if __name__ == "__main__":
    main()
