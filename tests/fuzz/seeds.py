#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""seeds.py FUZZER DIR: writes first inputs for a fuzzer into DIR; those of
fuzz_mip4 are the messages of tests/vectors/vectors.txt."""
import os
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '../vectors'))
import salt                     # noqa: E402 (where it is, is known now)

VECTORS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       '../vectors/vectors.txt')


def mip4():
    with open(VECTORS, encoding='ascii') as vectors:
        for line in vectors:
            if line.startswith(' '):
                yield bytes.fromhex(line)


def icmp6():
    yield bytes.fromhex('8500000000000000')
    yield bytes.fromhex('85000000000000000101020000000001')
    yield bytes.fromhex(
        '8600000040c007080000000000000000'
        '05010000000005c8'
        '030440c000015180000038400000000020010db8000100020000000000000000'
        '190300000000025820010db8ffff00000000000000000053')
    yield bytes.fromhex(
        '6000000000183aff00000000000000000000000000000000'
        'ff0200000000000000000001ff345678'
        '87008a960000000020010db8030000000000000012345678')
    yield bytes.fromhex(
        '6000000000203afffe800000000000000000000000000001'
        'ff020000000000000000000000000001'
        '8800bcb72000000020010db8030000000000000012345678'
        '0201020000000001')


def iid():
    yield b'0211:2233:4455:6677'
    yield b'0:0:0:1'


def radius():
    """The attributes of Access-Accepts."""
    yield bytes.fromhex('060600000002' '070600000001' '1b0600000e10')
    yield bytes.fromhex('1a0c0000159f0706c6336401'
                        '0b106e65746d6970343a736861726564')
    yield bytes.fromhex('600a0011223344556677' '190900636c61737300'
                        'a91220010db8ffff00000000000000000053'
                        '610c004020010db8010203ff')
    yield bytes.fromhex('5012' + 16 * '00' + '020e')

    def vsa(vendor, kind, value):
        return bytes([26, 8 + len(value)]) + vendor.to_bytes(4, 'big') + \
            bytes([kind, 2 + len(value)]) + value

    def hidden(n):
        return salt.salted(bytes(range(n)), secret=b'secret',
                           vector=bytes(16))
    for n in (15, 16, 64):
        yield vsa(5535, 57, b'\0\0\2\0') + vsa(5535, 58, hidden(n))
    for key, spi in ((10, 11), (19, 20)):
        yield vsa(24757, spi, b'\0\0\0\2\0') + \
            vsa(24757, key, b'\0' + hidden(20))


def coa():
    """Disconnect- (first byte 0) and CoA-Requests (1)."""
    yield b'\0\x01\x07alice\x2c\x120123456789abcdef\x37\x06\1\2\3\4'
    yield b'\0\x01\x07alice\x20\x06nas1\x05\x06\0\0\0\x07\x21\x03p'
    yield b'\0' + bytes.fromhex('610c004020010db800010002'
                                '600a0003000400050006')
    yield b'\1\x01\x07alice\x0b\x06gold\x18\x03s' + bytes.fromhex(
        '1a120000372a070600001f40080600003e80' '1b0600000e10' '55060000003c')
    yield b'\1' + bytes.fromhex('1a0a00000de901046331' '060600000011'
                                '1c0600000005' '19036101')


def had_lookup():
    yield from radius()
    prefix = bytes.fromhex('6114004020010db8010000770000000000000000')
    yield b'\x64\x07homes' + prefix
    yield b'\x64\x09village' + bytes.fromhex(
        'a81220010db8020000010000000000000077')
    yield bytes.fromhex('610c003c20010db801000070')


def plugproto():
    def message(kind, body):
        return b'nm4p' + bytes([0, kind]) + len(body).to_bytes(2, 'big') + \
            b'\0\0\0\1' + body

    yield message(1, b'\0\2' + bytes(347))
    yield message(2, b'\1\0alice' + bytes(251) + bytes(2 + 256 + 65 + 65))
    yield message(2, b'\3\1alice' + bytes(251) + bytes(2 + 256) +
                  b'\x10' + bytes(64) + b'\x31' + bytes(64))
    yield message(3, b'\1' + bytes(260 + 256) + b'\1\x10' + bytes(64))
    yield message(4, b'\5\xd4\0\0')
    yield message(4, b'\0\0\0\x0a\2\1\0\x0a\1alice')
    yield message(5, bytes(19))
    yield message(6, bytes(8))
    yield message(8, bytes(32))
    yield message(9, bytes(257))
    yield bytes.fromhex('0107000e010a0101010101010101')
    # identity, challenge, response, success
    yield bytes.fromhex('000a0201000a01616c696365' '02070107000704ff00'
                        '00070207000704aaaa' '060403070004')


def pppoe():
    station, ours = '020000000009', '020000000001'
    yield bytes.fromhex('ffffffffffff' + station + '8863' + '11090000' +
                        '000b' + '01010000' + '0103' + '0003010203')
    yield bytes.fromhex(ours + station + '8863' + '11190000' + '0020' +
                        '01010000' + '01100004aabbccdd' +
                        '01040010' + 16 * 'ee')
    yield bytes.fromhex(ours + station + '8863' + '11a70001' + '0000')


# Programs in the languages of the fuzzers: an operation, its operands.

def reg():
    register, move, renew = b'\0\0\0\0\0\0', b'\0\1\0\0\0\0', b'\2\1\0\0\0\0'
    leave, evil = b'\2\1\0\1\0\0', b'\0\2\0\0\0\0'
    again, wait, ack = b'\5\0', b'\6\4', b'\x0a\0'
    yield register + move + ack + renew + again + evil + wait + leave + again
    yield b'\0\2\5\0\0\0' + b'\0\0\5\0\0\0' + b'\x09\2\0\5' + again
    yield b'\7\0' + register + b'\7\2' + register + b'\7\3' + b'\x08\0'
    yield b'\0\0\3\0\2\0' + b'\x0c\2' + register + b'\x0c\0' + register
    yield b'\3\0\0\0\0\0\0\0\0\3\0\0\1\0\3\0' + b'\x0b\0\4abcd'
    node, moves = b'\x0e\0\0\0\0\0\0', b'\x0e\1\2\0\0\0\0'
    yield node + wait + moves + b'\6\1' + ack + again + b'\x08\3' + node
    yield register + node + register + b'\x0e\0\4\0\0\1\0'


def mn():
    enter, ns, wait = b'\0\0\0\1', b'\0\3\3\0\0', b'\0\1\2'
    other = b'\1\0\1\1' + b'\1\3\3\2\0'
    yield b'\0\1' + enter + ns + wait + other + b'\0\0\2\1' + wait
    yield b'\1\0' + enter + b'\0\2\0' + ns + b'\0\2\1\0\0' + wait


def fad():
    """Registrations with and without a home address, and their replies."""
    for n in range(4):
        ask = bytes([0, n % 3, 0, 0, 0, n, 0, 0, 0, 1, 0, 0, 0])
        answer = bytes([2, 0, 0, 0x1c | n & 1, 0, 60, 0, 0, 0])
        yield b'\0' + ask + answer + bytes([12, 3, 0]) + ask + answer
    yield b'\1\0' + bytes(12) + b'\6\0\0\0' + b'\x0a\0\0' + b'\x08' + bytes(
        [32]) + bytes.fromhex('4500002000004000ff1167b90a0000050a090001'
                              '115201b2000c000001020304')


def mip_client():
    new, good = b'\0\0\2', b'\1' + bytes(10)
    revoked = b'\6\0\0\0\0\0\0'
    yield new + good + b'\4\7' + good + b'\5\0\0' + good
    yield new + b'\1\0\3' + bytes(8) + good + revoked + b'\7\0'
    yield b'\x0a\2' + new + good + b'\0\3\1' + good + b'\x09\0\4\5'
    yield new + b'\4\6' + b'\0\1\0' + b'\x08\0\4abcd'
    node = b'\0\4\0' + good
    yield node + b'\4\7' + good + revoked.replace(b'\6\0', b'\6\4') + b'\7\0'
    # found: an answer that was cut, and made whole again; a useless one that
    # was acted on twice
    yield bytes.fromhex('02010001ffffff00ffff000000000016000009000405')
    yield bytes.fromhex(
        '00000004046100000000000100000302000143640a5b0002040a0000'
        '00fffd0001000003020001436f6f6f6f6f6f6f6f6f6f6f6f6f6f6f6f'
        '6f6f6f6f6f640a5b0000000041007e000000000008fdffffc6070204'
        '0001006364ff0201')


def session_fsm():
    life = (0, 3, 9, 4, 15, 23, 5, 6)
    yield b''.join(bytes((0xc1, 1, e)) for e in life)
    yield b''.join(bytes((0xff, 0, e)) for e in life + (4, 15, 23, 5, 21, 8))


def node_fsm():
    """An access node's link: it is open, its mobile node comes, is bridged,
    exported and leaves; one that is restored; a PPP link."""
    def seed(ppp, *events):
        return bytes((ppp,)) + b''.join(bytes((0x3e,) + ev) for ev in events)
    come = ((0, 0), (0, 12), (0, 1), (0, 5, 5, 5), (3, 18, 5), (3, 10, 5),
            (6, 19, 5), (6, 10, 5))
    yield seed(0, *come, (8, 23), (11, 20, 5), (11, 21, 5), (11, 22))
    yield seed(0, *come[:3], (0, 25, 5, 5), (3, 26), (8, 27), (8, 29, 5),
               (8, 22))
    yield seed(0, (0, 17), *come[:2], (0, 1, 5), (8, 3, 5))
    yield seed(1, *come[:4], (3, 8), (3, 10, 5), (8, 9, 5))


def ctl():
    for n, verb in enumerate(("show bindings", "show pools", "log level",
                              "show statistics", "show violations", "revoke",
                              "show version", "nothing")):
        yield b'{"id": %d, "cmd": "%s"}\n' % (n, verb.encode())
    yield b'{"id":1,"cmd":"revoke","args":{"id":"alice@example.net"}}\n' \
        b'{"id":2,"cmd":"show bindings","args":{"match":"nas1"}}\n'
    yield b'{"cmd":"log level","args":{"level":"warn","module":"reg"}}\n[]\n'


def had_priv():
    up, down = (bytes((0, add, 0, 0)) + bytes(12) for add in (1, 0))
    route, other, unroute = (bytes((1, add, 1, 0, prefix, 1, 0, 0)) + bytes(4)
                             for add, prefix in ((1, 0), (1, 1), (0, 0)))

    def datagram(*messages):
        return b'\0' + b'\1'.join(messages) + b'\0'
    yield datagram(up) + datagram(route) + datagram(unroute) + datagram(down)
    yield datagram(up, route, other, unroute) + datagram(unroute, down, route)
    yield datagram(up, b'\2\5\0') + b'\7' + datagram(route, route)[1:]


def acct_spool():
    """Files of records of some sessions, the second one torn and rotten."""
    record = bytes((3, 0, 0, 1, 40, 9, 2))
    yield b'\5' + 5 * record + b'\3' + 3 * record + b'\4\0\1\2\3\x55'
    yield b'\2' + 2 * record + b'\6' + 3 * record + b'\0\x80' + \
        b'\1\x40\7' + b'\2\7garbage' + record + b'\1\2\xff'


def nasd_priv():
    add, delete, count = b'\0\0\0\0\0\0\0', b'\0\2\0\0\0\0\0', \
        b'\0\3\1\1\0\0\0'
    pppd = b'\0\4\0\0\0'
    yield add + count + delete
    yield add + b'\0\0\1\1\1\1\0' + b'\5\0\2\2\0\0\0' + pppd
    yield pppd + b'\0\2\0\0\2\0' + b'\0\6\3\x08' + bytes(8)
    # VLANs: with one tag and two, both sockets, a pppd there, closed
    one, two = b'\0\5\0\0', b'\0\5\3\0'
    yield one + b'\0\0' + one + b'\x0c\0' + two + b'\2\1\0' + \
        two + b'\2\2\0' + b'\0\4\x10\0\0' + one + b'\xf0\0' + \
        two + b'\3\1\0' + one + b'\1\0'
    # an operator's
    yield b'\0\5\1\0\0\0' + b'\0\5\1\0\1\0'


def netlink():
    def attr(kind, body):
        pad = bytes(-len(body) % 4)
        return struct.pack('=HH', 4 + len(body), kind) + body + pad

    def message(kind, body, flags=0):
        return bytes([kind, flags, 0, len(body)]) + body

    failed = struct.pack('=iIHHII', -17, 20, 0, 0, 0, 0)
    text = attr(1, b'no such thing\0')
    # found: no error, but the mark of what is not answered
    odd = struct.pack('=iIHHII', 1, 20, 0, 0, 0, 0)
    yield b'\0\1\0' + b'\0' + message(0, odd)
    stats = attr(23, struct.pack('=24Q', *range(24)))
    yield b'\0\1\0' + b'\0' + message(0, b'')
    yield b'\0\1\0' + b'\0' + message(0, failed + text, 24)
    yield b'\1' + b'\1' + message(2, bytes(16) + stats) + message(0, b'') + \
        b'\0' + message(1, b'\0\0\0\0')
    yield b'\2' + b'\1' + message(4, bytes(12) + attr(
        1, struct.pack('=24Q', *range(24)))) + message(1, b'\0\0\0\0')
    count = attr(1, attr(4, attr(1, struct.pack('=QI', 5, 6))))
    yield b'\3\0' + b'\1' + message(5, bytes(20) + attr(
        1, b'matchall\0') + attr(2, attr(2, count))) + \
        message(1, b'\0\0\0\0')
    yield b'\4' + b'\0' + message(3, bytes(16) + stats)


def aaa():
    for seed in radius():
        if len(seed) < 256:
            yield b'\0\0\0' + bytes([len(seed)]) + seed
    yield b'\2\0\0\x1c' + bytes.fromhex(
        '1a1c000001371a16' + '01' + b'S=0123456789ABCDEFGH'.hex())[:28]
    yield b'\0\0\4\0\x10' + b'\1\2\1\0'


def dhcp6():
    # from client 1, or another: one IA_NA, perhaps with the link's address
    def says(kind, how=1, ias=b'\0', then=0, source=0):
        return bytes([0, then, how, source, kind, 7, len(ias)]) + ias

    lease = says(1) + b'\5\5' + says(3, 5, b'\x08')
    yield lease + says(5, 5, b'\x18') + b'\4\3' + says(6, 1, b'\x08')
    yield lease + says(8, 5, b'\x08')
    yield says(1, 9, b'\0\3\2\1', then=2) + b'\x08' + says(9, 5, b'\x08')
    yield lease + says(1, 2) + says(4, 1, b'\x08') + b'\7' + \
        says(5, 5, b'\x08') + b'\4\3'
    yield says(1, then=3) + says(3, 5) + b'\4\1' + says(11, 16, b'')
    yield b'\x09\x2b' + says(1) + says(3, 5) + b'\5\6' + b'\4\3'
    yield b'\x09\x06' + says(1, 0xe1) + b'\5\5' + says(3, 0x65, b'\x08')
    yield b'\3' + bytes([34]) + bytes.fromhex(
        '01001234' '0001000a00030001020000000001' '0003000c000000010000000000000000')
    yield lease + says(5, 5, b'\x08', source=8) + says(1, source=12)


def node():
    heard = b'\7\1\0'                     # a frame of host 1:
    yield heard + b'\2' + b'\0' * 20 + b'\1'
    yield heard + b'\x22' + bytes(4) + b'\xfe\x80' + bytes(13) + b'\1'
    yield heard + b'\0' + b'\4\x21' + bytes(12) + b'\1\1\2\0\0\0\0\x09'
    yield heard + b'\4' + heard + b'\1' + b'\3\1' + b'\0\xff' + b'\1'


def context():
    # a Router Solicitation that a node has kept
    kept = ('YAAAAAAIOv8AAAAAAAAAAAAAAAAAAAAA/wIAAAAAAAAAAAAAAAAAAoUAe7kAAAAA')
    text = ('{"version":1,"nai":"a@b","mobile_node":%s,'
            '"router":"02:00:00:00:00:09","home_agent":"192.0.2.1",'
            '"identification":"e5a1b2c300000007","lifetime_left":%d,'
            '"packets":[%s]}')
    mac = '"02:00:00:00:00:01"'
    yield (text % (mac, 0, f'"{kept}"')).encode()
    yield (text % (mac, 600, '')).encode()
    yield (text % ('null', 4294967295, '')).encode()
    yield (text % (mac, 65534, f'"{kept}","{kept}","YQ==","YWI="')).encode()


def dad():
    # claimed, asked about, held; then wanted by others
    for asks in b'\4\0\0', b'\4\1\0', b'\4\x10\0\1', b'\1\1', b'\1\0':
        yield b'\7\0\0\1' + b'\0\x32' + asks + b'\0\xff' + asks
        yield b'\7\0\0\0' + b'\0\xff' + asks + b'\7\1\0\1' + b'\7\0'
    yield b'\7\0\0\0' + b'\1\1' + b'\7\2\1\1' + b'\1\0' + b'\0\xff' * 3


def fa_agent():
    # here, restarted, elsewhere, gone and back
    here = b'\4\3\x1e\1\5\1\1'
    yield here + b'\0\xff' + b'\4\3\x1e\0\0\1\1'
    yield here + b'\0\xff' + b'\4\3\x1e\1\6\1\2' + b'\1\x1f'
    yield here + b'\0\xff' + b'\4\3\0\1\6\1\1' + b'\1\2' + here


SEEDS = {'fuzz_context': context, 'fuzz_fa_agent': fa_agent,
         'fuzz_dad': dad, 'fuzz_dhcp6': dhcp6, 'fuzz_node': node,
         'fuzz_nasd_priv': nasd_priv, 'fuzz_netlink': netlink,
         'fuzz_aaa': aaa, 'fuzz_ctl': ctl, 'fuzz_acct_spool': acct_spool,
         'fuzz_had_priv': had_priv,
         'fuzz_reg': reg, 'fuzz_mn': mn, 'fuzz_fad': fad,
         'fuzz_mip_client': mip_client, 'fuzz_session_fsm': session_fsm,
         'fuzz_node_fsm': node_fsm,
         'fuzz_plugproto': plugproto, 'fuzz_pppoe': pppoe,
         'fuzz_mip4': mip4, 'fuzz_icmp6': icmp6, 'fuzz_iid': iid,
         'fuzz_radius': radius, 'fuzz_coa': coa, 'fuzz_had_lookup': had_lookup}


def main(args):
    if len(args) != 2 or args[0] not in SEEDS:
        sys.exit(__doc__)
    for n, seed in enumerate(SEEDS[args[0]]()):
        with open(os.path.join(args[1], 'seed%d' % n), 'wb') as out:
            out.write(seed)


if __name__ == '__main__':
    main(sys.argv[1:])
