# SPDX-License-Identifier: BSD-2-Clause
"""Packets that tests send by their own hands, by struct: whole ones, with
their checksums."""

import struct

import mip4


def checksum(data):
    """The Internet checksum [RFC 1071], as a number."""
    data += bytes(len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4_sum(packet):
    """The same packet with the right checksum of its header."""
    head = packet[:10] + bytes(2) + packet[12:20]
    return head[:10] + struct.pack("!H", checksum(head)) + packet[12:]


def ipv4(src, dst, proto, body, ttl=64):
    return ipv4_sum(struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, 0, ttl, proto, 0,
        mip4.ip4(src), mip4.ip4(dst)) + body)


def icmp6(src, dst, body, hop_limit=255):
    """body begins with type, code and two bytes for the checksum."""
    src, dst = mip4.ip6(src), mip4.ip6(dst)
    pseudo = src + dst + struct.pack("!II", len(body), 58)
    body = body[:2] + b"\0\0" + body[4:]
    body = body[:2] + struct.pack("!H", checksum(pseudo + body)) + body[4:]
    return struct.pack("!IHBB", 6 << 28, len(body), 58, hop_limit) + src + \
        dst + body
