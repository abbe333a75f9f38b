# SPDX-License-Identifier: BSD-2-Clause
"""Mobile IPv4 messages with draft-navali's extensions, by struct and hmac.

Written from the RFCs' pictures and nothing of the C sources, so that tests
which use it are a second opinion. Bytes in, bytes out:

    m = rrq(lifetime=1800, ha="198.51.100.1", coa="192.0.2.1", ident=now())
    m += nai("alice@example.net") + hoa_request(iid)
    m = sign(m, FA_HA, 256, key)
    reply = parse(bytes)        # .code, .nai, .hoa, .unique, .verify(...)
"""

import hashlib
import hmac
import socket
import struct
import time

RRQ, RRP, REV, ACK = 1, 3, 7, 15
MN_HA, MN_FA, FA_HA = 32, 33, 34
NAI, REV_SUPPORT = 131, 137
HOA_REQUEST, HOA_REQUEST_SKIP, HOA = 120, 220, 221
LONG = {36, 37, 38, 40, 41, 42, 43, 47, 48, 50, 127, 139}
NTP_UNIX = 2208988800


def now(offset=0.0):
    """64-bit NTP time."""
    t = time.time() + offset
    sec = int(t)
    return ((sec + NTP_UNIX) & 0xffffffff) << 32 | int((t - sec) * 2**32)


def ip4(a):
    return socket.inet_aton(a)


def ip6(a):
    return socket.inet_pton(socket.AF_INET6, a)


def tlv(type_, data):
    return struct.pack("!BB", type_, len(data)) + data


def nai(name):
    return tlv(NAI, name if isinstance(name, bytes) else name.encode())


def hoa_request(iid=None, type_=HOA_REQUEST):
    """iid: 8 bytes, or None for the empty one."""
    return tlv(type_, b"\0" + (iid or b""))


def hoa(addr=None, unique=False):
    return tlv(HOA, bytes([0x80 if unique else 0])
               + (ip6(addr) if addr else b""))


def rev_support(timestamp, i=False):
    return tlv(REV_SUPPORT, struct.pack("!HI", 0x8000 if i else 0, timestamp))


def rrq(lifetime, ha, coa, ident, home="0.0.0.0", flags=0):
    return (struct.pack("!BBH", RRQ, flags, lifetime) + ip4(home) + ip4(ha)
            + ip4(coa) + struct.pack("!Q", ident))


def rev(ha, coa, rev_id, a=False, i=False, home="0.0.0.0"):
    return (struct.pack("!BBH", REV, 0, a << 15 | i << 14) + ip4(home)
            + ip4(ha) + ip4(coa) + struct.pack("!I", rev_id))


def rev_ack(rev_id, i=False, home="0.0.0.0"):
    return (struct.pack("!BBH", ACK, 0, i << 15) + ip4(home)
            + struct.pack("!I", rev_id))


def sign(msg, type_, spi, key, alg="md5"):
    size = hashlib.new(alg).digest_size
    msg += struct.pack("!BBI", type_, 4 + size, spi)
    return msg + hmac.new(key, msg, alg).digest()


class Message:
    """A parsed message; fields as in the RFCs, extensions as a list of
    (type, offset, data)."""

    def __init__(self, raw):
        self.raw = raw
        self.type = raw[0]
        size = {RRQ: 24, RRP: 20, REV: 20, ACK: 12}[self.type]
        if len(raw) < size:
            raise ValueError("short")
        if self.type == RRQ:
            (_, self.flags, self.lifetime, home, ha, coa,
             self.ident) = struct.unpack("!BBH4s4s4sQ", raw[:24])
            self.ha, self.coa = map(socket.inet_ntoa, (ha, coa))
        elif self.type == RRP:
            (_, self.code, self.lifetime, home, ha,
             self.ident) = struct.unpack("!BBH4s4sQ", raw[:20])
            self.ha = socket.inet_ntoa(ha)
        elif self.type == REV:
            (_, _, bits, home, ha, coa,
             self.rev_id) = struct.unpack("!BBH4s4s4sI", raw[:20])
            self.a, self.i = bool(bits & 0x8000), bool(bits & 0x4000)
            self.ha, self.coa = map(socket.inet_ntoa, (ha, coa))
        else:
            _, _, bits, home, self.rev_id = struct.unpack("!BBH4sI", raw[:12])
            self.i = bool(bits & 0x8000)
        self.home = socket.inet_ntoa(home)
        self.extensions = list(self._extensions(size))

    def _extensions(self, off):
        raw = self.raw
        while off < len(raw):
            t = raw[off]
            if t == 0:
                off += 1
                continue
            if t in LONG:
                head, n = 4, struct.unpack("!H", raw[off + 2:off + 4])[0]
            else:
                head, n = 2, raw[off + 1]
            if off + head + n > len(raw):
                raise ValueError("extension %d past the end" % t)
            yield t, off, raw[off + head:off + head + n]
            off += head + n

    @property
    def order(self):
        return [t for t, _, _ in self.extensions]

    def get(self, type_):
        found = [d for t, _, d in self.extensions if t == type_]
        if len(found) > 1:
            raise ValueError("extension %d twice" % type_)
        return found[0] if found else None

    @property
    def nai(self):
        d = self.get(NAI)
        return None if d is None else d.decode()

    @property
    def hoa(self):
        d = self.get(HOA)
        if d is None or len(d) == 1:
            return None
        return socket.inet_ntop(socket.AF_INET6, d[1:17])

    @property
    def unique(self):
        d = self.get(HOA)
        return d is not None and bool(d[0] & 0x80)

    @property
    def rev_timestamp(self):
        d = self.get(REV_SUPPORT)
        return None if d is None else struct.unpack("!I", d[2:6])[0]

    def verify(self, type_, spi, key, alg="md5", last=True):
        """Is the last extension of this type a good authenticator?"""
        for t, off, data in self.extensions:
            if t != type_:
                continue
            want = hmac.new(key, self.raw[:off + 6], alg).digest()
            return (struct.unpack("!I", data[:4])[0] == spi
                    and hmac.compare_digest(want, data[4:])
                    and (off + 2 + len(data) == len(self.raw) or not last))
        return False


def parse(raw):
    return Message(raw)
