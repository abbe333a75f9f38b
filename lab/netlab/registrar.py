# SPDX-License-Identifier: BSD-2-Clause
"""Registration Requests as an access router sends them, for loads; the tests
of had have a fuller one (tests/system/mip4.py)."""

import hashlib
import hmac
import socket
import struct
import time

from . import config, topology


class Registrar:
    def __init__(self, ns, coa=topology.NAS1, ha=topology.HA,
                 key=bytes.fromhex(config.FA_HA_KEY), spi=256):
        self.coa, self.ha = socket.inet_aton(coa), socket.inet_aton(ha)
        self.key, self.spi = key, spi
        self.last = 0
        with ns.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.bind((coa, 0))
        self.sock.connect((ha, 434))
        self.sock.settimeout(10)

    def request(self, nai, iid=b"\x02\0\0\0\0\0\0\1", lifetime=1800):
        now = time.time() + 2208988800
        self.last = max(self.last + 1, int(now * (1 << 32)))
        name = nai.encode()
        data = struct.pack("!BBHI", 1, 0, lifetime, 0) + self.ha + self.coa
        data += struct.pack("!Q", self.last & (1 << 64) - 1)
        data += bytes([131, len(name)]) + name
        data += bytes([120, 9, 0]) + iid
        data += bytes([137, 6, 0, 0]) + struct.pack("!I", int(now) & 0xffffffff)
        data += bytes([34, 20]) + struct.pack("!I", self.spi)
        return data + hmac.new(self.key, data, hashlib.md5).digest()

    def register(self, nai, **kw):
        """The reply's code."""
        self.sock.send(self.request(nai, **kw))
        return self.sock.recv(2048)[1]

    def close(self):
        self.sock.close()
