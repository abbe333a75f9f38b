#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mobile IPv4 test vectors, made with struct and hmac and nothing of the
project, so that they can disagree with it.

vec.py           prints them as vectors.txt has them
vec.py pcap FILE writes them as packets
vec.py auth DIR  writes DIR/N.bin, what the N-th authenticator covers, and
                 DIR/list: "N vector type digest key authenticator" a line
"""
import hashlib
import hmac
import os
import socket
import struct
import sys

REQ, REQ_SKIP, HOA, V6ADDR = 120, 220, 221, 121
LONG = (36, 37, 38, 40, 41, 42, 43, 47, 48, 50, 127, 139)
KEYS = {  # type: SPI, key
    34: (0x100, bytes.fromhex('000102030405060708090a0b0c0d0e0f')),
    32: (0x200, bytes.fromhex('0f0e0d0c0b0a09080706050403020100')),
    33: (0x300, b'mf-secret-mf-key'),
}
ip = socket.inet_aton


def ip6(text):
    return socket.inet_pton(socket.AF_INET6, text)


def tlv(kind, data):
    return bytes([kind, len(data)]) + data


def auth(msg, kind, digest='md5'):
    spi, key = KEYS[kind]
    size = hashlib.new(digest).digest_size
    covered = msg + bytes([kind, 4 + size]) + struct.pack('!I', spi)
    return covered + hmac.new(key, covered, digest).digest()


def rrq(flags, life, home, ha, coa, ident):
    return (struct.pack('!BBH', 1, flags, life) + ip(home) + ip(ha) + ip(coa)
            + struct.pack('!Q', ident))


def rrp(code, life, home, ha, ident):
    return (struct.pack('!BBH', 3, code, life) + ip(home) + ip(ha)
            + struct.pack('!Q', ident))


def rev(a, i, home, hda, fda, ident):
    return (struct.pack('!BBH', 7, 0, a << 15 | i << 14) + ip(home) + ip(hda)
            + ip(fda) + struct.pack('!I', ident))


def ack(i, home, ident):
    return (struct.pack('!BBH', 15, 0, i << 15) + ip(home)
            + struct.pack('!I', ident))


def revsup(i, timestamp):
    return tlv(137, struct.pack('!HI', i << 15, timestamp))


NAI = tlv(131, b'alice@example.net')
TS = 0xE5A1B2C3
IDENT = TS << 32 | 0x11223344
IID = bytes.fromhex('0211223344556677')
HOME6 = ip6('2001:db8:1:2:211:2233:4455:6677')
AR, HA, AN, FA = '192.0.2.1', '198.51.100.1', '192.0.2.10', '192.0.2.254'
ANY = '0.0.0.0'


def vectors():
    """Yields name, source, destination, their ports, message."""
    unique = tlv(HOA, b'\x80' + HOME6)
    # Access router, unique prefix; shared; renewal; deregistration; 133.
    yield ('rrq_ar_unique', AR, HA, 5434, 434, auth(
        rrq(0, 1800, ANY, HA, AR, IDENT) + NAI + tlv(REQ, b'\0' + IID)
        + revsup(0, TS), 34))
    yield ('rrp_ar_unique', HA, AR, 434, 5434, auth(
        rrp(0, 1800, ANY, HA, IDENT) + NAI + unique + revsup(0, TS), 34))
    yield ('rrq_ar_shared', AR, HA, 5434, 434, auth(
        rrq(0, 1800, ANY, HA, AR, IDENT + 1) + NAI + tlv(REQ, bytes(9))
        + revsup(0, TS), 34))
    yield ('rrp_ar_shared', HA, AR, 434, 5434, auth(
        rrp(0, 1800, ANY, HA, IDENT + 1) + NAI + tlv(HOA, b'\0' + HOME6)
        + revsup(0, TS), 34))
    yield ('rrq_ar_renew', AR, HA, 5434, 434, auth(
        rrq(0, 1800, ANY, HA, AR, IDENT + 2) + NAI + unique + revsup(0, TS),
        34))
    yield ('rrq_ar_dereg', AR, HA, 5434, 434, auth(
        rrq(0, 0, ANY, HA, AR, IDENT + 3) + NAI + unique, 34))
    yield ('rrp_denied_133', HA, AR, 434, 5434, auth(
        rrp(133, 0, ANY, HA, 0xE5A1C000 << 32 | 0x11223344) + NAI, 34))
    # Access node: D bit, empty extensions, MN-HA.
    yield ('rrq_an_entry', AN, HA, 5435, 434, auth(
        rrq(0x20, 600, ANY, HA, AN, IDENT + 4) + NAI + tlv(REQ, b'\0')
        + revsup(0, TS), 32))
    yield ('rrp_an_entry', HA, AN, 434, 5435, auth(
        rrp(0, 600, ANY, HA, IDENT + 4) + NAI + tlv(HOA, b'\0')
        + revsup(0, TS), 32))
    # Access node behind a foreign agent: skippable alias, T bit.
    inner = auth(rrq(0x02, 600, ANY, HA, FA, IDENT + 5) + NAI
                 + tlv(REQ_SKIP, b'\0'), 32)
    yield 'rrq_an_to_fa', AN, FA, 5435, 434, auth(inner, 33)
    yield ('rrq_fa_to_ha', FA, HA, 5436, 434, auth(
        inner + revsup(0, TS), 34))
    # Revocation and acknowledgment.
    yield ('rev_ha_ar', HA, AR, 434, 434, auth(
        rev(1, 0, ANY, HA, AR, TS + 10) + NAI + unique, 34))
    yield ('ack_ar_ha', AR, HA, 434, 434, auth(
        ack(0, ANY, TS + 10) + NAI + unique, 34))
    yield ('rev_ha_an', HA, AN, 434, 434, auth(
        rev(1, 1, ANY, HA, AN, TS + 11) + NAI + tlv(HOA, b'\0'), 32))
    # draft-engelstad: home agent, foreign agent.
    v6addr = tlv(V6ADDR, b'\x80\0' + ip6('2001:db8:ff::5'))
    yield ('rrq_dsha', '10.0.0.5', '10.0.0.1', 5437, 434, auth(
        rrq(0x02, 600, '10.0.0.5', '10.0.0.1', ANY, IDENT + 6) + v6addr, 32))
    inner = auth(rrq(0x02, 600, '10.0.0.5', HA, '10.0.0.1', IDENT + 7), 32)
    yield ('rrq_dsfa', '10.0.0.5', '10.0.0.1', 5437, 434, auth(
        inner + v6addr, 33))
    # Long forms: GRE key, per-node authentication method.
    gre = bytes([48, 0]) + struct.pack('!HI', 4, 0x1234)
    pmip = bytes([47, 1]) + struct.pack('!HB', 1, 1)
    yield ('rrq_gre_pmip', AR, HA, 5434, 434, auth(
        rrq(0x08, 1800, ANY, HA, AR, IDENT + 8) + NAI + pmip
        + tlv(REQ, b'\0' + IID) + gre, 34))
    yield ('rrq_sha256', AR, HA, 5434, 434, auth(
        rrq(0, 1800, ANY, HA, AR, IDENT + 9) + NAI + tlv(REQ, b'\0' + IID),
        34, 'sha256'))
    # Service Selection [RFC 5446].
    yield ('rrq_ar_service', AR, HA, 5434, 434, auth(
        rrq(0, 1800, ANY, HA, AR, IDENT + 10) + NAI + tlv(REQ, b'\0' + IID)
        + tlv(151, b'business') + revsup(0, TS), 34))


def inet_sum(data):
    if len(data) & 1:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


def write_pcap(path):
    with open(path, 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for n, (_, src, dst, sport, dport, msg) in enumerate(vectors()):
            size = 8 + len(msg)
            udp = struct.pack('!HHHH', sport, dport, size, 0)
            pseudo = ip(src) + ip(dst) + struct.pack('!HH', 17, size)
            total = inet_sum(pseudo + udp + msg) or 0xffff
            udp = struct.pack('!HHHH', sport, dport, size, total) + msg
            head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + size, n + 1, 0, 64,
                               17, 0) + ip(src) + ip(dst)
            head = head[:10] + struct.pack('!H', inet_sum(head)) + head[12:]
            packet = head + udp
            out.write(struct.pack('<IIII', 1700000000 + n, 0, len(packet),
                                  len(packet)) + packet)


def write_auths(directory):
    n = 0
    with open(os.path.join(directory, 'list'), 'w') as listing:
        for name, _, _, _, _, msg in vectors():
            off = {1: 24, 3: 20, 7: 20, 15: 12}[msg[0]]
            while off < len(msg):
                kind, end = msg[off], off + 2 + msg[off + 1]
                if kind in LONG:
                    end = off + 4 + int.from_bytes(msg[off + 2:off + 4], 'big')
                if kind in KEYS:
                    path = os.path.join(directory, '%d.bin' % n)
                    with open(path, 'wb') as out:
                        out.write(msg[:off + 6])
                    digest = {16: 'md5', 32: 'sha256'}[end - off - 6]
                    print(n, name, kind, digest, KEYS[kind][1].hex(),
                          msg[off + 6:end].hex(), file=listing)
                    n += 1
                off = end
            assert off == len(msg), name


def main(args):
    if len(args) == 2 and args[0] == 'pcap':
        write_pcap(args[1])
    elif len(args) == 2 and args[0] == 'auth':
        write_auths(args[1])
    elif not args:
        for name, src, dst, sport, dport, msg in vectors():
            print(f'{name}: {src}:{sport} > {dst}:{dport} len={len(msg)}')
            print(f'  {msg.hex()}')
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
